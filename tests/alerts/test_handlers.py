"""Events of others in, rows out; each handler is run twice."""

import json
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from services.alerts import actions, handlers, jobs
from services.alerts.models import Message
from services.alerts.rules.deliveries import Channel
from services.alerts.rules.notices import AlertState, Entry, Reason
from shared import clock, timers
from shared.db import AuditRow, Session, new_id, write_audit
from shared.events.base import Event
from shared.events.cases import (
    ArrearsCaseOpened,
    CaseProposed,
    IncidentEnded,
    IncidentRecorded,
    RestrictionChanged,
    RetaliationSettled,
    RetaliationTold,
)
from shared.events.platform import EventParked, ItemWithoutTimer, TimerLate
from shared.events.registry import CalendarPublished
from tests.alerts import factories, looking
from tests.alerts.factories import OPENED_AT
from tests.fixtures.service import Time

D20 = clock.at(date(2023, 5, 25), 9)


async def twice(
    session: Session, handler: Callable[[Session, Any], Awaitable[None]], event: Event
) -> None:
    """Handle an event two times: the second changes nothing."""
    await handler(session, event)
    await session.flush()  # Both runs must meet in the database.
    await handler(session, event)
    await session.flush()  # As above.


@pytest.fixture(autouse=True)
async def _areas(session: Session) -> None:
    await factories.areas(session)


async def test_an_opened_item_is_told_to_the_receivers_of_its_level(session: Session) -> None:
    people = await factories.everybody(session)
    event = factories.opened()
    await twice(session, handlers.on_watch_item_opened, event)
    alert = await looking.alert(session)
    assert (alert.state, alert.repeats, alert.raised_at) == (AlertState.SENT, 0, OPENED_AT)
    assert {who for _, who in await looking.told(session, alert.id)} == {
        people["developer"], people["wage_officer"],
    }  # fmt: skip
    (timer,) = await looking.armed(session, alert.id)
    # Blue: two working days of silence, then the inspector. Wednesday is not counted.
    assert (timer.kind, timer.due_at) == ("escalation", clock.at(date(2023, 4, 28), 9))
    assert (timer.entered_at, timer.policy_version) == (OPENED_AT, 2)
    assert timer.calendar_version


async def test_the_notice_says_why_this_route_and_this_person(session: Session) -> None:
    await factories.recipient(session, "developer", org_id=factories.DEVELOPER)
    await handlers.on_watch_item_opened(session, factories.opened())
    alert = await looking.alert(session, kind="transfer_missed")
    entries = dict(await looking.entries(session, alert.id))
    assert entries[Entry.TOLD]["unfilled"] == ["wage_officer"]
    (inbox,) = await looking.deliveries(session, area_code=factories.COUNTY)
    notice = await session.get_one(looking.Notice, inbox.notice_id)
    assert notice.trace == {
        "route": "transfer_missed.blue", "version": 2, "area_code": "0",
        "roles": ["developer"], "found_by": [f"organisation {factories.DEVELOPER}"],
    }  # fmt: skip


async def test_a_red_government_item_reaches_finance_office_and_head(session: Session) -> None:
    people = await factories.everybody(session)
    await handlers.on_watch_item_opened(session, factories.opened(level="red"))
    alert = await looking.alert(session)
    told = {who for _, who in await looking.told(session, alert.id)}
    assert told == set(people.values()) - {people["leading_group"], people["operator"]}


async def test_a_private_item_does_not_reach_finance(session: Session) -> None:
    people = await factories.everybody(session)
    project = factories.card(investment_type="private")
    await handlers.on_watch_item_opened(session, factories.opened(level="red", project=project))
    alert = await looking.alert(session)
    told = {who for _, who in await looking.told(session, alert.id)}
    assert people["finance_bureau"] not in told


