"""A dry run says what would keep its notices back, until when and why; and that comes true."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeAlias
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from services.alerts import actions, handlers, queries
from services.alerts.models import Bundle, Carried, Delivery, Notice, Recipient
from services.alerts.rules.bundles import Digest
from services.alerts.rules.deliveries import Channel
from services.alerts.rules.foresight import HeldBy
from services.alerts.rules.notices import Reason
from services.alerts.schemas.bundles import BundleTermsIn
from services.alerts.schemas.routes import RehearsalIn, RouteIn
from services.alerts.schemas.silences import SilenceIn
from services.alerts.schemas.windows import MaintenanceWindowIn
from services.alerts.settings import settings
from shared import clock
from shared.auth import Caller
from shared.db import Session, Sessions, new_id
from shared.service import Service
from tests.alerts import factories, looking
from tests.alerts.factories import COUNTY, DEVELOPER, NATION, NEIGHBOUR, OPENED_AT
from tests.alerts.test_inhibitions import ACCOUNT, PROJECT, account, run
from tests.fixtures.service import Time

OFFICE = Caller("office", frozenset({"wage_office"}), frozenset({COUNTY}))
OPERATOR = Caller("ops", frozenset({"operator"}), frozenset({NATION}))
# Beyond the instants of the rows, which are the machine's own: 16:00 to 18:00 in Beijing.
BEGINS = datetime(2100, 1, 1, 8, tzinfo=UTC)
ENDS = BEGINS + timedelta(hours=2)
Seen: TypeAlias = dict[tuple[datetime, UUID], tuple[str, object] | None]
Prepare: TypeAlias = Callable[[Session], Awaitable[None]]


@pytest.fixture(autouse=True)
def _mails_leave(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Name a mail server, so that mails are written; none is sent here."""
    monkeypatch.setenv("ALERTS_SMTP_URL", "smtp://127.0.0.1:9")
    settings.cache_clear()
    yield
    settings.cache_clear()


async def developer(session: Session, **changes: Any) -> Recipient:
    about = {"org_id": DEVELOPER, "mail": "unit@example.org"}
    return await factories.recipient(session, "developer", **about | changes)


async def hourly(session: Session, **changes: Any) -> None:
    """Let the developer alone be told, each hour of two working days and a bit."""
    body = {
        "area_code": COUNTY, "code": "hourly", "valid_from": "2023-04-01", "priority": 1,
        "receivers": ["developer"], "source": "县治欠办通知",
        "steps": [{"wait": 1, "unit": "wh", "again": True, "repeats": True}],
    }  # fmt: skip
    wanted = RouteIn.model_validate(body | changes)
    await actions.routes.enter_route(session, OFFICE, wanted, OPENED_AT)


async def bundle_terms(session: Session, **changes: Any) -> None:
    said = {
        "area_code": COUNTY, "valid_from": date(2023, 1, 1), "digest_levels": ["yellow"],
        "digest_at": time(9, 5), "flood_count": 50, "flood_minutes": 10, "source": "县办法",
    }  # fmt: skip
    wanted = BundleTermsIn.model_validate(said | changes)
    await actions.bundles.enter_terms(session, OFFICE, wanted, OPENED_AT)


async def _silenced(session: Session) -> None:
    await developer(session)
    await hourly(session)
    asked = SilenceIn.model_validate(
        {"area_code": COUNTY, "levels": ["yellow"], "reason": "系统联调",
         "from_at": clock.at(date(2023, 4, 26), 10), "until_at": clock.at(date(2023, 4, 26), 15)}
    )  # fmt: skip
    await actions.silences.silence(session, OFFICE, asked, OPENED_AT)


async def _frozen(session: Session) -> None:
    await developer(session)
    await hourly(session)
    frozen = account(OPENED_AT, frozen=True, until=date(2023, 4, 26))
    await handlers.on_wage_account_changed(session, frozen)


async def _digested(session: Session) -> None:
    await developer(session, digest=Digest.MORNING)
    await hourly(session)
    await bundle_terms(session)


async def _grouped(session: Session) -> None:
    await developer(session)
    await hourly(session, group_by=["project"], group_wait_minutes=90)
    await bundle_terms(session)


async def _flooded(session: Session) -> None:
    await developer(session)
    await hourly(session)
    await bundle_terms(session, flood_count=2, flood_minutes=150)


