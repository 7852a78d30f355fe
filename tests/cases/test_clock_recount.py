"""A new calendar moves the clocks of open cases as one set, and nothing that is over."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from itertools import count
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from services.cases.models import ArrearsCase, CaseClock, Condition, Telling, WatchItem
from services.cases.rules import case_clocks as rules
from services.cases.rules.items import TimerKind
from shared import clock, timers, workdays
from shared.db import AuditRow, Session
from tests.cases import factories as make
from tests.cases.factories import COUNTY, TOWN, at
from tests.fixtures.service import Time

CASES = "/cases/v1/arrears-cases"
pytestmark = pytest.mark.caller("inspector", areas=[COUNTY], subject="inspector-1")
NEWS = "2023-08-15 10:00"
NUMBERS = count(1)
Case = Callable[..., Awaitable[str]]


@pytest.fixture(autouse=True)
async def _world(session: Session, time: Time) -> None:
    time.move_to(at("2023-05-31 10:00"))
    await make.world(session)
    await session.flush()


@pytest.fixture
def case(session: Session, client: AsyncClient, time: Time) -> Case:
    """Open a case and do acts with it, each at an instant; what falls due on the way happens."""

    async def made(*acts: tuple[str, str, dict[str, Any]], opened: str) -> str:
        number = f"H-{next(NUMBERS)}"
        await make.pass_time(session, at(opened))
        time.move_to(at(opened))
        told = {
            "channel": "hotline_12345", "external_id": number, "speaker": "worker",
            "name": "工人甲", "phone": "13800000001", "text": "工资未发", "area_code": TOWN,
            "place": f"工地{number}", "own_case": True,
        }  # fmt: skip
        answer = await client.post(CASES, json=told)
        assert answer.status_code == 201, answer.text
        one: dict[str, Any] = answer.json()["case"]
        for act, when, said in acts:
            await make.pass_time(session, at(when))
            time.move_to(at(when))
            body = {"act": act, "version": one["version"], **said}
            answer = await client.post(f"{CASES}/{one['id']}/steps", json=body)
            assert answer.status_code == 200, answer.text
            one = answer.json()
        case_id: str = one["id"]
        return case_id

    return made


def _accepted(day: str) -> list[tuple[str, str, dict[str, Any]]]:
    return [("sign", f"{day} 10:10", {}), ("accept", f"{day} 10:20", {})]


async def _stand(session: Session) -> dict[Any, CaseClock]:
    found = select(CaseClock).execution_options(populate_existing=True)
    return {one.id: one for one in await session.scalars(found)}


def _as_it_is(one: CaseClock) -> dict[str, Any]:
    return {name: getattr(one, name) for name in CaseClock.__table__.columns.keys()}  # noqa: SIM118  a collection of columns


async def test_open_clocks_move_as_one_set_and_nothing_that_is_over_or_stands_still(
    session: Session, case: Case, time: Time
) -> None:
    why = {"reason": "材料不齐"}
    near = await case(*_accepted("2023-05-31"), opened="2023-05-31 10:00")
    refused = {**why, "conclusion": "out_of_time", "told": "已告知可申请仲裁"}
    over = await case(
        ("sign", "2023-06-01 10:00", {}), ("refuse", "2023-06-02 10:00", refused),
        opened="2023-06-01 09:00",
    )  # fmt: skip
    early = _accepted("2023-07-10")
    still = await case(*early, ("suspend", "2023-07-11 10:00", why), opened="2023-07-10 10:00")
    paused = await case(
        *_accepted("2023-07-12"), ("suspend", "2023-07-13 10:00", why),
        ("resume", "2023-07-20 10:00", why), opened="2023-07-12 10:00",
    )  # fmt: skip
    late = await case(opened="2023-08-09 10:00")
    await case(*_accepted("2023-08-14"), opened="2023-08-14 10:00")
    await make.pass_time(session, at(NEWS))
    time.move_to(at(NEWS))
    before = {each: _as_it_is(one) for each, one in (await _stand(session)).items()}
    days = dict(make.calendar_told().exceptions)
    days |= {date(2023, 8, day): "holiday" for day in (16, 17, 18)}
    await make.tell(session, make.calendar_told(exceptions=days, occurred_at=at(NEWS)))
    exceptions = {day: workdays.DayKind(kind) for day, kind in days.items()}
    calendar = workdays.overlay(workdays.national_calendar([2023, 2024]), "0", exceptions)
    moved, kept = set(), set()
    for each, one in (await _stand(session)).items():
        armed = await timers.armed(session, each, TimerKind.CLOCK)
        if one.ended_at or one.over_at or one.still_since:
            assert _as_it_is(one) == before[each], one.kind
            assert not armed
            kept.add(str(one.case_id))
            continue
        shift = one.kind not in rules.UNSHIFTED
        due = rules.due_at(one.started_at, one.limit, one.stood_still, calendar, shift=shift)
        assert (one.due_at, one.calendar_version) == (due, calendar.version), one.kind
        assert [(limit.due_at, limit.calendar_version) for limit in armed] == [
            (due, calendar.version)
        ]
        if due != before[each]["due_at"]:
            moved.add(str(one.case_id))
        if one.kind in rules.COUNTED_DOWN:
            await _is_counted_down(session, one)
    assert {near, paused} <= moved
    assert {over, still, late} <= kept
    await _next_is_the_first(session)
    audited = await session.scalars(select(AuditRow).where(AuditRow.action == "rewrite"))
    assert {row.table_name for row in audited} >= {"case_clocks", "arrears_cases", "conditions"}
    await _item_follows(session, near)


async def _is_counted_down(session: Session, one: CaseClock) -> None:
    """What counts a limit down goes by its new last day, and was told so."""
    assert one.due_at
    last = clock.day_of(one.due_at - timedelta(microseconds=1))
    key = f"case_limit_near:{one.case_id}:{one.kind}"
    found = select(Condition).where(Condition.key == key, Condition.ended_at.is_(None))
    condition = (await session.scalars(found.execution_options(populate_existing=True))).one()
    assert condition.since == last
    armed = await timers.armed(session, condition.id, TimerKind.CONDITION)
    assert [limit.due_at for limit in armed] == ([condition.opens_at] if condition.opens_at else [])
    told = await session.scalars(select(Telling).where(Telling.key == key).order_by(Telling.at))
    assert told.all()[-1].body["due_on"] == last.isoformat()


async def _next_is_the_first(session: Session) -> None:
    cases = await session.scalars(select(ArrearsCase).execution_options(populate_existing=True))
    clocks = (await _stand(session)).values()
    for one in cases.all():
        own = [each for each in clocks if each.case_id == one.id and each.proceeding_id is None]
        due = [each.due_at for each in own if each.due_at and not each.ended_at]
        assert one.next_at == min(due, default=None)


async def _item_follows(session: Session, case_id: str) -> None:
    """What was open as an item already is told of the new day, and goes on by it."""
    items = select(WatchItem).execution_options(populate_existing=True)
    item = next(one for one in await session.scalars(items) if str(one.subject_id) == case_id)
    assert item.due_on == date(2023, 8, 29)
    await make.pass_time(session, at("2023-08-30 08:00"))
    climbed = [level for level, _ in await make.climbed(session, item)]
    assert climbed[-1] == "red"