async def test_a_late_bank_is_told_to_the_bank_and_operators_only(session: Session) -> None:
    people = await factories.everybody(session)
    bank = await factories.recipient(session, "bank", org_id=factories.BANK)
    event = factories.opened(
        kind="bank_feed_late", unit_id=factories.BANK, project=None, project_id=None, level="red"
    ).model_copy(update={"project": None, "project_id": None})
    await handlers.on_watch_item_opened(session, event)
    alert = await looking.alert(session)
    told = {who for _, who in await looking.told(session, alert.id)}
    assert told == {bank.id, people["operator"]}


@pytest.mark.parametrize("level", ["blue", "yellow", "orange", "red"])
async def test_a_silent_feed_is_told_to_its_owner_and_operators_only(
    session: Session, level: str
) -> None:
    people = await factories.everybody(session)
    owner = await factories.recipient(session, "finance_bureau", org_id=factories.BANK)
    event = factories.opened(
        kind="feed_silent", unit_id=factories.BANK, project=None, project_id=None, level=level
    ).model_copy(update={"project": None, "project_id": None})
    await handlers.on_watch_item_opened(session, event)
    alert = await looking.alert(session)
    told = {who for _, who in await looking.told(session, alert.id)}
    assert told == {owner.id, people["operator"]}


async def test_a_raised_item_gets_an_alert_of_its_own_and_the_lower_one_falls_silent(
    session: Session,
) -> None:
    await factories.everybody(session)
    opened = factories.opened()
    await handlers.on_watch_item_opened(session, opened)
    at = clock.at(date(2023, 4, 28), 9)
    await twice(session, handlers.on_watch_item_raised, factories.raised(opened, "yellow", at))
    blue, yellow = await looking.alerts(session)
    assert (blue.state, yellow.state) == (AlertState.SUPERSEDED, AlertState.SENT)
    assert await looking.armed(session, blue.id) == []
    (timer,) = await looking.armed(session, yellow.id)
    assert timer.due_at == clock.at(date(2023, 4, 28), 13)  # four working hours
    # Each is written once as it is told, and blue again by its rung of that instant and its end.
    await session.run_sync(write_audit)
    wrote = await session.execute(
        select(AuditRow.action, AuditRow.row_id)
        .where(AuditRow.table_name == "alerts")
        .order_by(AuditRow.position)
    )
    assert [tuple(each) for each in wrote] == [
        ("insert", str(blue.id)), ("update", str(blue.id)), ("insert", str(yellow.id)),
        ("update", str(blue.id)),
    ]  # fmt: skip


@pytest.mark.parametrize("heard_first", [True, False])
async def test_what_fell_due_at_the_same_instant_is_told_whoever_is_heard_first(
    session: Session, time: Time, *, heard_first: bool
) -> None:
    people = await factories.everybody(session)
    opened = factories.opened()
    await handlers.on_watch_item_opened(session, opened)
    blue = await looking.alert(session)
    (timer,) = await looking.armed(session, blue.id)
    time.move_to(timer.due_at)
    if not heard_first:
        await timers.fire_due(session, [blue.id], timer.due_at, jobs.on_escalation_due)
    session.info["actor"] = "event:raised"
    raised = factories.raised(opened, "yellow", timer.due_at)
    await twice(session, handlers.on_watch_item_raised, raised)
    assert timer.state == timers.FIRED
    told = await looking.told(session, blue.id)
    escalated = [who for reason, who in told if reason is Reason.ESCALATED]
    assert people["inspector"] in escalated
    assert len(escalated) == len(set(escalated)), "nobody is told twice"
    actors = dict(await looking.actors(session, blue.id))
    assert actors[Entry.ESCALATED] == "timer:escalation"
    assert actors[Entry.SUPERSEDED] == "event:raised"
    assert (blue.state, blue.step) == (AlertState.SUPERSEDED, 1)
    assert await looking.armed(session, blue.id) == []


