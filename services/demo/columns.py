"""The form of a scenario's folder: its files, what each column holds, and what stands in none."""

import re
from collections.abc import Mapping

from services.demo import checks, papers
from services.demo.case_facts import CASE_ACTS, CHANNELS
from services.demo.checks import Column
from shared.roles import KNOWN_ROLES

_PROJECT = Column(ref=("projects.csv", "code"))
ORGANISATION = ("organisations.csv", "credit_code")
_UNIT = Column(ref=ORGANISATION)
_UNIT_OR_NONE = Column(required=False, ref=ORGANISATION)
_DEVELOPER = Column(ref=ORGANISATION, role="developer")
_CONTRACTOR = Column(ref=ORGANISATION, role="contractor")
_CONTRACTOR_OR_NONE = Column(required=False, ref=ORGANISATION, role="contractor")
_SECTOR_OR_NONE = Column(required=False, ref=ORGANISATION, role="sector_authority")
_BANK = Column(ref=ORGANISATION, role="bank")
_SOURCE = Column(ref=("sources.csv", "code"))
_ACCOUNT = Column(ref=("wage_accounts.csv", "account_no"))
_AREA = Column(ref=("areas.csv", "code"))
_DAY, _DAY_OR_NONE = Column(checks.day), Column(checks.day, required=False)
_TEXT, _TEXT_OR_NONE = Column(), Column(required=False)
_MONEY, _MONEY_OR_NONE = Column(checks.money), Column(checks.money, required=False)

_WORKS_KIND = checks.one_of("rural_revitalisation", "village_road", "other")

