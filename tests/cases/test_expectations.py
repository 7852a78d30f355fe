"""The dead man of a provincial system: cases expects its calls, and tells itself of a silence.

By the nation's terms it calls once each working day by 10:00. Off 29 April–3 May; worked 6 May.
"""

import asyncio
from datetime import date, datetime
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from services.cases import actions, handlers, queries
from services.cases.errors import AreaUnknown, ExpectationRefused
from services.cases.models import Expectation, FeedTerms, WatchItem
from services.cases.rules import faults
from services.cases.rules.closings import takes_documents
from services.cases.rules.items import WatchKind
from services.cases.rules.ladder import Ladder
from services.cases.rules.proofs import ACCEPTED
from services.cases.schemas.expectations import ExpectationIn
from services.cases.schemas.leads import LeadFilter, LeadIn
from services.cases.schemas.terms import FeedTermsIn
from services.cases.service import service
from shared import auth, clock, known, timers
from shared.auth import Caller
from shared.db import AuditRow, Session, Sessions
from shared.events.cases import CaseProposed, WatchItemClosed, WatchItemOpened
from shared.events.platform import ItemWithoutTimer
from shared.events.registry import ApiKeyIssued, ApiKeyRevoked
from shared.expectations import ExpectationState
from tests.cases import factories as make
from tests.cases.factories import COUNTY, NEIGHBOUR, an_id, at
from tests.cases.policies import MISSED
from tests.fixtures.service import Published, Time, Token, nightly
from tests.waiting import until

OFFICE = Caller("office", frozenset({"wage_office"}), frozenset({COUNTY}))
KEY, PROVINCE, OWNER = an_id("key"), an_id("province"), an_id("owner")
ROLES = frozenset({"provincial_system"})
CLIENT = Caller(f"key:{KEY}", ROLES, frozenset({COUNTY}), PROVINCE)
PATH = "/cases/v1/expectations"


def key(key_id: UUID = KEY, **changes: Any) -> ApiKeyIssued:
    said: dict[str, Any] = {
        "api_key_id": key_id, "key_hash": str(key_id), "name": "省平台", "org_id": PROVINCE,
        "areas": [COUNTY], "roles": ["provincial_system"], "valid_until": None,
        "occurred_at": at("2023-01-02 09:00"),
    }  # fmt: skip
    return ApiKeyIssued(**(said | changes))


def said(**changes: Any) -> ExpectationIn:
    values: dict[str, Any] = {
        "kind": "provincial_client", "source_id": KEY, "area_code": COUNTY, "name": "省平台",
        "unit_id": OWNER, "valid_from": "2023-04-27",
    }  # fmt: skip
    return ExpectationIn.model_validate(values | changes)


async def expected(session: Session, **changes: Any) -> Expectation:
    """Expect the calls of a key since 27 April, 11:00."""
    await make.world(session)
    await known.on_api_key_issued(session, key())
    row = await actions.expectations.expect(
        session, OFFICE, said(**changes), at("2023-04-27 11:00")
    )
    await session.flush()  # What follows is asked of the rows.
    return row


async def call(session: Session, when: str, caller: Caller = CLIENT) -> None:
    """Let somebody read what became of leads."""
    page = {"cursor": None, "changed_after": None, "limit": 1}
    await actions.leads.read_leads(session, caller, LeadFilter(), at(f"2023-{when}"), **page)
    await session.flush()


async def items(session: Session) -> list[WatchItem]:
    await session.flush()
    found = select(WatchItem).where(WatchItem.kind == WatchKind.FEED_SILENT)
    return list((await session.scalars(found.order_by(WatchItem.opened_at))).all())


async def pass_time(session: Session, row: Expectation, when: str) -> None:
    """Let the limits of an expected feed, then those of items, fall due by an instant."""
    await session.flush()
    due = [one for one in await timers.armed(session, row.id) if one.due_at <= at(f"2023-{when}")]
    for one in due:
        await timers.fire_due(session, [row.id], one.due_at, service.timers[one.kind])
    await session.flush()
    await make.pass_time(session, at(f"2023-{when}"))


async def test_a_silence_opens_an_item_of_its_owner_which_a_call_closes(
    session: Session, published: Published
) -> None:
    row = await expected(session)
    assert row.expected_by == at("2023-04-28 10:00")
    await pass_time(session, row, "04-28 09:59")
    assert await items(session) == []
    await pass_time(session, row, "05-06 12:00")
    [item] = await items(session)
    assert (item.unit_id, item.project_id, item.subject_id) == (OWNER, None, row.id)
    assert (item.opened_at, item.period) == (at("2023-04-28 10:00"), "2023-04-28")
    assert [level for level, _ in await make.climbed(session, item)] == ["blue", "yellow", "orange"]
    assert (item.level, item.facts) == ("orange", ["provincial_client"])
    await call(session, "05-06 12:00")
    assert (item.state, item.close_reason) == ("closed", "feed_arrived")
    assert (row.state, row.expected_by) == (ExpectationState.AWAITED, at("2023-05-09 10:00"))
    await pass_time(session, row, "05-09 10:00")
    _, again = await items(session)
    assert again.opened_at == at("2023-05-09 10:00")
    assert len(await published(session, WatchItemOpened)) == 2
    [closed] = await published(session, WatchItemClosed)
    assert closed.close_reason == "feed_arrived"
    assert await queries.invariants.closed_without_proof(session) == []
    assert await queries.invariants.without_timer(session) == []