async def test_a_step_tells_its_own_receivers_on_the_same_alert(session: Session) -> None:
    people = await factories.everybody(session)
    opened = factories.opened()
    await handlers.on_watch_item_opened(session, opened)
    at = clock.at(date(2023, 4, 26), 9)
    await twice(session, handlers.on_watch_item_step_reached, factories.step(opened, "notice", at))
    alert = await looking.alert(session)
    told = await looking.told(session, alert.id)
    assert {who for reason, who in told if reason is Reason.STEP} == {
        people["developer"], people["contractor"],
    }  # fmt: skip
    assert len(await looking.armed(session, alert.id)) == 1


async def test_each_repeat_of_a_red_item_is_told_again_though_acknowledged(
    session: Session,
) -> None:
    people = await factories.everybody(session)
    opened = factories.opened(level="red")
    await handlers.on_watch_item_opened(session, opened)
    alert = await looking.alert(session)
    alert.acknowledge("somebody", OPENED_AT, None)
    for day in (26, 29):
        step = factories.step(opened, "repeat", clock.at(date(2023, 5, day), 9))
        await handlers.on_watch_item_step_reached(session, step)
    told = await looking.told(session, alert.id)
    assert told.count((Reason.STEP, people["wage_office"])) == 2
    assert alert.state is AlertState.ACKNOWLEDGED


@pytest.mark.parametrize("news_first", [True, False])
async def test_a_rung_of_the_instant_of_a_step_goes_by_whom_it_knew_before(
    session: Session, *, news_first: bool
) -> None:
    """The limits of cases and ours fall due at the same nine o'clock, in whatever order."""
    people = await factories.everybody(session)
    opened = factories.opened(level="red", person_id=None)
    await handlers.on_watch_item_opened(session, opened)
    alert = await looking.alert(session)
    nine = clock.at(date(2023, 4, 27), 9)
    await actions.ladders.catch_up(session, opened.watch_item_id, nine - timedelta(hours=1))
    step = factories.step(opened, "repeat", nine, person_id=factories.PERSON)
    if news_first:
        await handlers.on_watch_item_step_reached(session, step)
        await actions.ladders.catch_up(session, opened.watch_item_id, nine)
    else:
        await actions.ladders.catch_up(session, opened.watch_item_id, nine)
        await handlers.on_watch_item_step_reached(session, step)
    told = [who for _, who in await looking.told(session, alert.id)]
    assert people["responsible_person"] not in told
    assert told.count(people["wage_office"]) == 3
    next_day = clock.at(date(2023, 4, 28), 9)
    await actions.ladders.catch_up(session, opened.watch_item_id, next_day)
    told = [who for _, who in await looking.told(session, alert.id)]
    assert told.count(people["responsible_person"]) == 1


async def test_while_nobody_answers_the_alerts_own_ladder_repeats(session: Session) -> None:
    await factories.everybody(session)
    opened = factories.opened(level="red")
    await handlers.on_watch_item_opened(session, opened)
    alert = await looking.alert(session)
    at = clock.at(date(2023, 5, 26), 9)
    await actions.ladders.catch_up(session, opened.watch_item_id, at)
    before = await looking.told(session, alert.id)
    step = factories.step(opened, "repeat", at)
    await handlers.on_watch_item_step_reached(session, step)
    assert await looking.told(session, alert.id) == before
    assert len(await looking.armed(session, alert.id)) == 1


async def test_a_step_that_comes_first_raises_the_alert(session: Session) -> None:
    people = await factories.everybody(session)
    step = factories.step(factories.opened(), "notice", OPENED_AT)
    await twice(session, handlers.on_watch_item_step_reached, step)
    alert = await looking.alert(session)
    assert {who for _, who in await looking.told(session, alert.id)} == {
        people["developer"], people["contractor"],
    }  # fmt: skip


