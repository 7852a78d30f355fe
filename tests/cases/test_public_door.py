"""The public door: told from a notice board without an account, read by a receipt."""

import re
from datetime import datetime
from typing import Any

import pytest
import segno
from defusedxml.ElementTree import fromstring
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response
from sqlalchemy import select

from services.cases.adapters.board_plate import plate
from services.cases.models import CaseMessage, CaseReport
from services.cases.rules import public as rules
from services.cases.rules.course import Stage
from services.cases.settings import Settings
from services.cases.settings import settings as of_process
from shared.auth import hash_of
from shared.db import AuditRow, Session
from tests.cases import factories as make
from tests.cases.factories import COUNTY, NEIGHBOUR, TOWN, an_id, at
from tests.cases.test_arrears import CASES, MORNING, Do, do
from tests.fixtures.service import Time, Token

__all__ = ["do"]  # The fixture, by which acts are done upon cases.

PUBLIC, BOARDS = "/cases/v1/public", "/cases/v1/notice-boards"
office = pytest.mark.caller("wage_office", areas=[COUNTY], subject="office", org=an_id("office"))
SAID: dict[str, Any] = {
    "name": "工人甲", "phone": "13800000001", "text": "工人甲（13800000001）三月四月工资未发",
    "months": "2023-03..2023-04", "workers": 12, "amount": "86000.00",
}  # fmt: skip


@pytest.fixture(autouse=True)
async def _world(session: Session, time: Time) -> None:
    time.move_to(at(MORNING))
    await make.world(session)
    await session.flush()  # The app's own transactions must see it.


def stranger(app: FastAPI, address: str = "198.51.100.7") -> AsyncClient:
    """Give somebody without any token, from somewhere."""
    return AsyncClient(
        transport=ASGITransport(app, client=(address, 50_000)), base_url="http://tests"
    )


async def board(client: AsyncClient, **changes: Any) -> dict[str, Any]:
    body = {"area_code": TOWN, "place": "走马镇产业路工地"} | changes
    made = await client.post(BOARDS, json=body)
    assert made.status_code == 201, made.text
    hung: dict[str, Any] = made.json()
    return hung


async def tell(http: AsyncClient, hung: dict[str, Any], **changes: Any) -> Response:
    return await http.post(f"{hung['path']}/reports", json=SAID | changes)


async def mailbox(http: AsyncClient, receipt: str) -> dict[str, Any]:
    read = await http.post(f"{PUBLIC}/mailbox", json={"receipt": receipt})
    assert read.status_code == 200, read.text
    box: dict[str, Any] = read.json()
    return box


