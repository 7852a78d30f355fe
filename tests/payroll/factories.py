"""Rows and bodies of payroll for its tests; plain functions."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from services.payroll import actions, handlers
from services.payroll.models import BankFeed, Obligation, Replan, Source, WageAccount
from services.payroll.schemas.accounts import WageAccountIn
from services.payroll.schemas.feeds import BankFeedIn
from services.payroll.schemas.sources import SourceIn
from shared import clock
from shared.areas import NATION, Scope
from shared.auth import Caller
from shared.db import Session, new_id
from shared.events.registry import (
    AreaChanged,
    CalendarPublished,
    OrganisationRegistered,
    ProjectCard,
    ProjectRegistered,
    WorksContractSigned,
)
from shared.workdays import national

EVERYWHERE = Scope(frozenset({NATION}))
COUNTY, NEIGHBOUR = "422828", "422822"
TREE = {
    "0": "/0/",
    "42": "/0/42/",
    "4228": "/0/42/4228/",
    COUNTY: "/0/42/4228/422828/",
    NEIGHBOUR: "/0/42/4228/422822/",
}
BEGAN = datetime(2023, 1, 2, tzinfo=UTC)
DEVELOPER, CONTRACTOR, BANK, OTHER_BANK = (UUID(int=n) for n in (1, 2, 3, 4))
ACCOUNT_NO = "1755000000000000001"


def sender(bank_id: UUID = BANK) -> Caller:
    """Give a bank's machine."""
    return Caller("key:bank", frozenset({"bank"}), frozenset({COUNTY}), bank_id)


def person(name: str = "anna") -> Caller:
    """Give somebody of the county's wage office."""
    return Caller(name, frozenset({"wage_office"}), frozenset({COUNTY}))


def calendar(area_code: str = "0", year: int = 2023, **changes: Any) -> CalendarPublished:
    """Give the news of a year's working days: the nation's own, unless told otherwise."""
    days = {day: kind.value for day, kind in national(year).items()}
    values = {"exceptions": days, "provisional": False, "source": "notice", "occurred_at": BEGAN}
    return CalendarPublished(area_code=area_code, year=year, **(values | changes))


async def tree(session: Session, *, calendars: bool = True) -> None:
    """Let areas be known, and the working days of 2023."""
    for code, path in TREE.items():
        await handlers.on_area_changed(
            session,
            AreaChanged(area_code=code, name=code, path=path, valid_from=date(2000, 1, 1)),
        )
    if calendars:
        await handlers.on_calendar_published(session, calendar())


def card(project_id: UUID | None = None, **changes: Any) -> ProjectCard:
    """Give a project of the county."""
    values = {
        "name": "鹤峰县某道路工程",
        "area_code": COUNTY,
        "status": "003",
        "investment_type": "government",
        "developer_id": DEVELOPER,
        "developer_name": "县交通运输局",
        "contractor_id": CONTRACTOR,
        "contractor_name": "某建设公司",
        "supervised_since": date(2023, 1, 1),
    }
    return ProjectCard(project_id=project_id or new_id(), **(values | changes))


def signed(project: ProjectCard, **changes: Any) -> WorksContractSigned:
    """Give the news of a contract: 100 a month from January to April 2023, due on the 25th."""
    values = {
        "works_contract_id": new_id(),
        "contractor_id": CONTRACTOR,
        "signed_on": date(2023, 1, 1),
        "contract_amount": Decimal("10000.00"),
        "basis": "per_period",
        "labour_cost": Decimal("100.00"),
        "first_period": "2023-01",
        "last_period": "2023-04",
        "transfer_day": 25,
        "transfer_month": "same",
        "due_shift": "backwards",
        "occurred_at": BEGAN,
    }
    return WorksContractSigned(project_id=project.project_id, project=project, **(values | changes))


async def project(session: Session, **changes: Any) -> ProjectCard:
    """Let a project be known."""
    made = card(**changes)
    await handlers.on_project_registered(
        session,
        ProjectRegistered(project_id=made.project_id, project=made, occurred_at=BEGAN),
    )
    return made


async def contract(session: Session, made: ProjectCard | None = None, **changes: Any) -> UUID:
    """Let a contract be known; give its project's id."""
    event = signed(made or card(), **changes)
    await handlers.on_works_contract_signed(session, event)
    return event.project_id


