"""Rosters over HTTP: entering, leaving, contracts, cards, findings, insurance, whose they are."""

import asyncio
import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import Engine, event, select

from services.payroll import actions
from services.payroll.models import RosterEntry, Worker
from services.payroll.schemas.policies import PolicyIn
from shared import clock
from shared.db import AuditRow, Session, Sessions
from shared.outbox import OutboxRow
from tests.fixtures.service import Time, Token
from tests.payroll import factories as make
from tests.payroll import people
from tests.payroll.people import EMPLOYER, card_no, id_number, roster, worker

TODAY = date(2023, 1, 10)
contractor = pytest.mark.caller("contractor", areas=[make.COUNTY], org=make.CONTRACTOR)


async def known(session: Session) -> tuple[UUID, UUID]:
    """Know two projects of the contractor; a subcontractor works at the first."""
    await make.tree(session)
    first = (await make.project(session)).project_id
    await people.employ(session, first)
    return first, (await make.project(session, name="另一工程")).project_id


@pytest.fixture
async def projects(session: Session, time: Time) -> tuple[UUID, UUID]:
    """Give them, on the morning of 10 January."""
    time.move_to(clock.at(TODAY, 8))
    found = await known(session)
    await session.flush()
    return found


@pytest.fixture
def project(projects: tuple[UUID, UUID]) -> UUID:
    """Give the first."""
    return projects[0]


async def post(client: AsyncClient, project: UUID, what: str, body: Any, **said: Any) -> Response:  # noqa: ANN401
    return await client.post(f"/payroll/v1/projects/{project}/{what}", json=body, **said)


async def enter(client: AsyncClient, project: UUID, *rows: Any, **said: Any) -> dict[str, Any]:
    answer = await post(client, project, "roster-entries", roster(*rows), **said)
    assert answer.status_code == 201, answer.text
    taken: dict[str, Any] = answer.json()
    return taken


async def listed(client: AsyncClient, project: UUID, what: str, **only: Any) -> list[Any]:
    headers = only.pop("headers", None)
    answer = await client.get(
        f"/payroll/v1/projects/{project}/{what}", params=only, headers=headers
    )
    assert answer.status_code == 200, answer.text
    found: list[Any] = answer.json()["items"]
    return found


async def findings(client: AsyncClient, **said: Any) -> list[Any]:
    headers = said.pop("headers", None)
    answer = await client.get("/payroll/v1/roster-findings", params=said, headers=headers)
    found: list[Any] = answer.json()["items"]
    return found


def wrong(answer: Response) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return [(one["place"], one["code"]) for one in answer.json()["errors"]]


def counts(taken: Mapping[str, Any]) -> tuple[int, int, int]:
    return taken["entered"], taken["changed"], taken["unchanged"]


async def decide(session: Session, kind: str, values: dict[str, Any]) -> None:
    body: dict[str, Any] = {
        "area_code": make.COUNTY, "kind": kind, "version": 1, "valid_from": date(2023, 1, 1),
        "values": values, "basis": "县住建局通知", "certainty": "B",
    }  # fmt: skip
    await actions.policies.add_policy(session, make.person(), PolicyIn(**body), clock.now())
    await session.flush()


# ---- entering --------------------------------------------------------------------------------


@contractor
async def test_workers_enter_once_and_are_shown_masked(client: AsyncClient, project: UUID) -> None:
    rows = [
        worker(1, phone="13900001111", trade="020", crew="钢筋一班", is_leader=True),
        worker(2, crew="钢筋一班", role="10"),
    ]
    taken = await enter(client, project, *rows)
    assert (counts(taken), taken["warnings"]) == ((2, 0, 0), [])
    again = await enter(client, project, *rows)
    assert counts(again) == (0, 0, 2)
    assert [one["entry_id"] for one in again["taken"]] == [
        one["entry_id"] for one in taken["taken"]
    ]
    first, second = await listed(client, project, "roster-entries")
    assert (first["name"], first["phone"]) == ("工*", "139****1111")
    assert first["id_number"] == f"9901{'*' * 10}{id_number(1)[-4:]}"
    assert (first["employer_id"], first["trade"], second["role"]) == (
        str(make.CONTRACTOR), "020", "10",
    )  # fmt: skip
    [crew] = await listed(client, project, "crews")
    assert (crew["number"], crew["name"], crew["from_on"]) == (1, "钢筋一班", "2023-01-10")
    assert crew["leader_entry_id"] == first["id"]
    assert crew["id"] == second["crew_id"]
    [contract, _] = await listed(client, project, "labour-contracts")
    assert (contract["start_on"], contract["form"]) == ("2023-01-09", "labour_contract")
    one = await client.get(f"/payroll/v1/projects/{project}/roster-entries/{first['id']}")
    assert one.json() == first


