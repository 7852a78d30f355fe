"""What people do about an item, and who is in charge of it."""

from datetime import date
from uuid import uuid4

import pytest
from sqlalchemy import select

from services.cases import actions, handlers, queries
from services.cases.errors import (
    AlreadyClosed,
    NotAnswered,
    PromiseInThePast,
    UnderVerification,
    WatchItemUnknown,
)
from services.cases.rules.items import ItemState
from services.cases.schemas.answers import AnswerIn, AssigneeIn, FindingIn, VerifyIn
from shared import clock, timers
from shared.auth import Caller
from shared.db import Session
from tests.cases import factories as make
from tests.cases.factories import COUNTY, NEIGHBOUR, TOWN, an_id, at

PAYER = Caller("payer", frozenset({"developer"}), frozenset({COUNTY}), make.DEVELOPER)
OFFICE = Caller("office", frozenset({"wage_office"}), frozenset({COUNTY}))
OTHER = Caller("other", frozenset({"wage_office"}), frozenset({NEIGHBOUR}))


@pytest.fixture(autouse=True)
async def _world(session: Session) -> None:
    await make.world(session)


async def _at_night(session: Session, day: date) -> None:
    """Hand items over as the daily job does: if any may have another person."""
    await session.flush()
    if await session.scalar(select(queries.items.ASSIGNMENT_WAITS), {"today": day}):
        await actions.persons.assign_persons(session, day, clock.at(day, 0, 5))


# ---- answers ---------------------------------------------------------------------------------


async def test_an_answer_stops_the_answer_limit_and_not_the_ladder(session: Session) -> None:
    item = await make.open_item(session)
    await make.climb_to(session, item, "2023-05-30 09:00")
    assert item.due_at == item.answer_due_at == clock.day_end(date(2023, 6, 2))
    answer = AnswerIn(explanation="已提交用款申请", promised_on=date(2023, 6, 15))
    now = at("2023-05-31 10:00")
    await actions.answers.answer_watch_item(session, PAYER, item.id, answer, now)
    assert (item.state, item.promised_on) == (ItemState.ANSWERED, date(2023, 6, 15))
    assert (item.due_at, item.answer_due_at) == (at("2023-06-08 09:00"), None)
    [armed] = await timers.armed(session, item.id)
    assert (armed.kind, armed.step) == ("level", "orange")
    last = (await make.timeline(session, item))[-1]
    assert (last.what, last.at) == ("answered", now)
    assert last.details == {"explanation": "已提交用款申请", "promised_on": "2023-06-15"}
    await make.climb_to(session, item, "2023-06-08 09:00")
    assert (item.level, item.state) == ("orange", ItemState.ANSWERED)


async def test_an_answer_that_is_not_enough_is_asked_for_again(session: Session) -> None:
    item = await make.open_item(session)
    await make.climb_to(session, item, "2023-05-30 09:00")
    now = at("2023-05-31 10:00")
    await actions.answers.answer_watch_item(
        session, PAYER, item.id, AnswerIn(explanation="soon"), now
    )
    no = VerifyIn(enough=False, reason="no date")
    await actions.answers.verify_watch_item(session, OFFICE, item.id, no, now)
    assert item.state is ItemState.OPEN
    # Three working days, counted from when it was asked again.
    assert item.answer_due_at == clock.day_end(date(2023, 6, 5))


async def test_an_answer_that_is_enough_is_verified_and_only_a_proof_closes(
    session: Session,
) -> None:
    item = await make.open_item(session)
    now = at("2023-05-31 10:00")
    await actions.answers.answer_watch_item(
        session, PAYER, item.id, AnswerIn(explanation="paid"), now
    )
    yes = VerifyIn(enough=True, reason="receipt seen")
    await actions.answers.verify_watch_item(session, OFFICE, item.id, yes, now)
    assert item.state is ItemState.VERIFYING
    with pytest.raises(UnderVerification):
        await actions.answers.answer_watch_item(
            session, PAYER, item.id, AnswerIn(explanation="again"), now
        )
    await handlers.on_transfer_received(
        session, make.received("2023-05", "0.00", "2023-06-01 10:00")
    )
    assert item.state is ItemState.CLOSED


