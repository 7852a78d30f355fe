"""A finance bureau's files of treasury payments: trial, findings at their cells, all or nothing."""

import asyncio
import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import pytest
import xlwt
from httpx import AsyncClient, Response
from xlsxwriter.workbook import Workbook

from services.payroll import actions
from services.payroll.adapters import payment_list
from services.payroll.schemas.payments import MOST
from services.payroll.schemas.policies import PolicyIn
from shared import clock, tables
from shared.db import Session, Sessions
from shared.events.payroll import TransferSent
from shared.events.registry import project_id
from tests.fixtures.service import Published, Time, Token
from tests.payroll import factories as make

LISTS = "/payroll/v1/payment-lists"
PAYMENTS = "/payroll/v1/treasury-payments"
TODAY = date(2023, 3, 10)
ROAD, BRIDGE, ELSEWHERE = (project_id(code) for code in ("HF-1", "HF-2", "XE-1"))
BRIDGE_NO = "1755000000000000051"
ROW = {
    "支付日期": "2023-01-18", "支付凭证号": "鹤财支〔2023〕1号", "项目编码": "HF-1",
    "支付金额": "100.00", "用途": "1月人工费", "资金来源": "车购税补助",
}  # fmt: skip
COUNTS = ("state", "rows", "accepted", "rejected", "entered")
finance = pytest.mark.caller("finance_bureau", areas=[make.COUNTY])


async def known(session: Session) -> None:
    """Know two projects of the county with their accounts, one without, and a neighbour's."""
    await make.tree(session)
    named = {"HF-1": "鹤峰县燕子镇（石龙洞）公路", "HF-2": "容美大桥", "HF-3": "容美大桥"}
    for code, name in named.items():
        card = make.card(project_id(code), name=name)
        if code == "HF-3":  # Nothing is owed to it.
            await make.project(session, project_id=card.project_id, name=name)
        else:
            await make.contract(session, card)
    await make.contract(session, make.card(ELSEWHERE, area_code=make.NEIGHBOUR, name="邻县公路"))
    await make.source(session)
    await make.account(session, ROAD)
    await make.account(session, BRIDGE, account_no=BRIDGE_NO)


@pytest.fixture
async def county(session: Session, time: Time) -> None:
    """Know it in the test's own transaction."""
    time.move_to(clock.at(TODAY, 9))
    await known(session)
    await session.flush()


