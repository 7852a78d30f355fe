"""Several routes of one alert, each with a ladder of its own; what a dry run says comes true."""

import asyncio
from datetime import date, datetime
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from pydantic import ValidationError

from services.alerts import actions, handlers
from services.alerts.errors import ParentUnknown, RecipientUnknown, RoutesUnder
from services.alerts.models import Alert, Route
from services.alerts.rules.notices import AlertState, Entry, Reason
from services.alerts.schemas.alerts import AcknowledgementIn
from services.alerts.schemas.routes import RehearsalIn, RouteIn
from shared import clock
from shared.auth import Caller
from shared.db import Session, Sessions
from shared.events.alerts import SupervisionProposed
from tests.alerts import factories, looking
from tests.alerts.factories import AUTHORITY, CONTRACTOR, COUNTY, DEVELOPER, OPENED_AT, PERSON
from tests.fixtures.service import Published

OFFICE = Caller("office", frozenset({"wage_office"}), frozenset({COUNTY}))
DEVELOPER_CALLER = Caller("dev", frozenset({"developer"}), frozenset({COUNTY}), DEVELOPER)
LADDER = [{"wait": 2, "unit": "wh", "again": True, "repeats": True}]


@pytest.fixture(autouse=True)
async def _areas(session: Session) -> None:
    await factories.areas(session)


async def enter(session: Session, code: str, **changes: Any) -> Route:
    body = {
        "area_code": COUNTY, "code": code, "valid_from": "2023-04-26",
        "receivers": ["inspector"], "source": "县治欠办通知", "steps": LADDER,
    }  # fmt: skip
    wanted = RouteIn.model_validate(body | changes)
    return await actions.routes.enter_route(session, OFFICE, wanted, OPENED_AT)


async def opened_alert(session: Session, **changes: Any) -> Alert:
    await handlers.on_watch_item_opened(session, factories.opened(**changes))
    return await looking.alert(session, kind="transfer_missed")


async def fire_next(session: Session, alert: Alert) -> datetime:
    """Let the limits that are nearest fall due, in their order, as the engine does."""
    first, *later = await looking.armed(session, alert.id)
    for timer in (first, *(each for each in later if each.due_at == first.due_at)):
        timer.state = "fired"
        await session.flush()  # As `timers.run_due` does before it calls the handler.
        if timer.kind == "promise":
            await actions.ladders.lapse_promise(session, alert.id, timer.due_at, timer.due_at)
        else:
            number = actions.ladders.branch_of(timer)
            await actions.ladders.escalate(session, alert.id, timer.due_at, timer.due_at, number)
    return first.due_at


async def told_since(session: Session, alert: Alert, seen: int) -> list[tuple[Reason, Any]]:
    return (await looking.told(session, alert.id))[seen:]


async def two_routes(session: Session) -> None:
    """The county's inspector each 2 working hours, beside the office each working day."""
    await enter(session, "inspectors", priority=1, continues=True)
    daily = [{"wait": 1, "unit": "wd", "again": True, "repeats": True}]
    both = ["wage_office", "inspector"]
    await enter(session, "office", priority=2, receivers=both, steps=daily)


async def test_an_alert_climbs_each_of_its_routes_by_itself(session: Session) -> None:
    people = await factories.everybody(session)
    await two_routes(session)
    alert = await opened_alert(session)
    told = await looking.told(session, alert.id)
    assert sorted(told) == sorted(
        [(Reason.RAISED, people["inspector"]), (Reason.RAISED, people["wage_office"])]
    ), "whom two routes name is told once"
    dues, heard = [], []
    for _ in range(6):
        seen = len(await looking.told(session, alert.id))
        dues.append(await fire_next(session, alert))
        heard.append({who for _, who in await told_since(session, alert, seen)})
    first = date(2023, 4, 26)
    assert dues == [
        *(clock.at(first, hour) for hour in (11, 13, 15, 17)),
        clock.at(date(2023, 4, 27), 9),
        clock.at(date(2023, 4, 27), 10, 30),
    ]
    inspector, office = {people["inspector"]}, {people["wage_office"]}
    assert heard == [inspector] * 4 + [inspector | office, inspector]