@contractor
async def test_what_is_told_anew_changes_and_what_is_left_out_stays(
    client: AsyncClient, project: UUID
) -> None:
    await enter(client, project, worker(1, trade="020", crew="一班", insured=True))
    taken = await enter(client, project, worker(1, crew="二班", injury_insured=True))
    assert counts(taken) == (0, 1, 0)
    [entry] = await listed(client, project, "roster-entries")
    assert (entry["trade"], entry["insured"], entry["injury_insured"]) == ("020", True, True)
    assert [crew["number"] for crew in await listed(client, project, "crews")] == [1, 2]


@contractor
async def test_all_findings_come_at_once_and_nobody_is_entered(
    client: AsyncClient, project: UUID, session: Session
) -> None:
    right = id_number(3)
    rows = [
        worker(1),
        worker(1),
        worker(3, id_number=right[:17] + ("0" if right[17] != "0" else "1"), trade="999"),
        worker(4, id_number=id_number(4, date(2010, 1, 1))),
        worker(5, entered_on="2023-03-01", left_on="2023-01-11"),
        worker(6, card={"card_no": "12"}),
    ]
    answer = await post(client, project, "roster-entries", roster(*rows))
    assert wrong(answer) == [
        ("workers[1].id_number", "person_twice"),
        ("workers[2].id_number", "id_check_digit"),
        ("workers[2].trade", "trade_unknown"),
        ("workers[3].id_number", "too_young"),
        ("workers[4].entered_on", "day_in_future"),
        ("workers[4].left_on", "day_in_future"),
        ("workers[4].left_on", "left_before_entry"),
        ("workers[5].card.card_no", "card_form"),
    ]
    assert all(one["remedy"] for one in answer.json()["errors"])
    assert right[:17] not in answer.text
    assert (await session.scalars(select(Worker))).all() == []
    assert await listed(client, project, "roster-entries") == []


@contractor
async def test_the_gate_is_the_area_s(
    client: AsyncClient, project: UUID, session: Session, time: Time
) -> None:
    bare = {name: said for name, said in worker(1).items() if name != "contract"}
    taken = await enter(client, project, bare)
    assert [one["code"] for one in taken["warnings"]] == ["contract_missing"]
    time.move_to(clock.at(date(2023, 1, 12), 8))
    taken = await enter(client, project, worker(2))
    assert [(one["place"], one["code"]) for one in taken["warnings"]] == [
        ("workers[0].entered_on", "registered_late")
    ]
    await decide(session, "registration_gate", {"mode": "refuse", "ahead_days": 0})
    late = bare | {"id_number": id_number(3)}
    assert wrong(await post(client, project, "roster-entries", roster(late))) == [
        ("workers[0].contract", "contract_missing"),
        ("workers[0].entered_on", "registered_late"),
    ]
    await enter(client, project, worker(4, entered_on="2023-01-12"))