def listed(*rows: Mapping[str, str], above: str = "") -> bytes:
    titles = list(dict.fromkeys(title for row in rows for title in row))
    text = io.StringIO()
    text.write(above)
    writer = csv.DictWriter(text, titles, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("gb18030")


async def send(client: AsyncClient, content: bytes, **said: Any) -> Response:
    headers = said.pop("headers", None)
    data = {"area_code": make.COUNTY} | said
    return await client.post(LISTS, data=data, files={"file": ("a", content)}, headers=headers)


async def payments(client: AsyncClient, **only: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.get(PAYMENTS, params=only)).json()["items"]
    return found


async def found(client: AsyncClient, content: bytes) -> list[tuple[int, str, str]]:
    """Give what is wrong with a file, by row and column, and see that nothing of it was taken."""
    before = await payments(client)
    answer = await send(client, content)
    assert answer.status_code == 422, answer.text
    kept = (await client.get(f"{LISTS}/{answer.json()['payment_list_id']}")).json()
    assert (kept["state"], kept["entered"]) == ("refused", 0)
    assert kept["accepted"] + kept["rejected"] == kept["rows"]
    assert [one["detail"]["zh"] for one in kept["findings"]] == [
        one["detail"] for one in answer.json()["errors"]
    ]
    assert all(one["remedy"] for one in kept["findings"])
    assert await payments(client) == before
    return cells(kept["findings"])


def cells(findings: Iterable[Mapping[str, Any]]) -> list[tuple[int, str, str]]:
    return [(one["row"], one["column"], one["code"]) for one in findings]


@finance
@pytest.mark.usefixtures("county")
async def test_a_file_is_tried_then_taken_and_stands_in_the_three_views(
    client: AsyncClient, session: Session, published: Published
) -> None:
    said = make.line("A1", "2023-01-19T10:00:00", 100, 100)
    await make.feed(session, date(2023, 1, 19), make.statement(0, said), final=False)
    other = ROW | {
        "支付凭证号": "2", "项目编码": "HF-2", "支付金额": "40", "支付日期": "2023-01-28",
    }  # fmt: skip
    total = {"支付日期": "合计", "支付金额": "140.00"}
    content = listed(ROW, other, total)
    tried = (await send(client, content, dry_run="true")).json()
    assert [tried[name] for name in COUNTS] == ["checked", 2, 2, 0, 2]
    assert await payments(client) == []
    assert await published(session, TransferSent) == []
    done = (await send(client, content)).json()
    assert [done[name] for name in COUNTS] == ["imported", 2, 2, 0, 2]
    assert (done["id"], done["findings"]) == (tried["id"], [])
    assert (await send(client, content)).json() == done
    assert (await client.get(f"{LISTS}/{done['id']}")).json() == done
    assert [one["id"] for one in (await client.get(LISTS)).json()["items"]] == [done["id"]]
    first, _ = await payments(client, payment_list_id=done["id"])
    wanted = {
        "voucher": "鹤财支〔2023〕1号", "project_id": str(ROAD), "period": "2023-01",
        "amount": "100.00", "sent_on": "2023-01-18", "funding_source": "车购税补助",
        "seen_on": "2023-01-19",
    }  # fmt: skip
    assert first | wanted == first
    told = await published(session, TransferSent)
    assert [(one.project_id, one.lacking) for one in told] == [(ROAD, 0), (BRIDGE, 60)]
    views = [
        (await client.get(f"/payroll/v1/projects/{of}/three-way")).json()[0]
        for of in (ROAD, BRIDGE)
    ]
    figures = ("due_amount", "sent_amount", "credited_amount", "differences")
    assert [[view[name] for name in figures] for view in views] == [
        ["100.00", "100.00", "100.00", []],
        ["100.00", "40.00", "0.00", ["sent_less", "sent_late", "not_arrived"]],
    ]


DAYS = ("2023-01-18", "2023/1/18", "2023.1.18", "20230118", "2023年1月18日", "18-JAN-2023")


@finance
@pytest.mark.usefixtures("county")
async def test_days_in_many_spellings_are_one_day_and_what_may_be_two_is_none(
    client: AsyncClient,
) -> None:
    rows = [ROW | {"支付凭证号": f"V{n}", "支付日期": day} for n, day in enumerate(DAYS)]
    assert (await send(client, listed(*rows))).json()["entered"] == len(DAYS)
    assert {one["sent_on"] for one in await payments(client)} == {"2023-01-18"}
    odd = [
        ROW | {"支付凭证号": f"W{n}", "支付日期": day}
        for n, day in enumerate(
            ("18/01/2023", "23-1-8", "2023-02-30", "", "2023-03-11", "1950-01-18")
        )
    ]
    assert await found(client, listed(*odd)) == [
        (2, "A", "day_unreadable"), (3, "A", "day_unreadable"), (4, "A", "day_unreadable"),
        (5, "A", "missing"), (6, "A", "day_in_future"),
        (7, "A", "day_too_early"),
    ]  # fmt: skip


@finance
@pytest.mark.usefixtures("county")
async def test_sums_in_ten_thousands_are_read_and_a_mixture_is_found(client: AsyncClient) -> None:
    wan = {"支付金额（万元）": "0.01", **{name: ROW[name] for name in ROW if name != "支付金额"}}
    assert (await send(client, listed(wan))).json()["entered"] == 1
    noted = ROW | {"支付凭证号": "2", "支付金额": "0.012"}
    assert (await send(client, listed(noted, above="支付明细表\n单位：万元\n"))).is_success
    mixed = ROW | {"支付凭证号": "3", "支付金额": "0.0123万元"}
    assert (await send(client, listed(mixed))).is_success
    amounts = {one["voucher"]: one["amount"] for one in await payments(client)}
    assert amounts == {ROW["支付凭证号"]: "100.00", "2": "120.00", "3": "123.00"}
    yuan = wan | {"支付凭证号": "4", "支付金额（万元）": "100元"}
    fine = wan | {"支付凭证号": "5", "支付金额（万元）": "0.0000001"}
    less = wan | {"支付凭证号": "6", "支付金额（万元）": "-0.01"}
    vast = wan | {"支付凭证号": "7", "支付金额（万元）": "100000000000"}
    codes = [code for _, column, code in await found(client, listed(yuan, fine, less, vast))]
    assert codes == ["unit_mixed", "amount_too_fine", "amount_not_positive", "decimal_max_digits"]


@finance
@pytest.mark.usefixtures("county")
async def test_a_project_is_found_by_code_name_or_account_that_must_agree(
    client: AsyncClient,
) -> None:
    bare = {name: ROW[name] for name in ROW if name != "项目编码"}
    named = bare | {"支付凭证号": "1", "项目名称": "鹤峰县 燕子镇(石龙洞)公路"}
    paid = bare | {"支付凭证号": "2", "收款人账号": BRIDGE_NO}
    both = paid | {"支付凭证号": "3", "项目名称": "容美大桥"}
    assert (await send(client, listed(named, paid, both))).json()["entered"] == 3
    assert {one["voucher"]: one["project_id"] for one in await payments(client)} == {
        "1": str(ROAD), "2": str(BRIDGE), "3": str(BRIDGE),
    }  # fmt: skip
    titles = ["项目编码", "项目名称", "收款人账号"]
    wrong = [
        ("HF-9", "", ""), ("XE-1", "", ""), ("", "邻县公路", ""),
        ("HF-1", "", "1755000000000000999"), ("HF-1", "", BRIDGE_NO),
        ("HF-1", "容美大桥", ""), ("", "容美大桥", ""), ("", "", ""),
    ]  # fmt: skip
    rows = [
        dict(zip(titles, each, strict=True)) | bare | {"支付凭证号": f"W{n}"}
        for n, each in enumerate(wrong)
    ]
    assert await found(client, listed(*rows)) == [
        (2, "A", "project_unknown"), (3, "A", "project_unknown"), (4, "B", "project_unknown"),
        (5, "C", "account_unknown"), (6, "C", "names_another_project"),
        (7, "B", "names_another_project"), (8, "B", "several_projects"),
        (9, "A", "project_missing"),
    ]  # fmt: skip


@finance
@pytest.mark.usefixtures("county")
async def test_a_payment_is_for_the_month_that_it_names_else_for_the_oldest_open_one(
    client: AsyncClient,
) -> None:
    bare = ROW | {"用途": "人工费", "支付日期": "2023-02-01"}
    rows = [
        bare | {"支付凭证号": "1", "所属月份": "2023年3月", "用途": "4月人工费"},
        bare | {"支付凭证号": "2", "摘要": "2023-04 人工费"},
        bare | {"支付凭证号": "3", "支付金额": "60"},
        bare | {"支付凭证号": "4", "支付金额": "40"},
        bare | {"支付凭证号": "5"},
        bare | {"支付凭证号": "6"},
    ]
    content = listed(*[{"所属月份": "", "摘要": ""} | row for row in rows])
    assert (await send(client, content)).json()["entered"] == 6
    periods = {one["voucher"]: one["period"][-1] for one in await payments(client)}
    assert periods == {"1": "3", "2": "4", "3": "1", "4": "1", "5": "2", "6": "4"}
    # Told again, it is for what it was for, whatever is open by now.
    again = (await send(client, listed(*rows[2:4]))).json()
    assert [again[name] for name in COUNTS] == ["imported", 2, 2, 0, 0]
    nothing = bare | {"支付凭证号": "9", "项目编码": "HF-3"}
    assert await found(client, listed(nothing)) == [(2, "", "period_missing")]
    titled = nothing | {"所属月份": "13月"}
    assert await found(client, listed(titled)) == [(2, "G", "month_unreadable")]


@finance
@pytest.mark.usefixtures("county")
async def test_a_voucher_is_one_payment(client: AsyncClient) -> None:
    told = {
        "voucher": "V1", "project_id": str(ROAD), "period": "2023-01", "amount": "100.00",
        "sent_on": "2023-01-18",
    }  # fmt: skip
    body = {"area_code": make.COUNTY, "payments": [told]}
    assert (await client.post(PAYMENTS, json=body)).status_code == 201
    same, fresh = ROW | {"支付凭证号": "V1"}, ROW | {"支付凭证号": "V2"}
    taken = (await send(client, listed(same, fresh))).json()
    assert [taken[name] for name in COUNTS] == ["imported", 2, 2, 0, 1]
    other = same | {"支付金额": "99"}
    twice = ROW | {"支付凭证号": "V3"}
    assert await found(client, listed(other, twice, twice | {"支付金额": "1"})) == [
        (2, "B", "voucher_reused"), (4, "B", "RowTwice"),
    ]  # fmt: skip
    assert len(await payments(client)) == 2


def workbook() -> bytes:
    file = io.BytesIO()
    book = Workbook(file, {"in_memory": True})
    sheet = book.add_worksheet("支付")
    sheet.write_row(0, 0, ["鹤峰县财政局国库集中支付明细"])
    sheet.write_row(1, 0, [*ROW, "收款人账号"])
    sheet.write_row(2, 0, [*ROW.values(), make.ACCOUNT_NO])
    sheet.write_datetime(2, 0, date(2023, 1, 18), book.add_format({"num_format": "yyyy/m/d"}))
    sheet.write_formula(2, 3, "=50+50", value=100)
    sheet.write_row(3, 0, ["合计", "", "", "100"])
    book.close()
    return file.getvalue()


@finance
@pytest.mark.usefixtures("county")
async def test_a_workbook_is_read_with_its_days_and_calculated_sums(client: AsyncClient) -> None:
    assert (await send(client, workbook())).json()["entered"] == 1
    (payment,) = await payments(client)
    assert (payment["amount"], payment["sent_on"]) == ("100.00", "2023-01-18")


@finance
@pytest.mark.usefixtures("county")
async def test_an_old_workbook_is_read_and_what_its_cells_lost_is_found(
    client: AsyncClient,
) -> None:
    def old(voucher: float, amount: object = 100) -> bytes:
        book = xlwt.Workbook()
        sheet = book.add_sheet("支付")
        for column, (title, said) in enumerate(ROW.items()):
            sheet.write(0, column, title)
            sheet.write(2, column, said)
        sheet.write(1, 0, date(2023, 1, 18), xlwt.easyxf(num_format_str="yyyy-mm-dd"))
        for column, said in ((1, voucher), (2, "HF-1"), (3, amount)):
            sheet.write(1, column, said)
        file = io.BytesIO()
        book.save(file)
        return file.getvalue()

    assert await found(client, old(20230118000000017)) == [(2, "B", "digits_lost")]
    bare = old(20230118001, xlwt.Formula("50+50"))
    assert await found(client, bare) == [(2, "D", "cell_fault")]
    assert (await send(client, old(20230118001))).json()["entered"] == 2
    assert {one["voucher"] for one in await payments(client)} == {"20230118001", ROW["支付凭证号"]}


@finance
@pytest.mark.usefixtures("county")
async def test_what_is_no_list_of_payments_is_refused_and_kept(client: AsyncClient) -> None:
    assert await found(client, b"%PDF-1.7") == [(0, "", "file_pdf")]
    assert await found(client, b"a,b\n1,2\n") == [(0, "", "header_missing")]
    bare = {name: ROW[name] for name in ("支付日期", "项目编码", "支付金额")}
    assert await found(client, listed(bare)) == [
        (0, "", "column_missing"), (2, "", "missing"),
    ]  # fmt: skip
    many = [ROW | {"支付凭证号": str(n)} for n in range(MOST + 1)]
    assert await found(client, listed(*many)) == [(0, "", "too_many")]


@finance
@pytest.mark.usefixtures("county")
async def test_another_area_s_file_is_not_the_caller_s(client: AsyncClient, token: Token) -> None:
    answer = await send(client, listed(ROW), area_code=make.NEIGHBOUR)
    assert answer.status_code == 404
    template = await client.get(f"{LISTS}/template?area_code={make.NEIGHBOUR}")
    assert template.status_code == 404
    assert (await send(client, listed(ROW))).is_success
    neighbour = token("finance_bureau", areas=[make.NEIGHBOUR])
    assert (await client.get(LISTS, headers=neighbour)).json()["items"] == []
    for role in ("wage_office", "developer"):
        answer = await send(client, listed(ROW), headers=token(role, areas=[make.COUNTY]))
        assert answer.status_code == 403


@finance
@pytest.mark.usefixtures("county")
async def test_the_template_is_read_as_it_is_written(client: AsyncClient) -> None:
    answer = await client.get(f"{LISTS}/template?area_code={make.COUNTY}")
    book = await tables.read(answer.content)
    header = tables.find_header(book.sheets[0].rows, payment_list.PAYMENTS.fields)
    assert header
    assert [header.unknown, header.twice] == [[], []]
    assert set(header.columns) == {one.name for one in payment_list.PAYMENTS.columns}
    offered = [cell.text for row in book.sheets[1].rows for cell in row.cells]
    assert sorted(offered) == ["容美大桥", "鹤峰县燕子镇（石龙洞）公路"]
    assert "邻县公路" not in offered


async def test_what_a_file_holds_is_printed() -> None:
    said = await payment_list.printed(
        listed(ROW | {"支付金额": "0.01万元"}, ROW | {"支付金额": "x"})
    )
    assert (said["kind"], said["accepted"], said["rejected"]) == ("payments", 1, 1)
    assert said["rows"][0]["values"]["amount"] == "100.00"
    assert cells(said["findings"]) == [(3, "D", "amount_unreadable")]


@finance
async def test_two_at_once_take_each_payment_once(
    sessions: Sessions, time: Time, client: AsyncClient, published: Published
) -> None:
    time.move_to(clock.at(TODAY, 9))
    async with sessions.begin() as session:
        await known(session)
    one = [ROW | {"支付凭证号": f"V{n}"} for n in range(3)]
    other = [*one[1:], ROW | {"支付凭证号": "V3"}]
    files = [listed(*rows) for rows in (one, other)] * 2
    answers = [each.json() for each in await asyncio.gather(*(send(client, f) for f in files))]
    assert [each["state"] for each in answers] == ["imported"] * 4
    assert answers[:2] == answers[2:]
    assert sorted(each["entered"] for each in answers[:2]) == [1, 3]
    taken = sorted(each["voucher"] for each in await payments(client))
    assert taken == ["V0", "V1", "V2", "V3"]
    assert len(await published(None, TransferSent)) == 4
    # Two files that differ in one voucher: whichever comes second is refused as a whole.
    rows = [
        [ROW | {"支付凭证号": "W1", "支付金额": said}, ROW | {"支付凭证号": f"X{said}"}]
        for said in "12"
    ]
    both = await asyncio.gather(*(send(client, listed(*each)) for each in rows))
    assert sorted(each.status_code for each in both) == [200, 422]
    vouchers = {each["voucher"] for each in await payments(client)}
    assert len(vouchers & {"X1", "X2"}) == 1


@finance
@pytest.mark.usefixtures("county")
async def test_an_account_of_several_projects_leaves_open_which_one(
    client: AsyncClient, session: Session
) -> None:
    shared = "1755000000000000088"
    allowed: dict[str, Any] = {
        "area_code": make.COUNTY, "kind": "sub_ledgers", "version": 1,
        "valid_from": date(2023, 1, 1), "values": {"allowed": True}, "basis": "县人社局通知",
        "certainty": "B",
    }  # fmt: skip
    await actions.policies.add_policy(session, make.person(), PolicyIn(**allowed), clock.now())
    for code in ("HF-5", "HF-6"):
        of = await make.contract(session, make.card(project_id(code), name=f"{code}标段"))
        await make.account(session, of, account_no=shared, ledger_no=code)
    await session.flush()
    paid = {name: ROW[name] for name in ROW if name != "项目编码"} | {"收款人账号": shared}
    assert await found(client, listed(paid)) == [(2, "F", "several_projects")]
    assert (await send(client, listed(paid | {"项目名称": "HF-6标段"}))).json()["entered"] == 1
    (payment,) = await payments(client)
    assert payment["project_id"] == str(project_id("HF-6"))