async def test_closing_ends_all_alerts_and_is_told_to_whoever_knew(session: Session) -> None:
    people = await factories.everybody(session)
    opened = factories.opened()
    at = clock.at(date(2023, 4, 28), 9)
    await handlers.on_watch_item_opened(session, opened)
    await handlers.on_watch_item_raised(session, factories.raised(opened, "yellow", at))
    closed = factories.closed(opened, at + timedelta(hours=1))
    await twice(session, handlers.on_watch_item_closed, closed)
    blue, yellow = await looking.alerts(session)
    assert (blue.state, yellow.state) == (AlertState.CLOSED, AlertState.CLOSED)
    assert (yellow.closed_at, yellow.close_reason) == (closed.closed_at, "transfer_received")
    assert await looking.armed(session, yellow.id) == []
    told = [who for reason, who in await looking.told(session, yellow.id)
            if reason is Reason.CLOSED]  # fmt: skip
    names = ("developer", "contractor", "wage_officer", "inspector", "responsible_person")
    assert sorted(told) == sorted(people[name] for name in names)


async def test_an_item_that_opens_again_is_told_again(session: Session) -> None:
    people = await factories.everybody(session)
    opened = factories.opened()
    await handlers.on_watch_item_opened(session, opened)
    await handlers.on_watch_item_closed(session, factories.closed(opened, D20))
    again = opened.model_copy(update={"id": new_id(), "occurred_at": D20})
    await twice(session, handlers.on_watch_item_opened, again)
    alert = await looking.alert(session)
    assert (alert.state, alert.repeats, alert.closed_at) == (AlertState.SENT, 1, None)
    told = await looking.told(session, alert.id)
    assert told.count((Reason.RAISED, people["developer"])) == 2


async def test_a_repeat_while_people_know_is_counted_and_told_to_nobody(session: Session) -> None:
    await factories.everybody(session)
    opened = factories.opened()
    await handlers.on_watch_item_opened(session, opened)
    before = await looking.told(session, (await looking.alert(session)).id)
    await handlers.on_watch_item_opened(session, opened.model_copy(update={"id": new_id()}))
    alert = await looking.alert(session)
    assert alert.repeats == 1
    assert await looking.told(session, alert.id) == before


async def test_nobody_to_tell_reaches_who_is_on_duty_above_and_raises_a_dead_end(
    session: Session,
) -> None:
    operator = await factories.recipient(session, "operator", area_code="0")
    keeper = await factories.recipient(session, "wage_office", area_code="42")
    await factories.duty(session, keeper, "42")
    await twice(session, handlers.on_watch_item_opened, factories.opened())
    alert = await looking.alert(session, kind="transfer_missed")
    assert await looking.told(session, alert.id) == [(Reason.RAISED, keeper.id)]
    dead_end = await looking.alert(session, kind="dead_end")
    assert (dead_end.subject_id, dead_end.area_code) == (alert.id, factories.COUNTY)
    assert await looking.told(session, dead_end.id) == [(Reason.RAISED, operator.id)]


async def test_nobody_at_all_still_leaves_a_dead_end_to_be_seen(session: Session) -> None:
    await twice(session, handlers.on_watch_item_opened, factories.opened())
    alert = await looking.alert(session, kind="transfer_missed")
    assert alert.state is AlertState.RAISED
    dead_end = await looking.alert(session, kind="dead_end")
    assert dead_end.state is AlertState.RAISED
    for one in (alert, dead_end):
        assert len(await looking.armed(session, one.id)) == 1  # it asks again later


async def test_who_left_office_is_told_nothing(session: Session) -> None:
    await factories.recipient(
        session, "wage_officer", org_id=factories.CONTRACTOR, until_on=date(2023, 4, 25)
    )
    head = await factories.recipient(
        session, "wage_officer", org_id=factories.CONTRACTOR, from_on=date(2023, 4, 26)
    )
    await handlers.on_watch_item_opened(session, factories.opened())
    alert = await looking.alert(session, kind="transfer_missed")
    assert await looking.told(session, alert.id) == [(Reason.RAISED, head.id)]