async def test_at_one_instant_nobody_is_told_twice(session: Session) -> None:
    people = await factories.everybody(session)
    daily = [{"wait": 1, "unit": "wd", "again": True, "repeats": True}]
    both = ["wage_office", "inspector"]
    await enter(session, "inspectors", priority=1, continues=True, steps=daily)
    await enter(session, "office", priority=2, receivers=both, steps=daily)
    alert = await opened_alert(session)
    seen = len(await looking.told(session, alert.id))
    assert await fire_next(session, alert) == clock.at(date(2023, 4, 27), 9)
    told = await told_since(session, alert, seen)
    assert sorted(who for _, who in told) == sorted([people["inspector"], people["wage_office"]])


async def test_a_lapsed_promise_climbs_all_of_its_routes(session: Session) -> None:
    await factories.everybody(session)
    await two_routes(session)
    alert = await opened_alert(session)
    answer = AcknowledgementIn(promised_on=date(2023, 4, 27))
    morning = clock.at(date(2023, 4, 26), 10)
    await actions.alerts.acknowledge(session, DEVELOPER_CALLER, alert.id, answer, morning)
    (promise,) = await looking.armed(session, alert.id)
    assert promise.kind == "promise"
    await fire_next(session, alert)
    assert alert.state is AlertState.SENT
    assert sorted(each.step for each in await looking.armed(session, alert.id)) == ["", "1"]


async def test_what_is_routed_anew_forgets_the_routes_of_before(session: Session) -> None:
    await factories.everybody(session)
    await two_routes(session)
    opened = factories.opened(level="blue")
    await handlers.on_watch_item_opened(session, opened)
    blue = await looking.alert(session, level="blue")
    raised = factories.raised(opened, "red", clock.at(date(2023, 4, 27), 12))
    await handlers.on_watch_item_raised(session, raised)
    assert await looking.armed(session, blue.id) == []
    red = await looking.alert(session, level="red")
    assert [each.step for each in await looking.armed(session, red.id)] == ["", "1"]


async def test_a_child_has_the_ladder_of_its_parent_and_its_trace_says_so(
    session: Session,
) -> None:
    people = await factories.everybody(session)
    await enter(session, "all", receivers=["developer"])
    alone = {"steps": [], "receivers": ["inspector"]}
    await enter(session, "large", parent="all", amount_from="1000", **alone)
    alert = await opened_alert(session)
    detail = await actions.routes.queries.alerts.alert(session, alert.id, OFFICE.scope)
    (notice,) = detail.notices
    assert notice.recipient_id == people["inspector"]
    assert (notice.trace["route"], notice.trace["under"]) == ("large", ["all v1"])
    await enter(session, "all", receivers=["wage_office"], steps=[LADDER[0] | {"wait": 9}])
    assert await fire_next(session, alert) == clock.at(date(2023, 4, 26), 11), "its own versions"


@pytest.mark.parametrize("changes", [{"parent": "nobody"}, {"code": "a", "parent": "b"}])
async def test_a_route_lies_under_one_that_is_there_and_never_under_itself(
    session: Session, changes: dict[str, Any]
) -> None:
    await enter(session, "a")
    await enter(session, "b", parent="a")
    with pytest.raises(ParentUnknown):
        await enter(session, changes.pop("code", "c"), **changes)


async def test_routes_that_are_to_come_make_no_circle(session: Session) -> None:
    await enter(session, "a")
    await enter(session, "b")
    await enter(session, "b", parent="a", valid_from="2023-05-10")
    with pytest.raises(ParentUnknown):
        await enter(session, "a", parent="b", valid_from="2023-05-01")


