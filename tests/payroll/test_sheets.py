"""Payroll sheets from sending to approval: findings, versions, steps, moves, and two at once."""

import asyncio
import json
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select, text

from services.payroll import actions
from services.payroll.errors import PersonNeeded
from services.payroll.models import SheetLine
from shared import clock
from shared.auth import Caller
from shared.db import AuditRow, Session, Sessions, new_id
from shared.events.payroll import SheetApproved, SheetReviewed, SheetSubmitted
from tests.fixtures.service import Published, Time, Token
from tests.payroll import factories as make
from tests.payroll import sheets

SHEETS = "/payroll/v1/sheets"
Speak = Callable[..., None]
pytestmark = pytest.mark.caller("contractor", areas=[make.COUNTY], org=make.CONTRACTOR)


@pytest.fixture
def speak(client: AsyncClient, token: Token) -> Speak:
    """Let the client speak as somebody else of the contractor, or of another unit."""

    def as_(role: str, subject: str, org: UUID | None = make.CONTRACTOR, **more: Any) -> None:
        areas = more.get("areas", [make.COUNTY])
        client.headers.update(token(role, areas=areas, org=org, subject=subject))

    return as_


async def known(session: Session, time: Time) -> UUID:
    time.move_to(clock.at(date(2023, 4, 3), 9))
    await make.tree(session)
    project_id = await make.contract(session)
    await sheets.subcontractor(session, project_id)
    await session.flush()  # The roster looks for both.
    await sheets.enrol(session, project_id)
    await session.flush()
    return project_id


@pytest.fixture
async def project(session: Session, time: Time) -> UUID:
    return await known(session, time)


async def checked(client: AsyncClient, project: UUID, *lines: Any, **said: Any) -> dict[str, Any]:
    answer = await sheets.send(client, project, sheets.body(*lines, **said))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()["sheet"]
    return made


async def test_lines_are_checked_kept_sealed_and_shown_masked(
    client: AsyncClient, session: Session, project: UUID
) -> None:
    said = sheets.body(sheets.line(net="5400.00"), sheets.second(earned={"base_pay": "6000.00"}))
    answer = (await sheets.send(client, project, said)).json()
    sheet = answer["sheet"]
    counted = [sheet[name] for name in ("status", "version", "rows", "accepted", "rejected")]
    assert counted == ["checked", 1, 2, 1, 1]
    assert (sheet["gross"], sheet["net"], sheet["errors"]) == ("12000.00", "10900.00", 1)
    [wrong] = [one for one in answer["findings"] if one["severity"] == "error"]
    assert (wrong["code"], wrong["place"], wrong["line"]) == ("net_differs", "1", 1)
    assert wrong["compared"] == {"gross": "6000.00", "deductions": "500.00", "net": "5400.00"}
    assert wrong["rule"] == {"area_code": "0", "version": 2}
    assert wrong["detail"]["zh"] == "应发减扣款不等于实发"

    shown = (await client.get(f"{SHEETS}/{sheet['id']}/lines", params={"limit": 1})).json()
    [first] = shown["items"]
    assert (first["name"], first["card_no"]) == ("张*", "***************0018")
    assert first["id_number"] == "1101**********7379"
    rest = await client.get(f"{SHEETS}/{sheet['id']}/lines", params={"cursor": shown["next"]})
    assert [one["items"] for one in rest.json()["items"]] == [{"base_pay": "6000.00"}]
    raw = await session.execute(text("SELECT id_number, name, card_no FROM sheet_lines"))
    kept = [bytes(value) for row in raw for value in row]
    assert len(kept) == 6
    clear = (sheets.ID_CARD, "张三丰", sheets.BANK_CARD)
    assert not any(word.encode() in value for word in clear for value in kept)
    listed = (await client.get(f"{SHEETS}/{sheet['id']}/findings?severity=error")).json()["items"]
    assert listed == [wrong]


