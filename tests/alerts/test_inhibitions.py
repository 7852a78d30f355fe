"""Inhibition: while an account is frozen, what cannot be put right is kept, seen, and not sent."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from hypothesis import given
from hypothesis import strategies as some

from services.alerts import actions, handlers, queries
from services.alerts.models import Alert, Inhibition
from services.alerts.rules import inhibitions
from services.alerts.rules.deliveries import Channel
from services.alerts.rules.inhibitions import Fact
from services.alerts.rules.notices import Entry, Reason
from services.alerts.schemas.inhibitions import InhibitionIn
from services.alerts.settings import settings
from shared import clock, timers
from shared.auth import Caller
from shared.db import Session, Sessions, new_id
from shared.events.payroll import WageAccountChanged
from shared.service import Service
from tests.alerts import factories, looking
from tests.alerts.factories import COUNTY, NATION, OPENED_AT, TOWN
from tests.fixtures.service import Time

V1 = "/alerts/v1"
HOUR = timedelta(hours=1)
ACCOUNT, PROJECT = new_id(), factories.card()
OFFICE = Caller("office", frozenset({"wage_office"}), frozenset({COUNTY}))
office = pytest.mark.caller("wage_office", areas=[COUNTY], subject="anna")


@pytest.fixture(autouse=True)
def _mails_leave(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Name a mail server, so that mails are written; none is sent here."""
    monkeypatch.setenv("ALERTS_SMTP_URL", "smtp://127.0.0.1:9")
    settings.cache_clear()
    yield
    settings.cache_clear()


def account(at: datetime, *, frozen: bool, until: date | None = None) -> WageAccountChanged:
    return WageAccountChanged(
        project_id=PROJECT.project_id, account_id=ACCOUNT, area_code=COUNTY, status="in_use",
        opened_on=date(2023, 1, 1), frozen=frozen, frozen_until=until, occurred_at=at,
    )  # fmt: skip


async def prepared(session: Session) -> None:
    """Let the county be known, and whom a missed transfer reaches first."""
    await factories.areas(session)
    about = {"org_id": factories.DEVELOPER, "mail": "unit@example.org"}
    await factories.recipient(session, "developer", **about)


async def tell(session: Session, **changes: Any) -> Alert:
    event = factories.opened(**{"project": PROJECT, "watch_item_id": new_id()} | changes)
    await handlers.on_watch_item_opened(session, event)
    return await looking.alert(session, watch_item_id=event.watch_item_id)


async def mailed(session: Session, alert_id: UUID) -> list[datetime]:
    found = await looking.deliveries(session, channel=Channel.MAIL)
    return [each.created_at for each in found if each.key.startswith(str(alert_id))]


async def run(sessions: Sessions, service: Service, time: Time, until: datetime) -> None:
    """Let time pass, from one due instant to the next."""
    while True:
        async with sessions.begin("test") as session:
            due = await session.scalar(timers.NEXT_DUE)
        if due is None or due > until:
            break
        time.move_to(due)
        assert await timers.run_due(sessions, service.timers)
    time.move_to(until)


async def test_a_frozen_account_mutes_its_children_until_its_last_day_is_over(
    sessions: Sessions, service: Service, time: Time
) -> None:
    time.move_to(OPENED_AT)
    async with sessions.begin("test") as session:
        await prepared(session)
        frozen = account(OPENED_AT - HOUR, frozen=True, until=date(2023, 4, 27))
        await handlers.on_wage_account_changed(session, frozen)
        alert_id = (await tell(session, level="yellow")).id
    thaws = clock.day_end(date(2023, 4, 27))
    await run(sessions, service, time, thaws - timedelta(seconds=1))
    async with sessions.begin("test") as session:
        assert await mailed(session, alert_id) == []
        notices = await looking.notices(session, alert_id)
        assert len(notices) > 1, "rungs are climbed on time"
        assert None not in {each.inhibited_by for each in notices}
        inbox = await looking.deliveries(session, channel=Channel.INBOX)
        assert {each.id for each in notices} <= {each.notice_id for each in inbox}, "all is seen"
    await run(sessions, service, time, thaws)
    async with sessions.begin("test") as session:
        assert await mailed(session, alert_id) == [thaws]
        told = [each for each in await looking.notices(session, alert_id)
                if each.reason is Reason.TOLD_AGAIN]  # fmt: skip
        assert [each.inhibited_by for each in told] == [None]
        entries = [entry for entry, _ in await looking.entries(session, alert_id)]
        assert Entry.INHIBITED in entries
        assert entries.count(Entry.INHIBITION_ENDED) == 1


async def test_a_freeze_that_is_lifted_lets_it_be_told_at_once(
    sessions: Sessions, service: Service, time: Time
) -> None:
    time.move_to(OPENED_AT)
    async with sessions.begin("test") as session:
        await prepared(session)
        await handlers.on_wage_account_changed(session, account(OPENED_AT, frozen=True))
        alert_id = (await tell(session)).id
    lifted = OPENED_AT + HOUR
    time.move_to(lifted)
    async with sessions.begin("test") as session:
        await handlers.on_wage_account_changed(session, account(lifted, frozen=False))
    assert await timers.run_due(sessions, service.timers) == 1
    async with sessions.begin("test") as session:
        assert await mailed(session, alert_id) == [lifted]
        assert await queries.invariants.unsaid(session) == []