@pytest.mark.parametrize("child", [{}, {"valid_from": "2023-06-01"}])
async def test_a_route_is_not_disabled_over_those_that_lie_under_it(
    session: Session, child: dict[str, Any]
) -> None:
    await enter(session, "a")
    await enter(session, "b", parent="a", **child)
    with pytest.raises(RoutesUnder) as refused:
        await enter(session, "a", enabled=False, valid_from="2023-05-10")
    assert "b" in refused.value.errors[0].detail.zh
    await enter(session, "b", enabled=False, **child)
    await enter(session, "a", enabled=False, valid_from="2023-06-02")


async def test_two_who_lay_routes_under_each_other_make_no_circle(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await factories.areas(session)
        await enter(session, "a")
        await enter(session, "b")

    async def lay(code: str, parent: str) -> bool:
        try:
            async with sessions.begin() as session:
                await enter(session, code, parent=parent)
        except ParentUnknown:
            return False
        return True

    assert sorted(await asyncio.gather(lay("a", "b"), lay("b", "a"))) == [False, True]


async def test_a_recipient_who_left_is_a_dead_end_and_not_silence(session: Session) -> None:
    duty = await factories.recipient(session, "operator", area_code=factories.NATION)
    left = await factories.recipient(session, "inspector", until_on=date(2023, 4, 1))
    await enter(session, "one", receivers=[f"recipient:{left.id}"], valid_from="2023-04-01")
    alert = await opened_alert(session)
    assert await looking.told(session, alert.id) == [(Reason.RAISED, duty.id)]
    assert Entry.DEAD_END in [entry for entry, _ in await looking.entries(session, alert.id)]


async def test_what_is_major_reaches_the_office_whatever_the_county_says(
    session: Session,
) -> None:
    people = await factories.everybody(session)
    await enter(session, "mine", priority=1)
    asked = RehearsalIn.model_validate(
        {"kind": "transfer_missed", "level": "blue", "area_code": COUNTY, "major": True,
         "at": OPENED_AT, "rungs": 0}
    )  # fmt: skip
    said = await actions.routes.rehearse(session, OFFICE, asked, OPENED_AT)
    reached = {who["recipient_id"] for one in said["taken"] for who in one["rungs"][0]["reached"]}
    assert reached == {people["wage_office"], people["leading_group"], people["inspector"]}


@pytest.mark.parametrize("level", ["blue", "yellow", "orange", "red"])
@pytest.mark.parametrize("trees", [False, True])
async def test_what_a_dry_run_says_comes_true(session: Session, level: str, *, trees: bool) -> None:
    await factories.everybody(session)
    if trees:
        await two_routes(session)
    asked = RehearsalIn.model_validate(
        {
            "kind": "transfer_missed", "level": level, "area_code": COUNTY, "at": OPENED_AT,
            "investment_type": "government", "lacking": "1200.50", "developer_id": DEVELOPER,
            "contractor_id": CONTRACTOR, "sector_authority_id": AUTHORITY, "unit_id": DEVELOPER,
            "person_id": PERSON, "rungs": 5,
        }
    )  # fmt: skip
    said = await actions.routes.rehearse(session, OFFICE, asked, OPENED_AT)
    assert await looking.alerts(session) == []
    rungs = [rung for one in said["taken"] for rung in one["rungs"]]
    until = min(one["rungs"][-1]["at"] for one in said["taken"])
    expected = {
        (rung["at"], who["recipient_id"])
        for rung in rungs if rung["at"] <= until for who in rung["reached"]
    }  # fmt: skip
    alert = await opened_alert(session, level=level)
    while (await looking.armed(session, alert.id))[0].due_at <= until:
        await fire_next(session, alert)
    detail = await actions.routes.queries.alerts.alert(session, alert.id, OFFICE.scope)
    assert {(each.told_at, each.recipient_id) for each in detail.notices} == expected
    again = RehearsalIn.model_validate({"alert_id": alert.id, "at": OPENED_AT, "rungs": 5})
    same = await actions.routes.rehearse(session, OFFICE, again, OPENED_AT)
    assert same["taken"] == said["taken"]


@pytest.mark.caller("wage_office", areas=[COUNTY])
async def test_a_dry_run_names_the_dead_end_and_what_refused(
    session: Session, client: AsyncClient
) -> None:
    duty = await factories.recipient(session, "inspector")
    await factories.duty(session, duty, COUNTY)
    body = {"kind": "transfer_missed", "level": "blue", "area_code": COUNTY, "rungs": 1,
            "at": OPENED_AT.isoformat()}  # fmt: skip
    answer = await client.post("/alerts/v1/routes/rehearsals", json=body)
    assert answer.status_code == 200
    said = answer.json()
    (one,) = said["taken"]
    assert [stop["code"] for stop in one["path"]] == ["transfer_missed.blue"]
    birth = one["rungs"][0]
    assert birth["is_dead_end"]
    assert birth["unfilled"] == ["developer", "wage_officer"]
    assert [who["trace"]["found_by"] for who in birth["reached"]] == [[f"duty roster of {COUNTY}"]]
    refused = {look["code"]: look["refused"] for look in said["looks"]}
    assert refused["transfer_missed.blue"] is None
    assert refused["sign"] == "kinds"


@pytest.mark.caller("wage_office", areas=[COUNTY])
@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"kind": "transfer_missed"}, 422),
        ({"alert_id": "018685fa-0340-7721-86ae-d661607f6672"}, 404),
        ({"kind": "x", "level": "red", "area_code": factories.NEIGHBOUR}, 404),
    ],
)
async def test_a_dry_run_about_nothing_or_anothers_area_is_refused(
    client: AsyncClient, body: dict[str, Any], status: int
) -> None:
    answer = await client.post("/alerts/v1/routes/rehearsals", json=body)
    assert answer.status_code == status, answer.text