@office
async def test_whoever_tells_by_a_board_reads_by_his_receipt_what_becomes_of_it(
    session: Session, client: AsyncClient, app: FastAPI, do: Do, time: Time
) -> None:
    hung = await board(client, project_id=str(an_id("p")), project_name="产业路")
    async with stranger(app) as http:
        page = await http.get(hung["path"])
        site = await http.get(f"{hung['path']}/site")
        told = await tell(http, hung)
        receipt = told.json()["receipt"]
        box = await mailbox(http, receipt.lower().replace("-", " "))
    assert page.headers["content-type"].startswith("text/html")
    assert site.json() == {
        "area_code": TOWN, "place": "走马镇产业路工地", "project_name": "产业路",
    }  # fmt: skip
    assert (told.status_code, re.fullmatch(r"(\w{5}-){3}\w{5}", receipt) is not None) == (201, True)
    [case] = (await client.get(CASES)).json()["items"]
    assert (case["channel"], case["area_code"], case["project_id"], case["opened_by"]) == (
        "qr_form", TOWN, str(an_id("p")), f"board:{hung['id']}",
    )  # fmt: skip
    assert case["receiver_id"] == str(an_id("office"))
    kept = (await session.scalars(select(CaseReport))).one()
    assert kept.receipt_hash == hash_of(rules.plain(receipt))
    [report] = (await client.get(f"{CASES}/{case['id']}/reports")).json()["items"]
    assert (report["name"], report["phone"], report["board_id"]) == (
        "工*", "138****0001", hung["id"],
    )  # fmt: skip
    assert [one["stage"] for one in box["told"]] == ["received"]
    assert box["told"][0]["words"]["zh"] == rules.TOLD[Stage.RECEIVED].zh
    # The body in charge asks, he answers; each reads what the other wrote, and it is recorded.
    case = await do(case, "sign")
    case = await do(case, "ask_supplement", reason="缺少考勤记录，张三也反映")
    write = f"/cases/v1/case-reports/{report['id']}/messages"
    asked = await client.post(write, json={"text": "请补充考勤记录"})
    assert asked.status_code == 201, asked.text
    time.move_to(at("2023-06-01 10:00"))
    async with stranger(app) as http:
        answer = {"receipt": receipt, "text": "考勤在工友王五处"}
        assert (await http.post(f"{PUBLIC}/mailbox/messages", json=answer)).status_code == 201
        box = await mailbox(http, receipt)
    assert [one["stage"] for one in box["told"]] == ["received", "signed", "supplementing"]
    assert [(one["by_office"], one["text"]) for one in box["messages"]] == [
        (True, "请补充考勤记录"), (False, "考勤在工友王五处"),
    ]  # fmt: skip
    assert "张三" not in str(box)
    waiting = await client.get("/cases/v1/case-messages", params={"waiting": "true"})
    [waits] = waiting.json()["items"]
    assert (waits["by_office"], "text" in waits) == (False, False)
    shown = await client.post(f"{write}/reveal", json={"purpose": "看答复"})
    assert shown.json()["messages"][1]["text"] == "考勤在工友王五处"
    audited = select(AuditRow).where(AuditRow.row_id == report["id"], AuditRow.action == "reveal")
    assert (await session.scalars(audited)).one().after == {"purpose": "看答复"}
    raw = (await session.scalars(select(CaseMessage.actor).order_by(CaseMessage.id))).all()
    assert raw == ["office", f"receipt:{report['id']}"]


@office
async def test_the_mailbox_tells_of_ones_own_report_and_withdrawing_it_ends_no_case(
    client: AsyncClient, app: FastAPI, do: Do, token: Token
) -> None:
    hung = await board(client)
    async with stranger(app) as http:
        first = (await tell(http, hung)).json()["receipt"]
        [case] = (await client.get(CASES)).json()["items"]
        case = await do(case, "sign")
        case = await do(case, "accept")
        # A workmate tells of the same site and months without a name: it is one case.
        again = await tell(
            http, hung, anonymous=True, name="工人乙", phone="13800000002", amount="85000.00"
        )
        second = again.json()["receipt"]
        assert len((await client.get(CASES)).json()["items"]) == 1
        reports = (await client.get(f"{CASES}/{case['id']}/reports")).json()["items"]
        assert [(one["relation"], one["name"]) for one in reports] == [
            ("different", "工*"), ("same", None),
        ]  # fmt: skip
        assert [one["stage"] for one in (await mailbox(http, first))["told"]] == [
            "received", "signed", "investigating",
        ]  # fmt: skip
        assert [one["stage"] for one in (await mailbox(http, second))["told"]] == ["investigating"]
        # Twice the same is once; the case goes on, and its history says that it was taken back.
        back = [
            await http.post(f"{PUBLIC}/mailbox/withdrawal", json={"receipt": second})
            for _ in range(2)
        ]
        once, twice = [datetime.fromisoformat(one.json()["withdrawn_at"]) for one in back]
        assert once == twice
        assert (await mailbox(http, first))["withdrawn_at"] is None
        assert (await mailbox(http, second))["withdrawn_at"] is not None
        whole = (await client.get(f"{CASES}/{case['id']}")).json()
        done = [one["what"] for one in whole["steps"]]
        assert (whole["stage"], done.count("report_withdrawn")) == ("investigating", 1)
        # An area that tells less, tells less.
        terms = {
            "area_code": COUNTY, "version": 1, "valid_from": "2023-05-01", "stages": ["received"],
            "conclusion": False, "basis": "县治欠办", "certainty": "C",
            "places": [{"kind": "complaint", "name": "县劳动监察局", "phone": "0718-1",
                        "source": "县政府网"}],
        }  # fmt: skip
        assert (await client.post("/cases/v1/terms/public", json=terms)).status_code == 201
        assert [one["stage"] for one in (await mailbox(http, first))["told"]] == ["received"]
        near, far = [
            (await http.get(f"{PUBLIC}/places/{area}")).json() for area in (TOWN, NEIGHBOUR)
        ]
        assert ([one["name"] for one in near["places"]], near["area_code"]) == (
            ["县劳动监察局"], COUNTY,
        )  # fmt: skip
        assert {one["kind"] for one in far["places"]} == {
            "complaint", "hotline", "arbitration", "legal_aid",
        }  # fmt: skip
        assert all(one["source"] for one in far["places"])
        assert (await http.get(f"{PUBLIC}/places/990000")).status_code == 404
    desk = token("intake_desk", areas=[COUNTY], subject="desk")
    by_desk = await opened_by(client, desk)
    refused = await client.post(
        f"/cases/v1/case-reports/{by_desk}/messages", json={"text": "请补充"}
    )
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/mailbox-missing")