async def test_an_area_that_was_never_told_is_told_to_operators(session: Session) -> None:
    people = await factories.everybody(session)
    project = factories.card(area_code="110101")
    await twice(session, handlers.on_watch_item_opened, factories.opened(project=project))
    alert = await looking.alert(session, kind="area_unknown")
    assert alert.details == {"area_code": "110101"}
    assert await looking.told(session, alert.id) == [(Reason.RAISED, people["operator"])]


async def test_history_is_kept_and_told_to_nobody(session: Session) -> None:
    await factories.everybody(session)
    await factories.endpoint(session)
    session.info["replayed"] = True
    opened = factories.opened()
    await twice(session, handlers.on_watch_item_opened, opened)
    step = factories.step(opened, "notice", OPENED_AT)
    await twice(session, handlers.on_watch_item_step_reached, step)
    alert = await looking.alert(session)
    assert alert.replayed
    assert await looking.told(session, alert.id) == []
    assert await looking.armed(session, alert.id) == []
    await twice(session, handlers.on_watch_item_closed, factories.closed(opened, D20))
    assert alert.state is AlertState.CLOSED
    assert await looking.deliveries(session) == []


async def test_what_goes_on_after_history_is_told(session: Session) -> None:
    people = await factories.everybody(session)
    session.info["replayed"] = True
    opened = factories.opened()
    await handlers.on_watch_item_opened(session, opened)
    session.info["replayed"] = False
    await handlers.on_watch_item_raised(session, factories.raised(opened, "yellow", D20))
    yellow = await looking.alert(session, level="yellow")
    told = await looking.told(session, yellow.id)
    assert (Reason.RAISED, people["inspector"]) in told


# ---- webhooks --------------------------------------------------------------------------------


async def test_an_event_is_queued_once_for_each_endpoint_that_asks_for_it(
    session: Session,
) -> None:
    asking = await factories.endpoint(session)
    above = await factories.endpoint(session, areas=["42"])
    await factories.endpoint(session, types=["cases.watch_item_closed.v1"])
    await factories.endpoint(session, areas=[factories.NEIGHBOUR])
    await factories.endpoint(session, state="disabled")
    await factories.endpoint(session, org_id=uuid4())
    own = await factories.endpoint(session, org_id=factories.CONTRACTOR)
    event = factories.opened()
    await twice(session, handlers.on_watch_item_opened, event)
    queued = await looking.deliveries(session, channel=Channel.WEBHOOK)
    assert {each.endpoint_id for each in queued} == {asking.id, above.id, own.id}
    assert {each.message_id for each in queued} == {event.id}


async def test_a_message_is_the_event_as_cloudevents_json(session: Session) -> None:
    event = factories.opened()
    await handlers.on_watch_item_opened(session, event)
    message = await session.get_one(Message, event.id)
    said = json.loads(message.body)
    assert said.pop("data") == json.loads(event.body())
    assert said == {
        "specversion": "1.0", "id": str(event.id), "source": "/cases",
        "type": "cases.watch_item_opened.v1", "time": "2023-04-25T16:00:00Z",
        "datacontenttype": "application/json", "subject": str(event.project_id),
        "sequence": "0000000001", "dataref": f"/cases/v1/watch-items/{event.watch_item_id}",
    }  # fmt: skip


async def test_proposals_and_cases_are_pushed_to_who_takes_part(session: Session) -> None:
    own = await factories.endpoint(session, org_id=factories.AUTHORITY)
    await factories.endpoint(session, org_id=uuid4())
    project = factories.card()
    proposal = {
        "project_id": project.project_id, "project": project, "proposal_id": new_id(),
        "area_code": project.area_code, "occurred_at": D20,
    }  # fmt: skip
    proposed = CaseProposed.model_validate(proposal | {"watch_item_id": new_id()})
    opened = ArrearsCaseOpened.model_validate(
        proposal | {"arrears_case_id": new_id(), "opened_at": D20, "by_rule": True}
    )
    await twice(session, handlers.on_case_proposed, proposed)
    await twice(session, handlers.on_arrears_case_opened, opened)
    queued = await looking.deliveries(session)
    assert [(each.endpoint_id, each.type) for each in queued] == [
        (own.id, "cases.case_proposed.v1"), (own.id, "cases.arrears_case_opened.v1"),
    ]  # fmt: skip


