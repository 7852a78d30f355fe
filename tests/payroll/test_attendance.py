"""Attendance: each record once, late or not; what is wrong with each is told; who was there."""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from services.payroll import actions, handlers
from services.payroll.errors import ExpectationRefused
from services.payroll.models import Attendance, Attendee, RosterEntry, Worker
from services.payroll.rules.attendance import Seen, split
from services.payroll.rules.trades import IdType, WorkerRole
from services.payroll.schemas import attendance as bodies
from services.payroll.schemas.expectations import ExpectationIn
from shared import clock, pii
from shared.auth import Caller
from shared.db import AuditRow, Session, Sessions, new_id
from shared.events.registry import OrganisationRegistered
from shared.expectations import ExpectationState
from tests.fixtures.service import Time, Token
from tests.payroll import attendance
from tests.payroll import factories as make
from tests.payroll.attendance import ID_CARD, OTHER_CARD, seen, send

TODAY = date(2023, 4, 3)
VENDOR = Caller("key:gate", frozenset({"gate_vendor"}), frozenset({make.COUNTY}))
pytestmark = pytest.mark.caller("gate_vendor", areas=[make.COUNTY])


async def known(session: Session, time: Time) -> UUID:
    time.move_to(clock.at(TODAY, 9))
    await make.tree(session)
    return await make.contract(session)


@pytest.fixture
async def project(session: Session, time: Time) -> UUID:
    project_id = await known(session, time)
    await session.flush()  # The app must see it.
    return project_id


@pytest.fixture
def as_contractor(client: AsyncClient, token: Token) -> None:
    client.headers.update(token("contractor", areas=[make.COUNTY], org=make.CONTRACTOR))


def counts(answer: Any) -> tuple[int, ...]:  # noqa: ANN401  a response
    assert answer.status_code == 201, answer.text
    return tuple(answer.json()[name] for name in ("sent", "new", "known", "refused"))


async def test_a_batch_counts_once_however_often_it_is_sent(
    client: AsyncClient, session: Session, project: UUID
) -> None:
    batch = [seen("1"), seen("2", id_number=OTHER_CARD), seen("3", "2021-12-31T23:59:59Z")]
    assert counts(await send(client, project, *batch)) == (3, 3, 0, 0)
    assert counts(await send(client, project, *batch)) == (3, 0, 3, 0)
    # Another system may number its records alike, and one batch may say the same twice.
    more = [seen("1"), seen("1"), seen("4")]
    assert counts(await send(client, project, *more, source="gate-2")) == (3, 2, 1, 0)
    rows = (await session.scalars(select(Attendance).order_by(Attendance.day))).all()
    assert [(row.day, row.source) for row in rows[:2]] == [
        (date(2022, 1, 1), "gate_vendor:gate-1"),
        (date(2023, 3, 1), "gate_vendor:gate-1"),
    ]
    audited = await session.scalars(select(AuditRow.after).where(AuditRow.action == "copy"))
    assert sorted(row["rows"] for row in audited) == [2, 2, 3]  # people and records of each


async def test_numbers_are_sealed_once_and_shown_masked(
    client: AsyncClient, session: Session, project: UUID, token: Token
) -> None:
    spelled = [ID_CARD, f" {ID_CARD[:6]} {ID_CARD[6:]}", "１１０１０１１９９００３０７７３７９"]
    batch = [seen(str(n), id_number=number) for n, number in enumerate(spelled)]
    assert counts(await send(client, project, *batch)) == (3, 3, 0, 0)
    sealed = (await session.execute(text("SELECT id_number FROM attendees"))).scalars().all()
    assert len(sealed) == 1
    assert ID_CARD.encode() not in bytes(sealed[0])
    client.headers.update(token("wage_office", areas=[make.COUNTY]))
    path = f"/payroll/v1/projects/{project}/attendance?period=2023-03"
    [shown] = (await client.get(path)).json()["items"]
    assert shown["id_number"] == pii.mask_id_number(ID_CARD)
    reveal = f"/payroll/v1/attendees/{shown['attendee_id']}/reveal"
    clear = await client.post(reveal, json={"purpose": "核实未登记人员"})
    assert clear.json()["id_number"] == ID_CARD
    [audited] = await session.scalars(select(AuditRow).where(AuditRow.action == "reveal"))
    assert (audited.table_name, audited.after) == ("attendees", {"purpose": "核实未登记人员"})