async def test_all_that_is_wrong_with_a_body_is_told_at_once(
    client: AsyncClient, project: UUID
) -> None:
    said = sheets.body(sheets.line(net="many"), sheets.second(name=""), period="1999-03")
    answer = await sheets.send(client, project, said)
    places = [one["place"] for one in answer.json()["errors"]]
    assert (answer.status_code, places) == (422, ["period", "lines[0].net", "lines[1].name"])
    assert "many" not in answer.text
    assert (await client.get(SHEETS)).json()["items"] == []


async def test_the_same_content_gives_what_came_of_it_first(
    client: AsyncClient, project: UUID
) -> None:
    first = await sheets.send(client, project, sheets.body())
    again = await sheets.send(client, project, sheets.body())
    assert (again.status_code, again.json()) == (201, first.json())
    for_others = sheets.body(employer_id=str(sheets.SUBCONTRACTOR))
    listed = [one["id"] for one in (await client.get(SHEETS)).json()["items"]]
    assert listed == [first.json()["sheet"]["id"]]
    assert (await sheets.send(client, project, for_others)).status_code == 201


async def test_a_sheet_goes_its_way_by_three_people_and_each_step_is_told(
    client: AsyncClient, session: Session, project: UUID, published: Published, speak: Speak
) -> None:
    sheet = await checked(client, project)
    for name, role, who in (
        ("submit", "contractor", "tester"),
        ("review", "wage_officer", "officer"),
        ("approve", "contractor", "head"),
    ):
        speak(role, who)
        answer = await sheets.step(client, sheet["id"], name)
        assert answer.status_code == 200, answer.text
    done = answer.json()
    assert done["status"] == "approved"
    people = [done[f"{step}_by"] for step in ("submitted", "reviewed", "approved")]
    assert people == ["tester", "officer", "head"]
    told = await published(session, SheetSubmitted, SheetReviewed, SheetApproved)
    assert [type(one) for one in told] == [SheetSubmitted, SheetReviewed, SheetApproved]
    assert {(one.lines, str(one.net), one.period) for one in told} == {(2, "11000.00", "2023-03")}
    assert sheets.ID_CARD not in json.dumps([one.body().decode() for one in told])


async def test_an_error_keeps_a_sheet_from_being_submitted_and_all_are_told(
    client: AsyncClient, project: UUID
) -> None:
    lines = sheets.line(net="1.00"), sheets.second(net="2.00"), sheets.line(gross="0.00", days="5")
    sheet = await checked(client, project, *lines)
    answer = await sheets.step(client, sheet["id"], "submit")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/sheet-has-errors")
    told = {(one["place"], one["code"]) for one in answer.json()["errors"]}
    assert {("1", "net_differs"), ("2", "net_differs"), ("3", "person_twice")} <= told
    assert (await client.get(f"{SHEETS}/{sheet['id']}")).json()["status"] == "checked"


@pytest.mark.parametrize(
    ("made_by", "submitted_by", "reviewed_by", "approved_by"),
    [
        ("ann", "ben", "ann", None),
        ("ann", "ben", "ben", None),
        ("ann", "ben", "cyd", "ann"),
        ("ann", "ben", "cyd", "ben"),
        ("ann", "ben", "cyd", "cyd"),
    ],
)
async def test_a_maker_is_never_a_checker(
    client: AsyncClient, project: UUID, speak: Speak,
    *, made_by: str, submitted_by: str, reviewed_by: str, approved_by: str | None,
) -> None:  # fmt: skip
    speak("contractor", made_by)
    sheet = await checked(client, project)
    speak("contractor", submitted_by)
    await sheets.step(client, sheet["id"], "submit")
    speak("wage_officer", reviewed_by)
    answer = await sheets.step(client, sheet["id"], "review")
    if approved_by:
        assert answer.status_code == 200
        speak("contractor", approved_by)
        answer = await sheets.step(client, sheet["id"], "approve")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/second-person-needed")


async def test_machines_send_and_submit_but_decide_nothing(
    client: AsyncClient, session: Session, project: UUID, speak: Speak
) -> None:
    speak("contractor", "tester")
    sheet = await checked(client, project)
    await sheets.step(client, sheet["id"], "submit")
    machine = Caller(
        "key:erp", frozenset({"wage_officer"}), frozenset({make.COUNTY}), make.CONTRACTOR
    )
    with pytest.raises(PersonNeeded):
        await actions.sheet_steps.review_sheet(session, machine, UUID(sheet["id"]), clock.now())