async def test_a_restriction_is_pushed_to_who_asks_for_them_in_its_area(session: Session) -> None:
    kind = "cases.restriction_changed.v1"
    own = await factories.endpoint(session, types=[kind])
    await factories.endpoint(session, types=[kind], areas=["330106"])
    changed = RestrictionChanged(
        occurred_at=D20, restriction_id=new_id(), arrears_case_id=new_id(),
        area_code=factories.COUNTY, kind="veto", state="in_force",
        credit_code="91422801MA48ABCD12", basis="724号第48条",
    )  # fmt: skip
    await twice(session, handlers.on_restriction_changed, changed)
    assert [(each.endpoint_id, each.type) for each in await looking.deliveries(session)] == [
        (own.id, kind)
    ]
    message = await session.get_one(Message, changed.id)
    said = json.loads(message.body)
    assert said["dataref"] == "/cases/v1/restrictions?credit_code=91422801MA48ABCD12"
    assert said["data"]["state"] == "in_force"


# ---- the platform itself ---------------------------------------------------------------------


def _parked(key: str) -> EventParked:
    return EventParked(
        service="cases", event_id=new_id(), event_type="payroll.transfer_missed.v1",
        event_key=key, reason="ValidationError", occurred_at=D20,
    )  # fmt: skip


async def test_parked_events_of_a_day_are_one_alert_to_operators(session: Session) -> None:
    people = await factories.everybody(session)
    await twice(session, handlers.on_event_parked, _parked("a"))
    await handlers.on_event_parked(session, _parked("b"))
    alert = await looking.alert(session, kind="event_parked")
    assert (alert.repeats, alert.period, alert.area_code) == (1, "2023-05-25", "0")
    assert await looking.told(session, alert.id) == [(Reason.RAISED, people["operator"])]
    kept = [details["event_key"] for entry, details in await looking.entries(session, alert.id)
            if entry in {Entry.RAISED, Entry.REPEATED}]  # fmt: skip
    assert kept == ["a", "b"]


async def test_another_parked_event_after_an_answer_is_told_again(session: Session) -> None:
    people = await factories.everybody(session)
    await handlers.on_event_parked(session, _parked("a"))
    alert = await looking.alert(session, kind="event_parked")
    alert.acknowledge("operator", D20, None)
    await handlers.on_event_parked(session, _parked("b"))
    assert alert.state is AlertState.SENT
    told = await looking.told(session, alert.id)
    assert told == [(Reason.RAISED, people["operator"])] * 2


async def test_late_timers_and_items_without_one_reach_operators(session: Session) -> None:
    people = await factories.everybody(session)
    late = TimerLate(service="cases", timer_id=new_id(), kind="level", due_at=D20, occurred_at=D20)
    lost = ItemWithoutTimer(
        service="cases", kind="watch_item", subject_id=new_id(), occurred_at=D20
    )
    await twice(session, handlers.on_timer_late, late)
    await twice(session, handlers.on_item_without_timer, lost)
    for kind in ("timer_late", "item_without_timer"):
        alert = await looking.alert(session, kind=kind)
        assert await looking.told(session, alert.id) == [(Reason.RAISED, people["operator"])]


# ---- working days ----------------------------------------------------------------------------


