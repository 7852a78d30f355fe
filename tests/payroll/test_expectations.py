"""The dead man of a finance bureau: silent at its instant, told once, over when it is heard of.

The fifth working days of 2023, counted by hand: 10 April (the 5th is a holiday), 9 May (the 6th is
a make-up Saturday), 7 June, 7 July.
"""

import asyncio
import random
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select, update

from services.payroll import actions, handlers, queries
from services.payroll.errors import ExpectationRefused, ExpectationTaken, PaymentsRefused
from services.payroll.models import Expectation
from services.payroll.schemas.expectations import ExpectationIn
from services.payroll.schemas.payments import PaymentIn, PaymentsIn
from services.payroll.schemas.policies import PolicyIn
from services.payroll.service import service
from shared import clock, db, expectations, timers
from shared.auth import Caller
from shared.db import AuditRow, Session, Sessions
from shared.events.conditions import PayrollConditionEnded, PayrollConditionFound
from shared.events.platform import ItemWithoutTimer
from shared.events.registry import OrganisationRegistered
from shared.expectations import ExpectationState, FeedKind
from shared.timers import Timer
from tests.fixtures.service import Published, Time, Token, nightly
from tests.payroll import factories as make
from tests.payroll.factories import COUNTY, NEIGHBOUR
from tests.waiting import until

OFFICE, BUREAU = make.person(), UUID(int=21)
SEEN = ("state", "expected_by", "arrived_at", "silent_since")


def at(said: str) -> datetime:
    return datetime.fromisoformat(f"2023-{said}").replace(tzinfo=clock.BEIJING)


def said(**changes: Any) -> ExpectationIn:
    values: dict[str, Any] = {
        "kind": "treasury", "area_code": COUNTY, "name": "县财政局", "unit_id": BUREAU,
        "valid_from": "2023-04-03",
    }  # fmt: skip
    return ExpectationIn.model_validate(values | changes)


async def bureau(session: Session, organisation_id: UUID = BUREAU) -> None:
    told = OrganisationRegistered(
        organisation_id=organisation_id, name="县财政局", credit_code="", area_code=COUNTY,
        roles=["finance"], trades=[], occurred_at=make.BEGAN,
    )  # fmt: skip
    await handlers.on_organisation_registered(session, told)


async def expected(session: Session, **changes: Any) -> Expectation:
    """Expect the county's bureau since 3 April, 9:00."""
    await make.tree(session)
    await bureau(session)
    return await actions.expectations.expect(session, OFFICE, said(**changes), at("04-03 09:00"))


async def pay(session: Session, when: str, area_code: str = COUNTY) -> None:
    """Let a bureau tell that it sent nothing: a sign of life by its own door."""
    body = PaymentsIn(area_code=area_code, payments=[])
    await actions.payments.receive_payments(session, OFFICE, body, at(when))


async def pass_time(session: Session, row: Expectation, when: str) -> None:
    """Let the limits of an expected feed fall due, as they do by an instant."""
    await session.flush()  # Limits are claimed by their rows.
    while due := [one for one in await timers.armed(session, row.id) if one.due_at <= at(when)]:
        on_due = service.timers[due[0].kind]
        await timers.fire_due(session, [row.id], due[0].due_at, on_due)
    await session.flush()


async def told(published: Published, session: Session | None) -> list[tuple[str, str, datetime]]:
    """Give what was told of silences: of which day, how it ended, when."""
    kinds = (PayrollConditionFound, PayrollConditionEnded)
    return [
        (one.period, getattr(one, "reason", "silent"), one.occurred_at)
        for one in await published(session, *kinds)
    ]