async def opened_by(client: AsyncClient, desk: dict[str, str]) -> str:
    """Let the desk take a report that has no receipt; give its id."""
    said = {
        "channel": "desk", "speaker": "anyone", "text": "另一工地", "area_code": COUNTY,
        "place": "容美镇学校", "employer_name": "某劳务公司",
    }  # fmt: skip
    made = await client.post(CASES, json=said, headers=desk)
    assert made.status_code == 201, made.text
    report: str = made.json()["report"]["id"]
    return report


@office
async def test_what_the_form_cannot_take_says_why_and_nothing_is_read_by_guessing(
    client: AsyncClient, app: FastAPI
) -> None:
    placeless, down = await board(client, place=None), await board(client)
    assert (await client.post(f"{BOARDS}/{down['id']}/end")).json()["ended_at"] is not None
    async with stranger(app) as http:
        bad: list[tuple[dict[str, Any], dict[str, Any], int, str]] = [
            (placeless, {}, 422, "report-refused"),
            (placeless, {"place": "学校工地", "website": "http://spam"}, 422, "invalid"),
            (placeless, {"place": "学校工地", "phone": None}, 422, "invalid"),
            (placeless, {"place": "学校工地", "amount": "八万六"}, 422, "invalid"),
            (placeless, {"place": "学校工地", "text": "长" * 2001}, 422, "invalid"),
            (placeless, {"place": "学校工地", "area_code": NEIGHBOUR}, 422, "invalid"),
            (down, {}, 404, "board-unknown"),
        ]
        for hung, said, status, kind in bad:
            answer = await tell(http, hung, **said)
            assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{kind}"), (
                said
            )
        refused = await tell(http, placeless)
        assert refused.json()["errors"][0]["place"] == "place"
        large = await http.post(f"{placeless['path']}/reports", content=b" " * 65 * 1024)
        assert large.status_code == 413
        assert (await http.get(f"{PUBLIC}/boards/NOBOARD22222/site")).status_code == 404
        unknown = await http.post(f"{PUBLIC}/mailbox", json={"receipt": "A" * 20})
        assert (unknown.status_code, unknown.json()["type"]) == (404, "/problems/receipt-unknown")
        english = await http.get(
            f"{PUBLIC}/boards/NOBOARD22222/site", headers={"accept-language": "en"}
        )
        assert english.json()["title"].startswith("No notice board")
        # A key of repeats is its sender's own, and no answer with a receipt in it is kept.
        keyed = {"idempotency-key": "1"}
        said = SAID | {"place": "学校工地"}
        path = f"{placeless['path']}/reports"
        assert (await http.post(path, json=said, headers=keyed)).status_code == 201
        assert (await http.post(path, json=said, headers=keyed)).status_code == 422
    assert len((await client.get(CASES)).json()["items"]) == 1