HOSTILE: list[tuple[dict[str, Any], str, str]] = [
    ({"at": "2023-04-04T00:00:00+08:00"}, "at", "in_future"),
    ({"at": "2023-03-01T07:30:00"}, "at", "timezone_aware"),
    ({"at": "yesterday"}, "at", "datetime_from_date_parsing"),
    ({"record_key": f"{ID_CARD}-1"}, "record_key", "names_person"),
    ({"record_key": "k-422828198805123611"}, "record_key", "names_person"),
    ({"record_key": "a\u0000b"}, "record_key", "string_pattern_mismatch"),
    ({"id_number": "' OR 1=1 --\u0000"}, "id_number", "string_pattern_mismatch"),
    ({"id_number": "----"}, "id_number", "string_pattern_mismatch"),
    ({"id_number": None}, "id_number", "string_type"),
    ({"direction": "3"}, "direction", "enum"),
    ({"attend_type": "012"}, "attend_type", "enum"),
    ({"units": "NaN"}, "units", "finite_number"),
    ({"units": 4}, "units", "less_than_equal"),
    ({"confidence": "1e999999"}, "confidence", "decimal_max_digits"),
    ({"image": "base64"}, "image", "extra_forbidden"),
]


async def test_what_is_wrong_with_each_record_is_told_at_once_and_all_others_count(
    client: AsyncClient, session: Session, project: UUID
) -> None:
    wrong = [seen(f"w{n}") | changes for n, (changes, *_) in enumerate(HOSTILE)]
    right = [seen(f"r{n}") for n in range(len(wrong))]
    batch = [one for pair in zip(wrong, right, strict=True) for one in pair]
    answer = await send(client, project, *batch, "no record", 7)
    assert counts(answer) == (32, 15, 0, 17)
    found = {(one["place"], one["code"]) for one in answer.json()["findings"]}
    told = {(f"records[{2 * n}].{place}", code) for n, (_, place, code) in enumerate(HOSTILE)}
    assert found == told | {("records[30]", "model_type"), ("records[31]", "model_type")}
    assert all(one["detail"]["zh"] for one in answer.json()["findings"])
    assert ID_CARD not in answer.text
    assert await session.scalar(select(func.count()).select_from(Attendance)) == 15


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 422),
        (b"{", 422),
        (b"[]", 422),
        (b'{"source": "1 2", "records": [{}]}', 422),
        (b'{"source": "a", "records": [{}, 3]}', 422),
        (b'{"source": "a", "records": {"0": {}}}', 422),
        (b'{"source": "a", "records": [' + b"[" * 5000, 422),
        (attendance.body(*[seen("1")] * (bodies.MOST_RECORDS + 1)), 422),
        (b" " * (bodies.MOST_BYTES + 1), 413),
    ],
    ids=["empty", "cut", "list", "source", "all wrong", "map", "deep", "many", "large"],
)
async def test_what_is_no_batch_is_refused_whole(
    client: AsyncClient, session: Session, project: UUID, content: bytes, status: int
) -> None:
    path = f"/payroll/v1/projects/{project}/attendance"
    answer = await client.post(path, content=content)
    assert (answer.status_code, bool(answer.json()["title"])) == (status, True)
    assert await session.scalar(select(func.count()).select_from(Attendee)) == 0


async def test_a_key_that_stands_for_something_else_is_told(
    client: AsyncClient, project: UUID
) -> None:
    full = {"attend_type": "001", "units": 1, "confidence": 0.98}
    await send(client, project, seen("1", **full), seen("2"))
    changes: list[dict[str, Any]] = [
        {"id_number": OTHER_CARD}, {"at": "2023-03-01T07:31:00+08:00"}, {"direction": None},
        {"attend_type": "002"}, {"units": 0.5}, {"confidence": 0.97},
    ]  # fmt: skip
    batch = [seen("1", **(full | change)) for change in changes]
    answer = await send(client, project, seen("3"), *batch, seen("2"), seen("1", **full))
    assert counts(answer) == (9, 1, 2, 6)
    found = [(one["place"], one["code"]) for one in answer.json()["findings"]]
    assert found == [(f"records[{n}].record_key", "record_differs") for n in range(1, 7)]