async def test_a_closed_item_takes_no_answer_and_no_assignee(session: Session) -> None:
    item = await make.open_item(session)
    await handlers.on_transfer_received(
        session, make.received("2023-05", "0.00", "2023-05-27 10:00")
    )
    now = at("2023-05-31 10:00")
    with pytest.raises(AlreadyClosed):
        await actions.answers.answer_watch_item(
            session, PAYER, item.id, AnswerIn(explanation="paid"), now
        )
    with pytest.raises(AlreadyClosed):
        await actions.answers.verify_watch_item(
            session, OFFICE, item.id, VerifyIn(enough=True, reason="yes"), now
        )
    with pytest.raises(AlreadyClosed):
        await actions.answers.assign_watch_item(
            session, OFFICE, item.id, AssigneeIn(unit_id=uuid4()), now
        )


async def test_what_is_not_answered_cannot_be_verified(session: Session) -> None:
    item = await make.open_item(session)
    with pytest.raises(NotAnswered):
        await actions.answers.verify_watch_item(
            session, OFFICE, item.id, VerifyIn(enough=True, reason="yes"), at("2023-05-31 10:00")
        )


async def test_a_day_in_the_past_cannot_be_promised(session: Session) -> None:
    item = await make.open_item(session)
    answer = AnswerIn(explanation="paid", promised_on=date(2023, 5, 30))
    with pytest.raises(PromiseInThePast):
        # In UTC it is still the 30th.
        await actions.answers.answer_watch_item(
            session, PAYER, item.id, answer, at("2023-05-31 07:00")
        )


async def test_a_limit_without_answer_is_written_down_once(session: Session) -> None:
    item = await make.open_item(session)
    await make.climb_to(session, item, "2023-05-30 09:00")
    [_, answer] = sorted(await timers.armed(session, item.id), key=lambda one: one.kind)[::-1]
    assert (answer.kind, answer.due_at) == ("answer", clock.day_end(date(2023, 6, 2)))
    answer.state = timers.FIRED
    await actions.levels.note_answer_overdue(session, item.id, answer.due_at)
    # The item stays due since then, and heads its unit's queue.
    assert item.due_at == answer.due_at
    assert (await make.told(session, item))[-1] == ("answer_overdue", "yellow", "yellow")


async def test_a_finding_is_kept_and_decides_nothing(session: Session) -> None:
    item = await make.open_item(session)
    finding = FindingIn(text="告示牌缺失")
    entry = await actions.answers.add_finding(
        session, OFFICE, item.id, finding, at("2023-05-31 10:00")
    )
    assert (entry.what, entry.details) == ("finding_added", {"text": "告示牌缺失"})
    assert item.state is ItemState.OPEN


async def test_an_item_of_another_area_is_not_there(session: Session) -> None:
    item = await make.open_item(session)
    with pytest.raises(WatchItemUnknown):
        await actions.answers.add_finding(
            session, OTHER, item.id, FindingIn(text="x"), at("2023-05-31 10:00")
        )


# ---- persons ---------------------------------------------------------------------------------


async def test_an_item_gets_the_person_in_force_on_its_day(session: Session) -> None:
    await handlers.on_person_assigned(session, make.assigned("old", "2023-01-01", "2023-05-25"))
    await handlers.on_person_assigned(session, make.assigned("new", "2023-05-26"))
    item = await make.open_item(session)
    assert item.person_id == an_id("new")