async def test_a_silence_is_told_at_its_instant_once_and_again_next_time(
    session: Session, published: Published
) -> None:
    row = await expected(session)
    assert row.expected_by == at("04-10 18:00")
    await pass_time(session, row, "04-10 17:59")
    assert await told(published, session) == []
    await pass_time(session, row, "05-31 00:00")
    [found] = await published(session, PayrollConditionFound)
    about = (found.kind, found.subject_id, found.unit_id, found.area_code, found.project_id)
    assert about == ("feed_silent", row.id, BUREAU, COUNTY, None)
    assert (found.since, found.facts) == (date(2023, 4, 10), ["treasury"])
    assert (row.state, row.silent_since) == (ExpectationState.SILENT, at("04-10 18:00"))
    await pay(session, "05-31 10:00")
    # It came in June's window, whose instant it keeps; the next that is awaited is July's.
    assert (row.state, row.expected_by) == (ExpectationState.AWAITED, at("07-07 18:00"))
    await pass_time(session, row, "07-30 00:00")
    await pay(session, "07-30 08:00")
    assert await told(published, session) == [
        ("2023-04-10", "silent", at("04-10 18:00")),
        ("2023-04-10", "feed_arrived", at("05-31 10:00")),
        ("2023-07-07", "silent", at("07-07 18:00")),
        ("2023-07-07", "feed_arrived", at("07-30 08:00")),
    ]
    ended = await published(session, PayrollConditionEnded)
    assert ended[0].proof == {"expectation_id": str(row.id)}


async def test_who_is_heard_of_in_each_window_is_never_silent(
    session: Session, published: Published
) -> None:
    row = await expected(session)
    windows = [("04-03 09:00", "05-09 18:00"), ("05-09 17:59", "06-07 18:00"),
               ("06-07 17:59", "07-07 18:00")]  # fmt: skip
    for when, following in windows:
        await pass_time(session, row, when)
        await pay(session, when)
        await pay(session, when)  # Twice in a window counts for one.
        assert (row.expected_by, row.arrived_at) == (at(following), at(when))
    assert await told(published, session) == []
    [armed] = await timers.armed(session, row.id)
    assert (armed.due_at, armed.policy_version) == (at("07-07 18:00"), 1)


async def test_the_very_instant_is_in_time_whoever_comes_first(
    session: Session, published: Published
) -> None:
    row = await expected(session)
    await pay(session, "04-10 18:00")
    await pass_time(session, row, "04-10 18:00")
    assert await told(published, session) == []
    await pass_time(session, row, "05-09 18:00")
    await pay(session, "05-09 18:00")
    assert await told(published, session) == [
        ("2023-05-09", "silent", at("05-09 18:00")),
        ("2023-05-09", "feed_arrived", at("05-09 18:00")),
    ]
    assert row.expected_by == at("06-07 18:00")


async def test_who_comes_late_before_its_timer_does_was_silent_all_the_same(
    session: Session, published: Published
) -> None:
    row = await expected(session)
    await pay(session, "04-10 18:01")
    await pass_time(session, row, "04-30 00:00")
    assert await told(published, session) == [
        ("2023-04-10", "silent", at("04-10 18:00")),
        ("2023-04-10", "feed_arrived", at("04-10 18:01")),
    ]


async def test_who_misses_one_window_and_keeps_the_next_is_not_silent_in_it(
    session: Session, published: Published
) -> None:
    """One call a day at the same hour: a day without it is one silence, not one for ever."""
    row = await expected(session)
    await actions.policies.add_policy(
        session, OFFICE, policy(every="workday", by="10:00"), at("04-03 09:00")
    )
    for when in ("04-03 09:30", "04-06 09:30", "04-07 09:30", "04-10 09:30"):
        await pass_time(session, row, when)
        await pay(session, when)
    assert await told(published, session) == [
        ("2023-04-04", "silent", at("04-04 10:00")),
        ("2023-04-04", "feed_arrived", at("04-06 09:30")),
    ]
    assert row.expected_by == at("04-11 10:00")