async def test_who_calls_each_working_day_is_never_silent(
    session: Session, published: Published
) -> None:
    row = await expected(session)
    for day, following in (("04-28", "05-04"), ("05-04", "05-05"), ("05-05", "05-06"),
                           ("05-06", "05-08")):  # fmt: skip
        await pass_time(session, row, f"{day} 09:59")
        await call(session, f"{day} 10:00")
        assert row.expected_by == at(f"2023-{following} 10:00")
    assert await items(session) == []


async def test_it_counts_for_nobody_and_proposes_nothing(
    session: Session, published: Published
) -> None:
    """The rungs of P25: nobody pays less for it, and no case follows of however long a silence."""
    row = await expected(session)
    await pass_time(session, row, "08-01 12:00")
    [item] = await items(session)
    assert (item.level, item.step, item.proposing) == ("red", "repeat", False)
    found = {one.code for one in faults.faults(WatchKind.FEED_SILENT, Ladder.of(MISSED))}
    assert found >= {"proposal_unfit", "jumps_unfit"}, "no area can have it otherwise"
    assert await published(session, CaseProposed) == []
    assert await make.proposals(session) == []
    assert not takes_documents(WatchKind.FEED_SILENT), "data tell it, so data end it"
    assert {one.code for one in ACCEPTED[WatchKind.FEED_SILENT]} == {
        "feed_arrived", "no_longer_expected",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("caller", "heard"),
    [
        (CLIENT, True),
        (Caller(f"key:{an_id('other key')}", ROLES, frozenset({COUNTY})), False),
        (Caller("anna", ROLES, frozenset({COUNTY}), PROVINCE), False),
        (Caller(f"key:{KEY}", frozenset({"wage_office"}), frozenset({COUNTY})), False),
    ],
    ids=["its key", "another key", "a person", "another role"],
)
async def test_only_its_own_machine_is_heard(
    session: Session, caller: Caller, *, heard: bool
) -> None:
    row = await expected(session)
    await call(session, "04-27 12:00", caller)
    assert (row.arrived_at is not None) is heard


async def test_an_organisation_is_heard_by_whichever_key_it_has(session: Session) -> None:
    row = await expected(session, source_id=PROVINCE)
    await known.on_api_key_issued(session, key(an_id("new key")))
    other = Caller(f"key:{an_id('new key')}", ROLES, frozenset({COUNTY}), PROVINCE)
    await call(session, "04-27 12:00", other)
    assert row.arrived_at == at("2023-04-27 12:00")


async def test_a_pushed_lead_is_a_call_and_a_refused_one_is_none(session: Session) -> None:
    row = await expected(session)
    body = LeadIn.model_validate(
        {"source": "province_platform", "external_id": "1", "area_code": NEIGHBOUR,
         "place": "某工地", "text": "工资未发", "received_at": at("2023-04-27 11:00")}
    )  # fmt: skip
    with pytest.raises(AreaUnknown):
        async with session.begin_nested():
            await actions.leads.push_lead(session, CLIENT, body, at("2023-04-27 12:00"))
    await session.refresh(row)
    assert row.arrived_at is None
    here = body.model_copy(update={"area_code": COUNTY})
    await actions.leads.push_lead(session, CLIENT, here, at("2023-04-27 13:00"))
    assert row.arrived_at == at("2023-04-27 13:00")


async def test_a_storm_of_calls_writes_once_an_hour(session: Session) -> None:
    row = await expected(session)
    for minute in range(60):
        await call(session, f"04-27 12:{minute:02d}")
    await call(session, "04-27 13:00")
    written = select(AuditRow.action).where(AuditRow.row_id == str(row.id))
    assert list(await session.scalars(written)) == ["insert", "update", "update"]


