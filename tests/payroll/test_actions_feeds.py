"""Days of a source: expected, late, closed, complete, waived; batches that count or do not."""

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from services.payroll import actions
from services.payroll.errors import (
    FeedClosed,
    FeedDayRefused,
    FeedNotLate,
    FeedRefused,
    PersonNeeded,
    SecondPersonNeeded,
    SourceCodeTaken,
    SourceRefused,
    SourceUnknown,
)
from services.payroll.models import AccountDay, BankFeed, BankLine, Base, FeedBatch, Source, Waiver
from services.payroll.rules.feeds import BatchStatus, FeedStatus
from shared import clock, timers
from shared.areas import Scope
from shared.db import AuditRow, Session
from shared.events.payroll import BankFeedCompleted, BankFeedLate
from tests.fixtures.service import Published
from tests.payroll import factories
from tests.payroll.factories import line, statement

FIRST = date(2023, 1, 10)
DAY = timedelta(days=1)


@pytest.fixture
async def source(session: Session) -> Source:
    """Give a source that owes feeds from 10 January on; no account is registered."""
    await factories.tree(session)
    return await factories.source(session)


async def _feeds(session: Session) -> dict[date, FeedStatus]:
    await session.flush()
    rows = await session.scalars(
        select(BankFeed).order_by(BankFeed.day).execution_options(populate_existing=True)
    )
    return {row.day: row.status for row in rows}


async def _places(session: Session, *statements: dict[str, Any], **how: Any) -> list[str]:
    """Send a batch that must be refused; give the places and codes of what is wrong."""
    day = how.pop("day", FIRST)
    with pytest.raises((FeedRefused, FeedClosed)) as refused:
        await factories.feed(session, day, *statements, **how)
    return [f"{finding.place} {finding.code}" for finding in refused.value.errors]


async def _count(session: Session, model: type[Base]) -> int:
    await session.flush()
    return (await session.execute(select(func.count()).select_from(model))).scalar_one()


# ---- what is owed by when --------------------------------------------------------------------


async def test_every_day_since_the_first_has_its_row_and_its_timer(session: Session) -> None:
    await factories.tree(session)
    await factories.source(session, today=date(2023, 1, 21), from_day=date(2023, 1, 19))
    rows = (await session.scalars(select(BankFeed).order_by(BankFeed.day))).all()
    # 20 January is the last working day before the Spring Festival.
    assert [(row.day.day, row.expected_at) for row in rows] == [
        (19, clock.at(date(2023, 1, 20), 10)),
        (20, clock.at(date(2023, 1, 28), 10)),
        (21, clock.at(date(2023, 1, 28), 10)),
    ]
    for row in rows:
        (timer,) = await timers.armed(session, row.id, "bank_feed")
        assert (timer.due_at, timer.entered_at) == (row.expected_at, clock.at(row.day))


async def test_a_missed_night_of_the_job_is_caught_up(session: Session, source: Source) -> None:
    for _ in range(2):
        await actions.feeds.expect_bank_feeds(session, FIRST + 3 * DAY)
    assert list(await _feeds(session)) == [FIRST + n * DAY for n in range(4)]


async def test_a_source_owes_nothing_before_its_first_day(session: Session) -> None:
    await factories.tree(session)
    await factories.source(session, today=FIRST - DAY)
    await actions.feeds.expect_bank_feeds(session, FIRST - DAY)
    assert await _feeds(session) == {}
    await actions.feeds.expect_bank_feeds(session, FIRST)
    assert list(await _feeds(session)) == [FIRST]


async def test_a_late_feed_is_told_once(
    session: Session, source: Source, published: Published
) -> None:
    feed = (await session.scalars(select(BankFeed))).one()
    for _ in range(2):
        await actions.feeds.report_late_feed(session, feed.id, feed.expected_at)
    (told,) = await published(session, BankFeedLate)
    assert (told.day, told.feed_id, told.bank_id) == (FIRST, feed.id, factories.BANK)
    assert told.occurred_at == told.expected_at == clock.at(date(2023, 1, 11), 10)