# ---- whom a receiver may name --------------------------------------------------------------------


async def test_a_rung_may_name_one_recipient_the_roster_and_the_level_above(
    session: Session,
) -> None:
    one = await factories.recipient(session, "inspector")
    await factories.recipient(session, "inspector")
    duty = await factories.recipient(session, "town")
    await factories.duty(session, duty, COUNTY)
    here = await factories.recipient(session, "wage_office")
    above = await factories.recipient(session, "wage_office", area_code=factories.PREFECTURE)
    rungs = [
        {"wait": 1, "unit": "wh", "receivers": ["duty_roster"]},
        {"wait": 1, "unit": "wh", "receivers": ["above:wage_office"], "repeats": True},
    ]
    await enter(session, "chain", receivers=[f"recipient:{one.id}"], steps=rungs)
    alert = await opened_alert(session)
    for _ in range(2):
        await fire_next(session, alert)
    told = [who for _, who in await looking.told(session, alert.id)]
    assert told == [one.id, duty.id, above.id]
    assert here.id not in told


async def test_a_roster_that_names_nobody_just_now_is_a_dead_end_for_the_next_area(
    session: Session,
) -> None:
    """The gap begins at midnight of a holiday: the prefecture's roster stands in for it."""
    midnight = clock.at(date(2023, 5, 1))
    away = await factories.recipient(session, "town")
    await factories.duty(session, away, COUNTY, until_at=midnight)
    next_area = await factories.recipient(session, "town", area_code=factories.PREFECTURE)
    await factories.duty(session, next_area, factories.PREFECTURE)
    rungs = [{"wait": 1, "unit": "h", "receivers": ["duty_roster"], "repeats": True}]
    await enter(session, "roster", receivers=["duty_roster"], steps=rungs)
    opened = factories.opened(occurred_at=clock.at(date(2023, 4, 30), 22, 30))
    await handlers.on_watch_item_opened(session, opened)
    alert = await looking.alert(session, kind="transfer_missed")
    for _ in range(2):
        await fire_next(session, alert)
    told = [who for _, who in await looking.told(session, alert.id)]
    assert told == [away.id, away.id, next_area.id]


@pytest.mark.parametrize(
    "receiver", ["above:developer", "above:", "recipient:5", "somebody", "recipient:", "x" * 61]
)
def test_a_receiver_that_names_nobody_is_refused(receiver: str) -> None:
    body = {"area_code": COUNTY, "code": "x", "valid_from": "2023-04-26", "source": "x",
            "receivers": [receiver], "steps": LADDER}  # fmt: skip
    with pytest.raises(ValidationError):
        RouteIn.model_validate(body)


