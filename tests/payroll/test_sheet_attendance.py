"""A payroll sheet is held against attendance: who was seen, how often, and what nobody told."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient

from services.payroll import actions, handlers, jobs
from services.payroll.schemas.expectations import ExpectationIn
from shared import clock, timers
from shared.auth import Caller
from shared.db import Session
from shared.events.registry import OrganisationRegistered
from tests.fixtures.service import Time, Token
from tests.payroll import attendance, sheets
from tests.payroll import factories as make

pytestmark = pytest.mark.caller("contractor", areas=[make.COUNTY], org=make.CONTRACTOR)
VENDOR = Caller("key:gate", frozenset({"gate_vendor"}), frozenset({make.COUNTY}))


@pytest.fixture
async def project(session: Session, time: Time) -> UUID:
    time.move_to(clock.at(date(2023, 3, 1), 9))
    await make.tree(session)
    project_id = await make.contract(session)
    await session.flush()  # The roster looks for it.
    await sheets.enrol(session, project_id)
    await session.flush()
    time.move_to(clock.at(date(2023, 4, 3), 9))
    return project_id


def days(number: str, *, last: int, key: str = "") -> list[dict[str, Any]]:
    """Give two passages a day from the first of March on."""
    return [
        attendance.seen(
            f"{key}{day}{way}", f"2023-03-{day:02d}T{hour}:30:00+08:00",
            id_number=number, direction=way,
        )
        for day in range(1, last + 1)
        for way, hour in (("01", "07"), ("02", "18"))
    ]  # fmt: skip


def found(answer: dict[str, Any]) -> list[tuple[str, int, str, str]]:
    return [(one["code"], one["row"], one["field"], one["severity"]) for one in answer["findings"]]


async def test_a_sheet_is_held_against_the_days_that_gates_saw(
    client: AsyncClient, session: Session, project: UUID, token: Token
) -> None:
    said = sheets.body(sheets.line(), sheets.second())
    answer = (await sheets.send(client, project, said)).json()
    # Nobody told of attendance: it is said, and nobody is accused.
    assert found(answer) == [("attendance_unknown", 0, "sheet", "hint")]
    assert answer["findings"][0]["compared"] == {"period": "2023-03", "since": "2023-03-01"}
    assert answer["findings"][0]["rule"] == {"area_code": "0", "version": 2}
    ours = dict(client.headers)
    client.headers.update(token("gate_vendor", areas=[make.COUNTY]))
    batch = [
        *days(sheets.ID_CARD, last=20, key="a"), *days(sheets.THIRD_CARD, last=3, key="c"),
        # A month before and after it, and a stranger, prove nothing of this one.
        attendance.seen("z", "2023-02-28T07:30:00+08:00", id_number=sheets.OTHER_CARD),
        attendance.seen("y", "2023-04-01T07:30:00+08:00", id_number=sheets.OTHER_CARD),
        attendance.seen("x", id_number="110101198507150010"),
    ]  # fmt: skip
    assert (await attendance.send(client, project, *batch)).status_code == 201
    client.headers.update(ours)
    sheet_id = answer["sheet"]["id"]
    again = (await sheets.step(client, sheet_id, "check")).json()
    assert found(again) == [
        ("days_differ", 1, "days", "warning"),
        ("paid_without_attendance", 2, "net", "warning"),
        ("attended_without_pay", 0, "sheet", "warning"),
    ]
    assert [
        {name: value for name, value in one["compared"].items() if name != "worker_id"}
        for one in again["findings"]
    ] == [{"days": "22.00", "attended": "20"}, {"net": "5500.00"}, {"attended": "3"}]
    assert again["sheet"]["errors"] == 0
    # Paid on another sheet of the month, the third is not unpaid.
    other = (await sheets.send(client, project, sheets.body(sheets.third(), run=2))).json()
    assert (await sheets.step(client, other["sheet"]["id"], "submit")).status_code == 200
    last = (await sheets.step(client, sheet_id, "check")).json()
    assert [code for code, *_ in found(last)] == ["days_differ", "paid_without_attendance"]


async def test_where_gates_are_silent_nobody_is_accused(
    client: AsyncClient, session: Session, project: UUID, token: Token, time: Time
) -> None:
    told = OrganisationRegistered(
        organisation_id=make.CONTRACTOR, name="某建设公司", credit_code="", area_code=make.COUNTY,
        roles=["contractor"], trades=[], occurred_at=make.BEGAN,
    )  # fmt: skip
    await handlers.on_organisation_registered(session, told)
    time.move_to(clock.at(date(2023, 3, 9), 9))
    expected = ExpectationIn.model_validate({
        "kind": "gate_vendor", "area_code": make.COUNTY, "project_id": project,
        "name": "闸机考勤", "unit_id": make.CONTRACTOR, "valid_from": date(2023, 3, 9),
    })  # fmt: skip
    row = await actions.expectations.expect(session, make.person(), expected, clock.now())
    await session.flush()
    ours = dict(client.headers)
    client.headers.update(token("gate_vendor", areas=[make.COUNTY]))
    time.move_to(clock.at(date(2023, 3, 10), 11))
    await attendance.send(client, project, *days(sheets.ID_CARD, last=9))
    await session.flush()  # Its limit is claimed by its row.
    [limit] = await timers.armed(session, row.id)
    await timers.fire_due(session, [row.id], limit.due_at, jobs.on_expected_feed_due)
    await session.refresh(row)
    assert row.silent_since == clock.at(date(2023, 3, 11), 12)
    time.move_to(clock.at(date(2023, 4, 3), 9))
    client.headers.update(ours)
    said = sheets.body(sheets.line(), sheets.second())
    answer = (await sheets.send(client, project, said)).json()
    assert found(answer) == [("attendance_unknown", 0, "sheet", "hint")]
    assert answer["findings"][0]["compared"]["since"] == "2023-03-10"
    # What was seen is a fact, whatever else was not.
    fewer = sheets.body(sheets.line(days="4"))
    assert [code for code, *_ in found((await sheets.send(client, project, fewer)).json())] == [
        "days_differ", "attendance_unknown",
    ]  # fmt: skip