async def test_a_freeze_that_is_told_again_is_one_and_may_last_longer(session: Session) -> None:
    await prepared(session)
    first, longer = date(2023, 4, 27), date(2023, 5, 5)
    for until in (first, longer, longer):
        await handlers.on_wage_account_changed(
            session, account(OPENED_AT, frozen=True, until=until)
        )
    (fact,) = await queries.inhibitions.facts_of(session, PROJECT.project_id)
    (timer,) = await looking.armed(session, fact.id)
    assert (fact.until_on, timer.due_at) == (longer, clock.day_end(longer))
    await handlers.on_wage_account_changed(session, account(OPENED_AT, frozen=False))
    await handlers.on_wage_account_changed(session, account(OPENED_AT, frozen=False))
    assert await looking.armed(session, fact.id) == []


@pytest.mark.parametrize(
    "changes",
    [{"level": "red"}, {"kind": "deposit_missing"}, {"project": factories.card()}],
    ids=["red", "another kind", "another project"],
)
async def test_what_the_rule_does_not_name_is_told(
    session: Session, changes: dict[str, Any]
) -> None:
    await prepared(session)
    await handlers.on_wage_account_changed(session, account(OPENED_AT, frozen=True))
    alert = await tell(session, **changes)
    notices = await looking.notices(session, alert.id)
    assert notices
    assert {each.inhibited_by for each in notices} == {None}


async def test_an_area_s_own_rule_holds_from_its_day_on_and_may_mute_nothing(
    session: Session,
) -> None:
    await prepared(session)
    await handlers.on_wage_account_changed(session, account(OPENED_AT, frozen=True))
    own = InhibitionIn(
        area_code=COUNTY, source=Fact.ACCOUNT_FROZEN, valid_from=date(2023, 4, 26), enabled=False,
        kinds=["transfer_missed"], levels=["blue"], basis="县治欠办",
    )  # fmt: skip
    await actions.inhibitions.enter_rule(session, OFFICE, own, OPENED_AT)
    assert clock.day_of(OPENED_AT) == date(2023, 4, 26)
    alert = await tell(session)
    assert await mailed(session, alert.id) == [OPENED_AT]


async def test_an_alert_that_is_muted_in_vain_is_named_by_the_invariant(session: Session) -> None:
    await prepared(session)
    await handlers.on_wage_account_changed(session, account(OPENED_AT, frozen=True))
    alert = await tell(session)
    await handlers.on_wage_account_changed(session, account(OPENED_AT + HOUR, frozen=False))
    await session.flush()  # The invariant reads what is written.
    assert await queries.invariants.unsaid(session) == []
    await timers.disarm(session, alert.id, "retelling")
    assert [each.id for each in await queries.invariants.unsaid(session)] == [alert.id]


@office
async def test_rules_are_versions_and_what_is_wrong_is_said_at_once(
    session: Session, client: AsyncClient
) -> None:
    await factories.areas(session)
    door = f"{V1}/inhibitions"
    said = {
        "area_code": COUNTY, "source": "account_frozen", "valid_from": "2023-01-01",
        "kinds": ["cover_low"], "levels": ["blue"], "basis": "县治欠办",
    }  # fmt: skip
    assert (await client.post(door, json=said)).json()["version"] == 1
    assert (await client.post(door, json=said)).json()["version"] == 2
    early = await client.post(door, json=said | {"valid_from": "2022-01-01"})
    assert early.json()["type"] == "/problems/version-not-later"
    bad = await client.post(door, json=said | {"source": "weather", "kinds": [], "levels": []})
    assert {error["place"] for error in bad.json()["errors"]} == {
        "body.source", "body.kinds", "body.levels",
    }  # fmt: skip
    listed = (await client.get(door)).json()["items"]
    assert [(each["area_code"], each["version"]) for each in listed] == [
        (NATION, 1), (COUNTY, 1), (COUNTY, 2),
    ]  # fmt: skip


KINDS = ["transfer_missed", "cover_low"]
LEVELS = ["blue", "orange", "red"]


@given(
    kind=some.sampled_from(KINDS), level=some.sampled_from(LEVELS), major=some.booleans(),
    near=some.none() | some.tuples(some.booleans(), some.sets(some.sampled_from(KINDS))),
    far=some.none() | some.tuples(some.booleans(), some.sets(some.sampled_from(KINDS))),
    levels=some.sets(some.sampled_from(LEVELS)), holds=some.booleans(),
)  # fmt: skip
def test_the_nearest_area_s_rule_decides_and_what_is_major_is_never_muted(
    *,
    kind: str,
    level: str,
    major: bool,
    near: tuple[bool, set[str]] | None,
    far: tuple[bool, set[str]] | None,
    levels: set[str],
    holds: bool,
) -> None:
    rules = [
        Inhibition(
            area_code=area, source=Fact.ACCOUNT_FROZEN, enabled=said[0], kinds=sorted(said[1]),
            levels=sorted(levels),
        )
        for area, said in ((COUNTY, near), (NATION, far))
        if said
    ]  # fmt: skip
    alert = Alert(kind=kind, level=level, major=major)
    facts = [Fact.ACCOUNT_FROZEN] if holds else []
    found = inhibitions.muting(rules, facts, alert, (TOWN, COUNTY, NATION))
    decides = near or far
    mutes = bool(decides and decides[0] and kind in decides[1] and level in levels)
    assert (found is not None) is (mutes and holds and not major)
    if found:
        assert found.area_code == (COUNTY if near else NATION)