async def test_steps_out_of_turn_are_refused(
    client: AsyncClient, project: UUID, speak: Speak
) -> None:
    sheet = await checked(client, project)
    speak("contractor", "head")
    assert (await sheets.step(client, sheet["id"], "approve")).status_code == 409
    speak("wage_officer", "officer")
    answer = await sheets.step(client, sheet["id"], "review")
    assert (answer.status_code, answer.json()["status_now"]) == (409, "checked")
    assert (await sheets.step(client, sheet["id"], "return", reason="不对")).status_code == 409


async def test_what_is_sent_back_stays_and_the_same_content_may_come_anew(
    client: AsyncClient, project: UUID, speak: Speak
) -> None:
    sheet = await checked(client, project)
    await sheets.step(client, sheet["id"], "submit")
    speak("wage_officer", "officer")
    back = (await sheets.step(client, sheet["id"], "return", reason="缺两人")).json()
    assert (back["status"], back["archive_cause"], back["archive_reason"], back["archived_by"]) == (
        "archived", "sent_back", "缺两人", "officer",
    )  # fmt: skip
    speak("contractor", "tester")
    anew = await checked(client, project)
    assert (anew["version"], anew["replaces_id"]) == (2, sheet["id"])
    assert (await sheets.step(client, anew["id"], "submit")).status_code == 200
    lines = (await client.get(f"{SHEETS}/{sheet['id']}/lines")).json()["items"]
    assert len(lines) == 2


async def test_a_correction_says_what_differs_and_takes_its_place_when_submitted(
    client: AsyncClient, project: UUID
) -> None:
    first = await checked(client, project)
    await sheets.step(client, first["id"], "submit")
    changed = sheets.line(gross="6100.00", net="5600.00", crew="木工班")
    later = await checked(client, project, changed, sheets.third())
    assert (later["version"], later["replaces_id"]) == (2, first["id"])
    told = (await client.get(f"{SHEETS}/{later['id']}/differences")).json()["items"]
    assert [(one["change"], one["row"], one["former_row"], one["fields"]) for one in told] == [
        ("changed", 1, 1, {
            "crew": [None, "木工班"], "gross": ["6000.00", "6100.00"],
            "net": ["5500.00", "5600.00"],
        }),
        ("added", 2, None, {}),
        ("gone", None, 2, {}),
    ]  # fmt: skip
    assert (await client.get(f"{SHEETS}/{first['id']}")).json()["status"] == "submitted"
    assert (await sheets.step(client, later["id"], "submit")).status_code == 200
    former = (await client.get(f"{SHEETS}/{first['id']}")).json()
    assert (former["status"], former["archive_cause"]) == ("archived", "superseded")


async def test_a_person_on_two_sheets_of_a_month_is_found_once_the_other_one_stands(
    client: AsyncClient, project: UUID
) -> None:
    first = await checked(client, project)
    await sheets.step(client, first["id"], "submit")
    theirs = sheets.body(
        sheets.line(), sheets.third(card_no=sheets.OTHER_BANK_CARD),
        employer_id=str(sheets.SUBCONTRACTOR),
    )  # fmt: skip
    answer = (await sheets.send(client, project, theirs)).json()
    told = {(one["row"], one["code"], one["severity"]) for one in answer["findings"]}
    assert {(1, "person_elsewhere", "warning"), (2, "card_elsewhere", "error")} <= told
    [found] = [one for one in answer["findings"] if one["code"] == "card_elsewhere"]
    assert found["compared"] == {"sheet_id": first["id"]}