async def test_an_item_without_person_gets_the_one_who_is_told_later(session: Session) -> None:
    item = await make.open_item(session)
    late = make.assigned("a", "2023-05-01", said_at="2023-06-01 10:00")
    for _ in range(2):
        await handlers.on_person_assigned(session, late)
    assert item.person_id == an_id("a")
    assert [what for what, *_ in await make.told(session, item)].count("assigned") == 1


async def test_whoever_is_not_in_charge_yet_gets_nothing(session: Session) -> None:
    item = await make.open_item(session)
    future = make.assigned("a", "2023-06-15", said_at="2023-06-01 10:00")
    await handlers.on_person_assigned(session, future)
    assert item.person_id is None
    today = date(2023, 6, 15)
    await _at_night(session, today)
    assert item.person_id == an_id("a")


async def test_an_item_whose_person_has_left_goes_to_the_next_or_back_to_its_unit(
    session: Session,
) -> None:
    await handlers.on_person_assigned(session, make.assigned("a", "2023-01-01"))
    item = await make.open_item(session)
    ended = make.assigned("a", "2023-01-01", "2023-06-01", said_at="2023-05-30 10:00")
    await handlers.on_person_assigned(session, ended)
    assert item.person_id == an_id("a")
    today = date(2023, 6, 2)
    await _at_night(session, today)
    assert item.person_id is None
    await handlers.on_person_assigned(
        session, make.assigned("b", "2023-06-02", said_at="2023-06-02 10:00")
    )
    assert item.person_id == an_id("b")


async def test_whom_the_office_names_stays(session: Session) -> None:
    item = await make.open_item(session)
    unit, person = uuid4(), uuid4()
    await actions.answers.assign_watch_item(
        session, OFFICE, item.id, AssigneeIn(unit_id=unit, person_id=person),
        at("2023-05-27 10:00"),
    )  # fmt: skip
    await handlers.on_person_assigned(session, make.assigned("a", "2023-01-01"))
    assert item.assignee == (unit, person)
    assert item.assigned_by == "office"


async def test_other_duties_do_not_make_an_assignee(session: Session) -> None:
    await handlers.on_person_assigned(
        session, make.assigned("a", "2023-01-01", role="wage_officer")
    )
    assert (await make.open_item(session)).person_id is None


async def test_an_item_falls_to_the_nearest_person_and_moves_when_a_nearer_one_comes(
    session: Session,
) -> None:
    async def assigned(person: str, reach: str, *towns: str) -> None:
        await handlers.on_area_person_assigned(
            session, make.area_assigned(person, reach, towns=list(towns))
        )

    await assigned("whole", "area")
    item = await make.open_item(session, make.missed(area_code=TOWN))
    assert item.person_id == an_id("whole")
    for person, reach, towns in (
        ("others", "other_towns", ()),
        ("elsewhere", "towns", ("422828102",)),
        ("town", "towns", (TOWN,)),
    ):
        await assigned(person, reach, *towns)
        nearest = "others" if person == "elsewhere" else person
        assert item.person_id == an_id(nearest)
    await handlers.on_person_assigned(
        session, make.assigned("own", "2023-05-01", said_at="2023-06-02 10:00")
    )
    assert item.person_id == an_id("own")


async def test_an_item_goes_back_to_the_area_s_person_when_its_own_one_leaves(
    session: Session,
) -> None:
    await handlers.on_area_person_assigned(session, make.area_assigned("whole", "area"))
    await handlers.on_person_assigned(session, make.assigned("own", "2023-01-01", "2023-06-01"))
    item = await make.open_item(session)
    assert item.person_id == an_id("own")
    for day, person in ((date(2023, 6, 1), "own"), (date(2023, 6, 2), "whole")):
        await _at_night(session, day)
        assert item.person_id == an_id(person)
    ended = make.area_assigned("whole", "area", until_on=date(2023, 6, 5))
    await handlers.on_area_person_assigned(session, ended)
    assert item.person_id == an_id("whole")
    day = date(2023, 6, 6)
    await _at_night(session, day)
    assert item.person_id is None