async def test_only_what_is_accepted_counts(session: Session, published: Published) -> None:
    row = await expected(session)
    wrong = PaymentIn.model_validate(
        {"voucher": "1", "project_id": UUID(int=99), "period": "2023-04", "amount": "1.00",
         "sent_on": "2023-04-03"}
    )  # fmt: skip
    with pytest.raises(PaymentsRefused):
        async with session.begin_nested():
            await actions.payments.receive_payments(
                session, OFFICE, PaymentsIn(area_code=COUNTY, payments=[wrong]), at("04-06 09:00")
            )
    await session.refresh(row)
    assert (row.arrived_at, row.expected_by) == (None, at("04-10 18:00"))


async def test_an_area_that_expects_nothing_is_told_nothing(
    session: Session, published: Published
) -> None:
    await make.tree(session)
    await pay(session, "04-03 09:00")
    assert (await session.scalars(select(Expectation))).all() == []
    assert (await session.scalars(select(Timer))).all() == []
    row = await expected(session)
    away = Caller("neighbour", frozenset({"finance_bureau"}), frozenset({NEIGHBOUR}))
    body = PaymentsIn(area_code=NEIGHBOUR, payments=[])
    await actions.payments.receive_payments(session, away, body, at("04-04 09:00"))
    assert row.arrived_at is None
    assert await told(published, session) == []


async def test_signs_within_an_hour_are_written_once(session: Session) -> None:
    row = await expected(session)
    await session.flush()
    for minute in range(0, 61, 10):
        await pay(session, f"04-04 09:{minute:02d}" if minute < 60 else "04-04 10:00")
        await session.flush()
    written = select(AuditRow).where(
        AuditRow.row_id == str(row.id), AuditRow.table_name == "expectations"
    )
    lines = (await session.scalars(written)).all()
    assert [one.action for one in lines] == ["insert", "update", "update"]
    assert row.arrived_at == at("04-04 10:00")


# The working days of two weeks of April 2023, after the first, by hand: the 5th is a holiday.
DUE = [f"04-{day:02d} 10:00" for day in (4, 6, 7, 10, 11, 12, 13, 14)]


def walk(signs: set[str]) -> list[tuple[str, str]]:
    """Tell the story of some signs hour by hour, by code that the engine does not share."""
    story, silent, heard = [], False, False
    for day in range(3, 17):
        for hour in range(24):
            now = f"04-{day:02d} {hour:02d}:00"
            if now in signs:
                story += [("heard", now)] if silent else []
                silent, heard = False, True
            if now in DUE:
                story += [] if heard or silent else [("silent", now)]
                silent, heard = silent or not heard, False
    return story


@pytest.mark.parametrize("seed", range(4))
async def test_any_history_is_told_as_an_hour_by_hour_walk_tells_it(
    session: Session, published: Published, seed: int
) -> None:
    row = await expected(session)
    await actions.policies.add_policy(
        session, OFFICE, policy(every="workday", by="09:30", grace_minutes=30), at("04-03 09:00")
    )
    await pay(session, "04-03 09:30")  # The first day's own.
    hours = [f"04-{day:02d} {hour:02d}:00" for day in range(3, 17) for hour in range(24)]
    chances = random.Random(seed)
    signs = set(chances.sample(hours, k=chances.randint(4, 14))) | {chances.choice(DUE)}
    for sign in sorted(one for one in signs if one > "04-03 10:00"):
        await pass_time(session, row, (at(sign) - timedelta(minutes=1)).strftime("%m-%d %H:%M"))
        await pay(session, sign)
    await pass_time(session, row, "04-16 23:00")
    words = {"silent": "silent", "feed_arrived": "heard"}
    story = [
        (words[what], when.astimezone(clock.BEIJING).strftime("%m-%d %H:%M"))
        for _, what, when in await told(published, session)
    ]
    assert story == walk({one for one in signs if one > "04-03 10:00"})


# ---- its end -----------------------------------------------------------------------------------