@contractor
async def test_another_day_of_entry_is_corrected_by_a_movement_alone(
    client: AsyncClient, project: UUID, time: Time
) -> None:
    taken = await enter(client, project, worker(1))
    entry_id = taken["taken"][0]["entry_id"]
    other = worker(1, entered_on="2023-01-09")
    assert wrong(await post(client, project, "roster-entries", roster(other))) == [
        ("workers[0].entered_on", "entered_otherwise")
    ]
    moved = {"movements": [{"id_number": id_number(1), "kind": "in", "day": "2023-01-09"}]}
    assert counts((await post(client, project, "site-movements", moved)).json()) == (0, 1, 0)
    time.move_to(clock.at(date(2023, 1, 20), 8))
    left = {"movements": [{"entry_id": entry_id, "kind": "out", "day": "2023-01-19",
                           "reason": "完工退场"}]}  # fmt: skip
    assert counts((await post(client, project, "site-movements", left)).json()) == (0, 1, 0)
    assert counts((await post(client, project, "site-movements", left)).json()) == (0, 0, 1)
    path = f"/payroll/v1/projects/{project}/roster-entries/{entry_id}"
    entry = (await client.get(path)).json()
    assert (entry["entered_on"], entry["left_on"]) == ("2023-01-09", "2023-01-19")
    told = (await client.get(f"{path}/movements")).json()
    assert [(one["kind"], one["day"]) for one in told] == [
        ("in", "2023-01-10"), ("in", "2023-01-09"), ("out", "2023-01-19"),
    ]  # fmt: skip
    # He may come again, on no day on which he was here.
    during = worker(1, entered_on="2023-01-18")
    assert wrong(await post(client, project, "roster-entries", roster(during))) == [
        ("workers[0].entered_on", "spells_overlap")
    ]
    assert counts(await enter(client, project, worker(1, entered_on="2023-01-20")))[0] == 1
    assert len(await listed(client, project, "roster-entries", left=True)) == 1


@contractor
async def test_movements_that_cannot_be_are_found_together(
    client: AsyncClient, project: UUID
) -> None:
    await enter(client, project, worker(1))
    said = [
        {"id_number": id_number(1), "kind": "out", "day": "2023-01-11"},
        {"id_number": id_number(1), "kind": "out", "day": "2023-01-09"},
        {"id_number": id_number(9), "kind": "out", "day": "2023-01-10"},
    ]
    answer = await post(client, project, "site-movements", {"movements": said})
    assert wrong(answer) == [
        ("movements[0].day", "day_in_future"),
        ("movements[1].day", "left_before_entry"),
        ("movements[2].entry_id", "not_on_roster"),
    ]


# ---- what is found ---------------------------------------------------------------------------


@contractor
async def test_one_person_in_two_places_is_found_and_not_refused(
    client: AsyncClient, projects: tuple[UUID, UUID], session: Session, token: Token, time: Time
) -> None:
    first, second = projects
    entry = (await enter(client, first, worker(1)))["taken"][0]["entry_id"]
    assert await findings(client) == []
    await enter(client, second, worker(1), worker(2))
    [found] = await findings(client)
    assert (found["kind"], found["since"], found["ended_at"]) == ("two_places", "2023-01-10", None)
    assert {found["project_id"], found["other_project_id"]} == {str(first), str(second)}
    assert (found["name"], found["id_number"][4:14]) == ("工*", "*" * 10)
    office = token("wage_office", areas=[make.COUNTY])
    for project in projects:
        assert await findings(client, project_id=str(project), headers=office) == [found]
    # The subcontractor of one of both sees his own people, and not where else they are.
    await enter(
        client, first, worker(3), headers=token("subcontractor", areas=[make.COUNTY], org=EMPLOYER)
    )
    await enter(client, second, worker(3))
    sub = token("subcontractor", areas=[make.COUNTY], org=EMPLOYER)
    assert await findings(client, headers=sub) == []
    assert len(await findings(client, headers=office)) == 2
    time.move_to(clock.at(date(2023, 1, 15), 8))
    left = {"movements": [{"entry_id": entry, "kind": "out", "day": "2023-01-14"}]}
    await post(client, first, "site-movements", left)
    assert len(await findings(client, ended=True)) == 1
    assert len(await findings(client, ended=False)) == 1
    # What was over when it was told of was so all the same.
    past = worker(2, entered_on="2023-01-11", left_on="2023-01-12")
    await enter(client, first, past)
    assert len(await findings(client, ended=True)) == 2
    await enter(client, first, past)
    assert len(await findings(client)) == 3