async def test_a_feed_that_came_in_time_is_never_late(
    session: Session, source: Source, published: Published
) -> None:
    feed = await factories.feed(session, FIRST)
    assert await timers.armed(session, feed.id) == []
    await actions.feeds.report_late_feed(session, feed.id, feed.expected_at)
    assert feed.status is FeedStatus.COMPLETE
    assert [type(each) for each in await published(session)] == [BankFeedCompleted]


async def test_a_late_feed_that_comes_completes_its_day(
    session: Session, source: Source, published: Published
) -> None:
    feed = (await session.scalars(select(BankFeed))).one()
    await actions.feeds.report_late_feed(session, feed.id, feed.expected_at)
    now = clock.at(date(2023, 1, 13), 9)
    await factories.feed(session, FIRST, now=now)
    late, completed = await published(session)
    assert isinstance(late, BankFeedLate)
    assert (completed.feed_id, completed.occurred_at, completed.waived) == (feed.id, now, False)


# ---- days in order, and out of it ------------------------------------------------------------


async def test_a_day_in_parts_is_complete_with_its_last(session: Session, source: Source) -> None:
    first = line("A", "2023-01-10T09:00:00", 10, 10)
    second = line("B", "2023-01-10T10:00:00", 10, 20)
    await factories.feed(session, FIRST, statement(0, first), final=False)
    assert await _feeds(session) == {FIRST: FeedStatus.EXPECTED}
    await factories.feed(session, FIRST, statement(10, second))
    assert await _feeds(session) == {FIRST: FeedStatus.COMPLETE}
    row = (await session.scalars(select(AccountDay))).one()
    assert (int(row.opening), int(row.closing)) == (0, 20)


async def test_a_day_after_a_gap_is_closed_but_nothing_rests_on_it(
    session: Session, source: Source, published: Published
) -> None:
    await factories.feed(session, FIRST + DAY)
    assert await _feeds(session) == {FIRST: FeedStatus.EXPECTED, FIRST + DAY: FeedStatus.CLOSED}
    assert source.fed_until == FIRST - DAY
    await factories.feed(session, FIRST)
    assert set((await _feeds(session)).values()) == {FeedStatus.COMPLETE}
    assert source.fed_until == FIRST + DAY
    # What the bank delivered is told when it is here.
    told = await published(session, BankFeedCompleted)
    assert [each.day for each in told] == [FIRST + DAY, FIRST]


async def test_a_day_must_begin_where_the_day_before_ended(
    session: Session, source: Source
) -> None:
    await factories.feed(session, FIRST, statement(100))
    assert await _places(session, statement(90), day=FIRST + DAY) == [
        "accounts[0].opening opening_does_not_chain"
    ]


async def test_days_without_movement_may_leave_the_account_out(
    session: Session, source: Source
) -> None:
    await factories.feed(session, FIRST, statement(100))
    await factories.feeds(session, FIRST + DAY, FIRST + 3 * DAY)
    assert await _places(session, statement(90), day=FIRST + 4 * DAY) == [
        "accounts[0].opening opening_does_not_chain"
    ]
    await factories.feed(session, FIRST + 4 * DAY, statement(100))


async def test_a_missing_day_must_fit_the_day_that_came_before_it(
    session: Session, source: Source
) -> None:
    await factories.feed(session, FIRST + DAY, statement(70))
    paid = line("A", "2023-01-10T09:00:00", 10, 60)
    assert await _places(session, statement(50, paid)) == [
        "accounts[0].closing closing_does_not_chain"
    ]
    paid = line("A", "2023-01-10T09:00:00", 20, 70)
    await factories.feed(session, FIRST, statement(50, paid))
    assert source.fed_until == FIRST + DAY


async def test_a_missing_day_that_leaves_out_a_moved_account_is_refused(
    session: Session, source: Source
) -> None:
    await factories.feed(session, FIRST, statement(50))
    await factories.feed(session, FIRST + 2 * DAY, statement(70))
    assert await _places(session, day=FIRST + DAY) == ["accounts closing_does_not_chain"]


async def test_a_part_that_came_before_the_day_before_is_checked_when_the_day_closes(
    session: Session, source: Source
) -> None:
    await factories.feed(session, FIRST + DAY, statement(70), final=False)
    await factories.feed(session, FIRST, statement(60))
    assert await _places(session, day=FIRST + DAY) == ["accounts opening_does_not_chain"]


