"""Duties that come again, gaps of rosters, leaves with stand-ins, channels that are quiet."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient
from hypothesis import given
from hypothesis import strategies as st

from services.alerts import actions, handlers
from services.alerts.models import Alert, DutyPattern, Leave, Notice, Recipient
from services.alerts.rules import duties
from services.alerts.rules.deliveries import Channel
from services.alerts.rules.duties import Duty, DutyDays, Terms, Turn
from shared import clock, workdays
from shared.db import Session, new_id
from tests.alerts import factories, looking
from tests.alerts.conftest import Mailbox
from tests.alerts.factories import COUNTY, DEVELOPER, NEIGHBOUR, PREFECTURE
from tests.alerts.test_routing import OFFICE, enter, fire_next
from tests.fixtures.service import Time

V1 = "/alerts/v1"
CALENDAR = workdays.national_calendar([2023])
YEAR = date(2023, 1, 1)
MORNING = clock.at(date(2023, 4, 26), 10)
office = pytest.mark.caller("wage_office", areas=[COUNTY])


@dataclass
class Pattern:
    """A pattern of duties of the year 2023, from Monday to Friday at nine."""

    recipient_ids: list[str]
    days: DutyDays = DutyDays.WORKDAYS
    opens: time = time(9)
    closes: time = time(17, 30)
    turn: Turn = Turn.DUTY
    from_on: date = YEAR
    until_on: date | None = None


ONE, TWO, THREE = (str(uuid4()) for _ in range(3))
DAY = Pattern([ONE])
NIGHT = Pattern([TWO], opens=time(17, 30), closes=time(9))
OFF = Pattern([THREE], days=DutyDays.DAYS_OFF, opens=time(9), closes=time(9))
INSTANTS = st.datetimes(datetime(2023, 1, 2, 9), datetime(2023, 12, 30)).map(  # noqa: DTZ001  Beijing time
    lambda at: at.replace(tzinfo=clock.BEIJING)
)


# ---- patterns ------------------------------------------------------------------------------------


@given(INSTANTS)
def test_hours_nights_and_days_off_together_leave_no_instant_without_one_on_duty(
    at: datetime,
) -> None:
    named = [who for each in (DAY, NIGHT, OFF) for who in duties.on_duty(each, at, CALENDAR)]
    assert len(named) == 1
    day = at.date() if at.time() >= time(9) else at.date() - timedelta(days=1)
    worked = workdays.national_calendar([2023]).is_workday(day)
    by_hand = ONE if time(9) <= at.time() < time(17, 30) else TWO
    assert str(named[0]) == (by_hand if worked else THREE)


@given(st.integers(1, 5), st.sampled_from(DutyDays), st.integers(0, 300))
def test_each_duty_is_the_next_ones_in_turn(several: int, days: DutyDays, start: int) -> None:
    people = [str(uuid4()) for _ in range(several)]
    begin = YEAR + timedelta(days=start)
    pattern = Pattern(people, days=days, from_on=begin)
    found = duties.duties(pattern, clock.at(begin), clock.at(date(2024, 1, 1)), CALENDAR)
    for number, duty in enumerate(found):
        assert str(duty.recipient_id) == people[number % several]
        assert CALENDAR.is_workday(clock.day_of(duty.from_at)) is not (
            days is DutyDays.DAYS_OFF
        ) or (days is DutyDays.EVERY_DAY)


def test_a_weekly_turn_changes_on_monday() -> None:
    pattern = Pattern(
        [ONE, TWO], days=DutyDays.EVERY_DAY, turn=Turn.WEEK, from_on=date(2023, 4, 26)
    )
    holders = [
        str(duty.recipient_id)
        for duty in duties.duties(
            pattern, clock.at(date(2023, 4, 26)), clock.at(date(2023, 5, 9)), CALENDAR
        )
    ]
    assert holders == [ONE] * 5 + [TWO] * 7 + [ONE]


def test_a_pattern_names_nobody_before_it_begins_and_after_its_last_day() -> None:
    pattern = Pattern(
        [ONE], opens=time(17), closes=time(9), from_on=date(2023, 4, 24), until_on=date(2023, 4, 25)
    )
    said = {
        hour: bool(duties.on_duty(pattern, clock.at(*hour), CALENDAR))
        for hour in (
            (date(2023, 4, 24), 8), (date(2023, 4, 24), 17), (date(2023, 4, 26), 8),
            (date(2023, 4, 26), 9), (date(2023, 4, 26), 18),
        )
    }  # fmt: skip
    assert list(said.values()) == [False, True, True, False, False]


# ---- gaps ----------------------------------------------------------------------------------------


@given(st.data())
def test_gaps_are_just_the_hours_in_which_nobody_can_be_told(data: st.DataObject) -> None:
    begin = clock.at(date(2023, 4, 28))
    people = [uuid4() for _ in range(3)]
    hours = st.integers(0, 96)
    roster = [
        Duty(begin + timedelta(hours=first), begin + timedelta(hours=first + length), who)
        for first, length, who in data.draw(
            st.lists(st.tuples(hours, st.integers(1, 40), st.sampled_from(people)), max_size=6)
        )
    ]
    offset = st.integers(0, 4).map(lambda n: date(2023, 4, 28) + timedelta(days=n))
    terms = {
        who: Terms(
            YEAR,
            data.draw(st.none() | offset),
            tuple((day, day, data.draw(st.sampled_from([None, *people]))) for day in data.draw(
                st.lists(offset, max_size=2, unique=True)
            )),
        )
        for who in people
    }  # fmt: skip
    until = begin + timedelta(hours=96)
    found = duties.gaps(roster, terms, begin, until)
    for hour in range(96):
        at = begin + timedelta(hours=hour)
        day = clock.day_of(at)
        covered = any(
            each.from_at <= at < each.until_at and _can_be_told(each.recipient_id, day, terms)
            for each in roster
        )
        assert covered is not any(gap.from_at <= at < gap.until_at for gap in found)
    assert all(one.until_at < other.from_at for one, other in pairwise(found))


def _can_be_told(who: UUID, day: date, terms: dict[UUID, Terms]) -> bool:
    """Say by hand what the rule says: he is there, or who stands in for him is."""

    def there(one: UUID) -> bool:
        until = terms[one].until_on
        return until is None or day <= until

    away = [leave for leave in terms[who].leaves if leave[0] == day]
    if not there(who) or not away:
        return there(who)
    stand_in = away[0][2]
    return (
        stand_in is not None
        and there(stand_in)
        and all(leave[0] != day for leave in terms[stand_in].leaves)
    )


async def pattern(session: Session, *people: Recipient, **changes: Any) -> DutyPattern:
    said: dict[str, Any] = {
        "id": new_id(), "area_code": COUNTY, "days": DutyDays.WORKDAYS, "turn": Turn.DUTY,
        "opens": time(9), "closes": time(17, 30), "from_on": YEAR,
        "recipient_ids": [str(each.id) for each in people], "version": 1,
        "created_at": MORNING, "created_by": "tester",
    }  # fmt: skip
    row = DutyPattern(**said | changes)
    session.add(row)
    await session.flush()
    return row


async def leave(session: Session, who: Recipient, stand_in: Recipient | None, *days: date) -> Leave:
    row = Leave(
        id=new_id(), recipient_id=who.id, area_code=who.area_code, from_on=days[0],
        until_on=days[-1], stand_in_id=stand_in.id if stand_in else None, version=1,
        created_at=MORNING, created_by="tester",
    )  # fmt: skip
    session.add(row)
    await session.flush()
    return row


@pytest.fixture(autouse=True)
def _morning(time: Time) -> None:
    time.move_to(MORNING)


@office
async def test_a_gap_at_midnight_of_a_holiday_is_seen_before_it_matters(
    session: Session, client: AsyncClient
) -> None:
    """Nights end at midnight, and holidays begin at half past eight: nobody watches in between."""
    await factories.areas(session)
    keeper = await factories.recipient(session, "wage_office")
    await pattern(session, keeper, opens=time(8, 30), closes=time(0))
    await pattern(session, keeper, days=DutyDays.DAYS_OFF, opens=time(8, 30), closes=time(8, 30))
    said = (await client.get(f"{V1}/duty-rosters/gaps", params={"days": 6})).json()
    assert said["areas"] == [COUNTY]
    gaps = [(item["from_at"], item["until_at"]) for item in said["items"]]
    expected = [(date(2023, 4, 27), 0), (date(2023, 4, 28), 0), (date(2023, 4, 29), 0)]
    assert [datetime.fromisoformat(begin) for begin, _ in gaps] == [
        clock.at(*each) for each in expected
    ]
    assert {datetime.fromisoformat(end).astimezone(clock.BEIJING).time() for _, end in gaps} == {
        time(8, 30)
    }


@office
async def test_gaps_name_who_is_away_and_an_area_without_a_roster_is_one(
    session: Session, client: AsyncClient
) -> None:
    await factories.areas(session)
    keeper = await factories.recipient(session, "wage_office")
    await factories.duty(session, keeper, COUNTY)
    days = date(2023, 5, 1), date(2023, 5, 2)
    await leave(session, keeper, None, *days)
    (gap,) = (await client.get(f"{V1}/duty-rosters/gaps")).json()["items"]
    assert gap["away"] == [str(keeper.id)]
    assert datetime.fromisoformat(gap["from_at"]) == clock.at(days[0])
    assert datetime.fromisoformat(gap["until_at"]) == clock.day_end(days[1])
    asked = {"area_code": factories.TOWN, "days": 1}
    (whole,) = (await client.get(f"{V1}/duty-rosters/gaps", params=asked)).json()["items"]
    assert datetime.fromisoformat(whole["from_at"]) == MORNING
    for wrong, status in (({"area_code": NEIGHBOUR}, 404), ({"days": 0}, 422)):
        assert (await client.get(f"{V1}/duty-rosters/gaps", params=wrong)).status_code == status


async def test_the_nearest_roster_with_somebody_on_duty_hears_where_a_pattern_has_a_gap(
    session: Session,
) -> None:
    """Each hour of the night into Labour Day asks anew who is on duty."""
    await factories.areas(session)
    evening = await factories.recipient(session, "town")
    holiday = await factories.recipient(session, "town")
    above = await factories.recipient(session, "town", area_code=PREFECTURE)
    await pattern(session, evening, opens=time(9), closes=time(0))
    await pattern(session, holiday, days=DutyDays.DAYS_OFF, opens=time(1), closes=time(1))
    await factories.duty(session, above, PREFECTURE)
    rungs = [{"wait": 1, "unit": "h", "receivers": ["duty_roster"], "repeats": True}]
    await enter(session, "roster", receivers=["duty_roster"], steps=rungs)
    opened = factories.opened(occurred_at=clock.at(date(2023, 4, 28), 22, 30))
    await handlers.on_watch_item_opened(session, opened)
    alert = await looking.alert(session, kind="transfer_missed")
    for _ in range(3):
        await fire_next(session, alert)
    told = [who for _, who in await looking.told(session, alert.id)]
    assert told == [evening.id, evening.id, above.id, holiday.id]


# ---- leaves --------------------------------------------------------------------------------------


@dataclass
class Told:
    """Whom an alert told, by its instant and with the trace."""

    by_at: dict[datetime, dict[UUID, dict[str, Any]]] = field(default_factory=dict)

    @classmethod
    async def of(cls, session: Session, alert: Alert) -> "Told":
        found = cls()
        detail = await actions.alerts.queries.alerts.alert(session, alert.id, OFFICE_SCOPE)
        for each in detail.notices:
            found.by_at.setdefault(each.told_at, {})[each.recipient_id] = each.trace
        return found

    def last(self) -> dict[UUID, dict[str, Any]]:
        return self.by_at[max(self.by_at)]


OFFICE_SCOPE = OFFICE.scope


async def daily_inspector(session: Session) -> Alert:
    """Raise an alert on 26 April that tells the inspector again each working day."""
    await factories.areas(session)
    await enter(session, "daily", steps=[{"wait": 1, "unit": "wd", "again": True, "repeats": True}])
    await handlers.on_watch_item_opened(session, factories.opened())
    return await looking.alert(session, kind="transfer_missed")


async def test_who_is_on_leave_is_not_told_his_stand_in_is_and_he_again_when_he_is_back(
    session: Session,
) -> None:
    inspector = await factories.recipient(session, "inspector")
    stand_in = await factories.recipient(session, "town")
    await leave(session, inspector, stand_in, date(2023, 4, 27), date(2023, 4, 28))
    alert = await daily_inspector(session)
    heard = [(await Told.of(session, alert)).last()]
    for _ in range(3):
        await fire_next(session, alert)
        heard.append((await Told.of(session, alert)).last())
    assert [list(each) for each in heard] == [
        [inspector.id], [stand_in.id], [stand_in.id], [inspector.id],
    ]  # fmt: skip
    trace = heard[1][stand_in.id]
    assert trace["stands_in_for"] == [str(inspector.id)]
    assert trace["roles"] == ["inspector"]
    assert "stands_in_for" not in heard[3][inspector.id]


@pytest.mark.parametrize("chained", [False, True])
async def test_a_leave_without_stand_in_or_a_chain_of_leaves_ends_in_the_duty_roster(
    session: Session,
    chained: bool,  # noqa: FBT001  one of two cases
) -> None:
    inspector, other, third, keeper = [
        await factories.recipient(session, role) for role in ("inspector", "town", "town", "town")
    ]
    day = date(2023, 4, 26)
    await leave(session, inspector, other if chained else None, day)
    if chained:
        await leave(session, other, third, day)
    await factories.duty(session, keeper, COUNTY)
    alert = await daily_inspector(session)
    told = (await Told.of(session, alert)).last()
    assert list(told) == [keeper.id]
    assert told[keeper.id]["stands_in_for"] == [str(inspector.id)]
    assert told[keeper.id]["found_by"][-1] == f"duty roster of {COUNTY}"
    assert not await looking.alerts(session, kind="dead_end")


async def test_where_all_are_on_leave_the_next_area_and_then_the_operators_hear_of_a_dead_end(
    session: Session,
) -> None:
    day = date(2023, 4, 26)
    operator = await factories.recipient(session, "operator", area_code="0")
    inspector = await factories.recipient(session, "inspector")
    keeper = await factories.recipient(session, "town")
    for each in (inspector, keeper, operator):
        await leave(session, each, None, day)
    await factories.duty(session, keeper, COUNTY)
    alert = await daily_inspector(session)
    told = (await Told.of(session, alert)).last()
    assert list(told) == [operator.id], "nobody else is left, so he is told on leave"
    dead_end = await looking.alert(session, kind="dead_end")
    assert dead_end.subject_id == alert.id
    above = await factories.recipient(session, "town", area_code=PREFECTURE)
    await factories.duty(session, above, PREFECTURE)
    await handlers.on_watch_item_opened(session, factories.opened())
    (other,) = [each for each in await looking.alerts(session, kind="transfer_missed")
                if each.id != alert.id]  # fmt: skip
    assert list((await Told.of(session, other)).last()) == [above.id]


async def test_a_stand_in_who_is_named_himself_is_told_once_with_both_reasons(
    session: Session,
) -> None:
    away = await factories.recipient(session, "inspector")
    there = await factories.recipient(session, "inspector")
    await leave(session, away, there, date(2023, 4, 26))
    alert = await daily_inspector(session)
    told = (await Told.of(session, alert)).last()
    assert list(told) == [there.id]
    assert told[there.id]["also"][0]["stands_in_for"] == [str(away.id)]


async def test_of_the_end_hears_who_stands_in_for_one_who_was_told(session: Session) -> None:
    inspector = await factories.recipient(session, "inspector")
    stand_in = await factories.recipient(session, "town")
    alert = await daily_inspector(session)
    await leave(session, inspector, stand_in, date(2023, 4, 27))
    opened = factories.opened(watch_item_id=alert.watch_item_id)
    end = factories.closed(opened, clock.at(date(2023, 4, 27), 11))
    await handlers.on_watch_item_closed(session, end)
    told = (await Told.of(session, alert)).last()
    assert list(told) == [stand_in.id]


@office
async def test_a_leave_is_entered_changed_and_cancelled(
    session: Session, client: AsyncClient, time: Time
) -> None:
    await factories.areas(session)
    inspector = await factories.recipient(session, "inspector")
    stand_in = await factories.recipient(session, "town")
    body = {"recipient_id": str(inspector.id), "from_on": "2023-05-04", "until_on": "2023-05-10"}
    made = await client.post(f"{V1}/leaves", json=body | {"stand_in_id": str(stand_in.id)})
    assert made.status_code == 201, made.text
    path = f"{V1}/leaves/{made.json()['id']}"
    on = {"on": "2023-05-04", "recipient_id": str(inspector.id)}
    assert len((await client.get(f"{V1}/leaves", params=on)).json()["items"]) == 1
    short = await client.patch(path, json={"version": 1, "until_on": "2023-05-08"})
    assert (short.json()["until_on"], short.json()["stand_in_id"]) == (
        "2023-05-08",
        str(stand_in.id),
    )
    assert (await client.patch(path, json={"version": 1})).status_code == 409
    time.move_to(clock.at(date(2023, 5, 6), 9))
    late = await client.patch(path, json={"version": 2, "until_on": "2023-05-04"})
    assert (late.status_code, late.json()["type"]) == (409, "/problems/duty-over")
    back = await client.patch(path, json={"version": 2, "cancelled": True})
    assert back.json()["until_on"] == "2023-05-05", "the days that are over stay"
    again = await client.post(f"{V1}/leaves", json=body | {"from_on": "2023-05-09"})
    cancelled = await client.patch(
        f"{V1}/leaves/{again.json()['id']}", json={"version": 1, "cancelled": True}
    )
    assert cancelled.json()["cancelled_at"]


@office
async def test_all_that_is_wrong_with_a_leave_is_said_at_once(
    session: Session, client: AsyncClient
) -> None:
    await factories.areas(session)
    inspector = await factories.recipient(session, "inspector")
    other = await factories.recipient(session, "town", until_on=date(2023, 5, 5))
    stranger = await factories.recipient(session, "town", area_code=NEIGHBOUR)
    await leave(session, inspector, None, date(2023, 5, 4))
    await leave(session, other, None, date(2023, 5, 5))
    body = {"recipient_id": str(inspector.id), "from_on": "2023-05-04", "until_on": "2023-05-10"}
    said = await client.post(f"{V1}/leaves", json=body | {"stand_in_id": str(other.id)})
    assert said.status_code == 422
    assert said.json()["type"] == "/problems/leave-refused"
    assert [error["code"] for error in said.json()["errors"]] == [
        "overlaps", "away", "not_in_office",
    ]  # fmt: skip
    assert "2023-05-04" in said.json()["errors"][0]["detail"]
    himself = await client.post(
        f"{V1}/leaves", json=body | {"from_on": "2023-05-06", "stand_in_id": str(inspector.id)}
    )
    assert [error["code"] for error in himself.json()["errors"]] == ["himself"]
    unknown = await client.post(f"{V1}/leaves", json=body | {"stand_in_id": str(stranger.id)})
    assert unknown.status_code == 404
    reversed_ = await client.post(f"{V1}/leaves", json=body | {"until_on": "2023-05-01"})
    assert reversed_.json()["errors"][0]["code"] == "span"


@office
async def test_a_pattern_is_entered_listed_and_ended(session: Session, client: AsyncClient) -> None:
    await factories.areas(session)
    keeper = await factories.recipient(session, "wage_office")
    stranger = await factories.recipient(session, "wage_office", area_code=NEIGHBOUR)
    body = {
        "area_code": COUNTY, "days": "days_off", "opens": "09:00", "closes": "09:00",
        "turn": "week", "recipient_ids": [str(keeper.id)], "from_on": "2023-04-01",
    }  # fmt: skip
    made = await client.post(f"{V1}/duty-patterns", json=body)
    assert made.status_code == 201, made.text
    listed = (await client.get(f"{V1}/duty-patterns", params={"area_code": COUNTY})).json()
    assert [item["id"] for item in listed["items"]] == [made.json()["id"]]
    path = f"{V1}/duty-patterns/{made.json()['id']}"
    early = await client.patch(path, json={"version": 1, "until_on": "2023-04-24"})
    assert (early.status_code, early.json()["type"]) == (409, "/problems/duty-over")
    ended = await client.patch(path, json={"version": 1, "until_on": "2023-04-25"})
    assert (ended.json()["until_on"], ended.json()["version"]) == ("2023-04-25", 2)
    for wrong, status in (
        ({"recipient_ids": [str(stranger.id)]}, 404),
        ({"recipient_ids": []}, 422),
        ({"opens": "09:00+08:00"}, 422),
        ({"until_on": "2023-03-01"}, 422),
        ({"area_code": NEIGHBOUR}, 404),
    ):
        said = await client.post(f"{V1}/duty-patterns", json=body | wrong)
        assert said.status_code == status, said.text


# ---- channels ------------------------------------------------------------------------------------

EVENING, NIGHT_TIME = (
    {"channel": "mail", "begins": "22:00:00", "ends": "07:00:00"},
    clock.at(date(2023, 4, 26), 23),
)


@pytest.mark.parametrize(
    ("hour", "ends"),
    [
        ((26, 21, 59), None), ((26, 22, 0), (27, 7)), ((27, 6, 59), (27, 7)), ((27, 7, 0), None),
    ],
)  # fmt: skip
def test_quiet_hours_last_over_midnight(
    hour: tuple[int, int, int], ends: tuple[int, int] | None
) -> None:
    at = clock.at(date(2023, 4, hour[0]), *hour[1:])
    wanted = clock.at(date(2023, 4, ends[0]), ends[1]) if ends else None
    assert duties.quiet_until([EVENING], "mail", at) == wanted
    assert duties.quiet_until([EVENING], "sms", at) is None


@pytest.mark.parametrize(
    ("level", "major", "waits"),
    [("yellow", False, True), ("red", False, False), ("yellow", True, False)],
)
async def test_in_quiet_hours_only_red_and_major_go_out_and_the_rest_waits_until_they_end(
    session: Session,
    mailbox: Mailbox,
    level: str,
    major: bool,  # noqa: FBT001  one of two cases
    waits: bool,  # noqa: FBT001  what is expected
) -> None:
    await factories.areas(session)
    await factories.recipient(
        session, "inspector", mail="i@example.org", quiet=[EVENING], channels=["mail"]
    )
    await enter(session, "all")
    await handlers.on_watch_item_opened(session, factories.opened(level=level))
    alert = await looking.alert(session, kind="transfer_missed")
    alert.major = major
    for each in await looking.deliveries(session, channel=Channel.MAIL):
        each.next_at = NIGHT_TIME
    await session.flush()
    claimed = await actions.deliveries.claim_deliveries(session, NIGHT_TIME, {})
    assert len(claimed) == (0 if waits else 1)
    if waits:
        morning = clock.at(date(2023, 4, 27), 7)
        early = await actions.deliveries.claim_deliveries(
            session, morning - timedelta(seconds=1), {}
        )
        assert early == []
        assert len(await actions.deliveries.claim_deliveries(session, morning, {})) == 1
    (notice,) = [
        each for each in await looking.deliveries(session, channel=Channel.INBOX)
        if each.delivered_at
    ]  # fmt: skip
    assert isinstance(notice.notice_id, UUID), "the inbox has it at once"


@office
async def test_a_recipient_without_a_channel_or_an_address_for_it_is_refused(
    session: Session, client: AsyncClient
) -> None:
    await factories.areas(session)
    body = {"title": "县治欠办", "roles": ["wage_office"], "area_code": COUNTY}
    for wrong, place in (
        ({"channels": []}, "body.channels"),
        ({"channels": ["mail"]}, "body"),
        ({"quiet": [EVENING | {"channel": "inbox"}]}, "body.quiet[0]"),
        ({"quiet": [EVENING | {"ends": "22:00"}]}, "body.quiet[0]"),
    ):
        said = await client.post(f"{V1}/recipients", json=body | wrong)
        assert said.status_code == 422, said.text
        assert said.json()["errors"][0]["place"] == place, said.text
    good = {"channels": ["sms", "mail"], "mail": "a@example.org", "phone": "13800000000"}
    made = (await client.post(f"{V1}/recipients", json=body | good | {"quiet": [EVENING]})).json()
    assert made["quiet"] == [EVENING]
    patch = {"version": 1, "quiet": []}
    changed = (await client.patch(f"{V1}/recipients/{made['id']}", json=patch)).json()
    assert changed["quiet"] == []
    row = await session.get_one(Recipient, UUID(made["id"]))
    assert row.ways({"mail", "sms"}) == [Channel.INBOX, Channel.SMS, Channel.MAIL]


async def test_who_has_no_address_still_finds_it_in_his_inbox(session: Session) -> None:
    await factories.areas(session)
    who = await factories.recipient(session, "inspector", channels=[])
    await enter(session, "all")
    await handlers.on_watch_item_opened(session, factories.opened(unit_id=DEVELOPER))
    (delivery,) = await looking.deliveries(session, channel=Channel.INBOX)
    assert delivery.notice_id
    notice = await session.get_one(Notice, delivery.notice_id)
    assert notice.recipient_id == who.id
