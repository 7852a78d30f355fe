"""Arrears cases: told of once, acted upon by one table, their limits to the day."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from services.cases.models import ArrearsCase, CaseReport, ClockTerms, WatchItem
from services.cases.rules import case_clocks, course
from services.cases.rules.course import Act, Stage
from services.cases.rules.items import CaseState
from shared.db import AuditRow, Session, new_id
from tests.cases import factories as make
from tests.cases.factories import COUNTY, NEIGHBOUR, TOWN, at
from tests.fixtures.service import Time, Token

CASES = "/cases/v1/arrears-cases"
MORNING = "2023-05-31 10:00"
desk = pytest.mark.caller("intake_desk", areas=[COUNTY], subject="desk")
inspector = pytest.mark.caller("inspector", areas=[COUNTY], subject="inspector-1")

Do = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture(autouse=True)
async def _world(session: Session, time: Time) -> None:
    time.move_to(at(MORNING))
    await make.world(session)
    await session.flush()  # The app's own transactions must see it.


def told(**changes: Any) -> dict[str, Any]:
    return {
        "channel": "hotline_12345", "external_id": "H-1", "speaker": "worker", "name": "工人甲",
        "phone": "13800000001", "text": "工人甲（13800000001）反映三月四月工资未发",
        "area_code": TOWN, "place": "走马镇产业路工地", "months": "2023-03..2023-04",
        "workers": 12, "amount": "86000.00",
    } | changes  # fmt: skip


@pytest.fixture
def do(client: AsyncClient) -> Do:
    """Do an act upon a case as it stands, and give it as it is then."""

    async def act(case: dict[str, Any], act: str, **said: Any) -> dict[str, Any]:
        headers = said.pop("headers", None)
        body = {"act": act, "version": case["version"], **said}
        done = await client.post(f"{CASES}/{case['id']}/steps", json=body, headers=headers)
        assert done.status_code == 200, done.text
        after: dict[str, Any] = done.json()
        return after

    return act


async def opened(client: AsyncClient, **changes: Any) -> dict[str, Any]:
    made = await client.post(CASES, json=told(**changes))
    assert made.status_code == 201, made.text
    case: dict[str, Any] = made.json()["case"]
    return case


async def sent(client: AsyncClient, path: str, case: dict[str, Any], **said: Any) -> dict[str, Any]:
    """Send something about a case as it stands."""
    done = await client.post(path, json={"version": case["version"], **said})
    assert done.status_code == 200, done.text
    after: dict[str, Any] = done.json()
    return after


def running(case: dict[str, Any]) -> dict[str, str]:
    """Give when each clock of a case that has not ended runs out, in Beijing."""
    return {
        one["kind"]: str(datetime.fromisoformat(one["due_at"]).astimezone(at(MORNING).tzinfo))[:16]
        for one in case["clocks"]
        if one["ended_at"] is None and one["due_at"]
    }


@desk
async def test_a_case_is_opened_once_numbered_and_tells_nobody_who_spoke(
    session: Session, client: AsyncClient, token: Token
) -> None:
    first = await client.post(CASES, json=told())
    again = await client.post(CASES, json=told())
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["report"]["id"] == again.json()["report"]["id"]
    other = await client.post(CASES, json=told(amount="1.00"))
    assert (other.status_code, other.json()["type"]) == (409, "/problems/report-taken")
    case, report = first.json()["case"], first.json()["report"]
    assert (case["number"], case["stage"], case["arisen_on"]) == (
        "欠案〔2023〕第1号", "received", "2023-04-30",
    )  # fmt: skip
    assert (report["name"], report["phone"]) == ("工*", "138****0001")
    assert "text" not in report
    second = await opened(client, external_id="H-2", anonymous=True, own_case=True)
    assert second["number"] == "欠案〔2023〕第2号"
    kept = await session.scalar(select(CaseReport).where(CaseReport.external_id == "H-2"))
    assert kept is not None
    assert (kept.name, kept.phone, kept.phone_index) == (None, None, None)
    path = f"/cases/v1/case-reports/{report['id']}/reveal"
    assert (await client.post(path, json={"purpose": "x"})).status_code == 403
    office = token("wage_office", areas=[COUNTY], subject="office")
    shown = await client.post(path, json={"purpose": "联系反映人"}, headers=office)
    assert (shown.json()["name"], shown.json()["text"]) == ("工人甲", told()["text"])
    audited = select(AuditRow).where(AuditRow.row_id == report["id"], AuditRow.action == "reveal")
    assert (await session.scalars(audited)).one().after == {"purpose": "联系反映人"}


@desk
@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"phone": None}, 422),
        ({"months": "2023-04..2023-03"}, 422),
        ({"received_at": "2023-06-01T10:00:00+08:00"}, 422),
        ({"amount": "八万六"}, 422),
        ({"place": ""}, 422),
        ({"area_code": NEIGHBOUR}, 404),
    ],
)
async def test_what_cannot_be_entered_says_why(
    client: AsyncClient, changes: dict[str, Any], status: int
) -> None:
    body = {name: value for name, value in told(**changes).items() if value is not None}
    refused = await client.post(CASES, json=body)
    assert (refused.status_code, refused.headers["content-type"]) == (
        status, "application/problem+json",
    )  # fmt: skip


@inspector
async def test_every_act_is_possible_where_the_table_says_and_nowhere_else(
    session: Session, client: AsyncClient, token: Token, time: Time
) -> None:
    case = await opened(client)
    row = (await session.scalars(select(ArrearsCase))).one()
    bodies = _bodies()
    assert set(bodies) == set(Act)
    minutes = count(1)
    for stage in Stage:
        for act in Act:
            time.move_to(at(MORNING) + timedelta(minutes=next(minutes)))
            row.stage, row.stage_before = stage, Stage.PAYING
            row.state = CaseState.CLOSED if stage is Stage.ENDED else CaseState.OPEN
            row.conclusion = None
            await session.flush()  # The app's own transactions must see it.
            body = {"act": act, "version": row.version, **bodies[act]}
            done = await client.post(f"{CASES}/{case['id']}/steps", json=body)
            move = course.move(act)
            if stage not in move.sources:
                assert done.status_code == 409, (stage, act, done.text)
                assert done.json()["acts"] == [*course.possible(stage)]
            elif "inspector" not in move.roles:
                assert done.status_code == 403, (stage, act, done.text)
            else:
                assert done.status_code in {200, 422}, (stage, act, done.text)
            await session.refresh(row)
    for role in ("wage_office", "town", "inspector"):
        allowed = {one["act"] for one in await _acts(client, token(role, areas=[COUNTY]), case)}
        assert allowed == set(course.possible(row.stage, {role}))


async def _acts(
    client: AsyncClient, headers: dict[str, str], case: dict[str, Any]
) -> list[dict[str, Any]]:
    shown = await client.get(f"{CASES}/{case['id']}", headers=headers)
    acts: list[dict[str, Any]] = shown.json()["acts"]
    return acts


def _bodies() -> dict[Act, dict[str, Any]]:
    why = {"reason": "材料齐全后办理"}
    return {
        Act.SIGN: {}, Act.CONTACT: {"reached": True},
        Act.HAND_OVER: why | {"unit_id": str(new_id())}, Act.ASK_SUPPLEMENT: why,
        Act.TAKE_SUPPLEMENT: {}, Act.ACCEPT: {},
        Act.REFUSE: why | {"conclusion": "out_of_time", "told": "已告知可申请仲裁"},
        Act.SUSPEND: why, Act.RESUME: why, Act.EXTEND: why | {"length": 30},
        Act.INSPECT: {"done_on": "2023-05-31", "result": "现场核查", "officers": ["a", "b"]},
        Act.FINISH: {"result": "查实拖欠", "officers": ["a", "b"]},
        Act.DECIDE: {"decision": "handle", "document_number": "鹤人社监处〔2023〕1号"},
        Act.MEDIATE: {"result": "goes_on", "done_on": "2023-05-31"},
        Act.REFER: why | {"body": "县仲裁院", "way": "arbitration", "done_on": "2023-05-31"},
        Act.TRANSFER: why | {
            "officers": ["a", "b"], "decided_on": "2023-05-31", "document_number": "移送1号",
        },
        Act.TAKE_BACK: why, Act.PROPOSE_END: {"conclusion": "paid"}, Act.CONFIRM_END: {},
        Act.RETURN_END: why, Act.REOPEN: why, Act.TAKE_COPY: {},
    }  # fmt: skip


@inspector
async def test_limits_run_stand_still_and_are_told_of_to_the_day(
    session: Session, client: AsyncClient, do: Do, token: Token, time: Time
) -> None:
    case = await opened(client, received_at="2023-05-30T18:00:00+08:00")
    shown = (await client.get(f"{CASES}/{case['id']}")).json()
    # Acceptance: five working days from Tuesday 30 May on; to sign, one from Wednesday.
    assert running(shown) == {"sign": "2023-06-02 00:00", "acceptance": "2023-06-07 00:00"}
    assert shown["next_at"] == "2023-06-01T16:00:00Z"
    case = await do(shown, "sign")
    assert running(case) == {"contact": "2023-06-03 00:00", "acceptance": "2023-06-07 00:00"}
    time.move_to(at("2023-06-01 09:00"))
    case = await do(case, "contact", reached=True)
    assert running(case) == {"acceptance": "2023-06-07 00:00"}
    case = await do(case, "ask_supplement", reason="请补充用人单位名称")
    assert running(case) == {"supplement": "2023-06-09 00:00"}
    time.move_to(at("2023-06-05 09:00"))
    # Thursday and Friday were not counted, nor was the weekend between.
    case = await do(case, "take_supplement")
    assert running(case)["acceptance"] == "2023-06-09 00:00"
    case = await do(case, "accept")
    assert running(case) == {"statutory": "2023-08-30 00:00"}
    office = token("wage_office", areas=[COUNTY], subject="office")
    too_long = {"act": "extend", "version": case["version"], "length": 31, "reason": "情况复杂"}
    refused = await client.post(f"{CASES}/{case['id']}/steps", json=too_long, headers=office)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["code"] == "too_long"
    case = await do(case, "extend", length=30, reason="情况复杂", headers=office)
    assert running(case) == {"statutory": "2023-10-17 00:00"}
    await make.pass_time(session, at("2023-10-17 08:00"))
    item = (await session.scalars(select(WatchItem))).one()
    assert await _climbed(session, item) == [
        ("blue", "09-26 09:00"), ("yellow", "10-09 09:00"), ("orange", "10-13 09:00"),
        ("red", "10-17 00:00"),
    ]  # fmt: skip
    assert (item.project_id, item.developer_id, item.subject_id) == (None, None, UUID(case["id"]))
    assert (await client.get(CASES, params={"overdue": True})).json()["items"][0]["id"] == case[
        "id"
    ]
    time.move_to(at("2023-10-20 09:00"))
    case = await do(case, "finish", result="查实拖欠", officers=["甲", "乙"])
    await session.refresh(item)
    assert (item.state, item.close_reason) == ("closed", "case_moved")


async def _climbed(session: Session, item: WatchItem) -> list[tuple[str, str]]:
    zone = at(MORNING).tzinfo
    found = await make.climbed(session, item)
    return [(level, when.astimezone(zone).strftime("%m-%d %H:%M")) for level, when in found]


@inspector
async def test_no_stage_of_an_open_case_is_without_a_clock(session: Session) -> None:
    kinds = set(await session.scalars(select(ClockTerms.kind).where(ClockTerms.area_code == "0")))
    for stage in course.OPEN:
        assert kinds & set(case_clocks.started_by(stage)), stage


@inspector
async def test_people_are_paid_with_proof_and_a_case_is_struck_off_by_another(
    client: AsyncClient, do: Do, token: Token
) -> None:
    case = await do(await do(await do(await opened(client), "sign"), "accept"), "finish",
                    result="查实", officers=["甲", "乙"])  # fmt: skip
    case = await do(case, "decide", decision="handle", document_number="处〔2023〕1号")
    rows = [
        {
            "name": "工人甲",
            "id_number": "110101199003070716",
            "months": "2023-04",
            "claimed": "6000.00",
        },
        {"name": "工人乙", "months": "2023-04", "claimed": "4000.00"},
        {
            "name": "工人丙",
            "id_number": "110101199003070717",
            "months": "2023-04",
            "claimed": "1.00",
        },
    ]
    where = f"{CASES}/{case['id']}"
    taken = (
        await client.post(f"{where}/lines", json={"version": case["version"], "lines": rows})
    ).json()
    assert (taken["rows"], taken["accepted"], taken["rejected"]) == (3, 2, 1)
    assert [(one["place"], one["code"]) for one in taken["findings"]] == [
        ("lines[2].id_number", "id_number_wrong")
    ]
    case = taken["case"]
    assert (case["workers"], case["claimed"], case["owed"]) == (2, "10000.00", "10000.00")
    first, second = (await client.get(f"{where}/lines")).json()["items"]
    assert (first["name"], first["id_number"]) == ("工*", "1101**********0716")
    found = [{"line_id": first["id"], "verified": "6000.00"},
             {"line_id": second["id"], "verified": "3500.00"}]  # fmt: skip
    checked = {"version": case["version"], "lines": found}
    case = (await client.post(f"{where}/verifications", json=checked)).json()
    pay = {
        "version": case["version"],
        "payments": [
            {"line_id": first["id"], "amount": "6000.00", "source": "contractor",
             "paid_on": "2023-05-31", "proof": "bank_line", "bank_serial": "S-1"},
            {"line_id": second["id"], "amount": "3500.01", "source": "contractor",
             "paid_on": "2023-05-31", "proof": "cash_confirmed"},
        ],
    }  # fmt: skip
    refused = await client.post(f"{where}/payments", json=pay)
    assert [one["code"] for one in refused.json()["errors"]] == ["above_claim", "proof_lacking"]
    assert (await client.get(f"{where}/payments")).json()["items"] == []
    pay["payments"] = pay["payments"][:1]
    case = (await client.post(f"{where}/payments", json=pay)).json()
    assert (case["paid"], case["owed"], case["workers_owed"]) == ("6000.00", "3500.00", 1)
    end = {"act": "propose_end", "version": case["version"], "conclusion": "paid"}
    short = await client.post(f"{where}/steps", json=end)
    assert [one["code"] for one in short.json()["errors"]] == ["line_open"]
    rest = {"line_id": second["id"], "amount": "3500.00", "source": "deposit",
            "paid_on": "2023-05-31", "proof": "bank_line", "bank_serial": "S-2"}  # fmt: skip
    case = await sent(client, f"{where}/payments", case, payments=[rest])
    counts = (await client.get(f"{CASES}/counts")).json()
    assert (counts["paid"], counts["owed"], counts["workers"]) == ("9500.00", "0.00", 2)
    case = await do(case, "propose_end", conclusion="paid")
    same = await client.post(
        f"{where}/steps", json={"act": "confirm_end", "version": case["version"]}
    )
    assert (same.status_code, same.json()["type"]) == (409, "/problems/second-person-needed")
    other = token("inspector", areas=[COUNTY], subject="inspector-2")
    case = await do(case, "confirm_end", headers=other)
    assert (case["stage"], case["state"], case["conclusion"]) == ("ended", "closed", "paid")
    assert running(case) == {}
    late = await client.post(
        f"{where}/payments", json={"version": case["version"], "payments": [rest]}
    )
    assert (late.status_code, late.json()["type"]) == (409, "/problems/case-ended")


@inspector
async def test_a_payment_that_is_taken_back_is_owed_again_and_stays_in_the_record(
    client: AsyncClient,
) -> None:
    case = await opened(client)
    where = f"{CASES}/{case['id']}"
    row = {"name": "工人甲", "months": "2023-04", "claimed": "6000.00"}
    case = (await sent(client, f"{where}/lines", case, lines=[row]))["case"]
    [line] = (await client.get(f"{where}/lines")).json()["items"]
    paid = {"line_id": line["id"], "amount": "2000.00", "source": "employer",
            "paid_on": "2023-05-31", "proof": "bank_line", "bank_serial": "S-1"}  # fmt: skip
    case = await sent(client, f"{where}/payments", case, payments=[paid])
    [payment] = (await client.get(f"{where}/payments")).json()["items"]
    back = f"/cases/v1/arrears-payments/{payment['id']}/reversal"
    stale = await client.post(back, json={"version": 1, "reason": "退汇"})
    assert (stale.status_code, stale.json()["type"]) == (409, "/problems/case-moved")
    case = (await client.post(back, json={"version": case["version"], "reason": "退汇"})).json()
    assert (case["paid"], case["owed"]) == ("0.00", "6000.00")
    twice = await client.post(back, json={"version": case["version"], "reason": "退汇"})
    assert (twice.status_code, twice.json()["type"]) == (409, "/problems/payment-taken-back")
    amounts = [one["amount"] for one in (await client.get(f"{where}/payments")).json()["items"]]
    assert amounts == ["2000.00", "-2000.00"]