async def test_after_a_waived_day_balances_begin_anew(session: Session, source: Source) -> None:
    await factories.feed(session, FIRST, statement(50))
    await _waive(session, FIRST + DAY)
    await factories.feed(session, FIRST + 2 * DAY, statement(999))
    assert source.fed_until == FIRST + 2 * DAY


@pytest.mark.parametrize("seed", range(4))
async def test_data_reach_to_the_first_gap_in_whatever_order_days_come(
    session: Session, source: Source, seed: int
) -> None:
    dice = random.Random(seed)
    days = [FIRST + n * DAY for n in range(6)]
    balances = [100 * n for n in range(7)]
    dice.shuffle(order := list(range(6)))
    waived = {order[0]} if seed % 2 else set()
    done: set[int] = set()
    for n in order:
        if n in waived:
            await _waive(session, days[n])
        else:
            paid = line(f"L{n}", f"{days[n]}T09:00:00", 100, balances[n + 1])
            await factories.feed(session, days[n], statement(balances[n], paid))
        done.add(n)
        reached = next((m for m in range(6) if m not in done), 6)
        assert source.fed_until == FIRST + (reached - 1) * DAY
        for day, status in (await _feeds(session)).items():
            complete = day <= source.fed_until
            assert (status in {FeedStatus.COMPLETE, FeedStatus.WAIVED}) is (
                complete or status is FeedStatus.WAIVED
            )


# ---- what is refused, and kept ---------------------------------------------------------------


async def test_everything_that_is_wrong_is_said_at_once_and_the_batch_is_kept(
    session: Session, source: Source
) -> None:
    bad = [
        line("A", "2023-01-10T09:00:00", 10, 10, amount="-10.00"),
        line("B", "2023-01-11T08:00:00", 10, 30),
        line("B", "2023-01-10T08:00:00", 10, 40),
    ]
    places = await _places(session, statement(0), statement(0, *bad, account_no="other", closing=9))
    assert sorted(places) == [
        "accounts[1].closing closing_does_not_chain",
        "accounts[1].lines[0].amount amount_not_positive",
        "accounts[1].lines[1].at line_of_another_day",
        "accounts[1].lines[1].balance balance_does_not_chain",
        "accounts[1].lines[2].at lines_out_of_order",
        "accounts[1].lines[2].serial serial_reused",
    ]
    kept = (await session.scalars(select(FeedBatch))).one()
    assert (kept.status, kept.accounts, kept.lines) == (BatchStatus.REJECTED, 2, 3)
    assert {finding["place"] for finding in kept.findings} == {place.split()[0] for place in places}
    assert kept.findings[0]["remedy"]["zh"]
    assert kept.content
    assert kept.content["accounts"][1]["lines"][0]["amount"] == "-10.00"
    assert await _count(session, BankLine) == await _count(session, AccountDay) == 0


async def test_a_rejected_batch_is_kept_once_and_may_count_later(
    session: Session, source: Source
) -> None:
    await factories.feed(session, FIRST, statement(60))
    second = FIRST + DAY
    later = line("B", "2023-01-11T10:00:00", 10, 80)
    for _ in range(2):
        await _places(session, statement(70, later), day=second, final=False)
    assert await _count(session, FeedBatch) == 2
    earlier = line("A", "2023-01-11T09:00:00", 10, 70)
    await factories.feed(session, second, statement(60, earlier), final=False)
    await factories.feed(session, second, statement(70, later), final=False)
    rows = (await session.scalars(select(FeedBatch).order_by(FeedBatch.id))).all()
    assert [row.status.value for row in rows] == ["accepted"] * 3
    assert rows[1].body is None


async def test_the_same_batch_again_gives_the_first_result(
    session: Session, source: Source, published: Published
) -> None:
    paid = line("A", "2023-01-10T09:00:00", 10, 10)
    first = await factories.feed(session, FIRST, statement(0, paid))
    again = await factories.feed(session, FIRST, statement(0, paid), now=clock.at(FIRST + 5 * DAY))
    assert again is first
    assert again.completed_at != clock.at(FIRST + 5 * DAY)
    assert await _count(session, BankLine) == await _count(session, FeedBatch) == 1
    assert len(await published(session)) == 1