PREPARED: dict[str, tuple[Prepare, set[str]]] = {
    "silence": (_silenced, {"silence"}),
    "freeze": (_frozen, {"inhibition"}),
    "digest": (_digested, {"digest"}),
    "group": (_grouped, {"group"}),
    "flood": (_flooded, {"flood"}),
}


async def foreseen(session: Session, **changes: Any) -> list[dict[str, Any]]:
    """Ask what would become of an alert of the project; give the rungs of its one route."""
    said = {
        "kind": "transfer_missed", "level": "yellow", "area_code": COUNTY, "at": OPENED_AT,
        "investment_type": "government", "developer_id": DEVELOPER, "unit_id": DEVELOPER,
        "project_id": PROJECT.project_id, "rungs": 12,
    }  # fmt: skip
    asked = RehearsalIn.model_validate(said | changes)
    found = await actions.routes.rehearse(session, OFFICE, asked, clock.now())
    (taken,) = found["taken"]
    rungs: list[dict[str, Any]] = taken["rungs"]
    return rungs


def expected(rungs: list[dict[str, Any]]) -> Seen:
    """Give of each notice of a dry run what would keep its mail back first."""
    seen: Seen = {}
    for rung in rungs:
        for who in rung["reached"]:
            hold = rung["muted"] or next((one["hold"] for one in who["held"]), None)
            said = None
            if hold:
                said = (hold.by.value, hold.cause_id if rung["muted"] else hold.until_at)
            seen[rung["at"], who["recipient_id"]] = said
    return seen


async def came(session: Session, alert_id: UUID) -> Seen:
    """Give of each notice of an alert what did keep its mail back, as the rows have it."""
    seen: Seen = {}
    rows = await session.execute(
        select(Notice, Delivery.id, Bundle)
        .outerjoin(Delivery, (Delivery.notice_id == Notice.id) & Delivery.bundle_id.is_(None)
                   & (Delivery.channel == Channel.MAIL))
        .outerjoin(Carried, Carried.notice_id == Notice.id)
        .outerjoin(Bundle, Bundle.id == Carried.bundle_id)
        .where(Notice.alert_id == alert_id, Notice.reason != Reason.TOLD_AGAIN)
    )  # fmt: skip
    for notice, alone, bundle in rows:
        said: tuple[str, object] | None = None
        if notice.silenced_by:
            said = ("silence", notice.silenced_by)
        elif notice.inhibited_by:
            said = ("inhibition", notice.inhibited_by)
        elif bundle:
            said = (bundle.kind.value, bundle.due_at)
        assert (alone is None) is (said is not None)
        seen[notice.told_at, notice.recipient_id] = said
    return seen


@pytest.mark.parametrize("why", PREPARED)
async def test_what_a_dry_run_says_of_holds_comes_true(
    sessions: Sessions, service: Service, time: Time, why: str
) -> None:
    time.move_to(OPENED_AT)
    prepare, by = PREPARED[why]
    async with sessions.begin("test") as session:
        await factories.areas(session)
        await prepare(session)
    async with sessions.begin("test") as session:
        rungs = await foreseen(session)
        says = expected(rungs)
        assert await looking.alerts(session) == []
        assert (await session.scalars(select(Bundle))).all() == [], "a dry run opens no bundle"
        event = factories.opened(level="yellow", project=PROJECT, watch_item_id=new_id())
        await handlers.on_watch_item_opened(session, event)
        alert = await looking.alert(session, watch_item_id=event.watch_item_id)
    last = rungs[-1]["at"]
    await run(sessions, service, time, last)
    async with sessions.begin("test") as session:
        found = await came(session, alert.id)
    assert found == says
    assert {said[0] for said in says.values() if said} == by
    if why not in {"digest", "group"}:
        assert None in says.values(), "some go at once"
    else:
        assert None not in says.values()