async def test_somebody_ends_it_with_a_reason_and_a_silence_with_it(
    session: Session, published: Published
) -> None:
    row = await expected(session)
    await pass_time(session, row, "04-11 00:00")
    for _ in range(2):
        done = await actions.expectations.end(
            session, OFFICE, row.id, "改由省级系统报送", at("04-12 09:00")
        )
    assert (done.state, done.end_reason) == (ExpectationState.ENDED, "改由省级系统报送")
    assert (await told(published, session))[1:] == [
        ("2023-04-10", "no_longer_expected", at("04-12 09:00"))
    ]
    await pay(session, "04-13 09:00")
    await pass_time(session, row, "07-01 00:00")
    assert len(await told(published, session)) == 2
    anew = await actions.expectations.expect(session, OFFICE, said(), at("04-14 09:00"))
    assert (anew.id != row.id, anew.expected_by) == (True, at("05-09 18:00"))


async def test_its_last_day_ends_it(session: Session, published: Published) -> None:
    row = await expected(session, valid_to="2023-05-12")
    await pay(session, "04-06 09:00")
    await pass_time(session, row, "05-12 12:00")
    assert row.silent_since == at("05-09 18:00")
    await pass_time(session, row, "05-31 00:00")
    assert (row.state, row.ended_at, row.end_reason) == (
        ExpectationState.ENDED, at("05-13 00:00"), None,
    )  # fmt: skip
    assert (await told(published, session))[-1] == (
        "2023-05-09", "no_longer_expected", at("05-13 00:00"),
    )  # fmt: skip
    short = await expected(session, valid_to="2023-04-07", valid_from="2023-04-01")
    assert short.expected_by is None
    await pass_time(session, short, "05-01 00:00")
    assert short.state is ExpectationState.ENDED
    assert len(await told(published, session)) == 2


# ---- how often ---------------------------------------------------------------------------------


def policy(**values: Any) -> PolicyIn:
    return PolicyIn.model_validate(
        {"area_code": COUNTY, "kind": "treasury_feed", "version": 1, "valid_from": "2023-04-01",
         "values": values, "basis": "县治欠办约定", "certainty": "C"}
    )  # fmt: skip


async def test_an_area_s_own_row_moves_what_is_awaited(session: Session) -> None:
    row = await expected(session)
    daily = policy(every="workday", by="10:00", grace_minutes=30)
    await actions.policies.add_policy(session, OFFICE, daily, at("04-03 10:00"))
    assert row.expected_by == at("04-03 10:30")
    [armed] = await timers.armed(session, row.id)
    assert armed.due_at == at("04-03 10:30")
    await pay(session, "04-03 10:30")
    assert row.expected_by == at("04-04 10:30")
    await pay(session, "04-04 09:00")
    assert row.expected_by == at("04-06 10:30"), "the holiday between is no working day"


async def test_a_make_up_day_that_becomes_known_moves_it(session: Session) -> None:
    row = await expected(session)
    days = {day.isoformat(): kind for day, kind in make.calendar().exceptions.items()}
    told = make.calendar(
        exceptions=days | {"2023-04-08": "makeup_workday"}, occurred_at=at("04-03 10:00")
    )
    await handlers.on_calendar_published(session, told)
    assert row.expected_by == at("04-08 18:00")
    [armed] = await timers.armed(session, row.id)
    assert armed.due_at == at("04-08 18:00")


@pytest.mark.parametrize(
    "values",
    [{"every": "workday"}, {"every": "year", "by": "10:00"}, {"every": "day", "by": "24:00"},
     {"every": "day", "by": "10:00", "grace_minutes": 1441},
     {"every": "month", "by": "10:00", "workday": 0}],
)  # fmt: skip
def test_a_row_that_is_no_rhythm_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="treasury_feed"):
        policy(**values)


# ---- at once -----------------------------------------------------------------------------------


async def _committed(sessions: Sessions) -> Expectation:
    async with sessions.begin("test") as session:
        return await expected(session)