async def test_a_month_is_counted_by_person_and_by_day(
    client: AsyncClient, project: UUID, as_contractor: None
) -> None:
    del as_contractor
    other = {"id_number": OTHER_CARD}
    batch = [
        seen("1"), seen("2", "2023-03-01T18:00:00+08:00", direction="02"),
        seen("3", "2023-03-31T23:30:00+08:00"), seen("4", "2023-04-01T00:30:00+08:00"),
        seen("5", units=0.5, **other), seen("6", "2023-03-02T08:00:00+08:00", units=1, **other),
        seen("7", "2023-03-02T09:00:00+08:00", units=0.5, **other),
        seen("8", "2023-02-28T09:00:00+08:00", **other),
    ]  # fmt: skip
    assert counts(await send(client, project, *batch)) == (8, 8, 0, 0)
    path = f"/payroll/v1/projects/{project}/attendance"
    first = (await client.get(path, params={"period": "2023-03", "limit": 1})).json()
    rest = await client.get(path, params={"period": "2023-03", "limit": 1, "cursor": first["next"]})
    people = first["items"] + rest.json()["items"]
    said = {
        (one["days"], one["units"], one["records"], one["first_on"], one["last_on"])
        for one in people
    }
    assert said == {
        (2, None, 3, "2023-03-01", "2023-03-31"),
        (2, "1.50", 3, "2023-03-01", "2023-03-02"),
    }
    days = (await client.get(f"{path}/days", params={"period": "2023-03"})).json()["days"]
    assert [(one["day"][-2:], one["people"], one["records"]) for one in days] == [
        ("01", 2, 3), ("02", 1, 2), ("31", 1, 1),
    ]  # fmt: skip


async def test_days_off_the_roster_are_told_apart(
    client: AsyncClient, session: Session, project: UUID, as_contractor: None
) -> None:
    del as_contractor
    index = pii.blind_index(ID_CARD, "id_number")
    worker = Worker(
        id=new_id(), id_type=IdType("01"), id_number=ID_CARD, id_index=index, name="张三丰",
        name_index="n", told_at=clock.now(),
    )  # fmt: skip
    spells = [(date(2023, 3, 2), date(2023, 3, 3)), (date(2023, 3, 6), None)]
    entries = [
        RosterEntry(
            id=new_id(), project_id=project, employer_id=make.CONTRACTOR, worker_id=worker.id,
            role=WorkerRole("20"), is_leader=False, name_index="n", entered_on=first, left_on=last,
            told_at=clock.now(), told_by="tester",
        )
        for first, last in spells
    ]  # fmt: skip
    session.add_all([worker, *entries])
    await session.flush()  # The app must see them.
    batch = [seen(str(day), f"2023-03-{day:02}T08:00:00+08:00") for day in range(1, 8)]
    await send(client, project, *batch, seen("9", id_number=OTHER_CARD))
    path = f"/payroll/v1/projects/{project}/attendance?period=2023-03"
    people = (await client.get(path)).json()["items"]
    said = {(one["worker_id"], one["days"], one["unregistered_days"]) for one in people}
    assert said == {(str(worker.id), 7, 3), (None, 1, 1)}


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"areas": [make.COUNTY]}, 201),
        ({"areas": [make.COUNTY], "org": make.CONTRACTOR}, 201),
        ({"areas": [make.COUNTY], "org": make.BANK}, 404),
        ({"areas": [make.NEIGHBOUR]}, 404),
        ({"areas": [make.NEIGHBOUR], "org": make.CONTRACTOR}, 404),
    ],
)
async def test_a_vendor_sends_for_its_areas_and_for_the_company_that_its_key_names(
    client: AsyncClient, project: UUID, token: Token, said: dict[str, Any], status: int
) -> None:
    client.headers.update(token("gate_vendor", **said))
    assert (await send(client, project, seen("1"))).status_code == status
    assert (await send(client, new_id(), seen("1"))).status_code == 404
    listed = f"/payroll/v1/projects/{project}/attendance?period=2023-03"
    assert (await client.get(listed)).status_code == 403