async def test_a_sheet_in_the_wrong_place_is_moved_with_its_reason_and_checked_anew(
    client: AsyncClient, session: Session, project: UUID
) -> None:
    sheet = await checked(client, project)
    answer = await sheets.step(
        client, sheet["id"], "move", period="2023-02", reason="月份填错"
    )  # fmt: skip
    moved = answer.json()["sheet"]
    assert (answer.status_code, moved["period"], moved["moved_from_id"]) == (
        201, "2023-02", sheet["id"],
    )  # fmt: skip
    assert (moved["status"], moved["rows"], moved["net"]) == ("checked", 2, "11000.00")
    former = (await client.get(f"{SHEETS}/{sheet['id']}")).json()
    assert (former["status"], former["archive_cause"], former["archive_reason"]) == (
        "archived", "moved", "月份填错",
    )  # fmt: skip
    periods = set(await session.scalars(select(SheetLine.period)))
    assert periods == {"2023-02", "2023-03"}
    audit = await session.scalars(select(AuditRow).where(AuditRow.action == "move"))
    assert [row.after for row in audit] == [{"reason": "月份填错"}]
    again = await sheets.step(client, moved["id"], "move", period="2023-02", reason="又一次")
    assert again.status_code == 409
    nowhere = await sheets.step(client, moved["id"], "move", reason="无处可去")
    assert nowhere.status_code == 422


async def test_a_subcontractor_sends_its_own_and_sees_nobody_elses(
    client: AsyncClient, project: UUID, speak: Speak
) -> None:
    ours = await checked(client, project)
    speak("subcontractor", "sub", sheets.SUBCONTRACTOR)
    assert (await client.get(f"{SHEETS}/{ours['id']}")).status_code == 404
    said = sheets.body(sheets.line())
    theirs = (await sheets.send(client, project, said)).json()["sheet"]
    assert theirs["employer_id"] == str(sheets.SUBCONTRACTOR)
    for_contractor = sheets.body(sheets.second(), employer_id=str(make.CONTRACTOR))
    refused = await sheets.send(client, project, for_contractor)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "employer_unknown")
    assert [one["id"] for one in (await client.get(SHEETS)).json()["items"]] == [theirs["id"]]
    speak("subcontractor", "stranger", sheets.STRANGER)
    assert (await sheets.send(client, project, said)).status_code == 404
    assert (await client.get(SHEETS)).json()["items"] == []
    speak("contractor", "far", areas=[make.NEIGHBOUR])
    assert (await sheets.send(client, project, said)).status_code == 404
    for name in ("check", "submit"):
        assert (await sheets.step(client, ours["id"], name)).status_code == 404


async def test_an_area_weighs_findings_otherwise_and_a_new_check_says_by_which_version(
    client: AsyncClient, session: Session, project: UUID, speak: Speak
) -> None:
    sheet = await checked(client, project, sheets.line(net="5400.00"))
    assert sheet["errors"] == 1
    values = {"net_differs": {"severity": "warning", "tolerance": "0.00"}}
    policy = {
        "area_code": make.COUNTY, "kind": "sheet_checks", "version": 1, "valid_from": "2023-01-01",
        "values": values, "basis": "试行", "certainty": "C",
    }  # fmt: skip
    speak("wage_office", "office", None)
    assert (await client.post("/payroll/v1/policies", json=policy)).status_code == 201
    missing = policy | {"version": 2, "values": {"net_differs": {"severity": "warning"}}}
    assert (await client.post("/payroll/v1/policies", json=missing)).status_code == 422
    speak("contractor", "tester")
    again = (await sheets.step(client, sheet["id"], "check")).json()
    assert [(one["code"], one["severity"], one["rule"]) for one in again["findings"]] == [
        ("net_differs", "warning", {"area_code": make.COUNTY, "version": 1})
    ]
    assert (again["sheet"]["errors"], again["sheet"]["checks"]) == (0, 2)
    assert (await sheets.step(client, sheet["id"], "submit")).status_code == 200


