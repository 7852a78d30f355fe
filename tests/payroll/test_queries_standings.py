"""How projects stand on a day: against plain reckoning, then and later; list and count alike."""

from collections import Counter, defaultdict
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from services.payroll import actions, handlers, queries
from services.payroll.models import BankFeed
from services.payroll.rules.standings import Grouping, Standing, Summary
from services.payroll.schemas.standings import StandingListFilter, SummaryFilter
from shared import clock, known
from shared.areas import Scope
from shared.db import Session
from shared.events.registry import ProjectCard, ProjectChanged
from tests.payroll import factories
from tests.payroll.factories import (
    BANK,
    CONTRACTOR,
    COUNTY,
    DEVELOPER,
    EVERYWHERE,
    NEIGHBOUR,
    line,
    statement,
)
from tests.payroll.histories import UNITS, History, Stood

DAY = timedelta(days=1)
# January's due day, the 25th, lies in the holidays: it is the 20th.
FIRST, DUE, LATER = date(2023, 1, 10), date(2023, 1, 20), date(2023, 3, 1)
KEYS = {
    Grouping.DEVELOPER: lambda one: one.developer.id,
    Grouping.INVESTMENT_TYPE: lambda one: one.investment_type,
    Grouping.FUNDING_SOURCE: lambda one: one.funding_source,
}


async def counted(
    session: Session,
    as_of: date,
    today: date,
    scope: Scope = EVERYWHERE,
    by: Grouping = Grouping.DEVELOPER,
    **only: Any,
) -> Summary:
    wanted = SummaryFilter.model_construct(as_of=as_of, by=by, **only)
    return await queries.standings.transfer_summary(session, scope, wanted, today)


async def listed(
    session: Session, as_of: date, today: date, scope: Scope = EVERYWHERE, **only: Any
) -> list[Any]:
    wanted = StandingListFilter.model_construct(as_of=as_of, **only)
    found = await queries.standings.standings(session, scope, wanted, today, cursor=None, limit=200)
    assert found.next is None
    return found.items


async def stands(session: Session, as_of: date, today: date = LATER) -> str:
    """Give how the only project stands; nothing if none is counted."""
    await session.flush()
    rows = await listed(session, as_of, today)
    return " ".join(f"{row.transfer} {row.shortfall:.0f}" for row in rows)


# ---- any weeks -------------------------------------------------------------------------------


def stood(rows: list[Any]) -> dict[UUID, Stood]:
    return {row.id: Stood(row.developer_id, row.transfer, row.shortfall) for row in rows}


async def agree(session: Session, as_of: date, today: date, dice: Random) -> None:
    """See that for a filter and a scope the list has what the summary counts, group by group."""
    county, unit = frozenset({COUNTY}), next(iter(UNITS))
    filters: list[dict[str, Any]] = [
        {}, {"area_code": NEIGHBOUR}, {"developer_id": unit}, {"contractor_id": CONTRACTOR},
        {"investment_type": "government"}, {"funding_source": "专项债"},
        {"area_code": COUNTY, "investment_type": "ppp"},
    ]  # fmt: skip
    scopes = [EVERYWHERE, Scope(county), Scope(county, unit)]
    only, by, scope = dice.choice(filters), dice.choice(list(Grouping)), dice.choice(scopes)
    rows = await listed(session, as_of, today, scope, **only)
    column = "developer_id" if by is Grouping.DEVELOPER else by.value
    mine: dict[Any, list[Any]] = defaultdict(list)
    for row in rows:
        mine[getattr(row, column)].append(row)
    summary = await counted(session, as_of, today, scope, by, **only)
    assert {KEYS[by](one) for one in summary.items} == set(mine)
    for one in summary.items:
        _agree(mine[KEYS[by](one)], one)
    _agree(rows, summary.total)
    way = dice.choice(list(Standing))
    some = await listed(session, as_of, today, scope, transfer=[way], **only)
    assert {row.id for row in some} == {row.id for row in rows if row.transfer == way}


def _agree(rows: list[Any], tally: Any) -> None:  # noqa: ANN401  a tally of any kind
    ways = Counter(row.transfer for row in rows)
    assert (tally.none, tally.short, tally.full) == (ways["none"], ways["short"], ways["full"])
    assert tally.projects == len(rows)
    assert tally.shortfall == sum(row.shortfall for row in rows)


@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(2, 40))]
)
async def test_what_was_said_of_a_day_is_said_of_it_ever_after(session: Session, seed: int) -> None:
    """Each midnight the answer is the reckoning's; weeks later it still is what it was."""
    history = History(session, Random(seed))
    await history.begin(projects=8)
    said: dict[date, tuple[dict[UUID, Stood], Summary]] = {}
    for _ in range(30):
        day = history.today
        await history.live()
        rows = stood(await listed(session, day, history.today))
        assert rows == await history.stands(history.today), day
        said[day] = rows, await counted(session, day, history.today)
    seen = {one.transfer for rows, _ in said.values() for one in rows.values()}
    # What is compared must be more than one thing; not every county draws a part payment.
    assert seen == set(Standing) if seed == 1 else seen > {Standing.FULL}
    for day, (rows, summary) in said.items():
        assert stood(await listed(session, day, history.today)) == rows, day
        assert await counted(session, day, history.today) == summary, day
        await agree(session, day, history.today, history.dice)


