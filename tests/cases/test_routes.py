"""The HTTP door: statuses, bodies, problems, and who sees what."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from services.cases import actions, handlers
from services.cases.models import CaseProposal, WatchItem
from services.cases.rules.items import ItemState
from services.cases.service import service
from shared import clock
from shared.db import Session
from shared.events.base import Event
from tests.cases import factories as make
from tests.cases.factories import COUNTY, NEIGHBOUR, TOWN, an_id, at
from tests.cases.policies import DEFAULTS, MISSED, body
from tests.fixtures.service import Time, Token

ITEMS = "/cases/v1/watch-items"
office = pytest.mark.caller("wage_office", areas=[COUNTY])
# Somebody of the office who speaks for the developer, too.
both = pytest.mark.caller("wage_office", "developer", areas=[COUNTY], org=make.DEVELOPER)


@pytest.fixture(autouse=True)
async def _world(session: Session, time: Time) -> None:
    time.move_to(at("2023-05-31 10:00"))
    await make.world(session)
    await session.flush()  # The app's own transactions must see it.


async def tell(session: Session, *events: Event) -> None:
    for event in events:
        await service.handles[type(event)](session, event)
    await session.flush()  # The app's own transactions must see it.


async def item_id(session: Session, period: str = "2023-05", project: str = "p") -> UUID:
    return (await make.item_about(session, an_id(project, period))).id


async def red(session: Session) -> UUID:
    """Let a project be red and proposed; give the proposal."""
    await tell(session, make.missed("2023-04"), make.missed("2023-05"))
    return (await session.scalars(select(CaseProposal.id))).one()


async def listed(client: AsyncClient, **filters: Any) -> list[dict[str, Any]]:
    answer = await client.get(ITEMS, params=filters)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


# ---- reading ---------------------------------------------------------------------------------


@office
async def test_an_item_is_shown_with_everything_that_others_rely_on(
    session: Session, client: AsyncClient
) -> None:
    await tell(session, make.assigned("a", "2023-01-01"), make.missed())
    [shown] = await listed(client)
    assert shown == {
        "id": str(await item_id(session)),
        "kind": "transfer_missed",
        "subject_id": str(an_id("p", "2023-05")),
        "project_id": str(an_id("p")),
        "area_code": COUNTY,
        "period": "2023-05",
        "level": "blue",
        "level_rank": 1,
        "level_label": "蓝",
        "level_colour": "#2f6fed",
        "state": "open",
        "assignee": {"unit_id": str(make.DEVELOPER), "person_id": str(an_id("a"))},
        "due_on": "2023-05-25",
        "due_amount": "300000.00",
        "lacking": "300000.00",
        "bank_serials": [],
        "facts": [],
        "value": None,
        "paused": [],
        "muted_by": None,
        "muted_at": None,
        "waiting_for": "developer",
        "waiting": {
            "zh": "等待建设单位拨付人工费用，本单位该环节时限暂停计算",
            "en": "Waiting for the developer; your clock for this stage stands still",
        },
        "opened_at": "2023-05-25T16:00:00Z",
        "due_at": "2023-05-26T01:00:00Z",
        "answer_due_at": None,
        "promised_on": None,
        "closed_at": None,
        "close_reason": None,
        "policy_id": shown["policy_id"],
        "policy_version": 1,
        "calendar_version": shown["calendar_version"],
        "changed_at": shown["changed_at"],
    }


@office
async def test_an_item_comes_with_its_timeline_in_order(
    session: Session, client: AsyncClient
) -> None:
    await tell(session, make.missed(occurred_at=at("2023-05-30 15:00")))
    answer = await client.get(f"{ITEMS}/{await item_id(session)}")
    timeline = answer.json()["timeline"]
    assert [(line["what"], line["level"], line["step"]) for line in timeline] == [
        ("opened", "blue", "open"),
        ("step_reached", "blue", "notice"),
        ("raised", "yellow", "yellow"),
    ]
    assert {(line["at"], line["policy_version"]) for line in timeline} == {
        ("2023-05-30T07:00:00Z", 1)
    }


@office
async def test_an_unknown_item_is_not_found(client: AsyncClient) -> None:
    answer = await client.get(f"{ITEMS}/{an_id('nothing')}")
    assert answer.status_code == 404
    assert answer.json()["type"] == "/problems/watch-item-unknown"


@office
@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, {"p/2023-05", "p/2023-06", "q/2023-05", "feed"}),
        ({"kind": "bank_feed_late"}, {"feed"}),
        ({"level": "red"}, {"p/2023-06"}),
        ({"state": "closed"}, {"q/2023-05"}),
        ({"project_id": str(an_id("p"))}, {"p/2023-05", "p/2023-06"}),
        ({"period": "2023-05"}, {"p/2023-05", "q/2023-05"}),
        ({"area_code": TOWN}, {"q/2023-05"}),
        ({"area_code": COUNTY, "period": "2023-06"}, {"p/2023-06"}),
        ({"unit_id": str(make.BANK)}, {"feed"}),
        ({"without_person": True}, {"q/2023-05", "feed"}),
    ],
)
async def test_items_are_found_by_filters_and_counted_by_the_same(
    session: Session, client: AsyncClient, filters: dict[str, Any], expected: set[str]
) -> None:
    await tell(
        session,
        make.assigned("a", "2023-01-01"),
        make.missed(),
        make.missed("2023-06"),
        make.missed(project="q", area_code=TOWN),
        make.received("2023-05", "0.00", "2023-05-27 10:00", project="q"),
        make.feed_late(),
    )
    names = {
        str(an_id(project, period)): f"{project}/{period}"
        for project in "pq" for period in ("2023-05", "2023-06")
    }  # fmt: skip
    items = await listed(client, **filters)
    assert {names.get(item["subject_id"], "feed") for item in items} == expected
    counts = (await client.get(f"{ITEMS}/counts", params=filters)).json()
    assert counts["total"] == len(expected)
    assert sum(one["count"] for one in counts["items"]) == len(expected)


@office
@pytest.mark.parametrize(
    "filters",
    [
        {"level": "\0"},
        {"period": "May"},
        {"area_code": "a"},
        {"state": "red"},
        {"kind": "x"},
        {"project_id": "1"},
        {"cursor": "x"},
        {"limit": 0},
    ],
)
async def test_a_filter_that_means_nothing_is_a_finding(
    client: AsyncClient, filters: dict[str, Any]
) -> None:
    assert (await client.get(ITEMS, params=filters)).status_code == 422


@office
async def test_counts_go_from_the_lowest_level_up(session: Session, client: AsyncClient) -> None:
    await tell(session, make.missed(), make.missed("2023-06"), make.missed(project="q"))
    counts = (await client.get(f"{ITEMS}/counts")).json()
    assert counts == {
        "total": 3,
        "muted": 0,
        "items": [
            {"level": "blue", "state": "open", "count": 2},
            {"level": "red", "state": "open", "count": 1},
        ],
    }


@office
async def test_a_units_queue_begins_with_what_nobody_holds_and_goes_by_due_time(
    session: Session, client: AsyncClient
) -> None:
    await tell(
        session,
        make.assigned("a", "2023-01-01"),
        make.missed("2023-05"),
        make.missed("2023-06"),
        make.missed("2023-06", project="q"),
        make.missed("2023-05", project="r"),
        make.missed("2023-04", project="q", due_on=date(2023, 4, 10)),
        make.received("2023-04", "0.00", "2023-05-02 10:00", project="q"),
    )
    queue: list[tuple[bool, str | None]] = []
    cursor: str | None = None
    while True:
        params = {"unit_id": str(make.DEVELOPER), "limit": 2}
        page = await client.get(ITEMS, params=params | ({"cursor": cursor} if cursor else {}))
        queue += [
            (item["assignee"]["person_id"] is None, item["due_at"]) for item in page.json()["items"]
        ]
        cursor = page.json()["next"]
        if cursor is None:
            break
    assert queue == [
        (True, "2023-05-26T01:00:00Z"),
        (True, "2023-06-26T01:00:00Z"),
        (True, None),
        (False, "2023-05-26T01:00:00Z"),
        (False, "2023-06-27T01:00:00Z"),
    ]


@office
async def test_items_are_synced_from_an_instant_on(session: Session, client: AsyncClient) -> None:
    await tell(session, make.missed())
    after = "2023-05-31T00:00:00+08:00"
    first = (await client.get(ITEMS, params={"changed_after": after})).json()
    assert [item["period"] for item in first["items"]] == ["2023-05"]
    await tell(session, make.missed("2023-06", project="q"))
    second = (await client.get(ITEMS, params={"cursor": first["next"]})).json()
    assert "2023-06" in {item["period"] for item in second["items"]}
    assert second["next"]


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        (("wage_office", [COUNTY], None), {"p", "feed"}),
        (("wage_office", ["4228"], None), {"p", "feed", "q"}),
        (("inspector", [NEIGHBOUR], None), {"q"}),
        (("provincial_system", ["0"], None), {"p", "feed", "q"}),
        (("developer", [COUNTY], make.DEVELOPER), {"p"}),
        (("contractor", ["0"], make.CONTRACTOR), {"p", "q"}),
        (("contractor", ["0"], an_id("other contractor")), set()),
        (("bank", [COUNTY], make.BANK), {"feed"}),
        (("developer", [COUNTY], None), set()),
        (("intake_desk", [TOWN], None), set()),
    ],
)
async def test_a_caller_sees_its_areas_and_a_company_its_own(
    session: Session,
    client: AsyncClient,
    token: Token,
    who: tuple[str, list[str], UUID | None],
    seen: set[str],
) -> None:
    other = make.card("q", developer_id=an_id("other developer"), area_code=NEIGHBOUR)
    away = make.missed(project="q", area_code=NEIGHBOUR, card=other)
    await tell(session, make.missed(), make.feed_late(), away)
    role, areas, org = who
    client.headers.update(token(role, areas=areas, org=org))
    names = {str(an_id("p", "2023-05")): "p", str(an_id("q", "2023-05")): "q"}
    items = await listed(client)
    assert {names.get(item["subject_id"], "feed") for item in items} == seen
    for item in await session.scalars(select(WatchItem)):
        answer = await client.get(f"{ITEMS}/{item.id}")
        name = names.get(str(item.subject_id), "feed")
        assert answer.status_code == (200 if name in seen else 404)


@pytest.mark.caller("subscriber", org=make.DEVELOPER)
async def test_who_may_not_read_cases_is_refused(client: AsyncClient) -> None:
    assert (await client.get(ITEMS)).status_code == 403


# ---- answering -------------------------------------------------------------------------------


@pytest.mark.caller("developer", areas=[COUNTY], org=make.DEVELOPER)
async def test_the_developer_answers_with_a_promised_day(
    session: Session, client: AsyncClient
) -> None:
    await tell(session, make.missed())
    said = {"explanation": "财政资金未到位，已提交用款申请", "promised_on": "2023-06-15"}
    answer = await client.post(f"{ITEMS}/{await item_id(session)}/answers", json=said)
    assert answer.status_code == 201
    assert (answer.json()["state"], answer.json()["promised_on"]) == ("answered", "2023-06-15")


@pytest.mark.caller("developer", areas=[COUNTY], org=an_id("other developer"))
async def test_another_developer_answers_nothing_here(
    session: Session, client: AsyncClient
) -> None:
    await tell(session, make.missed())
    path = f"{ITEMS}/{await item_id(session)}/answers"
    assert (await client.post(path, json={"explanation": "x"})).status_code == 404


@pytest.mark.caller("inspector", "developer", areas=[COUNTY], org=an_id("other"))
async def test_who_only_sees_an_item_does_not_answer_it(
    session: Session, client: AsyncClient
) -> None:
    await tell(session, make.missed())
    path = f"{ITEMS}/{await item_id(session)}/answers"
    answer = await client.post(path, json={"explanation": "x"})
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/not-yours-to-answer")


@pytest.mark.caller("developer", areas=[COUNTY], org=make.DEVELOPER)
async def test_several_items_are_answered_at_once_each_by_its_rules(
    session: Session, client: AsyncClient
) -> None:
    for period in ("2023-03", "2023-04", "2023-05"):
        await tell(session, make.missed(period))
    items = sorted(await session.scalars(select(WatchItem)), key=lambda item: item.period)
    mine, closed, other = items
    closed.state, closed.closed_at = ItemState.CLOSED, closed.opened_at
    await session.flush()  # The door must find it closed.
    ids = [str(each.id) for each in (mine, closed, other)]
    body = {"item_ids": [*ids, ids[0], str(an_id("nobody"))], "explanation": "资金已安排"}
    answer = await client.post(f"{ITEMS}/answers", json=body | {"promised_on": "2023-06-15"})
    assert answer.status_code == 200
    said = answer.json()
    assert said["answered"] == [ids[0], ids[2]]
    assert [(each["item_id"], each["type"]) for each in said["refused"]] == [
        (ids[1], "/problems/already-closed"),
        (str(an_id("nobody")), "/problems/watch-item-unknown"),
    ]
    shown = (await client.get(f"{ITEMS}/{ids[2]}")).json()
    assert (shown["state"], shown["promised_on"]) == ("answered", "2023-06-15")


@both
@pytest.mark.parametrize(
    ("said", "status", "problem"),
    [
        ({"explanation": ""}, 422, "invalid"),
        ({"explanation": "  "}, 422, "invalid"),
        ({"explanation": "a\0b"}, 422, "invalid"),
        ({"explanation": "x", "paid": True}, 422, "invalid"),
        ({"explanation": "x", "promised_on": "2023-05-30"}, 422, "promise-in-the-past"),
    ],
)
async def test_an_answer_must_be_one(
    session: Session, client: AsyncClient, said: dict[str, Any], status: int, problem: str
) -> None:
    await tell(session, make.missed())
    answer = await client.post(f"{ITEMS}/{await item_id(session)}/answers", json=said)
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{problem}")


@both
async def test_a_closed_item_is_not_answered(session: Session, client: AsyncClient) -> None:
    await tell(session, make.missed(), make.received("2023-05", "0.00", "2023-05-27 10:00"))
    path = f"{ITEMS}/{await item_id(session)}"
    for tail, said in (
        ("answers", {"explanation": "x"}),
        ("verify", {"enough": True, "reason": "x"}),
        ("assignee", {"unit_id": str(an_id("unit"))}),
    ):
        answer = await client.post(f"{path}/{tail}", json=said)
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/already-closed")


@both
async def test_an_answer_is_verified(session: Session, client: AsyncClient) -> None:
    await tell(session, make.missed())
    path = f"{ITEMS}/{await item_id(session)}"
    early = await client.post(f"{path}/verify", json={"enough": True, "reason": "x"})
    assert (early.status_code, early.json()["type"]) == (409, "/problems/not-answered")
    await client.post(f"{path}/answers", json={"explanation": "x"})
    yes = await client.post(f"{path}/verify", json={"enough": True, "reason": "receipt"})
    assert (yes.status_code, yes.json()["state"]) == (200, "verifying")
    again = await client.post(f"{path}/answers", json={"explanation": "y"})
    assert again.json()["type"] == "/problems/under-verification"
    no = await client.post(f"{path}/verify", json={"enough": False, "reason": "forged"})
    assert no.json()["state"] == "open"


@pytest.mark.caller("co_inspector", areas=[COUNTY], subject="co-1")
async def test_a_co_inspector_adds_findings_and_decides_nothing(
    session: Session, client: AsyncClient
) -> None:
    proposal = await red(session)
    path = f"{ITEMS}/{await item_id(session)}"
    found = await client.post(f"{path}/findings", json={"text": "工地停工"})
    assert found.status_code == 201
    assert (found.json()["what"], found.json()["actor"]) == ("finding_added", "co-1")
    for denied in (
        f"{path}/answers", f"{path}/verify", f"{path}/assignee",
        f"/cases/v1/proposals/{proposal}/confirm", f"/cases/v1/proposals/{proposal}/refuse",
        "/cases/v1/policies",
    ):  # fmt: skip
        assert (await client.post(denied, json={})).status_code == 403


@office
async def test_the_office_names_who_answers(session: Session, client: AsyncClient) -> None:
    await tell(session, make.missed())
    said = {"unit_id": str(an_id("unit")), "person_id": str(an_id("person"))}
    answer = await client.post(f"{ITEMS}/{await item_id(session)}/assignee", json=said)
    assert (answer.status_code, answer.json()["assignee"]) == (200, said)


# ---- proposals and cases ---------------------------------------------------------------------


@office
async def test_the_office_confirms_a_proposal_and_a_case_is_open(
    session: Session, client: AsyncClient
) -> None:
    proposal = await red(session)
    [shown] = (await client.get("/cases/v1/proposals", params={"state": "open"})).json()["items"]
    assert (shown["id"], shown["project_id"]) == (str(proposal), str(an_id("p")))
    assert (shown["proposed_at"], shown["due_at"]) == (
        "2023-05-25T16:00:00Z", "2023-06-08T01:00:00Z",
    )  # fmt: skip
    done = await client.post(f"/cases/v1/proposals/{proposal}/confirm")
    assert (done.status_code, done.json()["state"]) == (200, "confirmed")
    [case] = (await client.get("/cases/v1/arrears-cases")).json()["items"]
    assert (case["proposal_id"], case["state"]) == (str(proposal), "open")
    assert (case["opened_at"], case["by_rule"]) == ("2023-05-31T02:00:00Z", False)
    again = await client.post(f"/cases/v1/proposals/{proposal}/confirm")
    assert (again.status_code, again.json()["type"]) == (409, "/problems/proposal-decided")


@office
async def test_a_refusal_needs_a_reason(session: Session, client: AsyncClient) -> None:
    proposal = await red(session)
    path = f"/cases/v1/proposals/{proposal}/refuse"
    assert (await client.post(path, json={})).status_code == 422
    done = await client.post(path, json={"reason": "合同争议，已受理"})
    assert (done.json()["state"], done.json()["reason"]) == ("refused", "合同争议，已受理")
    assert (await client.get("/cases/v1/arrears-cases")).json()["items"] == []


@pytest.mark.caller("wage_office", areas=[NEIGHBOUR])
async def test_another_countys_office_sees_and_decides_nothing(
    session: Session, client: AsyncClient
) -> None:
    proposal = await red(session)
    assert (await client.get("/cases/v1/proposals")).json()["items"] == []
    answer = await client.post(f"/cases/v1/proposals/{proposal}/confirm")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/proposal-unknown")


@pytest.mark.caller("developer", areas=[COUNTY], org=make.DEVELOPER)
async def test_a_developer_sees_what_is_proposed_against_it(
    session: Session, client: AsyncClient
) -> None:
    proposal = await red(session)
    filters = {"project_id": str(an_id("p")), "area_code": COUNTY}
    shown = (await client.get("/cases/v1/proposals", params=filters)).json()["items"]
    assert [one["id"] for one in shown] == [str(proposal)]


# ---- policies --------------------------------------------------------------------------------


@office
async def test_the_nations_policies_are_there_with_basis_and_certainty(
    client: AsyncClient,
) -> None:
    shown = (await client.get("/cases/v1/policies")).json()["items"]
    assert [(one["area_code"], one["kind"], one["version"]) for one in shown] == [
        ("0", kind, 1) for kind in sorted(DEFAULTS)
    ]
    assert all(one["basis"] and one["certainty"] in "ABC" for one in shown)
    by_kind = {one["kind"]: one for one in shown}
    assert [kind for kind, one in by_kind.items() if one["proposal"]] == ["transfer_missed"]
    missed = by_kind["transfer_missed"]
    assert missed["proposal"] == {"step": "red", "opens_after": 30, "at": "09:00"}
    assert [step["code"] for step in missed["steps"]] == [
        "open", "notice", "yellow", "orange", "draft", "red", "repeat",
    ]  # fmt: skip


@office
async def test_a_policy_that_was_answered_can_be_posted_for_a_county(
    client: AsyncClient,
) -> None:
    asked = {"kind": "transfer_missed", "area_code": "0", "mode": "live"}
    [nation] = (await client.get("/cases/v1/policies", params=asked)).json()["items"]
    own = {k: v for k, v in nation.items() if k not in {"id", "created_at", "created_by"}}
    answer = await client.post("/cases/v1/policies", json=own | {"area_code": COUNTY})
    assert answer.status_code == 201, answer.text
    stored = answer.json()
    assert (stored["area_code"], stored["created_by"]) == (COUNTY, "tester")
    assert stored["steps"] == nation["steps"]


@office
async def test_every_fault_of_a_policy_is_named_at_once(client: AsyncClient) -> None:
    steps = [*MISSED["steps"][:3], {"code": "black", "level": "black", "after": 2}]
    answer = await client.post("/cases/v1/policies", json=body(steps=steps))
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/policy-refused")
    assert [(one["place"], one["code"]) for one in answer.json()["errors"]] == [
        ("steps[3].level", "level_unknown"),
        ("steps", "ladder_falls_silent"),
        ("steps[3].after", "steps_not_ascending"),
        ("jumps[0].to", "step_unknown"),
        ("jumps[1].to", "step_unknown"),
        ("proposal.step", "step_unknown"),
    ]


@office
@pytest.mark.parametrize(
    "changes",
    [
        {"area_code": "4228x"},
        {"kind": "unknown"},
        {"version": 0},
        {"steps": []},
        {"colour": "red"},
        {"certainty": "D"},
        {"valid_from": "1 May"},
        {"steps": [*MISSED["steps"][:-1], {"code": "repeat", "every": 0}]},
        {"steps": [{"code": "open", "level": "blue", "at": "25:00"}, MISSED["steps"][-1]]},
    ],
)
async def test_a_policy_has_the_form_that_is_asked_for(
    client: AsyncClient, changes: dict[str, Any]
) -> None:
    answer = await client.post("/cases/v1/policies", json=body(**changes))
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid")


@office
async def test_a_version_with_other_content_is_a_conflict(client: AsyncClient) -> None:
    first = await client.post("/cases/v1/policies", json=body())
    same = await client.post("/cases/v1/policies", json=body())
    assert (same.status_code, same.json()["id"]) == (201, first.json()["id"])
    other = await client.post("/cases/v1/policies", json=body(valid_from="2023-02-01"))
    assert (other.status_code, other.json()["type"]) == (409, "/problems/policy-version-taken")


@office
@pytest.mark.parametrize("area_code", ["0", NEIGHBOUR, "110101"])
async def test_nobody_makes_policies_for_areas_not_his(client: AsyncClient, area_code: str) -> None:
    answer = await client.post("/cases/v1/policies", json=body(area_code=area_code))
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/area-unknown")


@pytest.mark.caller("operator")
async def test_an_operator_of_the_nation_makes_the_nations(client: AsyncClient) -> None:
    said = body(area_code="0", version=2, valid_from="2023-07-01", mode="shadow")
    answer = await client.post("/cases/v1/policies", json=said)
    assert (answer.status_code, answer.json()["mode"]) == (201, "shadow")


@pytest.mark.parametrize(
    ("areas", "seen"),
    [
        ([COUNTY], {"0", COUNTY, TOWN}),
        ([TOWN], {"0", COUNTY, TOWN}),
        ([NEIGHBOUR], {"0", NEIGHBOUR}),
        (["0"], {"0", COUNTY, TOWN, NEIGHBOUR}),
        ([], set()),
    ],
)
async def test_a_caller_sees_the_policies_that_may_govern_its_areas(
    client: AsyncClient, token: Token, areas: list[str], seen: set[str]
) -> None:
    client.headers.update(token("wage_office", areas=["0"]))
    for area_code in (COUNTY, TOWN, NEIGHBOUR):
        made = await client.post("/cases/v1/policies", json=body(area_code=area_code))
        assert made.status_code == 201
    client.headers.update(token("inspector", areas=areas))
    shown = (await client.get("/cases/v1/policies")).json()["items"]
    assert {one["area_code"] for one in shown} == seen


async def test_an_answer_limit_that_is_nearer_than_the_next_rung_is_what_is_due(
    session: Session, client: AsyncClient, token: Token
) -> None:
    await handlers.on_transfer_missed(session, make.missed())
    item = await make.item_about(session, an_id("p", "2023-05"))
    await actions.levels.raise_level(session, item.id, at("2023-05-30 09:00"))
    await session.flush()  # The app's own transactions must see it.
    client.headers.update(token("inspector", areas=[COUNTY]))
    [shown] = await listed(client)
    assert shown["due_at"] == shown["answer_due_at"] == "2023-06-02T16:00:00Z"
    assert clock.day_end(date(2023, 6, 2)) == item.due_at
