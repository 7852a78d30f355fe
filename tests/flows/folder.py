"""Writes a county's folder by the words of `scenarios/README.md`, and by nothing else."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from tests.flows import page
from tests.flows.reference import County

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
AREAS = [
    ("0", "全国", ""),
    ("42", "湖北省", "0"),
    ("4228", "恩施州", "42"),
    ("422828", "鹤峰县", "4228"),
]
HERE = AREAS[-1][0]
SIGNED_ON = date(2023, 1, 5)
# The list of the province in which the county lies.
SYSTEMS = ["wage_account", "roster", "disbursement", "deposit", "notice_board"]
Rows = Iterator[Mapping[str, object]]


@dataclass(frozen=True)
class Paper:
    """What a contract says of its price and of labour cost, in yuan and per cent."""

    contract_amount: Decimal
    basis: str
    amount: Decimal | None
    share: Decimal | None


@dataclass(frozen=True)
class Payment:
    """Money that moved on an account."""

    account: str
    serial: str
    when: datetime
    direction: str
    amount: Decimal
    purpose: str


@dataclass(frozen=True)
class Drawn:
    """A county's facts, and what only its papers say."""

    facts: County
    papers: Mapping[str, Paper]
    """By project."""
    payments: Iterable[Payment]
    late: Mapping[tuple[str, date], datetime]


def credit_code(name: str) -> str:
    """Give an invented credit code with the right last sign, the same for the same name."""
    number = int.from_bytes(name.encode()[-8:]) % 10**9
    body = f"91{HERE}{number:09d}"
    worth = sum(ALPHABET.index(sign) * 3**place for place, sign in enumerate(body))
    return body + ALPHABET[(31 - worth % 31) % 31]


CONTRACTOR, BANK = credit_code("总包"), credit_code("银行")


def write(folder: Path, drawn: Drawn) -> None:
    """Write all files."""
    folder.mkdir(parents=True)
    facts = drawn.facts
    page.write_settings(
        folder,
        title="drawn",
        area_code=HERE,
        until=facts.ends.isoformat(),
        calendar_years=[2023],
        **{"from": facts.begins.isoformat()},
    )
    for name, rows in {
        "areas.csv": _areas(),
        "organisations.csv": _organisations(facts),
        "projects.csv": _projects(facts),
        "works_contracts.csv": _contracts(drawn),
        "sources.csv": _sources(facts),
        "requirements.csv": _requirements(facts),
        "persons.csv": _persons(facts),
        "wage_accounts.csv": _accounts(facts),
        "filings.csv": _filings(facts),
        "lines.csv": _lines(drawn),
        "late_feeds.csv": _late_feeds(drawn),
        "recipients.csv": _recipients(facts),
    }.items():
        page.write(folder, name, rows)


def _units(facts: County) -> list[str]:
    return sorted({project.developer for project in facts.projects})


def _areas() -> Rows:
    for code, name, parent in AREAS:
        yield {"code": code, "name": name, "parent_code": parent, "valid_from": "1983-12-01"}


def _organisations(facts: County) -> Rows:
    for unit in _units(facts):
        yield _organisation(unit, "developer")
    yield _organisation("总包", "contractor") | {"trades": "construction"}
    yield _organisation("银行", "bank")


def _organisation(name: str, role: str) -> dict[str, object]:
    code = credit_code(name)
    return {"credit_code": code, "name": name, "area_code": HERE, "roles": role}


def _projects(facts: County) -> Rows:
    for project in facts.projects:
        yield {
            "code": project.code,
            "name": f"项目{project.code}",
            "area_code": HERE,
            "investment_type": project.investment_type,
            "funding_source": project.funding_source,
            "developer": credit_code(project.developer),
            "contractor": CONTRACTOR,
            "status": project.status,
            "supervised_since": project.supervised_since,
            "started_on": SIGNED_ON,
        }


def _contracts(drawn: Drawn) -> Rows:
    for contract in drawn.facts.contracts:
        paper = drawn.papers[contract.project]
        yield {
            "project": contract.project,
            "number": f"N-{contract.project}",
            "contractor": CONTRACTOR,
            "signed_on": SIGNED_ON,
            "contract_amount": paper.contract_amount,
            "basis": paper.basis,
            "amount": paper.amount,
            "share": paper.share,
            "first_period": contract.periods[0],
            "last_period": contract.periods[-1],
            "cycle_months": 1,
            "transfer_day": contract.transfer_day,
            "transfer_month": "next" if contract.next_month else "same",
            "due_shift": "backwards" if contract.shifted else "none",
        }


def _sources(facts: County) -> Rows:
    for source, first in facts.first_day.items():
        yield {
            "code": source,
            "name": f"银行{source}",
            "bank": BANK,
            "area_code": HERE,
            "expected_by": facts.expected_by,
            "expected_after_wd": 1,
            "from_day": first,
            "sends_at": "08:30",
        }


def _requirements(facts: County) -> Rows:
    """Put every required system in place: the model knows of money alone."""
    for project in facts.projects:
        for system in SYSTEMS:
            paper = {
                "done_on": SIGNED_ON,
                "valid_until": "",
                "reference": f"{system} {project.code}",
            }
            yield {"project": project.code, "system": system} | paper


def _persons(facts: County) -> Rows:
    for project in facts.projects:
        unit = credit_code(project.developer)
        who = {"name": f"{project.developer}包保责任人", "post": "包保责任人", "unit": unit}
        begun = {"role": "responsible_person", "from_on": SIGNED_ON}
        yield {"project": project.code} | who | begun


def _filings(facts: County) -> Rows:
    for contract in facts.contracts:
        if contract.source:
            opened = facts.first_day[contract.source]
            filed = {"agreement_on": opened, "filed_on": opened}
            yield {"account_no": contract.account} | filed


def _accounts(facts: County) -> Rows:
    for contract in facts.contracts:
        if contract.source:
            yield {
                "project": contract.project,
                "source": contract.source,
                "account_no": contract.account,
                "account_name": f"专户{contract.project}",
                "bank_name": "银行",
                "opened_on": facts.first_day[contract.source],
                "opening_balance": "0.00",
            }


def _lines(drawn: Drawn) -> Rows:
    for payment in drawn.payments:
        yield {
            "account_no": payment.account,
            "serial": payment.serial,
            "at": payment.when.isoformat(),
            "direction": payment.direction,
            "amount": payment.amount,
            "counterparty_name": "业主" if payment.direction == "in" else "",
            "counterparty_account": "42000000000000001" if payment.direction == "in" else "",
            "purpose": payment.purpose,
        }


def _late_feeds(drawn: Drawn) -> Rows:
    for (source, day), when in drawn.late.items():
        yield {"source": source, "day": day, "sent_at": when.isoformat()}


def _recipients(facts: County) -> Rows:
    for unit in _units(facts):
        yield _recipient(unit, "developer") | {"organisation": credit_code(unit)}
    yield _recipient("治欠办", "wage_office")
    yield _recipient("银行", "bank") | {"organisation": BANK}
    yield _recipient("运维", "operator") | {"area_code": "0"}


def _recipient(name: str, role: str) -> dict[str, object]:
    return {"name": f"{name}岗", "role": role, "area_code": HERE, "channels": "inbox"}