# ---- what counts for a day -------------------------------------------------------------------


@pytest.fixture
async def card(session: Session) -> ProjectCard:
    """Give a project with an account, to which 100 is due on 20 January."""
    await factories.tree(session)
    made = factories.card()
    await factories.contract(session, made, last_period="2023-01")
    await factories.source(session)
    await factories.account(session, made.project_id)
    await session.flush()
    return made


async def change(session: Session, card: ProjectCard, day: date, **changes: Any) -> None:
    said = card.model_copy(update=changes)
    event = ProjectChanged(project_id=card.project_id, project=said, occurred_at=clock.at(day, 15))
    await handlers.on_project_changed(session, event)


async def waive(session: Session, day: date, on: date) -> None:
    await actions.feeds.expect_bank_feeds(session, day, limit=9)
    await session.flush()
    row = (await session.scalars(select(BankFeed).where(BankFeed.day == day))).one()
    await actions.feeds.report_late_feed(session, row.id, row.expected_at)
    for name in ("anna", "bo"):
        await actions.waivers.waive_bank_feed(
            session, factories.person(name), row.id, "系统停用", clock.at(on, 9)
        )
        await session.flush()


async def test_nothing_is_missing_before_the_feed_is_there(
    session: Session, card: ProjectCard
) -> None:
    """The feed of the due day comes on 1 February; until then nobody can know."""
    await factories.feeds(session, FIRST, DUE - DAY)
    assert await stands(session, date(2023, 1, 31), date(2023, 2, 1)) == "full 0"
    await factories.feed(session, DUE, now=clock.at(date(2023, 2, 1), 9))
    assert await stands(session, date(2023, 2, 1)) == "none 100"
    assert await stands(session, date(2023, 1, 31)) == "full 0"


async def test_a_day_missing_before_the_due_day_leaves_it_open(
    session: Session, card: ProjectCard
) -> None:
    await factories.feeds(session, FIRST, FIRST + 2 * DAY)
    await factories.feeds(session, FIRST + 4 * DAY, DUE)
    assert await stands(session, date(2023, 1, 25)) == "full 0"
    missing = FIRST + 3 * DAY
    await waive(session, missing, date(2023, 1, 26))
    assert await stands(session, date(2023, 1, 26)) == "none 100"
    assert await stands(session, date(2023, 1, 25)) == "full 0"
    # Delivered after all, it was not waited for any more since it was waived.
    await factories.feed(session, missing, now=clock.at(date(2023, 2, 9), 9))
    assert await stands(session, date(2023, 1, 26)) == "none 100"


async def test_money_counts_from_the_day_on_which_it_is_known(
    session: Session, card: ProjectCard
) -> None:
    await factories.feeds(session, FIRST, DUE)
    part = line("L1", "2023-01-23T10:00:00", 40, 40)
    await factories.feeds(session, DUE + DAY, date(2023, 1, 22))
    await factories.feed(
        session, date(2023, 1, 23), statement(0, part), now=clock.at(date(2023, 1, 27), 9)
    )
    rest = line("L2", "2023-01-28T10:00:00", 60, 100)
    await factories.feed(
        session, date(2023, 1, 28), statement(40, rest), final=False,
        now=clock.at(date(2023, 1, 28), 18),
    )  # fmt: skip
    said = {day: await stands(session, date(2023, 1, day)) for day in (19, 21, 26, 27, 28)}
    assert said == {19: "full 0", 21: "none 100", 26: "none 100", 27: "short 60", 28: "full 0"}


async def test_what_gave_way_to_an_older_line_counted_before(session: Session) -> None:
    """A line that comes late takes the place of one that had counted already."""
    await factories.tree(session)
    made = factories.card()
    await factories.contract(session, made, last_period="2023-02")
    await factories.source(session)
    await factories.account(session, made.project_id)
    await session.flush()
    lost = FIRST + DAY
    await factories.feed(session, FIRST)
    await waive(session, lost, date(2023, 1, 16))
    newer = line("L2", "2023-01-12T10:00:00", 100, 200)
    await factories.feed(session, date(2023, 1, 12), statement(100, newer))
    await factories.feeds(session, date(2023, 1, 13), date(2023, 2, 24))
    assert await stands(session, date(2023, 2, 25)) == "none 100"
    older = line("L1", f"{lost}T10:00:00", 100, 100)
    await factories.feed(session, lost, statement(0, older), now=clock.at(date(2023, 2, 26), 9))
    owed = [row.id for row in await factories.owed(session, made.project_id)]
    kept = await queries.money.credits_of(session, owed)
    assert sorted((one.serial, int(one.amount)) for one in kept) == [
        ("L1", 100), ("L2", 0), ("L2", 100),
    ]  # fmt: skip
    # January had the newer line's money, and has the older one's; February is the one that won.
    assert await stands(session, date(2023, 2, 25)) == "none 100"
    assert await stands(session, date(2023, 2, 26)) == "full 0"