async def bank(session: Session, bank_id: UUID = BANK, roles: Sequence[str] = ("bank",)) -> None:
    """Let a bank be known."""
    await handlers.on_organisation_registered(
        session,
        OrganisationRegistered(
            organisation_id=bank_id,
            name="某银行",
            credit_code="914228280000000000",
            area_code=COUNTY,
            roles=list(roles),
            trades=[],
            occurred_at=BEGAN,
        ),
    )


def source_in(**changes: Any) -> SourceIn:
    """Give the body of a source that owes feeds from 2023-01-10 on."""
    values = {
        "code": "S1",
        "name": "某银行鹤峰支行",
        "bank_id": BANK,
        "area_code": COUNTY,
        "from_day": date(2023, 1, 10),
    }
    return SourceIn(**(values | changes))


async def source(session: Session, today: date = date(2023, 1, 10), **changes: Any) -> Source:
    """Let a source be known, with its days until today."""
    body = source_in(**changes)
    await bank(session, body.bank_id)
    return await actions.sources.register_source(session, EVERYWHERE, body, today)


def account_in(project_id: UUID, **changes: Any) -> WageAccountIn:
    """Give the body of a wage account."""
    values = {
        "source": "S1",
        "account_no": ACCOUNT_NO,
        "account_name": "某建设公司某道路工程农民工工资专用账户",
        "bank_name": "某银行鹤峰支行",
        "opened_on": date(2023, 1, 10),
    }
    return WageAccountIn(project_id=project_id, **(values | changes))


async def account(session: Session, project_id: UUID, **changes: Any) -> WageAccount:
    """Let a project's wage account be known."""
    return await actions.accounts.register_wage_account(
        session, EVERYWHERE, account_in(project_id, **changes), clock.at(date(2023, 1, 10), 12)
    )


def line(serial: str, at: str, amount: int, balance: int, /, **changes: Any) -> dict[str, Any]:
    """Give a line of a batch; `at` is Beijing time, a negative amount goes out."""
    values = {
        "serial": serial,
        "at": f"{at}+08:00",
        "direction": "in" if amount > 0 else "out",
        "amount": f"{abs(amount)}.00",
        "balance": f"{balance}.00",
    }
    return values | changes


def statement(
    opening: int, *lines: dict[str, Any], account_no: str = ACCOUNT_NO, closing: int | None = None
) -> dict[str, Any]:
    """Give an account of a batch; it closes with its last line's balance."""
    end = f"{closing}.00" if closing is not None else None
    return {
        "account_no": account_no,
        "opening": f"{opening}.00",
        "closing": end or (lines[-1]["balance"] if lines else f"{opening}.00"),
        "lines": list(lines),
    }


def batch(
    day: date, *statements: dict[str, Any], final: bool = True, source: str = "S1"
) -> dict[str, Any]:
    """Give the body of a batch."""
    return {
        "source": source,
        "day": day.isoformat(),
        "accounts": list(statements),
        "final": final,
    }


async def feed(
    session: Session,
    day: date,
    *statements: dict[str, Any],
    final: bool = True,
    source: str = "S1",
    now: datetime | None = None,
    caller: Caller | None = None,
) -> BankFeed:
    """Send a batch, in the early morning after the day unless told otherwise."""
    said = batch(day, *statements, final=final, source=source)
    received = await actions.batches.receive_bank_feed(
        session,
        caller or sender(),
        BankFeedIn.model_validate(said),
        now or clock.at(date.fromordinal(day.toordinal() + 1), 4),
    )
    await session.flush()
    return received


async def feeds(session: Session, first: date, last: date, *, source: str = "S1") -> None:
    """Close days on which nothing moved."""
    day = first
    while day <= last:
        await feed(session, day, source=source)
        day = date.fromordinal(day.toordinal() + 1)


async def owed(session: Session, project_id: UUID) -> list[Obligation]:
    """Give a project's obligations, oldest first."""
    await session.flush()
    rows = await session.scalars(
        select(Obligation)
        .where(Obligation.project_id == project_id)
        .order_by(Obligation.period, Obligation.works_contract_id)
        .execution_options(populate_existing=True)
    )
    return list(rows)


def replan(area_code: str) -> Replan:
    """Give the note that an area's working days were told."""
    return Replan(id=new_id(), area_code=area_code, from_on=date.min, until_on=date.max)


async def stands(session: Session, project_id: UUID) -> list[tuple[str, str, int]]:
    """Give period, status and credited yuan of a project's obligations."""
    return [
        (row.period, row.status.value, int(row.credited_amount))
        for row in await owed(session, project_id)
    ]