def replica(sessions: Sessions) -> Sessions:
    """Give another process's sessions on the same database."""
    return Sessions(
        db.engine(sessions.url, pool_size=4), url=sessions.url, service="payroll",
        publishes=service.publishes,
    )  # fmt: skip


async def test_two_replicas_tell_of_a_silence_once(
    sessions: Sessions, published: Published, time: Time
) -> None:
    time.move_to(at("04-03 09:00"))
    await _committed(sessions)
    time.move_to(at("04-11 00:00"))
    other = replica(sessions)
    await asyncio.gather(*(timers.run_due(one, service.timers) for one in (sessions, other) * 2))
    assert await told(published, None) == [("2023-04-10", "silent", at("04-10 18:00"))]

    async def send(one: Sessions) -> None:
        async with one.begin("test") as session:
            await pay(session, "04-11 08:00")

    await asyncio.gather(*(send(one) for one in (sessions, other) * 2))
    assert [reason for _, reason, _ in await told(published, None)] == ["silent", "feed_arrived"]
    await other.close()


@pytest.mark.parametrize("arrives", [True, False])
async def test_a_limit_does_not_wait_for_who_is_just_arriving(
    sessions: Sessions, published: Published, time: Time, *, arrives: bool
) -> None:
    """It falls due while somebody holds the row; what he does is then looked at, not guessed."""
    time.move_to(at("04-03 09:00"))
    row = await _committed(sessions)
    time.move_to(at("04-10 18:00"))
    async with sessions.begin("test") as session:
        await actions.expectations.hold(session, COUNTY)
        assert await timers.run_due(sessions, service.timers) == 1
        if arrives:
            await pay(session, "04-10 18:00")
    async with sessions.begin("test") as session:
        await session.execute(update(Timer).values(retry_at=None))

    async def rests() -> bool:
        return await timers.run_due(sessions, service.timers) == 0

    await until(rests)
    silent = [("2023-04-10", "silent", at("04-10 18:00"))]
    assert await told(published, None) == ([] if arrives else silent)
    async with sessions.begin("test") as session:
        armed = await timers.armed(session, row.id)
        assert [one.due_at for one in armed] == ([at("05-09 18:00")] if arrives else [])
        assert await queries.expectations.expectations_without_timer(session) == []


async def test_two_who_expect_the_same_expect_it_once(sessions: Sessions, time: Time) -> None:
    time.move_to(at("04-03 09:00"))
    async with sessions.begin("test") as session:
        await make.tree(session)
        await bureau(session)

    async def enter() -> UUID:
        async with sessions.begin("test") as session:
            row = await actions.expectations.expect(session, OFFICE, said(), clock.now())
            return row.id

    assert len(set(await asyncio.gather(*(enter() for _ in range(4))))) == 1


async def test_what_no_timer_will_tell_of_operators_hear_of(
    sessions: Sessions, published: Published, time: Time
) -> None:
    time.move_to(at("04-03 09:00"))
    row = await _committed(sessions)
    await nightly(sessions, "report_without_timer", date(2023, 4, 4))
    assert await published(None, ItemWithoutTimer) == []
    async with sessions.begin("test") as session:
        await timers.disarm(session, row.id)
    for _ in range(2):
        async with sessions.begin("test") as session:
            [offender] = await queries.expectations.expectations_without_timer(session)
            assert offender.id == row.id
    await nightly(sessions, "report_without_timer", date(2023, 4, 4))
    [event] = await published(None, ItemWithoutTimer)
    assert (event.kind, event.subject_id) == ("expected_feed", row.id)


# ---- over HTTP ---------------------------------------------------------------------------------