@contractor
async def test_a_name_is_put_right_by_its_own_and_not_by_others(
    client: AsyncClient, projects: tuple[UUID, UUID], session: Session
) -> None:
    first, second = projects
    await enter(client, first, worker(1, name="张山", card={"card_no": card_no(1)}))
    taken = await enter(client, first, worker(1, name="张三"))
    assert taken["warnings"] == []
    held = await listed(client, first, "payee-accounts")
    assert [one["is_own"] for one in held] == [True]
    taken = await enter(client, second, worker(1, name="李四"))
    assert [one["code"] for one in taken["warnings"]] == ["name_differs"]
    kinds = {one["kind"] for one in await findings(client, ended=False)}
    assert kinds == {"two_places", "name_differs"}
    [person] = (await session.scalars(select(Worker))).all()
    assert person.name == "张三"
    await enter(client, second, worker(1, name="张三"))
    kinds = {one["kind"] for one in await findings(client, ended=False)}
    assert kinds == {"two_places"}


@contractor
async def test_cards_of_others_are_found(client: AsyncClient, project: UUID) -> None:
    card = {"card_no": card_no(1)}
    taken = await enter(
        client, project,
        worker(1, card=card), worker(2, card=card),
        worker(3, card={"card_no": card_no(3), "holder": "工头"}),
    )  # fmt: skip
    assert sorted(one["code"] for one in taken["warnings"]) == ["card_twice", "holder_differs"]
    kinds = sorted(one["kind"] for one in await findings(client, ended=False))
    assert kinds == ["card_shared", "holder_differs"]
    own = [
        {"id_number": id_number(n), "card": {"card_no": card_no(10 + n), "holder": f"工人{n}"}}
        for n in (2, 3)
    ]
    await post(client, project, "payee-accounts", {"payees": own})
    assert await findings(client, ended=False) == []
    assert len(await findings(client, ended=True)) == 2


@contractor
async def test_a_changed_card_waits_and_what_counted_is_never_overwritten(
    client: AsyncClient, project: UUID, time: Time, token: Token
) -> None:
    taken = await enter(client, project, worker(1, card={"card_no": card_no(1)}))
    entry = taken["taken"][0]["entry_id"]

    async def tell(n: int) -> str:
        said = {"payees": [{"entry_id": entry, "card": {"card_no": card_no(n)}}]}
        answer = await post(client, project, "payee-accounts", said)
        assert answer.status_code == 201
        return str(answer.json()["taken"][0]["state"])

    async def in_use() -> str | None:
        path = f"/payroll/v1/projects/{project}/roster-entries/{entry}/reveal"
        said = {"purpose": "核对发放账户"}
        office = token("wage_office", areas=[make.COUNTY])
        answer = await client.post(path, json=said, headers=office)
        number: str | None = answer.json()["card_no"]
        return number

    assert await tell(1) == "unchanged"
    assert await tell(2) == "changed"
    began = clock.now()
    time.move_to(began + timedelta(hours=71))
    assert await in_use() == card_no(1)
    # A third one while the second waits: the second never counts.
    await tell(3)
    time.move_to(began + timedelta(hours=73))
    assert await in_use() == card_no(1)
    time.move_to(began + timedelta(hours=71 + 72))
    assert await in_use() == card_no(3)
    held = await listed(client, project, "payee-accounts")
    assert [one["card_no"][-4:] for one in held] == [card_no(n)[-4:] for n in (1, 2, 3)]
    assert {one["card_no"][:-4] for one in held} == {"*" * 15}
    assert held[0]["replaced_at"] == held[2]["usable_from"]
    assert held[1]["replaced_at"] < held[1]["usable_from"]
    assert held[2]["replaced_at"] is None