async def test_known_lines_in_another_batch_change_nothing(
    session: Session, source: Source
) -> None:
    lines = [
        line("A", "2023-01-10T09:00:00", 10, 10),
        line("B", "2023-01-10T10:00:00", 10, 20),
    ]
    await factories.feed(session, FIRST, statement(0, *lines))
    feed = await factories.feed(session, FIRST, statement(10, lines[1]))
    assert feed.status is FeedStatus.COMPLETE
    assert await _count(session, BankLine) == 2


async def test_a_serial_with_another_amount_is_refused_and_kept(
    session: Session, source: Source
) -> None:
    await factories.feed(
        session, FIRST, statement(0, line("A", "2023-01-10T09:00:00", 10, 10)), final=False
    )
    other = line("A", "2023-01-10T09:00:00", 20, 20)
    assert "accounts[0].lines[0].serial serial_reused" in await _places(
        session, statement(0, other), final=False
    )
    row = (await session.scalars(select(BankLine))).one()
    assert row.amount == Decimal("10.00")
    assert await _count(session, FeedBatch) == 2


async def test_a_closed_day_takes_nothing_more(session: Session, source: Source) -> None:
    await factories.feed(session, FIRST, statement(0, line("A", "2023-01-10T09:00:00", 10, 10)))
    more = line("B", "2023-01-10T10:00:00", 10, 20)
    with pytest.raises(FeedClosed) as refused:
        await factories.feed(session, FIRST, statement(10, more))
    assert [(each.place, each.code) for each in refused.value.errors] == [
        ("accounts[0].lines[0]", "day_is_closed")
    ]
    assert refused.value.status == 409
    assert await _count(session, FeedBatch) == 2
    with pytest.raises(FeedClosed):
        await factories.feed(session, FIRST, statement(11))
    with pytest.raises(FeedClosed):
        await factories.feed(session, FIRST, statement(0, account_no="another"))


async def test_an_account_twice_in_a_batch_is_refused(session: Session, source: Source) -> None:
    twice = [statement(0), statement(0, account_no=" 1755 000000000000001".replace(" ", "", 1))]
    assert await _places(session, *twice) == ["accounts[1].account_no account_twice"]


async def test_an_account_of_another_source_is_refused(session: Session, source: Source) -> None:
    await factories.source(session, code="S2", bank_id=factories.OTHER_BANK)
    project_id = await factories.contract(session)
    await factories.account(session, project_id, source="S2")
    assert await _places(session, statement(0)) == [
        "accounts[0].account_no account_of_another_source"
    ]


@pytest.mark.parametrize(
    ("day", "code"),
    [(date(2023, 1, 12), "day_in_future"), (date(2023, 1, 9), "day_before_source")],
)
async def test_only_days_that_are_owed_are_taken(
    session: Session, source: Source, day: date, code: str
) -> None:
    with pytest.raises(FeedDayRefused) as refused:
        await factories.feed(session, day, now=clock.at(date(2023, 1, 11), 23, 59))
    assert [(each.place, each.code) for each in refused.value.errors] == [("day", code)]


async def test_a_bank_sends_for_its_own_sources_only(session: Session, source: Source) -> None:
    with pytest.raises(SourceUnknown):
        await factories.feed(session, FIRST, caller=factories.sender(factories.OTHER_BANK))


async def test_counterparties_are_sealed_and_found_by_blind_index(
    session: Session, source: Source
) -> None:
    paid = line(
        "A",
        "2023-01-10T09:00:00",
        10,
        10,
        counterparty={"name": "县交通运输局", "account_no": ""},
        purpose="2023年1月人工费",
    )
    await factories.feed(session, FIRST, statement(0, paid))
    raw = (
        await session.execute(
            select(BankLine.__table__.c.counterparty_name_index).select_from(BankLine)
        )
    ).scalar_one()
    assert "交通" not in raw
    row = (await session.scalars(select(BankLine))).one()
    assert (row.counterparty_name, row.counterparty_account) == ("县交通运输局", None)
    assert (row.purpose, row.period) == ("2023年1月人工费", "2023-01")