@pytest.mark.parametrize("level", ["yellow", "red"])
async def test_windows_and_quiet_hours_follow_each_other_and_come_true(
    session: Session, level: str
) -> None:
    await factories.areas(session)
    quiet = [{"channel": "mail", "begins": "17:00", "ends": "19:30"}]
    who = await developer(session, quiet=quiet)
    await hourly(session)
    wanted = MaintenanceWindowIn.model_validate(
        {"area_code": COUNTY, "channels": ["mail"], "from_at": BEGINS, "until_at": ENDS,
         "reason": "邮件服务器升级"}
    )  # fmt: skip
    window = await actions.windows.enter_window(session, OPERATOR, wanted, clock.wall())
    await session.flush()  # What is entered must be seen.
    (birth,) = await foreseen(session, level=level, at=BEGINS, rungs=0)
    (reached,) = birth["reached"]
    assert (birth["muted"], reached["recipient_id"]) == (None, who.id)
    until = ENDS + timedelta(hours=1.5)
    said = [(one["channel"], one["hold"].by, one["hold"].until_at) for one in reached["held"]]
    holds = [(Channel.MAIL, HeldBy.WINDOW, ENDS), (Channel.MAIL, HeldBy.QUIET, until)]
    # Red waits for nobody's quiet hours, and for a channel that is away like all others.
    assert said == (holds if level == "yellow" else holds[:1])
    assert (reached["held"][0]["hold"].reason, reached["held"][0]["hold"].cause_id) == (
        "邮件服务器升级", window.id,
    )  # fmt: skip
    event = factories.opened(level=level, project=PROJECT, occurred_at=BEGINS)
    await handlers.on_watch_item_opened(session, event)

    async def leaves(wall: datetime) -> bool:
        await session.flush()  # The claim reads what is written.
        sent = await actions.deliveries.claim_deliveries(session, wall, {})
        return any(one.channel is Channel.MAIL for one in sent)

    second = timedelta(seconds=1)
    leaving = said[-1][2]
    for wall in (BEGINS, ENDS - second, *([ENDS, until - second] if level == "yellow" else [])):
        assert not await leaves(wall)
    assert await leaves(leaving)


async def test_what_is_major_is_held_by_nothing_but_a_channel_that_is_away(
    session: Session,
) -> None:
    await factories.areas(session)
    await _silenced(session)
    await handlers.on_wage_account_changed(session, account(OPENED_AT, frozen=True))
    await bundle_terms(session, flood_count=1)
    at = clock.at(date(2023, 4, 26), 11)
    (birth,) = await foreseen(session, at=at, rungs=0)
    assert birth["muted"].by is HeldBy.SILENCE, "of several the silence is said, as in telling"
    asked = RehearsalIn.model_validate(
        {"kind": "transfer_missed", "level": "yellow", "area_code": COUNTY, "major": True,
         "developer_id": DEVELOPER, "project_id": PROJECT.project_id, "at": at, "rungs": 0}
    )  # fmt: skip
    said = await actions.routes.rehearse(session, OFFICE, asked, at)
    for taken in said["taken"]:
        for rung in taken["rungs"]:
            assert rung["muted"] is None
            assert all(who["held"] == [] for who in rung["reached"])


@pytest.mark.caller("wage_office", areas=[COUNTY])
async def test_the_door_says_it_in_words_and_nothing_of_projects_elsewhere(
    session: Session, client: AsyncClient
) -> None:
    await factories.areas(session)
    await _frozen(session)
    elsewhere = factories.card(area_code=NEIGHBOUR)
    far = account(OPENED_AT, frozen=True).model_copy(
        update={"project_id": elsewhere.project_id, "account_id": new_id(),
                "area_code": NEIGHBOUR}
    )  # fmt: skip
    await handlers.on_wage_account_changed(session, far)
    await session.flush()  # The door must see it.
    body = {
        "kind": "transfer_missed", "level": "yellow", "area_code": COUNTY, "rungs": 0,
        "at": OPENED_AT.isoformat(), "developer_id": str(DEVELOPER),
    }  # fmt: skip

    async def muted(project_id: UUID) -> object:
        said = body | {"project_id": str(project_id)}
        answer = await client.post("/alerts/v1/routes/rehearsals", json=said)
        assert answer.status_code == 200, answer.text
        return answer.json()["taken"][0]["rungs"][0]["muted"]

    (fact,) = await queries.inhibitions.facts_of(session, PROJECT.project_id)
    assert fact.subject_id == ACCOUNT
    assert await muted(PROJECT.project_id) == {
        "by": "inhibition", "reason": "account_frozen", "cause_id": str(fact.id),
        "until_at": clock.day_end(date(2023, 4, 26)).isoformat().replace("+00:00", "Z"),
    }  # fmt: skip
    assert await muted(elsewhere.project_id) is None
