"""Acknowledgements, ladders, routes, deliveries: rows and events out."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from services.alerts import actions, handlers, queries
from services.alerts.errors import (
    AlertAnswered,
    AlertNotYours,
    AlertOver,
    PromiseInThePast,
    RouteNotLater,
)
from services.alerts.models import Alert, Attempt, Delivery
from services.alerts.rules.deliveries import Answer, Channel, DeliveryState, EndpointState, Parcel
from services.alerts.rules.notices import AlertState, Entry, Reason
from services.alerts.schemas.alerts import AcknowledgementIn
from services.alerts.schemas.recipients import RecipientFind
from services.alerts.schemas.routes import RouteIn
from services.alerts.settings import settings
from shared import clock
from shared.auth import Caller
from shared.db import AuditRow, Session
from shared.events.alerts import AlertAcknowledged, DeliveryExhausted
from tests.alerts import factories, looking
from tests.alerts.conftest import Mailbox
from tests.alerts.factories import COUNTY, OPENED_AT
from tests.fixtures.service import Published

CALLER = Caller("somebody", frozenset({"developer"}), frozenset({COUNTY}), factories.DEVELOPER)
OFFICE = Caller("office", frozenset({"wage_office"}), frozenset({COUNTY}))
# Wednesday 26 April, 10:00: the item opened at its 00:00.
MORNING = clock.at(date(2023, 4, 26), 10)


@pytest.fixture(autouse=True)
async def _areas(session: Session) -> None:
    await factories.areas(session)


async def opened_alert(session: Session, level: str = "yellow") -> Alert:
    await handlers.on_watch_item_opened(session, factories.opened(level=level))
    return await looking.alert(session, kind="transfer_missed")


async def acknowledge(session: Session, alert: Alert, promised_on: date | None = None) -> Alert:
    answer = AcknowledgementIn(promised_on=promised_on, note="款项已申请")
    return await actions.alerts.acknowledge(session, CALLER, alert.id, answer, MORNING)


# ---- acknowledging ---------------------------------------------------------------------------


async def test_an_acknowledgement_stops_the_ladder_and_is_published(
    session: Session, published: Published
) -> None:
    await factories.everybody(session)
    alert = await opened_alert(session)
    await acknowledge(session, alert)
    assert (alert.state, alert.acknowledged_by) == (AlertState.ACKNOWLEDGED, "somebody")
    assert await looking.armed(session, alert.id) == []
    (event,) = await published(session, AlertAcknowledged)
    assert (event.watch_item_id, event.alert_id) == (alert.watch_item_id, alert.id)
    assert (event.acknowledged_at, event.promised_on) == (MORNING, None)
    entry, details = (await looking.entries(session, alert.id))[-1]
    assert (entry, details["note"]) == (Entry.ACKNOWLEDGED, "款项已申请")


async def test_a_company_answers_for_its_own_alerts_only(session: Session) -> None:
    await factories.everybody(session)
    alert = await opened_alert(session)
    answer = AcknowledgementIn(promised_on=None, note="款项已申请")
    roles, areas = frozenset({"contractor"}), frozenset({COUNTY})
    contractor = Caller("site", roles, areas, factories.CONTRACTOR)
    with pytest.raises(AlertNotYours):
        await actions.alerts.acknowledge(session, contractor, alert.id, answer, MORNING)
    assert await looking.armed(session, alert.id) != []
    developer = Caller("desk", frozenset({"developer"}), areas, factories.DEVELOPER)
    told = await actions.alerts.acknowledge(session, developer, alert.id, answer, MORNING)
    assert told.acknowledged_by == "desk"


async def test_looking_for_an_address_is_recorded(session: Session) -> None:
    sought = await factories.recipient(session, "operator", phone=None, mail="a@example.org")
    found = await actions.recipients.find_recipients(
        session, OFFICE, RecipientFind(mail="a@example.org")
    )
    assert [row.id for row in found.items] == [sought.id]
    rows = await session.scalars(select(AuditRow).where(AuditRow.action == "search"))
    assert [row.after for row in rows] == [{"by": ["mail"]}]


async def test_a_promise_is_timed_until_the_end_of_its_day(session: Session) -> None:
    await factories.everybody(session)
    alert = await opened_alert(session)
    await acknowledge(session, alert, date(2023, 4, 28))
    (timer,) = await looking.armed(session, alert.id)
    assert (timer.kind, timer.due_at) == ("promise", clock.day_end(date(2023, 4, 28)))


async def test_the_same_answer_again_changes_nothing_and_another_is_refused(
    session: Session, published: Published
) -> None:
    await factories.everybody(session)
    alert = await opened_alert(session)
    await acknowledge(session, alert, date(2023, 4, 28))
    await acknowledge(session, alert, date(2023, 4, 28))
    with pytest.raises(AlertAnswered):
        await acknowledge(session, alert, date(2023, 5, 31))
    assert len(await published(session, AlertAcknowledged)) == 1


async def test_a_promise_for_yesterday_is_refused(session: Session) -> None:
    await factories.everybody(session)
    alert = await opened_alert(session)
    with pytest.raises(PromiseInThePast):
        await acknowledge(session, alert, date(2023, 4, 25))
    await acknowledge(session, alert, date(2023, 4, 26))


async def test_what_is_over_cannot_be_acknowledged(session: Session) -> None:
    await factories.everybody(session)
    alert = await opened_alert(session)
    alert.close(MORNING, "transfer_received")
    with pytest.raises(AlertOver):
        await acknowledge(session, alert)


# ---- the ladder ------------------------------------------------------------------------------


async def fire(session: Session, alert: Alert, now: datetime | None = None) -> datetime:
    """Let the armed limit of an alert fall due, at its instant or later."""
    (timer,) = await looking.armed(session, alert.id)
    timer.state = "fired"
    await session.flush()  # As `timers.run_due` does before it calls the handler.
    work = {"escalation": actions.ladders.escalate, "promise": actions.ladders.lapse_promise}
    await work[timer.kind](session, alert.id, timer.due_at, now or timer.due_at)
    return timer.due_at


async def test_silence_climbs_from_receivers_to_their_superiors(session: Session) -> None:
    people = await factories.everybody(session)
    alert = await opened_alert(session)
    dues, steps, told = [], [], []
    seen = len(await looking.told(session, alert.id))
    for _ in range(5):
        dues.append(await fire(session, alert))
        steps.append(alert.step)
        all_told = await looking.told(session, alert.id)
        told.append({who for _, who in all_told[seen:]})
        seen = len(all_told)
    assert dues == [
        clock.at(date(2023, 4, 26), 13),  # four working hours
        clock.at(date(2023, 4, 27), 9),  # one working day
        clock.at(date(2023, 5, 4), 9),  # two, over May Day
        clock.at(date(2023, 5, 8), 9),  # three: Friday, make-up Saturday, Monday
        clock.at(date(2023, 5, 11), 9),  # and again
    ]
    assert steps == [1, 2, 3, 4, 4]
    first = {
        people[name]
        for name in ("developer", "contractor", "wage_officer", "inspector", "responsible_person")
    }
    above = {people["sector_authority"], people["unit_head"]}
    office = {people["wage_office"]}
    assert told == [first, first, first | above, first | above | office, first | above | office]


async def test_each_rung_leaves_a_row_on_the_timeline(session: Session) -> None:
    await factories.everybody(session)
    alert = await opened_alert(session)
    await fire(session, alert)
    entries = await looking.entries(session, alert.id)
    assert [entry for entry, _ in entries] == [
        Entry.RAISED, Entry.TOLD, Entry.ESCALATED, Entry.TOLD,
    ]  # fmt: skip
    assert entries[2][1]["rung"] == 1


async def test_after_downtime_people_are_told_once_of_all_rungs_passed(session: Session) -> None:
    people = await factories.everybody(session)
    alert = await opened_alert(session)
    before = len(await looking.told(session, alert.id))
    await fire(session, alert, now=clock.at(date(2023, 5, 5), 12))
    assert alert.step == 3
    told = (await looking.told(session, alert.id))[before:]
    assert len(told) == len(set(told)) == 7
    assert (Reason.ESCALATED, people["unit_head"]) in told
    (timer,) = await looking.armed(session, alert.id)
    assert timer.due_at == clock.at(date(2023, 5, 8), 9)


async def test_a_rung_that_falls_due_after_an_answer_does_nothing(session: Session) -> None:
    await factories.everybody(session)
    alert = await opened_alert(session)
    await acknowledge(session, alert)
    before = await looking.told(session, alert.id)
    await actions.ladders.escalate(session, alert.id, MORNING, MORNING)
    assert await looking.told(session, alert.id) == before


async def test_a_lapsed_promise_reopens_the_alert_one_receiver_up(session: Session) -> None:
    people = await factories.everybody(session)
    alert = await opened_alert(session)
    for _ in range(2):
        await fire(session, alert)
    await acknowledge(session, alert, date(2023, 4, 28))
    before = len(await looking.told(session, alert.id))
    due = await fire(session, alert)
    assert (alert.state, alert.step, alert.promised_on) == (AlertState.SENT, 3, None)
    told = (await looking.told(session, alert.id))[before:]
    assert (Reason.PROMISE_LAPSED, people["unit_head"]) in told
    (timer,) = await looking.armed(session, alert.id)
    assert (timer.kind, timer.entered_at) == ("escalation", due)


async def test_the_head_in_office_that_day_is_told(session: Session) -> None:
    unit = {"org_id": factories.DEVELOPER}
    old = await factories.recipient(session, "unit_head", until_on=date(2023, 4, 30), **unit)
    new = await factories.recipient(session, "unit_head", from_on=date(2023, 5, 1), **unit)
    alert = await opened_alert(session, "red")
    for _ in range(2):
        await fire(session, alert)
    at = clock.at(date(2023, 5, 4), 9)
    assert await fire(session, alert) == clock.at(date(2023, 4, 28), 9)
    assert await fire(session, alert) == at
    told = [who for _, who in await looking.told(session, alert.id)]
    assert (told.count(old.id), told.count(new.id)) == (4, 1)


async def test_a_mail_goes_to_who_has_an_address_and_wants_it(
    session: Session, mailbox: Mailbox
) -> None:
    unit = {"org_id": factories.DEVELOPER}
    mailed = await factories.recipient(session, "developer", mail="a@example.org", **unit)
    await factories.recipient(
        session, "developer", mail="b@example.org", channels=["inbox"], **unit
    )
    await factories.recipient(session, "developer", **unit)
    await handlers.on_watch_item_opened(session, factories.opened())
    alert = await looking.alert(session, kind="transfer_missed")
    assert len(await looking.told(session, alert.id)) == 3
    (mail,) = await looking.deliveries(session, channel=Channel.MAIL)
    assert mail.key.split(":")[:4] == [str(alert.id), "0", str(mailed.id), "mail"]
    (parcel,) = await actions.deliveries.claim_deliveries(session, clock.wall(), {})
    assert (parcel.address, parcel.subject) == (
        "a@example.org",
        "【蓝】预警：人工费用未拨付或拨付不足 金凤路安置小区（2023-03）",
    )


# ---- routes ----------------------------------------------------------------------------------


def route_body(**changes: object) -> RouteIn:
    return RouteIn.model_validate(
        {
            "area_code": COUNTY, "code": "blue", "valid_from": "2023-04-26", "levels": ["blue"],
            "receivers": ["town", "inspector"], "source": "县治欠办通知",
            "steps": [{"wait": 2, "unit": "wh", "again": True, "repeats": True}],
        }
        | changes
    )  # fmt: skip


async def test_a_countys_own_route_wins_from_its_day_on(session: Session) -> None:
    people = await factories.everybody(session)
    await actions.routes.enter_route(session, OFFICE, route_body(), OPENED_AT)
    alert = await opened_alert(session, "blue")
    assert [who for _, who in await looking.told(session, alert.id)] == [people["inspector"]]
    (timer,) = await looking.armed(session, alert.id)
    assert timer.due_at == clock.at(date(2023, 4, 26), 11)


async def test_a_route_of_tomorrow_does_not_count_today(session: Session) -> None:
    people = await factories.everybody(session)
    later = route_body(valid_from="2023-04-27")
    await actions.routes.enter_route(session, OFFICE, later, OPENED_AT)
    alert = await opened_alert(session, "blue")
    assert people["developer"] in [who for _, who in await looking.told(session, alert.id)]


async def test_a_running_alert_keeps_the_version_that_routed_it(session: Session) -> None:
    await factories.everybody(session)
    first = await actions.routes.enter_route(session, OFFICE, route_body(), OPENED_AT)
    alert = await opened_alert(session, "blue")
    wanted = route_body(steps=[{"wait": 9, "unit": "wd", "again": True, "repeats": True}])
    second = await actions.routes.enter_route(session, OFFICE, wanted, MORNING)
    assert (first.version, second.version) == (1, 2)
    await fire(session, alert)
    (timer,) = await looking.armed(session, alert.id)
    assert (timer.policy_version, timer.due_at) == (1, clock.at(date(2023, 4, 26), 13))


@pytest.mark.parametrize("changes", [{"enabled": False}, {"levels": ["red"]}, {"kinds": ["none"]}])
async def test_a_version_that_takes_nothing_of_it_gives_way_to_the_nation_and_not_to_the_one_before(
    session: Session, changes: dict[str, object]
) -> None:
    people = await factories.everybody(session)
    await actions.routes.enter_route(session, OFFICE, route_body(), OPENED_AT)
    await actions.routes.enter_route(session, OFFICE, route_body(**changes), OPENED_AT)
    alert = await opened_alert(session, "blue")
    assert people["developer"] in [who for _, who in await looking.told(session, alert.id)]


async def test_a_version_from_before_the_last_one_is_refused(session: Session) -> None:
    await actions.routes.enter_route(session, OFFICE, route_body(), OPENED_AT)
    with pytest.raises(RouteNotLater):
        await actions.routes.enter_route(
            session, OFFICE, route_body(valid_from="2023-04-25"), OPENED_AT
        )


# ---- deliveries ------------------------------------------------------------------------------


async def claimed(session: Session, now: datetime | None = None) -> list[Parcel]:
    await session.flush()  # What was queued is due from its flush on.
    return await actions.deliveries.claim_deliveries(session, now or clock.wall(), {})


async def record(
    session: Session, outcomes: list[tuple[Parcel, Answer]], wall: datetime | None = None
) -> None:
    await actions.deliveries.record_attempts(
        session, outcomes, now=MORNING, wall=wall or clock.wall(), roll=0.5
    )


async def one_delivery(session: Session) -> Delivery:
    (found,) = await looking.deliveries(session, channel=Channel.WEBHOOK)
    return found


async def test_a_claimed_delivery_is_nobody_elses_until_its_lease_ends(session: Session) -> None:
    endpoint = await factories.endpoint(session)
    await opened_alert(session)
    (parcel,) = await claimed(session)
    assert (parcel.address, parcel.secrets) == (endpoint.url, (endpoint.secret,))
    assert await claimed(session) == []
    assert await session.scalar(queries.deliveries.DUE, {"wall": clock.wall()}) == 1
    later = clock.wall() + timedelta(seconds=settings().send_lease + 1)
    (again,) = await claimed(session, later)
    assert again == parcel  # the same id, so that the subscriber knows it


async def test_a_lane_gives_no_more_than_its_share(session: Session) -> None:
    slow, quick = await factories.endpoint(session), await factories.endpoint(session)
    for _ in range(6):
        await handlers.on_watch_item_opened(session, factories.opened())
    first = await claimed(session)
    share = settings().send_at_once_per_lane
    assert sorted(parcel.lane for parcel in first) == sorted(
        [str(slow.id)] * share + [str(quick.id)] * share
    )
    under_way = {str(slow.id): share, str(quick.id): share - 1}
    more = await actions.deliveries.claim_deliveries(session, clock.wall(), under_way)
    assert [parcel.lane for parcel in more] == [str(quick.id)]


async def test_what_is_delivered_is_done_and_logged(session: Session) -> None:
    await factories.endpoint(session)
    await opened_alert(session)
    (parcel,) = await claimed(session)
    secret = f"ok {parcel.secrets[0]}"
    await record(session, [(parcel, Answer(200, secret, took=timedelta(seconds=1.5)))])
    delivery = await one_delivery(session)
    assert (delivery.state, delivery.delivered_at) == (DeliveryState.DELIVERED, MORNING)
    await session.flush()  # The attempt must be seen by the query.
    (attempt,) = (await session.scalars(looking.select(Attempt))).all()
    assert (attempt.number, attempt.status, attempt.took_ms) == (1, 200, 1500)
    assert attempt.answer == "ok [secret]"
    assert await session.scalar(queries.deliveries.DUE, {"wall": clock.wall()}) == 0


async def test_a_failure_waits_as_the_schedule_or_the_subscriber_says(session: Session) -> None:
    await factories.endpoint(session)
    await opened_alert(session)
    wall = clock.wall()
    (parcel,) = await claimed(session, wall)
    await record(session, [(parcel, Answer(500))], wall)
    delivery = await one_delivery(session)
    assert (delivery.state, delivery.next_at) == (
        DeliveryState.WAITING, wall + timedelta(seconds=5),
    )  # fmt: skip
    wall = delivery.next_at
    (parcel,) = await claimed(session, wall)
    await record(session, [(parcel, Answer(503, retry_after=3600))], wall)
    assert delivery.next_at == wall + timedelta(hours=1)


async def test_the_schedule_is_the_specifications_and_then_given_up_aloud(
    session: Session, published: Published
) -> None:
    operator = await factories.recipient(session, "operator", area_code="0")
    endpoint = await factories.endpoint(session)
    await opened_alert(session)
    delivery, waits = await one_delivery(session), []
    wall = clock.wall()
    while delivery.state is DeliveryState.WAITING:
        (parcel,) = await claimed(session, wall)
        await record(session, [(parcel, Answer(error="timeout"))], wall)
        waits.append(delivery.next_at - wall)
        wall = max(wall, delivery.next_at)
    hours = (2, 5, 10, 14, 20, 24)
    assert waits[:-1] == [
        timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30),
        *(timedelta(hours=each) for each in hours),
    ]  # fmt: skip
    assert (delivery.state, delivery.made_attempts) == (DeliveryState.EXHAUSTED, 10)
    (event,) = await published(session, DeliveryExhausted)
    assert (event.endpoint_id, event.message_id, event.attempts) == (
        endpoint.id, delivery.message_id, 10,
    )  # fmt: skip
    alert = await looking.alert(session, kind="delivery_exhausted")
    assert await looking.told(session, alert.id) == [(Reason.RAISED, operator.id)]


async def test_410_ends_the_subscription_and_operators_hear_of_it(session: Session) -> None:
    operator = await factories.recipient(session, "operator", area_code="0")
    endpoint = await factories.endpoint(session)
    for _ in range(2):
        await handlers.on_watch_item_opened(session, factories.opened())
    first, _ = await claimed(session)
    await record(session, [(first, Answer(410))])
    assert (endpoint.state, endpoint.state_reason) == (EndpointState.DISABLED, "gone")
    states = {each.state for each in await looking.deliveries(session, channel=Channel.WEBHOOK)}
    assert states == {DeliveryState.STOPPED}
    alert = await looking.alert(session, kind="endpoint_disabled")
    assert await looking.told(session, alert.id) == [(Reason.RAISED, operator.id)]


async def test_an_outcome_that_comes_after_anothers_success_is_only_logged(
    session: Session,
) -> None:
    await factories.endpoint(session)
    await opened_alert(session)
    (parcel,) = await claimed(session)
    await record(session, [(parcel, Answer(204))])
    await record(session, [(parcel, Answer(500))])
    delivery = await one_delivery(session)
    assert (delivery.state, delivery.made_attempts) == (DeliveryState.DELIVERED, 2)


async def test_a_recipient_that_gave_up_its_address_gets_no_mail(
    session: Session, mailbox: Mailbox
) -> None:
    person = await factories.recipient(
        session, "developer", org_id=factories.DEVELOPER, mail="a@example.org"
    )
    await handlers.on_watch_item_opened(session, factories.opened())
    person.mail = None
    assert await claimed(session) == []
    (mail,) = await looking.deliveries(session, channel=Channel.MAIL)
    assert mail.state is DeliveryState.STOPPED
