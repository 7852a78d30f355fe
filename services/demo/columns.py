"""The form of a scenario's folder: its files, what each column holds, and what stands in none."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from services.demo import papers, workers
from shared.roles import KNOWN_ROLES

# Beyond them there is no calendar, and in the end no time.
YEARS = range(1900, 2200)


def _day(value: str) -> None:
    if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise ValueError(f"{value} is no day: YYYY-MM-DD")
    _year(date.fromisoformat(value))


def instant(value: str) -> None:
    at = datetime.fromisoformat(value)
    if at.tzinfo is None:
        raise ValueError("an instant needs its offset")
    _year(at)


def _year(of: date) -> None:
    if of.year not in YEARS:
        raise ValueError(f"{of.year} is no year of a scenario")


def _money(value: str) -> None:
    if not re.fullmatch("[0-9]{1,12}([.][0-9]+)?", value):
        raise ValueError(f"{value} is no amount")
    if Decimal(value).as_tuple().exponent not in {0, -1, -2}:
        raise ValueError("an amount has at most two decimals")


def _paid(value: str) -> None:
    _money(value)
    if Decimal(value) <= 0:
        raise ValueError("an amount is above zero")


def _text(value: str) -> None:
    if value != value.strip() or not value.isprintable():
        raise ValueError("blanks at its ends, or signs that cannot be seen")


def _number(value: str) -> None:
    if not value.isascii() or not value.isdecimal():
        raise ValueError(f"{value} is no whole number")


def _workers(value: str) -> None:
    workers.numbers(value)


def _days(value: str) -> None:
    workers.days(value)


def _between(least: int, most: int) -> Callable[[str], None]:
    def check(value: str) -> None:
        _number(value)
        if not least <= int(value) <= most:
            raise ValueError(f"{value} does not lie between {least} and {most}")

    return check


def _time(value: str) -> None:
    if not re.fullmatch("([01][0-9]|2[0-3]):[0-5][0-9]", value):
        raise ValueError("a time of day is HH:MM")


def _one_of(*choices: str) -> Callable[[str], None]:
    def check(value: str) -> None:
        if value not in choices:
            raise ValueError(f"{value} is none of {', '.join(choices)}")

    return check


def _period(value: str) -> None:
    if not re.fullmatch("20[0-9]{2}-(0[1-9]|1[0-2])", value):
        raise ValueError("a period is YYYY-MM")


@dataclass(frozen=True, slots=True)
class Column:
    """What a column holds; `ref` names the file and column in which its value must stand.

    With a `role`, the organisation that it names must have that role.
    """

    check: Callable[[str], None] = _text
    required: bool = True
    ref: tuple[str, str] | None = None
    role: str = ""


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
_DAY, _DAY_OR_NONE = Column(_day), Column(_day, required=False)
_TEXT, _TEXT_OR_NONE = Column(), Column(required=False)
_MONEY, _MONEY_OR_NONE = Column(_money), Column(_money, required=False)

_WORKS_KIND = _one_of("rural_revitalisation", "village_road", "other")

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
        "investment_type": Column(_one_of("government", "state_firm", "ppp", "private")),
        "funding_source": _TEXT_OR_NONE,
        "developer": _DEVELOPER,
        "contractor": _CONTRACTOR_OR_NONE,
        "sector_authority": _SECTOR_OR_NONE,
        "status": Column(_one_of("001", "002", "003", "004", "005")),
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
        "certainty": Column(_one_of("A", "B", "C")),
    },
    "works_contracts.csv": {
        "project": _PROJECT,
        "number": _TEXT,
        "contractor": _CONTRACTOR,
        "signed_on": _DAY,
        "contract_amount": Column(_paid),
        "basis": Column(_one_of("per_period", "total", "share")),
        "amount": _MONEY_OR_NONE,
        "share": _MONEY_OR_NONE,
        "first_period": Column(_period),
        "last_period": Column(_period),
        # 国务院令第724号 art. 24: the cycle is a month at most.
        "cycle_months": Column(_between(1, 1)),
        "transfer_day": Column(_between(1, 31)),
        "transfer_month": Column(_one_of("same", "next")),
        "due_shift": Column(_one_of("backwards", "none")),
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
        "expected_by": Column(_time),
        "expected_after_wd": Column(_between(0, 30)),
        "from_day": _DAY,
        "sends_at": Column(_time),
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
        "role": Column(_one_of(*sorted(KNOWN_ROLES))),
        "area_code": _AREA,
        "organisation": _UNIT_OR_NONE,
        "person": Column(required=False, ref=("persons.csv", "project")),
        "channels": _TEXT,
    },
    "late_feeds.csv": {"source": _SOURCE, "day": _DAY, "sent_at": Column(instant)},
    "lines.csv": {
        "account_no": _ACCOUNT,
        "serial": _TEXT,
        "at": Column(instant),
        "direction": Column(_one_of("in", "out")),
        "amount": Column(_paid),
        "counterparty_name": _TEXT_OR_NONE,
        "counterparty_account": _TEXT_OR_NONE,
        "purpose": _TEXT_OR_NONE,
    },
    "crews.csv": {
        "project": _PROJECT,
        "name": _TEXT,
        "trade": _TEXT,
        "workers": Column(_workers),
        "entered_on": _DAY,
        "left_on": _DAY_OR_NONE,
        "contract_on": _DAY_OR_NONE,
        "pay_unit": Column(_one_of("day", "month")),
        "pay": Column(_paid),
        "told_at": Column(instant),
    },
    "attendance.csv": {
        "project": _PROJECT,
        "period": Column(_period),
        "workers": Column(_workers),
        "days": Column(_days),
    },
    "gates.csv": {
        "project": _PROJECT,
        "source": _TEXT,
        "from_on": _DAY,
        "every_days": Column(_between(1, 31)),
        "sends_at": Column(_time),
    },
    "payrolls.csv": {
        "project": _PROJECT,
        "period": Column(_period),
        "layout": Column(_one_of(*papers.LAYOUTS)),
        "meals": _MONEY_OR_NONE,
        "uploaded_at": Column(instant),
        "reviewed_at": Column(instant, required=False),
        "approved_at": Column(instant, required=False),
        "sent_at": Column(instant, required=False),
        "paid_at": Column(instant, required=False),
    },
    "returned.csv": {
        "project": _PROJECT,
        "period": Column(_period),
        "worker": Column(_number),
        "reason": _TEXT,
        "again_at": Column(instant, required=False),
    },
    "disputes.csv": {
        "project": _PROJECT,
        "period": Column(_period),
        "worker": Column(_number),
        "said_at": Column(instant),
        "role": Column(_one_of("wage_office", "wage_officer")),
        "answer": Column(_one_of("not_received", "not_my_amount", "card_with_someone_else")),
        "note": _TEXT_OR_NONE,
        "closed_at": Column(instant, required=False),
        "proof": _TEXT_OR_NONE,
    },
    "reports.csv": {
        "at": Column(instant),
        "role": Column(_one_of(*sorted(KNOWN_ROLES))),
        "project": _PROJECT,
    },
    "sightings.csv": {
        "at": Column(instant),
        "role": Column(_one_of(*sorted(KNOWN_ROLES))),
        "source": Column(_one_of("approval", "permit", "tender", "inspection")),
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
        "at": Column(instant),
        "role": Column(_one_of(*sorted(KNOWN_ROLES))),
        "organisation": _UNIT_OR_NONE,
        "act": Column(_one_of("acknowledge", "answer", "confirm", "refuse")),
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
}
# Files whose rows must stand in order of this column, an instant.
ORDERED = {"acts.csv": "at", "reports.csv": "at", "sightings.csv": "at"}
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