async def test_without_an_account_there_is_no_feed_to_wait_for(session: Session) -> None:
    await factories.tree(session)
    made = factories.card()
    await factories.contract(session, made, last_period="2023-02")
    assert await stands(session, DUE) == "none 100"
    await actions.transfers.mark_missed_transfers(session, clock.day_end(DUE))
    await factories.source(session, FIRST)
    body = factories.account_in(made.project_id)
    await actions.accounts.register_wage_account(
        session, EVERYWHERE, body, clock.at(date(2023, 2, 10), 9)
    )
    # What was judged stays; February waits for the feed, and has waited for none before.
    assert await stands(session, date(2023, 2, 9)) == "none 100"
    assert await stands(session, date(2023, 2, 28)) == "none 100"


async def test_what_is_due_today_is_not_missing_before_midnight(session: Session) -> None:
    await factories.tree(session)
    await factories.contract(session, last_period="2023-01")
    assert await stands(session, DUE, today=DUE) == "full 0"
    assert await stands(session, DUE, today=DUE + DAY) == "none 100"


async def test_a_project_is_what_it_was_on_the_day(session: Session) -> None:
    await factories.tree(session)
    made = factories.card()
    await factories.contract(session, made, last_period="2023-01")
    await change(session, made, date(2023, 2, 1), status="005")
    await change(session, made, date(2023, 2, 3), supervised_since=date(2023, 2, 5))
    await change(session, made, date(2023, 2, 8), area_code=NEIGHBOUR, developer_id=BANK)
    said = {day: await stands(session, date(2023, 2, day)) for day in range(1, 9)}
    assert [day for day, found in said.items() if found] == [5, 6, 7, 8]
    assert await stands(session, date(2023, 1, 31)) == "none 100"
    assert await stands(session, date(2023, 1, 1)) == ""

    async def seen(day: int, *areas: str, org: UUID | None = None) -> int:
        scope = Scope(frozenset(areas), org)
        return (await counted(session, date(2023, 2, day), LATER, scope)).total.projects

    # The county and the unit of then see what was theirs, those of now what is.
    assert [await seen(7, COUNTY), await seen(8, COUNTY)] == [1, 0]
    assert [await seen(7, NEIGHBOUR), await seen(8, NEIGHBOUR)] == [0, 1]
    assert [await seen(7, "42", org=DEVELOPER), await seen(8, "42", org=DEVELOPER)] == [1, 0]
    assert [await seen(7, "42", org=BANK), await seen(8, "42", org=BANK)] == [0, 1]
    assert await seen(8, "42", org=CONTRACTOR) == 1


async def test_news_that_come_late_are_dated_by_when_they_were_true(session: Session) -> None:
    """After a restore the past is told again: a card of old comes after a newer one."""
    await factories.tree(session)
    made = factories.card()
    await factories.contract(session, made, last_period="2023-01")
    await change(session, made, date(2023, 2, 9), status="004")
    for status in ("005", "003", "005"):
        # Of one instant the last word counts.
        await change(session, made, date(2023, 2, 2), status=status)
    said = {day: await stands(session, date(2023, 2, day)) for day in (1, 2, 8, 9)}
    assert said == {1: "none 100", 2: "", 8: "", 9: ""}
    await change(session, made, date(2023, 2, 5), status="003")
    assert await stands(session, date(2023, 2, 8)) == "none 100"


async def test_a_contract_owes_since_it_is_told(session: Session) -> None:
    await factories.tree(session)
    made = await factories.project(session)
    told_at = clock.at(date(2023, 2, 10), 9)
    await factories.contract(session, made, last_period="2023-01", occurred_at=told_at)
    assert await stands(session, date(2023, 2, 9)) == "full 0"
    assert await stands(session, date(2023, 2, 10)) == "none 100"


async def test_working_days_told_later_do_not_change_the_past(session: Session) -> None:
    """On 20 January the 19th is told to have been the last working day; nobody knew on the 19th."""
    await factories.tree(session)
    await factories.contract(session, last_period="2023-01")
    told_at = clock.at(DUE, 9)
    event = factories.calendar(COUNTY, exceptions={DUE: "holiday"}, occurred_at=told_at)
    await known.on_calendar_published(session, event)
    await actions.obligations.note_calendar(session, COUNTY, 2023, told_at)
    assert await stands(session, DUE - DAY) == "full 0"
    assert await stands(session, DUE, today=DUE) == "none 100"


async def test_a_project_with_two_contracts_is_counted_once(session: Session) -> None:
    await factories.tree(session)
    made = factories.card()
    for _ in range(2):
        await factories.contract(session, made, last_period="2023-02")
    await session.flush()
    [row] = await listed(session, date(2023, 2, 28), LATER)
    assert (row.transfer, int(row.shortfall), row.open_obligations) == ("none", 400, 4)
    assert row.oldest_due_on == DUE