async def test_a_route_names_nobody_outside_its_writers_areas(session: Session) -> None:
    other = await factories.recipient(session, "inspector", area_code=factories.NEIGHBOUR)
    with pytest.raises(RecipientUnknown):
        await enter(session, "theirs", receivers=[f"recipient:{other.id}"])


async def test_silence_at_red_proposes_listed_supervision_once(
    session: Session, published: Published
) -> None:
    await factories.everybody(session)
    endpoint = await factories.endpoint(session, types=["alerts.supervision_proposed.v1"])
    company = await factories.endpoint(
        session, types=["alerts.supervision_proposed.v1"], org_id=CONTRACTOR
    )
    alert = await opened_alert(session, level="red")
    dues = [await fire_next(session, alert) for _ in range(5)]
    (event,) = await published(session, SupervisionProposed)
    third = clock.at(date(2023, 4, 28), 9)
    assert (event.occurred_at, event.watch_item_id) == (third, alert.watch_item_id)
    assert dues == [
        clock.at(date(2023, 4, 26), 13),
        *(clock.at(day, 9) for day in (date(2023, 4, 27), date(2023, 4, 28))),
        *(clock.at(day, 9) for day in (date(2023, 5, 4), date(2023, 5, 5))),
    ], "red repeats each working day"
    # It hears itself, and pushes then; told twice, once.
    for _ in range(2):
        await handlers.on_supervision_proposed(session, event)
        await session.flush()
    (pushed,) = await looking.deliveries(session, type="alerts.supervision_proposed.v1")
    assert pushed.endpoint_id == endpoint.id != company.id
    entries = [entry for entry, _ in await looking.entries(session, alert.id)]
    assert entries.count(Entry.SUPERVISION_PROPOSED) == 1


@pytest.mark.parametrize("kind", ["bank_feed_late", "feed_silent"])
async def test_data_that_did_not_come_propose_no_supervision(
    session: Session, published: Published, kind: str
) -> None:
    """Whatever an area's route asks for: nobody owes wages because a feed is silent."""
    await factories.everybody(session)
    steps = [LADDER[0] | {"propose_supervision": True}]
    await enter(session, "feeds", kinds=[kind], priority=1, steps=steps)
    event = factories.opened(kind=kind, level="red").model_copy(
        update={"project": None, "project_id": None}
    )
    await handlers.on_watch_item_opened(session, event)
    alert = await looking.alert(session, kind=kind)
    for _ in range(3):
        await fire_next(session, alert)
    assert alert.step == 1
    assert await published(session, SupervisionProposed) == []


@pytest.mark.caller("wage_office", areas=[COUNTY])
@pytest.mark.parametrize("path", ["routes", "silences"])
async def test_a_list_that_nobody_means_is_refused_and_breaks_nothing(
    client: AsyncClient, path: str
) -> None:
    """A statement takes some 32,000 values; a body of 10 MB holds more."""
    many = [f"{COUNTY}{number:06d}" for number in range(33_000)]
    said = {"area_code": COUNTY, "areas": many, "source": "x", "reason": "系统联调"}
    said |= {"code": "a", "valid_from": "2023-04-26", "until_at": "2023-05-01T00:00:00Z"}
    wanted = {"routes": ("area_code", "code", "valid_from", "areas", "source"),
              "silences": ("area_code", "areas", "until_at", "reason")}[path]  # fmt: skip
    body: dict[str, Any] = {name: said[name] for name in wanted}
    if path == "routes":
        body |= {"receivers": [f"recipient:{UUID(int=one)}" for one in range(33_000)],
                 "steps": LADDER}  # fmt: skip
    answer = await client.post(f"/alerts/v1/{path}", json=body)
    assert answer.status_code == 422, answer.text[:300]
    assert {error["place"] for error in answer.json()["errors"]} <= {"body.areas", "body.receivers"}
