"""What registry tells, in whatever order it comes, each told twice."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from services.payroll import actions, handlers
from services.payroll.errors import TermsMissing
from services.payroll.models import BankFeed, Obligation, Organisation, Project, WageAccount
from shared import clock, known, timers
from shared.db import Session, new_id
from shared.events.payroll import TransferReceived
from shared.events.registry import (
    AreaChanged,
    OrganisationRegistered,
    ProjectChanged,
    ProjectRegistered,
)
from tests.fixtures.service import Published
from tests.payroll import factories
from tests.payroll.factories import COUNTY, NEIGHBOUR


async def _plans(session: Session, project_id: object) -> list[tuple[str, str]]:
    rows = await session.scalars(
        select(Obligation).where(Obligation.project_id == project_id).order_by(Obligation.period)
    )
    return [(row.period, str(row.due_on)) for row in rows]


async def test_a_contract_becomes_one_obligation_per_period(session: Session) -> None:
    await factories.tree(session)
    event = factories.signed(factories.card())
    for _ in range(2):
        await handlers.on_works_contract_signed(session, event)
    assert await _plans(session, event.project_id) == [
        ("2023-01", "2023-01-20"),
        ("2023-02", "2023-02-24"),
        ("2023-03", "2023-03-24"),
        ("2023-04", "2023-04-25"),
    ]
    row = (await factories.owed(session, event.project_id))[1]
    assert (row.due_amount, row.previous_period) == (Decimal("100.00"), "2023-01")
    assert (row.area_code, row.developer_id, row.contractor_id) == (
        COUNTY,
        factories.DEVELOPER,
        factories.CONTRACTOR,
    )
    assert row.calendar_version == (await known.calendar(session, COUNTY)).version


async def test_a_contract_may_be_told_before_its_project(session: Session) -> None:
    card = factories.card()
    await handlers.on_works_contract_signed(session, factories.signed(card))
    earlier = ProjectRegistered(
        project_id=card.project_id,
        project=card.model_copy(update={"name": "旧名"}),
        occurred_at=factories.BEGAN - timedelta(days=1),
    )
    await handlers.on_project_registered(session, earlier)
    project = await session.get_one(Project, card.project_id)
    assert project.card["name"] == card.name


async def test_a_contract_without_terms_is_for_people(session: Session) -> None:
    event = factories.signed(factories.card(), labour_cost=None)
    with pytest.raises(TermsMissing):
        await handlers.on_works_contract_signed(session, event)


async def test_a_project_that_changes_hands_takes_its_rows_along(session: Session) -> None:
    await factories.tree(session)
    card = await factories.project(session)
    await factories.contract(session, card)
    await factories.source(session)
    await factories.account(session, card.project_id)
    rows = await factories.owed(session, card.project_id)
    rows[0].miss(date(2023, 2, 1), date(2023, 2, 1))
    later = card.model_copy(update={"area_code": NEIGHBOUR, "developer_id": new_id()})
    event = ProjectChanged(project_id=card.project_id, project=later)
    for _ in range(2):
        await handlers.on_project_changed(session, event)
    rows = await factories.owed(session, card.project_id)
    assert {row.area_code for row in rows} == {NEIGHBOUR}
    # Who was to pay what is judged stays.
    assert rows[0].developer_id == card.developer_id
    assert {row.developer_id for row in rows[1:]} == {later.developer_id}
    account = (await session.scalars(select(WageAccount))).one()
    assert (account.area_code, account.developer_id) == (NEIGHBOUR, later.developer_id)


async def test_an_older_word_of_an_organisation_changes_nothing(session: Session) -> None:
    await factories.bank(session)
    event = OrganisationRegistered(
        organisation_id=factories.BANK,
        name="旧名",
        credit_code="",
        area_code=COUNTY,
        roles=[],
        trades=[],
        occurred_at=factories.BEGAN - timedelta(days=1),
    )
    await handlers.on_organisation_registered(session, event)
    row = await session.get_one(Organisation, factories.BANK)
    assert (row.name, row.roles) == ("某银行", ["bank"])


async def test_working_days_that_come_late_move_what_is_planned(session: Session) -> None:
    await factories.tree(session, calendars=False)
    project_id = await factories.contract(session)
    assert (await _plans(session, project_id))[0] == ("2023-01", "2023-01-25")
    before = (await factories.owed(session, project_id))[0].calendar_version
    for _ in range(2):
        await handlers.on_calendar_published(session, factories.calendar())
    assert (await _plans(session, project_id))[0] == ("2023-01", "2023-01-20")
    rows = await factories.owed(session, project_id)
    version = (await known.calendar(session, COUNTY)).version
    assert {row.calendar_version for row in rows} == {version} != {before}


async def test_what_is_due_or_judged_keeps_its_day(session: Session) -> None:
    await factories.tree(session, calendars=False)
    project_id = await factories.contract(session)
    rows = await factories.owed(session, project_id)
    rows[0].fall_due(date(2023, 1, 26))
    rows[1].miss(date(2023, 3, 1), None)
    await handlers.on_calendar_published(session, factories.calendar())
    assert [day for _, day in await _plans(session, project_id)][:2] == ["2023-01-25", "2023-02-24"]
    rows = await factories.owed(session, project_id)
    assert rows[0].calendar_version == rows[1].calendar_version != rows[2].calendar_version


async def test_money_is_in_time_by_the_day_that_counts_now(session: Session) -> None:
    await factories.tree(session, calendars=False)
    project_id = await factories.contract(session)
    await factories.source(session)
    await factories.account(session, project_id)
    # In time for 25 January, too late for 20 January.
    paid = factories.line("A", "2023-01-21T09:00:00", 40, 40)
    await factories.feed(session, date(2023, 1, 21), factories.statement(0, paid), final=False)
    row = (await factories.owed(session, project_id))[0]
    assert (int(row.credited_amount), int(row.on_time_amount)) == (40, 40)
    await handlers.on_calendar_published(session, factories.calendar())
    row = (await factories.owed(session, project_id))[0]
    assert (int(row.credited_amount), int(row.on_time_amount)) == (40, 0)


async def test_a_calendar_of_another_area_moves_nothing(session: Session) -> None:
    await factories.tree(session)
    project_id = await factories.contract(session)
    before = await _plans(session, project_id)
    off = {date(2023, 2, 24): "holiday"}
    await handlers.on_calendar_published(session, factories.calendar(NEIGHBOUR, exceptions=off))
    assert await _plans(session, project_id) == before
    await handlers.on_calendar_published(session, factories.calendar(COUNTY, exceptions=off))
    assert (await _plans(session, project_id))[1] == ("2023-02", "2023-02-23")


async def test_an_area_that_is_told_late_brings_the_days_of_those_above_it(
    session: Session,
) -> None:
    project_id = await factories.contract(session)
    await handlers.on_calendar_published(session, factories.calendar())
    off = {date(2023, 2, 24): "holiday"}
    await handlers.on_calendar_published(session, factories.calendar("4228", exceptions=off))
    assert (await _plans(session, project_id))[1] == ("2023-02", "2023-02-24")
    area = AreaChanged(
        area_code=COUNTY, name="", path=factories.TREE[COUNTY], valid_from=date(2000, 1, 1)
    )
    for _ in range(2):
        await handlers.on_area_changed(session, area)
    assert (await _plans(session, project_id))[1] == ("2023-02", "2023-02-23")


async def test_many_due_days_are_worked_out_in_steps(session: Session) -> None:
    await factories.tree(session, calendars=False)
    project_id = await factories.contract(session)
    await known.on_calendar_published(session, factories.calendar())
    await actions.obligations.note_calendar(session, "0", 2022, factories.BEGAN)
    # The second note's step is made by hand, three rows at a time.
    await known.on_calendar_published(
        session, factories.calendar(COUNTY, exceptions={date(2023, 2, 24): "holiday"})
    )
    session.add(factories.replan(COUNTY))
    steps = 0
    while await actions.obligations.replan_obligations(session, limit=3):
        steps += 1
    assert steps == 2
    assert (await _plans(session, project_id))[1] == ("2023-02", "2023-02-23")


async def test_the_hour_of_a_feed_follows_the_working_days(session: Session) -> None:
    await factories.tree(session, calendars=False)
    await factories.source(session, date(2023, 1, 20), from_day=date(2023, 1, 20))
    feed = (await session.scalars(select(BankFeed))).one()
    assert feed.expected_at == clock.at(date(2023, 1, 23), 10)
    for _ in range(2):
        await handlers.on_calendar_published(session, factories.calendar())
    assert feed.expected_at == clock.at(date(2023, 1, 28), 10)
    armed = await timers.armed(session, feed.id, "bank_feed")
    assert [timer.due_at for timer in armed] == [feed.expected_at]


async def test_money_that_lay_unclaimed_counts_for_a_new_contract(
    session: Session, published: Published
) -> None:
    await factories.tree(session)
    card = await factories.project(session)
    await factories.source(session)
    await factories.account(session, card.project_id)
    paid = factories.line("A", "2023-01-12T09:00:00", 150, 150)
    await factories.feed(session, date(2023, 1, 12), factories.statement(0, paid), final=False)
    event = factories.signed(card, occurred_at=datetime.fromisoformat("2023-01-13T09:00:00+08:00"))
    for _ in range(2):
        await handlers.on_works_contract_signed(session, event)
    assert await factories.stands(session, card.project_id) == [
        ("2023-01", "full", 100),
        ("2023-02", "planned", 50),
        ("2023-03", "planned", 0),
        ("2023-04", "planned", 0),
    ]
    told = await published(session, TransferReceived)
    assert [(each.period, each.amount, each.lacking) for each in told] == [("2023-01", 100, 0)]