async def test_a_new_calendar_moves_the_open_limits_of_its_area(session: Session) -> None:
    await factories.everybody(session)
    await handlers.on_watch_item_opened(session, factories.opened())
    alert = await looking.alert(session)
    (before,) = await looking.armed(session, alert.id)
    event = CalendarPublished(
        area_code=factories.PREFECTURE, year=2023, exceptions={date(2023, 4, 27): "holiday"},
        provisional=False, source="州庆", occurred_at=OPENED_AT,
    )  # fmt: skip
    await twice(session, handlers.on_calendar_published, event)
    (after,) = await looking.armed(session, alert.id)
    # The 27th counts no more, and after it come only the 28th and, past May Day, the 4th.
    assert (before.due_at, after.due_at) == (
        clock.at(date(2023, 4, 28), 9), clock.at(date(2023, 5, 4), 9),
    )  # fmt: skip
    assert after.calendar_version != before.calendar_version


async def test_a_calendar_of_another_area_moves_nothing(session: Session) -> None:
    await factories.everybody(session)
    await handlers.on_watch_item_opened(session, factories.opened())
    alert = await looking.alert(session)
    (before,) = await looking.armed(session, alert.id)
    event = CalendarPublished(
        area_code=factories.NEIGHBOUR, year=2023, exceptions={date(2023, 4, 27): "holiday"},
        provisional=False, source="", occurred_at=OPENED_AT,
    )  # fmt: skip
    await handlers.on_calendar_published(session, event)
    assert await looking.armed(session, alert.id) == [before]


async def test_an_incident_reaches_the_top_at_once_at_any_hour_and_its_end_whoever_was_told(
    session: Session, time: Time
) -> None:
    people = await factories.everybody(session)
    night = clock.at(date(2023, 4, 29), 23)
    time.move_to(night)
    said: dict[str, Any] = {
        "incident_id": new_id(), "area_code": factories.COUNTY, "kind": "mass_incident",
        "occurred_at": night,
    }  # fmt: skip
    recorded = IncidentRecorded(**said, grade="major", persons=60, name="产业路", happened_at=night)
    await twice(session, handlers.on_incident_recorded, recorded)
    alert = await looking.alert(session, kind="mass_incident")
    assert (alert.major, alert.raised_at, alert.project_name) == (True, night, "产业路")
    top = {people["wage_office"], people["leading_group"]}
    first = await looking.told(session, alert.id)
    heard = {who for _, who in first}
    assert (top - heard, len(first)) == (set(), len(heard)), "each once"
    companies = {people[name] for name in ("developer", "contractor") if name in people}
    assert not heard & companies
    await twice(session, handlers.on_incident_ended, IncidentEnded(**said))
    assert (await looking.alert(session, kind="mass_incident")).state is AlertState.CLOSED
    closed = {who for why, who in await looking.told(session, alert.id) if why is Reason.CLOSED}
    assert closed == heard


async def test_retaliation_reaches_the_top_at_once_and_no_company(
    session: Session, time: Time
) -> None:
    people = await factories.everybody(session)
    night = clock.at(date(2023, 4, 29), 23)
    time.move_to(night)
    said: dict[str, Any] = {
        "arrears_case_id": new_id(), "area_code": factories.COUNTY, "occurred_at": night,
    }  # fmt: skip
    await twice(session, handlers.on_retaliation_told, RetaliationTold(**said, kind="dismissal"))
    alert = await looking.alert(session, kind="retaliation")
    assert (alert.major, alert.project_name, alert.repeats) == (True, None, 0)
    heard = {who for _, who in await looking.told(session, alert.id)}
    assert {people["wage_office"], people["leading_group"]} <= heard
    assert not heard & {people[name] for name in ("developer", "contractor") if name in people}
    await handlers.on_retaliation_told(session, RetaliationTold(**said, kind="threat"))
    assert (await looking.alert(session, kind="retaliation")).repeats == 1
    await twice(session, handlers.on_retaliation_settled, RetaliationSettled(**said))
    assert (await looking.alert(session, kind="retaliation")).state is AlertState.CLOSED