@office
async def test_a_flood_meets_its_own_limit_and_nothing_of_what_others_send_is_lost(
    client: AsyncClient, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = Settings(
        public_reports_per_address=3, public_reports_per_board=5, public_calls_per_address=2
    )
    monkeypatch.setattr("services.cases.routes.public.settings", lambda: few)
    hung, other = await board(client), await board(client, place="学校工地")
    answers: dict[str, list[int]] = {}
    waits = []
    for address in ("198.51.100.7", "198.51.100.9", "203.0.113.5", "2001:db8::1"):
        async with stranger(app, address) as http:
            for number in range(3):
                sent = await tell(http, hung, months=f"2022-0{number + 1}", phone="13900000000")
                answers.setdefault(address, []).append(sent.status_code)
                waits += [sent.headers["retry-after"]] if sent.status_code == 429 else []
    # The second robot sits in the network of the first; the third fills what the board may take.
    assert answers == {
        "198.51.100.7": [201, 201, 201], "198.51.100.9": [429, 429, 429],
        "203.0.113.5": [201, 201, 429], "2001:db8::1": [429, 429, 429],
    }  # fmt: skip
    assert {0 < int(seconds) <= 1200 for seconds in waits} == {True}
    async with stranger(app, "192.0.2.1") as http:
        assert (await tell(http, other)).status_code == 201, "another board is open"
        looked = [(await http.get(f"{other['path']}/site")).status_code for _ in range(3)]
        assert looked == [200, 200, 429]
    assert of_process().public_reports_per_address == 120


@office
async def test_a_board_has_a_plate_to_print_as_long_as_it_hangs(
    client: AsyncClient, token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    hung = await board(client, place="<b>走马镇</b>产业路" + "一二三四五六七八九十" * 7)
    where = f"{BOARDS}/{hung['id']}/plate"
    for said, begins in (("", "http://tests"), ("https://wages.example.gov.cn", None)):
        if said:
            known = Settings(public_url=said)
            monkeypatch.setattr("services.cases.routes.boards.settings", lambda one=known: one)
        shown = await client.get(where)
        assert (shown.status_code, shown.headers["content-type"]) == (200, "image/svg+xml")
        drawn = fromstring(shown.content)
        words = [text.text or "" for text in drawn.iter("{http://www.w3.org/2000/svg}text")]
        assert words[3] == f"编码 {hung['code']}"
        assert words[4].startswith("<b>走马镇</b>")
        assert (len(words), words[-2][-1]) == (8, "…")
        assert words[-1] == f"{begins or said}{hung['path']}"
        code = segno.make(f"{begins or said}{hung['path']}", error="q", micro=False)
        lines = drawn.find(".//{*}path[@stroke]")
        assert lines is not None
        assert f'd="{lines.get("d")}"' in code.svg_inline(border=4)
    assert fromstring(plate("https://a.cn/1", "C", "甲\ud7ff\uffff乙")).tag.endswith("svg")
    unsaid = await client.post(BOARDS, json={"area_code": TOWN, "place": "甲\uffff乙"})
    assert unsaid.status_code == 422
    monkeypatch.setattr("services.cases.routes.boards.settings", Settings)
    for host in ("a" * 8000, "é.example", "user:secret@example", "[::1]"):
        refused = await client.get(where, headers={"host": host.encode()})
        assert (refused.status_code, "CASES_PUBLIC_URL" in refused.text) == (409, True), host
    elsewhere = token("wage_office", areas=[NEIGHBOUR], subject="elsewhere")
    assert (await client.get(where, headers=elsewhere)).status_code == 404
    await client.post(f"{BOARDS}/{hung['id']}/end")
    assert (await client.get(where)).status_code == 404


async def test_the_page_is_whole_in_itself_and_runs_nothing_but_its_own(app: FastAPI) -> None:
    async with stranger(app) as http:
        page = await http.get(f"{PUBLIC}/boards/ANYCODE22222")
    html, policy = page.text, page.headers["content-security-policy"]
    assert page.status_code == 200
    assert re.findall(r"""(?:src|href|action)\s*=|url\(|@import|https?:|//\w""", html) == []
    assert re.findall(r"\son\w+\s*=|innerHTML|eval\(", html) == []
    assert re.findall(r"unsafe|\*|https?:", policy) == []
    assert policy.count("sha256-") == 2
    assert "default-src 'none'" in policy
    assert page.headers["x-content-type-options"] == "nosniff"
    assert 'name="viewport"' in html
    # Each word stands in both languages, and every word that is asked for is there.
    zh, en = [
        set(re.findall(r"[{,] (\w+): \"", line))
        for line in re.findall(r"  (?:zh|en): (\{.*\})", html)
    ]
    asked = {*re.findall(r'data-t="(\w+)"', html), *re.findall(r'say\("(\w+)"\)', html)}
    assert (zh, asked - zh) == (en, set())