@contractor
async def test_contracts_are_told_for_many_and_contradict_none(
    client: AsyncClient, project: UUID
) -> None:
    await enter(client, project, worker(1), worker(2))
    terms = {"start_on": "2023-01-09", "end_on": "2023-12-31"}
    later = {"start_on": "2024-01-01", "period_type": "1", "unit": "day", "unit_price": "320.00"}
    said = [
        {"id_number": id_number(1), "contract": terms},
        {"id_number": id_number(2), "contract": later},
    ]
    answer = await post(client, project, "labour-contracts", {"contracts": said})
    assert counts(answer.json()) == (0, 1, 1)
    worker_id = answer.json()["taken"][1]["worker_id"]
    _, last = await listed(client, project, "labour-contracts", worker_id=worker_id)
    assert (last["unit"], last["unit_price"], last["end_on"]) == ("day", "320.00", None)
    said[0]["contract"] = terms | {"end_on": None}
    said[1]["id_number"] = id_number(9)
    answer = await post(client, project, "labour-contracts", {"contracts": said})
    assert wrong(answer) == [
        ("contracts[0].contract", "contract_differs"),
        ("contracts[1].entry_id", "not_on_roster"),
    ]


# ---- insurance (R2.6) ------------------------------------------------------------------------


@contractor
async def test_insured_people_are_counted_on_the_site_of_a_day_as_told_of_it(
    client: AsyncClient, project: UUID, time: Time
) -> None:
    rows = [
        worker(1, insured=True, injury_insured=True),
        worker(2, injury_insured=True),
        worker(3, insured=False, injury_insured=False),
        worker(4),
    ]
    await enter(client, project, *rows)

    async def said(day: str) -> list[Any]:
        path = f"/payroll/v1/projects/{project}/insurance"
        answer = (await client.get(path, params={"day": day})).json()
        names = ("on_site", "insured", "injury_insured", "untold", "insured_share",
                 "injury_insured_share")  # fmt: skip
        return [answer[name] for name in names]

    assert await said("2023-01-10") == [4, 1, 2, 1, "25.0", "50.0"]
    assert await said("2023-01-09") == [0, 0, 0, 0, None, None]
    time.move_to(clock.at(date(2023, 1, 20), 8))
    await enter(client, project, worker(3, insured=True, injury_insured=True), worker(5))
    left = {"movements": [{"id_number": id_number(4), "kind": "out", "day": "2023-01-15"}]}
    await post(client, project, "site-movements", left)
    assert await said("2023-01-20") == [4, 2, 3, 1, "50.0", "75.0"]
    # What was told later does not change what was so.
    assert (await said("2023-01-12"))[1:3] == [1, 2]
    assert (await said("2023-01-15"))[0] == 5


# ---- whose it is -----------------------------------------------------------------------------


@contractor
async def test_a_subcontractor_fills_and_sees_its_own_alone(
    client: AsyncClient, project: UUID, token: Token
) -> None:
    sub = token("subcontractor", areas=[make.COUNTY], org=EMPLOYER)
    await enter(client, project, worker(1), headers=sub)
    await enter(client, project, worker(2))
    [own] = await listed(client, project, "roster-entries", headers=sub)
    assert own["employer_id"] == str(EMPLOYER)
    assert len(await listed(client, project, "roster-entries")) == 2
    other = roster(worker(3), employer_id=str(make.CONTRACTOR))
    answer = await post(client, project, "roster-entries", other, headers=sub)
    assert wrong(answer) == [("employer_id", "employer_unknown")]
    stranger = roster(worker(3), employer_id=str(UUID(int=99)))
    assert wrong(await post(client, project, "roster-entries", stranger)) == [
        ("employer_id", "employer_unknown")
    ]
    moved = {"movements": [{"id_number": id_number(2), "kind": "out", "day": "2023-01-10"}]}
    answer = await post(client, project, "site-movements", moved, headers=sub)
    assert wrong(answer) == [("movements[0].entry_id", "not_on_roster")]


@contractor
async def test_another_area_and_another_contractor_see_no_such_project(
    client: AsyncClient, project: UUID, token: Token
) -> None:
    await enter(client, project, worker(1))
    strangers = [
        token("contractor", areas=[make.COUNTY], org=UUID(int=98)),
        token("contractor", areas=[make.NEIGHBOUR], org=make.CONTRACTOR),
        token("subcontractor", areas=[make.NEIGHBOUR], org=EMPLOYER),
    ]
    for headers in strangers:
        answer = await post(client, project, "roster-entries", roster(worker(2)), headers=headers)
        assert answer.status_code == 404
        path = f"/payroll/v1/projects/{project}/roster-entries"
        assert (await client.get(path, headers=headers)).status_code == 404