@pytest.mark.caller("wage_office", areas=[COUNTY])
async def test_expected_feeds_are_set_seen_and_ended(
    client: AsyncClient, session: Session, time: Time, token: Token
) -> None:
    time.move_to(at("04-03 09:00"))
    await make.tree(session)
    await bureau(session)
    await session.flush()
    body = said().model_dump(mode="json")
    made = await client.post("/payroll/v1/expectations", json=body)
    assert made.status_code == 201, made.text
    assert (await client.post("/payroll/v1/expectations", json=body)).json() == made.json()
    other = await client.post("/payroll/v1/expectations", json=body | {"name": "财政"})
    assert (other.status_code, other.json()["type"]) == (409, "/problems/expectation-taken")
    time.move_to(at("04-05 09:00"))
    finance = token("finance_bureau", areas=[COUNTY])
    sent = {"area_code": COUNTY, "payments": []}
    answer = await client.post("/payroll/v1/treasury-payments", json=sent, headers=finance)
    assert (answer.status_code, answer.json()) == (201, [])
    [row] = (await client.get("/payroll/v1/expectations?state=awaited")).json()["items"]
    assert [row[name] for name in SEEN] == [
        "awaited", "2023-05-09T10:00:00Z", "2023-04-05T01:00:00Z", None,
    ]  # fmt: skip
    assert (await client.get("/payroll/v1/expectations?state=silent")).json()["items"] == []
    path = f"/payroll/v1/expectations/{row['id']}/end"
    refused = await client.post(path, json={"reason": "停"}, headers=finance)
    assert refused.status_code == 403
    ended = await client.post(path, json={"reason": "改由省级系统报送"})
    assert (ended.status_code, ended.json()["state"]) == (200, "ended")


@pytest.mark.parametrize(
    ("changes", "places"),
    [
        ({"kind": "provincial_client"}, ["kind"]),
        ({"kind": "contractor"}, ["project_id"]),
        ({"project_id": UUID(int=78)}, ["project_id"]),
        ({"area_code": NEIGHBOUR, "unit_id": UUID(int=77)}, ["area_code", "unit_id"]),
        ({"valid_to": "2023-04-02", "kind": "gate_vendor"}, ["project_id", "valid_to"]),
    ],
)
async def test_all_that_is_wrong_is_told_at_once(
    session: Session, changes: dict[str, Any], places: list[str]
) -> None:
    await make.tree(session)
    await bureau(session)
    with pytest.raises(ExpectationRefused) as refused:
        await actions.expectations.expect(session, OFFICE, said(**changes), at("04-03 09:00"))
    assert [one.place for one in refused.value.errors] == places
    assert all(one.remedy for one in refused.value.errors)


async def test_another_expectation_of_the_same_is_refused(session: Session) -> None:
    await expected(session)
    with pytest.raises(ExpectationTaken):
        await actions.expectations.expect(
            session, OFFICE, said(valid_to="2023-12-31"), at("04-03 09:00")
        )


async def test_a_kind_joins_by_its_row_and_its_call(session: Session, published: Published) -> None:
    """Contractors and gate vendors need no code here but the call at their door."""
    await make.tree(session)
    await bureau(session)
    row = {"area_code": COUNTY, "kind": "gate_vendor_feed", "version": 1,
           "valid_from": "2023-04-01", "values": {"every": "day", "by": "06:00"}, "basis": "约定",
           "certainty": "C"}  # fmt: skip
    await actions.policies.add_policy(session, OFFICE, PolicyIn.model_validate(row), clock.now())
    vendor = str(UUID(int=31))
    watch = actions.expectations.WATCH
    made, _ = await expectations.expect(
        session, watch, at("04-03 09:00"), source=vendor,
        **said(kind="gate_vendor").model_dump(exclude={"project_id"}),
    )  # fmt: skip
    await actions.expectations.arrive(session, FeedKind.GATE_VENDOR, [vendor], at("04-03 12:00"))
    await pass_time(session, made, "04-05 06:00")
    assert await told(published, session) == [("2023-04-05", "silent", at("04-05 06:00"))]