async def expected(session: Session, project: UUID, **changes: Any) -> Any:  # noqa: ANN401  a row
    said: dict[str, Any] = {
        "kind": "gate_vendor", "area_code": make.COUNTY, "project_id": project, "name": "闸机考勤",
        "unit_id": make.CONTRACTOR, "valid_from": TODAY,
    }  # fmt: skip
    body = ExpectationIn.model_validate(said | changes)
    return await actions.expectations.expect(session, make.person(), body, clock.now())


async def test_attendance_is_the_sign_of_life_of_who_sends_it(
    client: AsyncClient, session: Session, project: UUID, time: Time
) -> None:
    told = OrganisationRegistered(
        organisation_id=make.CONTRACTOR, name="某建设公司", credit_code="", area_code=make.COUNTY,
        roles=["contractor"], trades=[], occurred_at=make.BEGAN,
    )  # fmt: skip
    await handlers.on_organisation_registered(session, told)
    for wrong, code in (
        ({"project_id": None}, "project_unknown"),
        ({"project_id": new_id()}, "project_unknown"),
        ({"kind": "treasury"}, "project_unneeded"),
    ):
        with pytest.raises(ExpectationRefused) as refused:
            await expected(session, project, **wrong)
        assert [one.code for one in refused.value.errors] == [code]
    gate = await expected(session, project)
    contractor = await expected(session, project, kind="contractor")
    elsewhere = await expected(session, await make.contract(session))
    await session.flush()
    waited = gate.expected_by
    time.move_to(waited)
    assert counts(await send(client, project)) == (0, 0, 0, 0), "nobody passed, and that is news"
    for row in (gate, contractor, elsewhere):
        await session.refresh(row)
    assert (gate.arrived_at, contractor.arrived_at, elsewhere.arrived_at) == (waited, None, None)
    assert gate.expected_by > waited == elsewhere.expected_by
    assert gate.state is ExpectationState.AWAITED


async def test_two_at_once_count_each_record_once(
    sessions: Sessions, client: AsyncClient, time: Time
) -> None:
    async with sessions.begin("test") as session:
        project = await known(session, time)
    batch = [seen(str(n), id_number=(ID_CARD, OTHER_CARD)[n % 2]) for n in range(200)]
    answers = await asyncio.gather(
        *(send(client, project, *order) for order in (batch, batch[::-1], batch[50:150]))
    )
    assert sum(counts(answer)[1] for answer in answers) == 200
    assert [counts(answer)[3] for answer in answers] == [0, 0, 0]
    async with sessions.begin("test") as session:
        people = await session.scalar(select(func.count()).select_from(Attendee))
        rows = await session.scalar(select(func.count()).select_from(Attendance))
    assert (people, rows) == (2, 200)


@given(
    st.lists(
        st.tuples(st.sampled_from(["1", ID_CARD, f"x{ID_CARD}"]), st.integers(-2, 2)), max_size=8
    )
)
def test_what_is_taken_and_what_is_wrong_are_all_that_came(said: list[tuple[str, int]]) -> None:
    records = [
        Seen(place, key, "01", ID_CARD, clock.at(TODAY, hours * 12 % 24), None, None, None, None)
        ._replace(at=clock.at(date.fromordinal(TODAY.toordinal() + hours), 12))
        for place, (key, hours) in enumerate(said)
    ]  # fmt: skip
    taken, findings = split(records, clock.day_end(TODAY))
    left = {int(one.place[len("records[") :].partition("]")[0]) for one in findings}
    assert {seen.place for seen in taken} | left == set(range(len(said)))
    assert not {seen.place for seen in taken} & left
    assert all(key == "1" and hours <= 0 for key, hours in (said[seen.place] for seen in taken))