@contractor
async def test_nobody_on_a_roster_stands_in_events_audit_or_answers(
    client: AsyncClient, projects: tuple[UUID, UUID], session: Session, token: Token
) -> None:
    first, second = projects
    row = worker(
        1, name="欧阳甲", phone="13900001111", card={"card_no": card_no(1), "holder": "别人"}
    )
    taken = await enter(client, first, row)
    await enter(client, second, row)
    answers = [
        await listed(client, first, what)
        for what in ("roster-entries", "payee-accounts", "labour-contracts", "crews")
    ] + [await findings(client), [taken]]
    entry = taken["taken"][0]["entry_id"]
    office = token("wage_office", areas=[make.COUNTY])
    path = f"/payroll/v1/projects/{first}/roster-entries/{entry}/reveal"
    shown = await client.post(path, json={"purpose": "核对身份"}, headers=office)
    assert shown.json()["name"] == "欧阳甲"
    sought = {"name": "欧阳甲", "card_no": card_no(1)}
    found = await post(client, first, "roster-entries/search", sought)
    assert [one["id"] for one in found.json()] == [entry]
    audit = (await session.scalars(select(AuditRow))).all()
    kinds = {(row.action, row.table_name) for row in audit}
    assert {("reveal", "roster_entries"), ("search", "roster_entries")} <= kinds
    told = json.dumps(
        [answers, found.json()]
        + [[row.row_id, row.before, row.after] for row in audit]
        + [str(row.body) for row in (await session.scalars(select(OutboxRow))).all()],
        ensure_ascii=False, default=str,
    )  # fmt: skip
    for secret in (id_number(1), "欧阳甲", "13900001111", card_no(1), "别人"):
        assert secret not in told


# ---- two at once -----------------------------------------------------------------------------


@contractor
async def test_two_who_enter_the_same_workers_at_once_enter_each_once(
    sessions: Sessions, time: Time, client: AsyncClient
) -> None:
    time.move_to(clock.at(TODAY, 8))
    async with sessions.begin() as session:
        first, second = await known(session)
    rows = [worker(n, crew="一班", card={"card_no": card_no(n)}) for n in range(6)]
    answers = await asyncio.gather(
        *(enter(client, of, *order) for of in (first, second) for order in (rows, rows[::-1]))
    )
    assert sum(one["entered"] for one in answers) == 12
    for project in (first, second):
        assert len(await listed(client, project, "roster-entries")) == 6
        assert len(await listed(client, project, "payee-accounts")) == 6
        assert len(await listed(client, project, "crews")) == 1
    # Neither saw the other's rows when it began; each person is found at both places once.
    found = await findings(client, ended=False)
    assert [one["kind"] for one in found] == ["two_places"] * 6
    async with sessions.begin() as session:
        assert len((await session.scalars(select(Worker))).all()) == 6
        open_ = await session.scalars(select(RosterEntry.worker_id))
        assert len(set(open_)) == 6


@contractor
async def test_many_workers_are_as_many_statements_as_few(
    client: AsyncClient, projects: tuple[UUID, UUID]
) -> None:
    async def statements(project: UUID, numbers: range) -> int:
        said: list[str] = []

        def note(*told: Any) -> None:
            said.append(str(told[2]))

        event.listen(Engine, "before_cursor_execute", note)
        try:
            rows = [worker(n, card={"card_no": card_no(n)}, crew="一班") for n in numbers]
            assert counts(await enter(client, project, *rows)) == (len(numbers), 0, 0)
        finally:
            event.remove(Engine, "before_cursor_execute", note)
        return len(said)

    few = await statements(projects[0], range(3))
    many = await statements(projects[1], range(1000, 1300))
    assert many == few