async def test_an_area_s_own_terms_and_a_make_up_day_move_it(session: Session) -> None:
    row = await expected(session)
    said_so: dict[str, Any] = {
        "area_code": COUNTY, "kind": "provincial_client", "version": 1, "every": "week",
        "workday": 5, "by": "17:00", "valid_from": date(2023, 4, 27), "basis": "县约定",
        "certainty": "C",
    }  # fmt: skip
    body = FeedTermsIn.model_validate(said_so)
    await actions.terms.add_terms(session, OFFICE, FeedTerms, body)
    # The week of 24 April has working days until Friday the 28th; Sunday the 23rd was the week's
    # before.
    assert row.expected_by == at("2023-04-28 17:00")
    days = {day.isoformat(): kind for day, kind in make.calendar_told().exceptions.items()}
    news = make.calendar_told(
        exceptions=days | {"2023-04-28": "holiday", "2023-04-29": "makeup_workday"},
        occurred_at=at("2023-04-27 11:30"),
    )
    await handlers.on_calendar_published(session, news)
    assert row.expected_by == at("2023-04-29 17:00")
    [armed] = await timers.armed(session, row.id)
    assert armed.due_at == at("2023-04-29 17:00")


@pytest.mark.parametrize(
    ("changes", "places"),
    [
        ({"kind": "treasury"}, ["kind"]),
        ({"source_id": an_id("nobody")}, ["source_id"]),
        ({"source_id": an_id("revoked"), "valid_to": "2023-04-26"}, ["source_id", "valid_to"]),
    ],
)
async def test_all_that_is_wrong_is_told_at_once(
    session: Session, changes: dict[str, Any], places: list[str]
) -> None:
    await make.world(session)
    await known.on_api_key_issued(session, key(an_id("revoked"), org_id=None))
    gone = ApiKeyRevoked(api_key_id=an_id("revoked"), revoked_at=at("2023-04-01 09:00"))
    await known.on_api_key_revoked(session, gone)
    with pytest.raises(ExpectationRefused) as refused:
        await actions.expectations.expect(session, OFFICE, said(**changes), at("2023-04-27 11:00"))
    assert [one.place for one in refused.value.errors] == places


async def test_calls_and_limits_at_once_tell_one_story(
    sessions: Sessions, published: Published, time: Time
) -> None:
    time.move_to(at("2023-04-27 11:00"))
    async with sessions.begin("test") as session:
        row = await expected(session)
    time.move_to(at("2023-04-28 12:00"))

    async def caller() -> None:
        async with sessions.begin("test") as session:
            await call(session, "04-28 12:00")

    async def limits() -> None:
        async def rests() -> bool:
            return await timers.run_due(sessions, service.timers) == 0

        await until(rests)

    await asyncio.gather(caller(), limits(), caller(), limits())
    assert len(await published(None, WatchItemOpened)) == 1
    assert len(await published(None, WatchItemClosed)) == 1
    async with sessions.begin("test") as session:
        after = (await session.scalars(select(Expectation))).one()
        assert (after.id, after.expected_by) == (row.id, at("2023-05-05 10:00"))


async def test_what_no_timer_will_tell_of_operators_hear_of(
    sessions: Sessions, published: Published, time: Time
) -> None:
    time.move_to(at("2023-04-27 11:00"))
    async with sessions.begin("test") as session:
        row = await expected(session)
        await timers.disarm(session, row.id)
        [offender] = await queries.invariants.without_timer(session)
        assert offender.id == row.id
    await nightly(sessions, "report_without_timer", date(2023, 4, 28))
    [event] = await published(None, ItemWithoutTimer)
    assert (event.kind, event.subject_id) == ("expected_feed", row.id)


async def test_it_is_set_seen_and_ended_over_http_and_a_real_key_is_heard(
    sessions: Sessions, client: AsyncClient, time: Time, token: Token
) -> None:
    time.move_to(at("2023-04-27 11:00"))
    secret, key_hash = auth.new_key()
    async with sessions.begin("test") as session:
        await make.world(session)
        await known.on_api_key_issued(session, key(key_hash=key_hash))
    office = token("wage_office", areas=[COUNTY])
    body = said().model_dump(mode="json")
    made = await client.post(PATH, json=body, headers=office)
    assert made.status_code == 201, made.text
    assert (await client.post(PATH, json=body, headers=office)).json() == made.json()
    taken = await client.post(PATH, json=body | {"name": "省厅"}, headers=office)
    assert taken.status_code == 409
    time.move_to(at("2023-04-27 12:00"))
    machine = {"authorization": f"Bearer {secret}"}
    assert (await client.get("/cases/v1/leads", headers=machine)).status_code == 200
    [row] = (await client.get(PATH, headers=office)).json()["items"]
    assert datetime.fromisoformat(row["arrived_at"]) == clock.now()
    assert (await client.post(f"{PATH}/{row['id']}/end", json={"reason": "停"}, headers=machine)
            ).status_code == 403  # fmt: skip
    ended = await client.post(f"{PATH}/{row['id']}/end", json={"reason": "停"}, headers=office)
    assert (ended.status_code, ended.json()["end_reason"]) == (200, "停")
    elsewhere = token("wage_office", areas=[NEIGHBOUR])
    assert (await client.get(PATH, headers=elsewhere)).json()["items"] == []