async def test_lines_are_written_as_one_set_with_one_audit_row(
    session: Session, source: Source
) -> None:
    lines = [line(f"L{n}", "2023-01-10T09:00:00", 1, n + 1) for n in range(50)]
    await factories.feed(session, FIRST, statement(0, *lines))
    rows = await session.scalars(select(AuditRow).where(AuditRow.table_name == "bank_lines"))
    assert [(row.action, row.after and row.after["rows"]) for row in rows] == [("copy", 50)]


# ---- waivers ---------------------------------------------------------------------------------


async def _waive(session: Session, day: date, *persons: str) -> BankFeed:
    await actions.feeds.expect_bank_feeds(session, day)
    await session.flush()
    feed = (await session.scalars(select(BankFeed).where(BankFeed.day == day))).one()
    await actions.feeds.report_late_feed(session, feed.id, feed.expected_at)
    for name in persons or ("anna", "bo"):
        await actions.waivers.waive_bank_feed(
            session, factories.person(name), feed.id, "系统停用", clock.at(day + 9 * DAY)
        )
        await session.flush()
    return feed


async def test_two_persons_waive_a_day(
    session: Session, source: Source, published: Published
) -> None:
    feed = await _waive(session, FIRST, "anna")
    assert (feed.status, source.fed_until) == (FeedStatus.LATE, FIRST - DAY)
    await actions.waivers.waive_bank_feed(
        session, factories.person("bo"), feed.id, "银行停用", clock.at(FIRST + 9 * DAY)
    )
    assert feed.status.value == "waived"
    assert source.fed_until == FIRST
    told = (await published(session, BankFeedCompleted))[0]
    assert (told.day, told.waived) == (FIRST, True)
    rows = (await session.scalars(select(Waiver).order_by(Waiver.id))).all()
    assert [(row.waived_by, row.completes) for row in rows] == [("anna", False), ("bo", True)]
    audited = await session.scalars(select(AuditRow).where(AuditRow.table_name == "waivers"))
    assert len(audited.all()) == 2


async def test_one_person_is_not_two(session: Session, source: Source) -> None:
    with pytest.raises(SecondPersonNeeded):
        await _waive(session, FIRST, "anna", "anna")


async def test_a_machine_waives_nothing(session: Session, source: Source) -> None:
    with pytest.raises(PersonNeeded):
        await _waive(session, FIRST, "key:1")


async def test_only_a_late_day_can_be_waived(session: Session, source: Source) -> None:
    feed = (await session.scalars(select(BankFeed))).one()
    with pytest.raises(FeedNotLate):
        await actions.waivers.waive_bank_feed(
            session, factories.person(), feed.id, "原因", clock.at(FIRST)
        )


async def test_what_comes_for_a_waived_day_counts_all_the_same(
    session: Session, source: Source, published: Published
) -> None:
    project_id = await factories.contract(session)
    await factories.account(session, project_id)
    await _waive(session, FIRST)
    paid = line("A", "2023-01-10T09:00:00", 100, 100)
    feed = await factories.feed(session, FIRST, statement(0, paid))
    assert feed.status is FeedStatus.COMPLETE
    assert (await factories.stands(session, project_id))[0] == ("2023-01", "full", 100)
    assert source.fed_until == FIRST
    assert len(await published(session, BankFeedCompleted)) == 1


# ---- sources ---------------------------------------------------------------------------------


async def test_the_same_source_again_gives_the_first(session: Session, source: Source) -> None:
    assert await factories.source(session) is source
    with pytest.raises(SourceCodeTaken):
        await factories.source(session, name="另一支行")


async def test_a_source_is_not_told_to_who_may_not_enter_it(
    session: Session, source: Source
) -> None:
    scope = Scope(frozenset({factories.NEIGHBOUR}))
    for body in (factories.source_in(), factories.source_in(name="另一支行")):
        with pytest.raises(SourceRefused):
            await actions.sources.register_source(session, scope, body, FIRST)


async def test_a_source_says_everything_that_is_wrong(session: Session) -> None:
    await factories.tree(session)
    await factories.bank(session, roles=("contractor",))
    scope = Scope(frozenset({factories.NEIGHBOUR}))
    body = factories.source_in(from_day=date(2021, 1, 1))
    with pytest.raises(SourceRefused) as refused:
        await actions.sources.register_source(session, scope, body, FIRST)
    assert {finding.place for finding in refused.value.errors} == {
        "bank_id",
        "area_code",
        "from_day",
    }