async def test_whoever_is_not_as_on_the_roster_is_found_and_right_once_the_roster_is(
    client: AsyncClient, session: Session, project: UUID
) -> None:
    stranger = "110101198507150010"
    lines = (
        sheets.line(name="张三"),
        sheets.second(card_no=sheets.THIRD_BANK_CARD),
        sheets.third(card_no=None),
        sheets.line(id_number=stranger, name="赵六", card_no="6222020200112233455"),
    )
    answer = (await sheets.send(client, project, sheets.body(*lines))).json()
    told = {(one["row"], one["code"]) for one in answer["findings"] if one["severity"] == "error"}
    assert told == {
        (1, "name_differs"), (2, "card_not_own"), (3, "card_missing"), (4, "not_on_roster"),
    }  # fmt: skip
    known_one = next(one for one in answer["findings"] if one["code"] == "name_differs")
    assert list(known_one["compared"]) == ["worker_id"]
    sheet = await checked(client, project, sheets.line(id_number=stranger, name="赵六"))
    assert sheet["errors"] == 1
    await sheets.enrol(session, project, (stranger, "赵六", sheets.BANK_CARD))
    await session.flush()
    again = (await sheets.step(client, sheet["id"], "check")).json()["sheet"]
    assert (again["errors"], again["accepted"], again["checks"]) == (0, 1, 2)


async def test_a_month_without_contract_or_after_exit_is_only_warned_of(
    client: AsyncClient, project: UUID
) -> None:
    answer = await sheets.send(client, project, sheets.body(period="2022-12"))
    told = {
        (one["row"], one["code"], one["severity"])
        for one in answer.json()["findings"]
        if one["severity"] != "hint"
    }
    assert told == {
        (row, code, "warning") for row in (1, 2) for code in ("no_contract", "outside_stay")
    }


# ---- two at once ---------------------------------------------------------------------------


async def test_the_same_content_from_two_at_once_is_one_sheet(
    sessions: Sessions, client: AsyncClient, time: Time
) -> None:
    async with sessions.begin("test") as session:
        project = await known(session, time)
    answers = await asyncio.gather(*(sheets.send(client, project, sheets.body()) for _ in range(4)))
    assert {one.status_code for one in answers} == {201}
    assert len({one.json()["sheet"]["id"] for one in answers}) == 1
    assert len((await client.get(SHEETS)).json()["items"]) == 1


async def test_two_versions_submitted_at_once_leave_one_standing(
    sessions: Sessions, client: AsyncClient, time: Time
) -> None:
    async with sessions.begin("test") as session:
        project = await known(session, time)
    made = [await checked(client, project, sheets.line(days=str(n))) for n in (20, 21, 22)]
    answers = await asyncio.gather(*(sheets.step(client, one["id"], "submit") for one in made))
    assert {one.status_code for one in answers} <= {200, 409}
    listed = (await client.get(SHEETS)).json()["items"]
    assert [one["version"] for one in listed if one["status"] == "submitted"] == [3]
    assert {one["status"] for one in listed} == {"submitted", "archived"}


async def test_one_step_taken_by_two_at_once_is_taken_once(
    sessions: Sessions, client: AsyncClient, time: Time, speak: Speak, published: Published
) -> None:
    async with sessions.begin("test") as session:
        project = await known(session, time)
    sheet = await checked(client, project)
    await sheets.step(client, sheet["id"], "submit")
    speak("wage_officer", "officer")
    answers = await asyncio.gather(
        *(sheets.step(client, sheet["id"], "review") for _ in range(3)),
        sheets.step(client, sheet["id"], "return", reason="重报"),
    )
    assert min(one.status_code for one in answers) == 200
    reviews = [one.status_code for one in answers[:3]]
    assert reviews.count(200) <= 1
    assert len(await published(None, SheetReviewed)) == reviews.count(200)


async def test_opposite_moves_at_once_do_not_wait_for_each_other(
    sessions: Sessions, client: AsyncClient, time: Time
) -> None:
    async with sessions.begin("test") as session:
        project = await known(session, time)
        other = await make.contract(session, make.card(new_id()))
        await session.flush()  # The roster looks for it.
        await sheets.enrol(session, other)
    one = await checked(client, project)
    two = await checked(client, other, sheets.second())
    answers = await asyncio.gather(
        sheets.step(client, one["id"], "move", project_id=str(other), reason="互换"),
        sheets.step(client, two["id"], "move", project_id=str(project), reason="互换"),
    )
    assert [each.status_code for each in answers] == [201, 201]