# The whole format: each file, each column. `scenarios/README.md` says it in words.
FILES: Mapping[str, Mapping[str, Column]] = {
    "areas.csv": {
        "code": _TEXT,
        "name": _TEXT,
        "parent_code": Column(required=False, ref=("areas.csv", "code")),
        "valid_from": _DAY,
        "valid_to": _DAY_OR_NONE,
    },
    "organisations.csv": {
        "credit_code": _TEXT,
        "name": _TEXT,
        "area_code": _AREA,
        "roles": _TEXT,
        "trades": _TEXT_OR_NONE,
    },
    "projects.csv": {
        "code": _TEXT,
        "name": _TEXT,
        "area_code": _AREA,
        "investment_type": Column(checks.one_of("government", "state_firm", "ppp", "private")),
        "funding_source": _TEXT_OR_NONE,
        "developer": _DEVELOPER,
        "contractor": _CONTRACTOR_OR_NONE,
        "sector_authority": _SECTOR_OR_NONE,
        "status": Column(checks.one_of("001", "002", "003", "004", "005")),
        "supervised_since": _DAY_OR_NONE,
        "started_on": _DAY_OR_NONE,
    },
    "particulars.csv": {
        "project": _PROJECT,
        "works_kind": Column(_WORKS_KIND),
        "investment_amount": _MONEY_OR_NONE,
        "approval_number": _TEXT_OR_NONE,
        "permit_number": _TEXT_OR_NONE,
        "address": _TEXT_OR_NONE,
    },
    "duties.csv": {
        "area_code": _AREA,
        "works_kind": Column(_WORKS_KIND),
        "valid_from": _DAY,
        "above": _MONEY_OR_NONE,
        "required": _TEXT,
        "basis": _TEXT,
        "certainty": Column(checks.one_of("A", "B", "C")),
    },
    "works_contracts.csv": {
        "project": _PROJECT,
        "number": _TEXT,
        "contractor": _CONTRACTOR,
        "signed_on": _DAY,
        "contract_amount": Column(checks.paid),
        "basis": Column(checks.one_of("per_period", "total", "share")),
        "amount": _MONEY_OR_NONE,
        "share": _MONEY_OR_NONE,
        "first_period": Column(checks.period),
        "last_period": Column(checks.period),
        # 国务院令第724号 art. 24: the cycle is a month at most.
        "cycle_months": Column(checks.between(1, 1)),
        "transfer_day": Column(checks.between(1, 31)),
        "transfer_month": Column(checks.one_of("same", "next")),
        "due_shift": Column(checks.one_of("backwards", "none")),
    },
    "requirements.csv": {
        "project": _PROJECT,
        "system": _TEXT,
        "done_on": _DAY,
        "valid_until": _DAY_OR_NONE,
        "reference": _TEXT,
    },
    "persons.csv": {
        "project": _PROJECT,
        "name": _TEXT,
        "post": _TEXT,
        "unit": _UNIT,
        "role": _TEXT,
        "from_on": _DAY,
        "until_on": _DAY_OR_NONE,
    },
    "sources.csv": {
        "code": _TEXT,
        "name": _TEXT,
        "bank": _BANK,
        "area_code": _AREA,
        "expected_by": Column(checks.time),
        "expected_after_wd": Column(checks.between(0, 30)),
        "from_day": _DAY,
        "sends_at": Column(checks.time),
    },
    "wage_accounts.csv": {
        "project": _PROJECT,
        "source": _SOURCE,
        "account_no": _TEXT,
        "account_name": _TEXT,
        "bank_name": _TEXT,
        "opened_on": _DAY,
        "opening_balance": _MONEY,
    },
    "filings.csv": {
        "account_no": _ACCOUNT,
        "agreement_on": _DAY_OR_NONE,
        "filed_on": _DAY_OR_NONE,
    },
    "recipients.csv": {
        "name": _TEXT,
        "role": Column(checks.one_of(*sorted(KNOWN_ROLES))),
        "area_code": _AREA,
        "organisation": _UNIT_OR_NONE,
        "person": Column(required=False, ref=("persons.csv", "project")),
        "channels": _TEXT,
    },
    "late_feeds.csv": {"source": _SOURCE, "day": _DAY, "sent_at": Column(checks.instant)},
    "lines.csv": {
        "account_no": _ACCOUNT,
        "serial": _TEXT,
        "at": Column(checks.instant),
        "direction": Column(checks.one_of("in", "out")),
        "amount": Column(checks.paid),
        "counterparty_name": _TEXT_OR_NONE,
        "counterparty_account": _TEXT_OR_NONE,
        "purpose": _TEXT_OR_NONE,
    },
    "crews.csv": {
        "project": _PROJECT,
        "name": _TEXT,
        "trade": _TEXT,
        "workers": Column(checks.numbers),
        "entered_on": _DAY,
        "left_on": _DAY_OR_NONE,
        "contract_on": _DAY_OR_NONE,
        "pay_unit": Column(checks.one_of("day", "month")),
        "pay": Column(checks.paid),
        "told_at": Column(checks.instant),
    },
    "attendance.csv": {
        "project": _PROJECT,
        "period": Column(checks.period),
        "workers": Column(checks.numbers),
        "days": Column(checks.days),
    },
    "gates.csv": {
        "project": _PROJECT,
        "source": _TEXT,
        "from_on": _DAY,
        "every_days": Column(checks.between(1, 31)),
        "sends_at": Column(checks.time),
    },
    "payrolls.csv": {
        "project": _PROJECT,
        "period": Column(checks.period),
        "layout": Column(checks.one_of(*papers.LAYOUTS)),
        "meals": _MONEY_OR_NONE,
        "uploaded_at": Column(checks.instant),
        "reviewed_at": Column(checks.instant, required=False),
        "approved_at": Column(checks.instant, required=False),
        "sent_at": Column(checks.instant, required=False),
        "paid_at": Column(checks.instant, required=False),
    },
    "returned.csv": {
        "project": _PROJECT,
        "period": Column(checks.period),
        "worker": Column(checks.number),
        "reason": _TEXT,
        "again_at": Column(checks.instant, required=False),
    },
    "disputes.csv": {
        "project": _PROJECT,
        "period": Column(checks.period),
        "worker": Column(checks.number),
        "said_at": Column(checks.instant),
        "role": Column(checks.one_of("wage_office", "wage_officer")),
        "answer": Column(checks.one_of("not_received", "not_my_amount", "card_with_someone_else")),
        "note": _TEXT_OR_NONE,
        "closed_at": Column(checks.instant, required=False),
        "proof": _TEXT_OR_NONE,
    },
    "cases.csv": {
        "case": _TEXT,
        "told_at": Column(checks.instant),
        "channel": Column(checks.one_of(*CHANNELS)),
        "speaker": Column(checks.one_of("worker", "representative", "anyone", "body")),
        "workers": Column(checks.numbers),
        "industry": _TEXT,
        "project": Column(required=False, ref=("projects.csv", "code")),
        "employer": _UNIT_OR_NONE,
        "employer_name": _TEXT_OR_NONE,
        "place": _TEXT,
        "months": Column(checks.months, required=False),
        "amount": _MONEY_OR_NONE,
        "words": _TEXT,
    },
    "case_acts.csv": {
        "at": Column(checks.instant),
        "case": Column(ref=("cases.csv", "case")),
        "role": Column(checks.one_of(*sorted(KNOWN_ROLES))),
        "unit": _UNIT_OR_NONE,
        "person": _TEXT_OR_NONE,
        "act": Column(checks.one_of(*CASE_ACTS)),
        "code": _TEXT_OR_NONE,
        "yuan": Column(checks.amounts, required=False),
        "to": _UNIT_OR_NONE,
        "proof": _TEXT_OR_NONE,
        "text": _TEXT_OR_NONE,
    },
    "reports.csv": {
        "at": Column(checks.instant),
        "role": Column(checks.one_of(*sorted(KNOWN_ROLES))),
        "project": _PROJECT,
    },
    "sightings.csv": {
        "at": Column(checks.instant),
        "role": Column(checks.one_of(*sorted(KNOWN_ROLES))),
        "source": Column(checks.one_of("approval", "permit", "tender", "inspection")),
        "seen_on": _DAY,
        "name": _TEXT,
        "area_code": _AREA,
        "developer": _DEVELOPER,
        "works_kind": Column(_WORKS_KIND),
        "approval_number": _TEXT_OR_NONE,
        "investment_amount": _MONEY_OR_NONE,
        "started_on": _DAY_OR_NONE,
        "note": _TEXT_OR_NONE,
    },
    "acts.csv": {
        "at": Column(checks.instant),
        "role": Column(checks.one_of(*sorted(KNOWN_ROLES))),
        "organisation": _UNIT_OR_NONE,
        "act": Column(checks.one_of("acknowledge", "answer", "confirm", "refuse")),
        "project": _PROJECT,
        "period": _TEXT_OR_NONE,
        "text": _TEXT_OR_NONE,
        "promised_on": _DAY_OR_NONE,
    },
}
OPTIONAL = {
    "crews.csv",
    "attendance.csv",
    "gates.csv",
    "payrolls.csv",
    "returned.csv",
    "disputes.csv",
    "cases.csv",
    "case_acts.csv",
    "late_feeds.csv",
    "filings.csv",
    "acts.csv",
    "persons.csv",
    "requirements.csv",
    "particulars.csv",
    "duties.csv",
    "reports.csv",
    "sightings.csv",
    "README.md",
}
# What names a row; no two have the same.
NAMED = {
    "organisations.csv": ("credit_code",),
    "projects.csv": ("code",),
    "particulars.csv": ("project",),
    "works_contracts.csv": ("project", "number"),
    "requirements.csv": ("project", "system"),
    "sources.csv": ("code",),
    "wage_accounts.csv": ("account_no",),
    "filings.csv": ("account_no",),
    "late_feeds.csv": ("source", "day"),
    "lines.csv": ("account_no", "serial"),
    "crews.csv": ("project", "name"),
    "gates.csv": ("project",),
    "payrolls.csv": ("project", "period"),
    "returned.csv": ("project", "period", "worker"),
    "disputes.csv": ("project", "period", "worker"),
    "cases.csv": ("case",),
}
# Files whose rows must stand in order of this column, an instant.
ORDERED = {"acts.csv": "at", "case_acts.csv": "at", "reports.csv": "at", "sightings.csv": "at"}
# Columns of a row of which the second may not come before the first.
SPANS = {
    "requirements.csv": ("done_on", "valid_until"),
    "areas.csv": ("valid_from", "valid_to"),
    "works_contracts.csv": ("first_period", "last_period"),
    "persons.csv": ("from_on", "until_on"),
    "late_feeds.csv": ("day", "sent_at"),
    "crews.csv": ("entered_on", "left_on"),
}
SETTINGS = {"title", "area_code", "from", "until", "calendar_years"}
# Words of headings under which only something computed can stand; a described column may have one.
_COMPUTED = re.compile(
    "(^|_)(levels?|miss(es|ed)?|shares?|totals?|sum|shortfall|lacking|credited|due|overdue|arrears"
    "|balance|standing|none|short|full|counts?|per_?cent(age)?|rate|ratio|score)(_|$)"
    "|等级|预警|未拨付|不足|占比|比例|合计|总计|差额|缺口|余额|应拨|到账|得分"
)


def heading(name: str) -> str:
    """Say what is wrong with a heading, or a setting, that is not described."""
    plain = re.sub(r"[\s-]+", "_", name.strip().lower())
    computed = _COMPUTED.search(plain)
    return "computed figure: comes out of the rules" if computed else "not described"
