"""Documents of cases: numbered without gap or twin, whole or refused, served with proof, void."""

import asyncio
import io
import zipfile
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import select

from services.cases.adapters import documents
from services.cases.adapters.document_forms import FORMS
from services.cases.models import CaseDocument, DocumentTemplate
from services.cases.rules.documents import REPEATED, DocumentKind, fields_of
from shared import docx
from shared.db import AuditRow, Session, Sessions
from shared.docx import Block, Paragraph
from tests.cases import factories as make
from tests.cases.factories import COUNTY, TOWN, at
from tests.cases.test_arrears import CASES, MORNING, Do, do, opened, running, sent
from tests.fixtures.service import Time, Token

__all__ = ["do"]
DOCUMENTS, TEMPLATES = "/cases/v1/case-documents", "/cases/v1/document-templates"
WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
GIVEN = {"office": "鹤峰县人力资源和社会保障局", "contact": "0718-5282333"}
WHY = {"purpose": "送达当事人"}
inspector = pytest.mark.caller("inspector", areas=[COUNTY], subject="inspector-1")


@pytest.fixture
async def _world(session: Session, time: Time) -> None:
    time.move_to(at(MORNING))
    await make.world(session)
    await session.flush()  # The app's own transactions must see it.


def read(content: bytes) -> list[str]:
    """Give a document's paragraphs as any program reads them."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        root = ET.fromstring(archive.read("word/document.xml"))  # noqa: S314 -- as above
    return ["".join(t.text or "" for t in p.iter(f"{WORD}t")) for p in root.iter(f"{WORD}p")]


async def issue(client: AsyncClient, case: dict[str, Any], kind: str, **said: Any) -> Response:
    return await client.post(f"{CASES}/{case['id']}/documents", json={"kind": kind, **said})


async def issued(
    client: AsyncClient, case: dict[str, Any], kind: str, **said: Any
) -> tuple[dict[str, Any], str]:
    """Issue a document, and give it with the text of its file."""
    made = await issue(client, case, kind, **said)
    assert made.status_code == 201, made.text
    document: dict[str, Any] = made.json()
    file = await client.post(f"{DOCUMENTS}/{document['id']}/file", json=WHY)
    assert file.status_code == 200, file.text
    return document, "\n".join(read(file.content))


def missing(refused: Response) -> list[str]:
    assert refused.status_code == 422, refused.text
    return [f"{one['place']} {one['code']}" for one in refused.json()["errors"]]


@inspector
@pytest.mark.usefixtures("_world")
async def test_a_document_is_whole_or_refused_by_every_field_that_is_missing(
    session: Session, client: AsyncClient, do: Do
) -> None:
    case = await do(await opened(client, employer_name="湖北恒达劳务有限公司"), "sign")
    [report] = (await client.get(f"{CASES}/{case['id']}/reports")).json()["items"]
    refused = await issue(client, case, "acceptance_notice", fields={"pay_by": "2023-06-01"})
    assert missing(refused) == [
        "fields.pay_by not_used", "fields.addressee field_missing",
        "fields.accepted_on field_missing", "fields.investigate_by field_missing",
        "fields.contact field_missing", "fields.office field_missing",
    ]  # fmt: skip
    named = {one["detail"]: one["remedy"] for one in refused.json()["errors"]}
    assert named["缺少“受理日期”"] == "请先受理立案"
    english = await client.post(
        f"{CASES}/{case['id']}/documents", json={"kind": "acceptance_notice"},
        headers={"accept-language": "en"},
    )  # fmt: skip
    assert "Missing: Day of acceptance" in {one["detail"] for one in english.json()["errors"]}
    case = await do(case, "accept")
    given = {"kind": "acceptance_notice", "report_id": report["id"], "fields": GIVEN}
    typed = await client.post(
        f"{CASES}/{case['id']}/documents",
        json=given | {"fields": GIVEN | {"employer": "别家", "accepted_on": "2023-01-01"}},
    )
    assert missing(typed) == [
        "fields.employer not_to_be_given", "fields.accepted_on not_to_be_given",
    ]  # fmt: skip
    document, text = await issued(client, case, **given)
    # What was refused before took no number.
    assert (document["number"], document["state"]) == ("劳监受字〔2023〕第1号", "issued")
    for words in (
        document["number"], "工人甲：", "湖北恒达劳务有限公司", "国务院令第423号）第十三条",
        "国务院令第724号）第十条", "第五十条", "2023年5月31日受理", "欠案〔2023〕第1号",
        "2023年8月24日前完成", "鹤峰县人力资源和社会保障局\n2023年5月31日",
    ):  # fmt: skip
        assert words in text, words
    assert "{" not in text
    row = (await session.scalars(select(CaseDocument))).one()
    assert (row.said, row.sha256 is not None) == (None, True)
    # That the reporter's name was put in, and that somebody took the file.
    reveals = select(AuditRow).where(AuditRow.action == "reveal").order_by(AuditRow.id)
    named, taken = [(one.row_id, one.after) for one in await session.scalars(reveals)]
    assert named == (
        report["id"], {"purpose": "acceptance_notice", "document_id": document["id"]},
    )  # fmt: skip
    assert taken == (document["id"], WHY)


@inspector
@pytest.mark.usefixtures("_world")
async def test_papers_of_a_decision_name_articles_amounts_and_people(
    client: AsyncClient, do: Do
) -> None:
    case = await opened(client, employer_name="湖北恒达劳务有限公司")
    lines = [
        {"name": "工人甲", "id_number": "110101199003070716", "months": "2023-03..2023-04",
         "claimed": "6000.00"},
        {"name": "工人乙", "months": "2023-04", "claimed": "4000.05"},
    ]  # fmt: skip
    where = f"{CASES}/{case['id']}"
    case = (await sent(client, f"{where}/lines", case, lines=lines))["case"]
    case = await do(await do(await do(case, "sign"), "accept"), "finish", result="查实",
                    officers=["a", "b"])  # fmt: skip
    case = await do(case, "decide", decision="handle", document_number="鹤人社监处〔2023〕1号")
    bank = GIVEN | {
        "addressee": "县农商行", "bank": "县农商行", "bank_account": "82010000001234567",
        "pay_by": "2023-06-07",
    }  # fmt: skip
    refused = await issue(client, case, "payment_notice", fields=bank | {"pay_by": "下周"})
    assert missing(refused) == [
        "fields.pay_by day_unreadable", "lines[2].id_number field_missing",
    ]  # fmt: skip
    first, second = (await client.get(f"{where}/lines")).json()["items"]
    out = {"version": case["version"], "withdrawn": True, "reason": "本人撤回"}
    change = await client.post(f"/cases/v1/arrears-lines/{second['id']}/change", json=out)
    correction = GIVEN | {
        "addressee": "湖北恒达劳务有限公司", "facts": "未足额支付3月至4月工资",
        "correct_by": "2023-06-15", "officers": "张某、李某",
    }  # fmt: skip
    unverified = await issue(client, case, "correction_order", fields=correction)
    assert missing(unverified) == [
        "fields.verified field_missing", "fields.verified_words field_missing",
    ]  # fmt: skip
    case = await sent(
        client, f"{where}/verifications", change.json(),
        lines=[{"line_id": first["id"], "verified": "5000.50"}],
    )  # fmt: skip
    payment, text = await issued(client, case, "payment_notice", fields=bank)
    assert payment["number"] == "劳监支字〔2023〕第1号"
    for words in (
        "经鹤人社监处〔2023〕1号责令", "国务院令第724号）第三十二条",
        "人社部发〔2021〕65号）第十九条",
        "2023年6月7日前", "人民币5000.50元", "大写：伍仟元伍角整", "下列1名农民工",
        "\n1\n工人甲\n110101199003070716\n2023-03 至 2023-04\n5000.50\n",
    ):  # fmt: skip
        assert words in text, words
    assert "工人乙" not in text
    order, text = await issued(client, case, "correction_order", fields=correction)
    assert order["number"] == "劳监令字〔2023〕第1号"
    assert "第五十三条" in text
    assert "于2023年6月15日前改正" in text
    case = await do(case, "transfer", reason="有能力支付而不支付", officers=["a", "b"],
                    decided_on="2023-05-31", document_number="移1号")  # fmt: skip
    letter = GIVEN | {
        "addressee": "县公安局", "police": "县公安局", "legal_person": "王某",
        "officers": "张某、李某",
        "attachments": "调查报告\n处理决定书",
    }  # fmt: skip
    _, text = await issued(client, case, "transfer_letter", fields=letter)
    assert "刑法》第二百七十六条之一" in text
    assert "国务院令第310号）第五条" in text
    assert "经2023年5月31日决定" in text
    assert "有能力支付而不支付" in text


@inspector
@pytest.mark.usefixtures("_world")
async def test_a_refusal_and_an_end_are_told_once_they_are_there(
    client: AsyncClient, do: Do
) -> None:
    case = await do(await opened(client, employer_name="某饭店"), "sign")
    told = {"fields": GIVEN | {"addressee": "工人甲"}}
    early = await issue(client, case, "refusal_notice", **told)
    assert missing(early) == [
        "fields.refusal_reason field_missing", "fields.other_way field_missing",
    ]  # fmt: skip
    case = await do(case, "refuse", conclusion="elsewhere", reason="已申请劳动争议仲裁",
                    told="县仲裁院")  # fmt: skip
    _, text = await issued(client, case, "refusal_notice", **told)
    assert "理由：已申请劳动争议仲裁" in text
    assert "途径主张权利：县仲裁院" in text
    _, text = await issued(client, case, "closing_letter", **told)
    assert "办结结论：已在仲裁或诉讼中。核实0人、人民币0.00元" in text


@inspector
async def test_twenty_at_once_get_twenty_numbers_without_gap_or_twin(
    sessions: Sessions, client: AsyncClient, token: Token, time: Time
) -> None:
    time.move_to(at(MORNING))
    async with sessions.begin("test") as session:
        await make.world(session)
    office = token("wage_office", areas=[COUNTY], subject="office")
    told = {"employer_name": "某公司", "own_case": True}
    cases = [await opened(client, external_id=f"H-{n}", area_code=(TOWN, COUNTY)[n % 2], **told)
             for n in range(4)]  # fmt: skip
    for n, case in enumerate(cases):
        for act, more in (("sign", {}), ("accept", {}), ("mediate", {"result": "goes_on",
                          "done_on": "2023-05-31"})):  # fmt: skip
            case["version"] += act != "sign"
            body = {"act": act, "version": case["version"], **more}
            done = await client.post(f"{CASES}/{case['id']}/steps", json=body)
            assert done.status_code == 200, (n, done.text)
    given = {"fields": GIVEN | {"addressee": "工人甲"}}
    # One in five lacks a field: it takes no number.
    made = await asyncio.gather(*(
        client.post(
            f"{CASES}/{cases[n % 4]['id']}/documents",
            json={"kind": "acceptance_notice", **(given if n % 5 else {})},
            headers=office if n % 2 else None,
        )
        for n in range(25)
    ))  # fmt: skip
    assert [one.status_code for one in made].count(422) == 5
    numbers = [one.json()["number"] for one in made if one.status_code == 201]
    assert sorted(numbers) == sorted(f"劳监受字〔2023〕第{n}号" for n in range(1, 21))
    time.move_to(at("2024-01-02 10:00"))
    next_year = await issue(client, cases[0], "acceptance_notice", **given)
    assert next_year.json()["number"] == "劳监受字〔2024〕第1号"
    document = next_year.json()["id"]
    # Several who take it first get one file.
    took = await asyncio.gather(*(
        client.post(f"{DOCUMENTS}/{document}/file", json=WHY) for _ in range(4)
    ))  # fmt: skip
    assert len({one.content for one in took}) == 1
    assert {one.status_code for one in took} == {200}


@inspector
@pytest.mark.usefixtures("_world")
async def test_a_document_is_served_with_its_receipt_and_void_keeps_its_number(
    session: Session, client: AsyncClient, do: Do, time: Time, token: Token
) -> None:
    case = await do(await do(await opened(client, employer_name="某公司"), "sign"), "accept")
    given = {"fields": GIVEN | {"addressee": "工人甲"}}
    made = (await issue(client, case, "acceptance_notice", **given)).json()
    kept = await session.get_one(CaseDocument, made["id"])
    assert "工人甲" in (kept.said or "")
    stored = "SELECT said FROM cases.case_documents"
    assert "工人甲".encode() not in await _raw(session, stored)
    where = f"{DOCUMENTS}/{made['id']}"
    pdf = {"file": ("receipt.pdf", b"%PDF-1.7 receipt", "application/pdf")}
    receipt = (await client.post(f"{CASES}/{case['id']}/evidence", files=pdf)).json()
    served = {"served_on": "2023-06-01", "served_how": "direct", "served_to": "工人甲",
              "evidence_ids": [receipt["id"]]}  # fmt: skip
    unmade = await client.post(f"{where}/service", json=served | {"served_on": "2023-05-31"})
    assert (unmade.status_code, unmade.json()["made"]) == (409, False)
    taken = await client.post(f"{where}/file", json=WHY)
    early = await client.post(f"{where}/service", json=served)
    assert (early.status_code, early.json()["type"]) == (422, "/problems/service-day-unfit")
    time.move_to(at("2023-06-02 10:00"))
    other = await client.post(f"{where}/service", json=served | {"evidence_ids": [made["id"]]})
    assert other.json()["type"] == "/problems/evidence-refused"
    done = (await client.post(f"{where}/service", json=served)).json()
    assert (done["state"], done["served_to"], done["evidence_ids"]) == (
        "served", "工*", [receipt["id"]],
    )  # fmt: skip
    twice = await client.post(f"{where}/service", json=served)
    assert (twice.status_code, twice.json()["state"]) == (409, "served")
    void = (await client.post(f"{where}/void", json={"reason": "受理日期有误"})).json()
    assert (void["state"], void["number"]) == ("void", "劳监受字〔2023〕第1号")
    again = await client.post(f"{where}/void", json={"reason": "再次"})
    assert again.status_code == 409
    second = (await issue(client, case, "acceptance_notice", **given)).json()
    assert second["number"] == "劳监受字〔2023〕第2号"
    listed = (await client.get(f"{CASES}/{case['id']}/documents")).json()["items"]
    assert [(one["number"], one["state"]) for one in listed] == [
        ("劳监受字〔2023〕第1号", "void"), ("劳监受字〔2023〕第2号", "issued"),
    ]  # fmt: skip
    # What was served stays to be read as it was.
    assert (await client.post(f"{where}/file", json=WHY)).content == taken.content
    steps = (await client.get(f"{CASES}/{case['id']}")).json()["steps"]
    papers = [one for one in steps if one["what"].startswith("document_")]
    assert [one["what"] for one in papers] == [
        "document_issued", "document_served", "document_void", "document_issued",
    ]  # fmt: skip
    assert (
        papers[1]["details"] | {"served_how": "direct", "served_on": "2023-06-01"}
        == papers[1]["details"]
    )
    assert "工人" not in str(papers)
    town = token("town", areas=[TOWN], subject="town")
    assert (await client.post(f"{where}/file", json=WHY, headers=town)).status_code == 200
    refused = await client.post(f"{where}/void", json={"reason": "x"}, headers=town)
    assert refused.status_code == 403


async def _raw(session: Session, statement: str) -> bytes:
    found = (await session.connection()).exec_driver_sql(statement.replace("cases.", ""))
    return bytes((await found).scalar_one())


def template(*said: str) -> bytes:
    return docx.write([Paragraph(Block.BODY, one) for one in said])


def form(**changes: Any) -> dict[str, Any]:
    return {
        "area_code": COUNTY, "kind": "closing_letter", "version": "1", "valid_from": "2023-05-31",
        "prefix": "鹤人社监结字", "basis": "县局2023年文书式样", "certainty": "A",
    } | changes  # fmt: skip


async def bring(client: AsyncClient, content: bytes, **changes: Any) -> Response:
    files = {"file": ("式样.docx", content, "application/octet-stream")}
    return await client.post(TEMPLATES, data=form(**changes), files=files)


@pytest.mark.caller("wage_office", areas=[COUNTY], subject="office")
@pytest.mark.usefixtures("_world")
async def test_an_area_brings_its_own_template_from_a_day_on(
    session: Session, client: AsyncClient, do: Do
) -> None:
    seeded = (await session.scalars(select(DocumentTemplate))).all()
    assert {one.kind for one in seeded} == set(FORMS)
    for one in seeded:
        found = docx.look(documents.own_form(one.kind), REPEATED)
        assert [one.code for one in fields_of(found.fields)] == one.fields
    case = await do(await opened(client, employer_name="某公司"), "sign")
    case = await do(case, "refuse", conclusion="out_of_time", reason="超过两年", told="诉讼")
    given = {"fields": {"office": "县人社局", "addressee": "工人甲"}}
    form_file = await client.get(f"{TEMPLATES}/{seeded[-1].id}/file")
    assert read(form_file.content)[1] == "{{文号}}"
    wrong = await bring(
        client, template("{{文号}}致{{送达对像}}：{{明细.姓名}} {{办理机关", "{{office}}")
    )
    assert (wrong.status_code, missing(wrong)) == (422, [
        "file braces", "file outside_table", "file.{{送达对像}} field_unknown",
        "file.{{制发日期}} field_needed", "file.{{送达对象}} field_needed",
    ])  # fmt: skip
    none = await bring(client, b"%PDF-1.7")
    assert missing(none) == ["file no_document"]
    own = template(
        "{{文号}}", "{{送达对象}}：", "贵方反映一案{{办结结论}}。", "{{ office }}{{制发日期}}"
    )
    made = await bring(client, own)
    assert made.status_code == 201, made.text
    assert made.json()["fields"] == ["number", "addressee", "conclusion", "office", "made_on"]
    same, other = await bring(client, own), await bring(client, own, prefix="别的")
    assert (same.json()["id"], other.status_code) == (made.json()["id"], 409)
    later = await bring(client, own, version="2", valid_from="2023-06-10", prefix="新字")
    assert later.status_code == 201
    elsewhere = await bring(client, own, area_code="422822")
    assert elsewhere.status_code == 404
    document, text = await issued(client, case, "closing_letter", **given)
    assert document["number"] == "鹤人社监结字〔2023〕第1号"
    assert text.split("\n") == [
        "鹤人社监结字〔2023〕第1号", "工人甲：", "贵方反映一案超过两年。", "县人社局2023年5月31日",
    ]  # fmt: skip
    found = (await client.get(TEMPLATES, params={"kind": "closing_letter"})).json()["items"]
    assert [(one["area_code"], one["version"], one["own"]) for one in found] == [
        ("0", 1, False), (COUNTY, 1, True), (COUNTY, 2, True),
    ]  # fmt: skip
    kept = await client.get(f"{TEMPLATES}/{made.json()['id']}/file")
    assert kept.content == own
    fields = (await client.get(f"{TEMPLATES}/fields")).json()["items"]
    assert {"送达对象", "明细.姓名"} <= {one["name"] for one in fields}
    assert set(DocumentKind) == set(FORMS)


@inspector
@pytest.mark.usefixtures("_world")
async def test_the_limit_of_an_order_runs_from_the_day_on_which_it_was_served(
    client: AsyncClient, do: Do, time: Time
) -> None:
    case = await do(await do(await opened(client, employer_name="某公司"), "sign"), "accept")
    where = f"{CASES}/{case['id']}"
    lines = [{"name": "工人甲", "months": "2023-03", "claimed": "5000.50"}]
    case = (await sent(client, f"{where}/lines", case, lines=lines))["case"]
    [line] = (await client.get(f"{where}/lines")).json()["items"]
    verified = [{"line_id": line["id"], "verified": "5000.50"}]
    case = await sent(client, f"{where}/verifications", case, lines=verified)
    case = await do(case, "finish", result="查实", officers=["a", "b"])
    case = await do(case, "decide", decision="correct", document_number="令1号", pay_within=5)
    assert running(case)["payment"] == "2023-06-08 00:00"
    fields = GIVEN | {
        "addressee": "某公司", "facts": "未足额支付工资", "correct_by": "2023-06-12",
        "officers": "张某、李某",
    }  # fmt: skip
    order, _ = await issued(client, case, "correction_order", fields=fields)
    pdf = {"file": ("receipt.pdf", b"%PDF-1.7 receipt", "application/pdf")}
    receipt = (await client.post(f"{where}/evidence", files=pdf)).json()
    time.move_to(at("2023-06-02 10:00"))
    served = {"served_on": "2023-06-02", "served_how": "direct", "served_to": "经理某",
              "evidence_ids": [receipt["id"]]}  # fmt: skip
    done = await client.post(f"{DOCUMENTS}/{order['id']}/service", json=served)
    assert done.status_code == 200, done.text
    case = (await client.get(where)).json()
    # What the order says counts now, and what the decision gave no longer.
    assert running(case)["payment"] == "2023-06-13 00:00"
    assert [one["length"] for one in case["clocks"] if one["kind"] == "payment"] == [5, 10]
