"""Who owes a sheet by when, and whose wages are unpaid: found, told once, moved, ended by proof.

The working days of April 2023, counted by hand: the 5th is a holiday, the 23rd is worked, and the
holiday of May begins on the 29th.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from services.payroll import actions, handlers, rules
from services.payroll.models import Condition, Payday, PayMonth
from services.payroll.rules.paydays import Because
from services.payroll.rules.periods import TransferMonth
from services.payroll.schemas.policies import PolicyIn
from shared import clock
from shared.db import Session
from shared.events.conditions import PayrollConditionEnded, PayrollConditionFound
from shared.workdays import national_calendar
from tests.fixtures.service import Published, Time
from tests.payroll import attendance, sheets
from tests.payroll import factories as make

SHEETS = "/payroll/v1/sheets"
OFFICE = make.person()
pytestmark = pytest.mark.caller("contractor", areas=[make.COUNTY], org=make.CONTRACTOR)


def at(said: str) -> datetime:
    return datetime.fromisoformat(f"2023-{said}").replace(tzinfo=clock.BEIJING)


async def look(session: Session, now: datetime) -> int:
    """Let the poll look until nothing is left."""
    await session.flush()
    found = 0
    while more := await actions.paydays.review(session, now, 50):
        found += more
    return found


async def paydays(session: Session) -> list[tuple[Any, ...]]:
    rows = await session.scalars(select(Payday).order_by(Payday.period, Payday.due_on))
    return [
        (one.employer_id, one.period, one.because, one.workers, f"{one.due_on:%m-%d}")
        for one in rows
    ]


async def open_now(session: Session) -> list[tuple[str, UUID, str, str, list[str]]]:
    await session.flush()
    rows = await session.scalars(
        select(Condition)
        .where(
            Condition.ended_at.is_(None),
            Condition.kind.in_(["payroll_not_submitted", "wages_unpaid"]),
        )
        .order_by(Condition.period, Condition.unit_id)
    )
    return [(one.kind, one.unit_id, one.period, f"{one.since:%m-%d}", one.facts) for one in rows]


@pytest.fixture
async def project(session: Session, time: Time) -> UUID:
    """Three people of the contractor on a roster; it pays on the 15th of the month after."""
    time.move_to(clock.at(date(2023, 3, 1), 9))
    await make.tree(session)
    project_id = await make.contract(session, pay_cycle="month", pay_day=15)
    await sheets.subcontractor(session, project_id)
    await session.flush()
    await sheets.enrol(session, project_id)
    await session.flush()
    return project_id


@pytest.mark.parametrize(
    ("period", "day", "due"),
    [
        ("2026-01", 15, date(2026, 2, 14)),  # A holiday; the Saturday before it is worked.
        ("2026-01", 28, date(2026, 2, 28)),  # A Saturday that is worked.
        ("2026-08", 25, date(2026, 9, 24)),  # A holiday.
        ("2026-01", 31, date(2026, 2, 28)),  # The month has no such day: its last.
        ("2023-12", 31, date(2024, 1, 31)),
    ],
)
def test_wages_are_due_on_the_last_working_day_on_or_before_the_pay_day(
    period: str, day: int, due: date
) -> None:
    calendar = national_calendar([2023, 2024, 2026])
    assert rules.paydays.due_on(period, day, TransferMonth.NEXT, calendar) == due


async def test_a_month_that_is_over_is_owed_by_whoever_had_people_there(
    session: Session, project: UUID, published: Published
) -> None:
    """By the roster, as nobody told attendance; told once, before its day, however often looked."""
    assert await look(session, at("03-31 12:00")) == 0
    await actions.paydays.begin_month(session, date(2023, 4, 1))
    assert await look(session, at("04-01 00:01")) == 1
    due = (make.CONTRACTOR, "2023-03", Because.ROSTER, 3, "04-14")
    assert await paydays(session) == [due]
    assert await look(session, at("04-01 00:02")) == 0
    [told] = [one for one in await published(session, PayrollConditionFound) if one.period]
    said = (told.kind, told.period, told.since, told.unit_id, told.facts)
    assert said == ("payroll_not_submitted", "2023-03", date(2023, 4, 14), make.CONTRACTOR, [])
    # The 14th becomes a day off: the day before is the last that is worked.
    off = make.calendar(exceptions={date(2023, 4, 5): "holiday", date(2023, 4, 14): "holiday"})
    await handlers.on_calendar_published(session, off)
    await look(session, at("04-03 09:00"))
    assert [row[4] for row in await paydays(session)] == ["04-13"]


async def test_attendance_says_who_worked_where_anybody_told_it(
    client: AsyncClient, session: Session, project: UUID, time: Time
) -> None:
    """One of the roster was seen, and one whom nobody knows: the contractor answers for both."""
    stranger = attendance.seen("b", id_number="422828199001011233")
    seen = [attendance.seen("a", id_number=sheets.ID_CARD), stranger]
    answer = await attendance.send(client, project, *seen)
    assert answer.status_code == 201, answer.text
    assert await look(session, at("03-02 09:00")) == 1
    month = (await session.scalars(select(PayMonth))).one()
    assert (month.period, month.attended, month.on_roster) == ("2023-03", 2, 3)
    assert await paydays(session) == [], "the month is not over"
    await actions.paydays.begin_month(session, date(2023, 4, 1))
    await look(session, at("04-01 00:01"))
    assert await paydays(session) == [(make.CONTRACTOR, "2023-03", Because.ATTENDANCE, 2, "04-14")]


async def submit(client: AsyncClient, project: UUID, *lines: Any, **said: Any) -> str:
    """Send a sheet and let somebody stand for it."""
    answer = await sheets.send(client, project, sheets.body(*lines, **said))
    assert answer.status_code == 201, answer.text
    sheet_id: str = answer.json()["sheet"]["id"]
    submitted = await sheets.step(client, sheet_id, "submit")
    assert submitted.status_code == 200, submitted.text
    return sheet_id


async def test_a_sheet_ends_what_nobody_submitted_and_its_wages_are_unpaid_once_the_bank_says_so(
    client: AsyncClient, session: Session, project: UUID, time: Time, published: Published
) -> None:
    """No complete feed, no accusation; a month later it is red by the fact that is told."""
    await make.source(session, date(2023, 3, 1))
    await make.account(session, project)
    await actions.paydays.begin_month(session, date(2023, 4, 1))
    await look(session, at("04-01 00:01"))
    missing = ("payroll_not_submitted", make.CONTRACTOR, "2023-03", "04-14", [])
    assert await open_now(session) == [missing]
    time.move_to(at("04-10 09:00"))
    sheet_id = await submit(client, project)
    await look(session, at("04-10 09:01"))
    assert await open_now(session) == []
    [end] = [one for one in await published(session, PayrollConditionEnded) if one.period]
    assert (end.reason, end.period, end.proof) == (
        "sheet_submitted", "2023-03", {"sheet_ids": sheet_id},
    )  # fmt: skip
    # Sent back before its day, nobody stands for one again; the next version ends it again.
    back = await sheets.step(client, sheet_id, "return", reason="工日不符")
    assert back.status_code == 200, back.text
    await look(session, at("04-11 09:00"))
    assert await open_now(session) == [missing]
    await submit(client, project, sheets.line(days="21"), sheets.second())
    await look(session, at("04-12 09:00"))
    assert await open_now(session) == []

    # Its day is over, and the bank has not told of it yet.
    assert await look(session, at("04-15 00:01")) == 0
    await make.feeds(session, date(2023, 1, 10), date(2023, 4, 13))
    assert await look(session, at("04-17 09:00")) == 0
    await make.feed(session, date(2023, 4, 14), now=at("04-17 10:00"))
    assert await look(session, at("04-17 10:01")) == 1
    unpaid = ("wages_unpaid", make.CONTRACTOR, "2023-03", "04-14")
    assert await open_now(session) == [(*unpaid, [])]
    assert await look(session, at("04-18 09:00")) == 0
    await actions.paydays.begin_month(session, date(2023, 5, 1))
    await look(session, at("05-01 00:01"))
    [now, nobody_s_april] = await open_now(session)
    assert now == (*unpaid, ["next_month_over"])
    assert nobody_s_april == ("payroll_not_submitted", make.CONTRACTOR, "2023-04", "05-15", [])
    rounds = [one.kind for one in await published(session, PayrollConditionFound) if one.period]
    assert rounds == [
        "payroll_not_submitted", "payroll_not_submitted", "wages_unpaid", "wages_unpaid",
        "payroll_not_submitted",
    ]  # fmt: skip


async def test_where_the_contract_is_silent_the_area_names_the_day_and_may_change_it(
    session: Session, time: Time
) -> None:
    """Who left before the month, or did not work while the works stood still, is owed nothing."""
    time.move_to(clock.at(date(2023, 3, 1), 9))
    await make.tree(session)
    project_id = await make.contract(session)
    await session.flush()
    await sheets.enrol(session, project_id)
    await actions.paydays.begin_month(session, date(2023, 4, 1))
    await look(session, at("04-01 00:01"))
    row = (await session.scalars(select(Payday))).one()
    assert (row.due_on, row.policy_area, row.policy_version) == (date(2023, 4, 25), "0", 1)
    said = {
        "area_code": make.COUNTY, "kind": "pay_day", "version": 1, "valid_from": "2023-01-01",
        "values": {"day": 10, "month": "next"}, "basis": "县治欠办", "certainty": "C",
    }  # fmt: skip
    body = PolicyIn.model_validate(said)
    await actions.policies.add_policy(session, OFFICE, body, at("04-03 09:00"))
    await look(session, at("04-03 09:01"))
    assert (row.due_on, row.policy_area) == (date(2023, 4, 10), make.COUNTY)
    [found] = await open_now(session)
    assert found[3] == "04-10", "the basis day moved with it"
    await actions.plans.stop_works(
        session, stop_id=UUID(int=9), project_id=project_id, from_on=date(2023, 3, 1),
        until_on=date(2023, 3, 31), reason="停工", now=at("04-03 10:00"),
    )  # fmt: skip
    await look(session, at("04-03 10:01"))
    assert (row.workers, await open_now(session)) == (0, [])
