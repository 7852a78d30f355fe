"""The first scenario as `services demo` tells it: each level, instant and amount by hand.

Days are China's, with the working days of 2023: 23–24 June and 29 April – 3 May are holidays,
6 May and 25 June are worked.
"""

import asyncio
import io
import json
import sys
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from services.demo import months, read, tell
from services.demo.page import show
from services.demo.stage import Client
from tests.fixtures.processes import ROOT, Cluster
from tests.flows.came import china

FIRST = ROOT / "scenarios" / "first"
ONE, TWO = "HF-F-01", "HF-F-02"
# What the one document has, and nothing else.
KEYS = [
    "as_of", "summary", "reserves", "reporting", "reporting_gaps", "systems", "months",
    "watch_items", "ledger", "proposals", "alerts", "deliveries",
]  # fmt: skip
# Columns of the ledger's sheet, and of its sums.
SHEET = {
    "反映金额(元)": "amount_told", "涉及人数": "workers", "登记金额(元)": "claimed",
    "核实金额(元)": "verified", "已付金额(元)": "paid", "尚欠金额(元)": "owed",
}  # fmt: skip
# What is worked out here by hand; other kinds have tests of their own.
KINDS = {"transfer_missed", "bank_feed_late"}
WAGES = {"payroll_not_submitted", "wages_unpaid", "payment_returned", "receipt_disputed"}

# Project, period: due day, due amount, credited, credited in time. The amounts of the second
# project are 25 % of 4 800 000.00 over four periods; 25 February and 25 March 2023 are Saturdays.
OBLIGATIONS = {
    (ONE, "2023-02"): ("2023-02-24", "400000.00", "400000.00", "400000.00"),
    (ONE, "2023-03"): ("2023-03-24", "400000.00", "400000.00", "400000.00"),
    (ONE, "2023-04"): ("2023-04-25", "400000.00", "400000.00", "400000.00"),
    (ONE, "2023-05"): ("2023-05-25", "400000.00", "400000.00", "400000.00"),
    (TWO, "2023-02"): ("2023-02-24", "300000.00", "300000.00", "150000.00"),
    (TWO, "2023-03"): ("2023-03-24", "300000.00", "300000.00", "300000.00"),
    (TWO, "2023-04"): ("2023-04-25", "300000.00", "300000.00", "0.00"),
    (TWO, "2023-05"): ("2023-05-25", "300000.00", "300000.00", "0.00"),
}

# Half is paid on the due day; the rest on 2 March, seen with that day's feed on 3 March.
FEBRUARY = [
    ("02-25 08:30", "opened", "blue"),
    ("02-27 09:00", "step_reached", "blue"),  # D+1 wd: the first notice
    ("03-01 09:00", "raised", "yellow"),  # D+3 wd
    ("03-02 00:00", "report_overdue", "yellow"),  # the contractor's: 27 and 28 February, 1 March
    ("03-03 08:30", "closed", "yellow"),
]
# Nothing is paid before 18 May; the developer acknowledges, promises 10 May and does not keep it.
APRIL = [
    ("04-26 08:30", "opened", "blue"),
    ("04-26 09:00", "step_reached", "blue"),  # D+1 wd
    ("04-28 09:00", "raised", "yellow"),  # D+3 wd
    ("04-28 15:00", "acknowledged", "yellow"),
    ("05-05 00:00", "report_overdue", "yellow"),  # 3 wd from 26 April: 27 and 28 April, 4 May
    ("05-07 00:00", "answer_overdue", "yellow"),  # 3 wd from 28 April: 4, 5 and 6 May
    ("05-11 09:00", "raised", "orange"),  # D+10 wd, over the holidays and the worked Saturday
    ("05-16 00:00", "answer_overdue", "orange"),  # 2 wd from 11 May: 12 and 15 May
    ("05-19 08:30", "closed", "orange"),
]
# What payroll foretold (D-7 wd) and reminded of (D-3 wd, D-1 wd) of it; Sunday 23 April is worked.
BEFORE_APRIL = [
    ("04-17 09:00", "foretold", "blue"),
    ("04-21 09:00", "reminded", "blue"),
    ("04-24 09:00", "reminded", "blue"),
]
# The bank does not send 25 May in time; it comes on 30 May at 15:00.
LATE = [
    ("05-26 10:00", "opened", "blue"),
    ("05-29 09:00", "raised", "yellow"),  # the next working day
    ("05-30 15:00", "closed", "yellow"),
]
# What was missing opens only then, and at once red: April and May in a row.
MAY = [
    ("05-30 15:00", "opened", "blue"),
    ("05-30 15:00", "step_reached", "blue"),
    ("05-30 15:00", "raised", "yellow"),
    ("05-30 15:00", "raised", "orange"),
    ("05-30 15:00", "step_reached", "orange"),
    ("05-30 15:00", "raised", "red"),
    ("05-30 15:00", "order_moved", "red"),  # a correction order is drafted
    ("05-30 15:00", "case_proposed", "red"),
    ("05-31 10:00", "answered", "red"),
    ("06-03 00:00", "report_overdue", "red"),  # 3 wd from the day on which it was found
    ("07-07 09:00", "case_opened", "red"),  # D+30 wd
    ("07-12 08:30", "closed", "red"),  # paid on 11 July
    ("07-12 08:30", "order_moved", "red"),  # and the draft withdrawn
]
# Worker 2's wages came back on 8 May at 15:00 and were paid two days later.
RETURNED = [
    ("05-09 09:00", "opened", "blue"),  # D+1 wd
    ("05-10 10:00", "closed", "blue"),
]
# Worker 4 says that the amount is not his; worker 3 that his card is with somebody else.
DISPUTED = [("05-11 10:00", "opened", "yellow"), ("05-15 11:00", "closed", "yellow")]
DISPUTED_STILL = [("07-11 10:00", "opened", "yellow")]
# Wages of May are due on 25 June, a Sunday that is worked. Of one project the sheet waits and the
# bank tells of that day on 26 June; of the other nobody sent a sheet, which needs no bank.
SAME = [
    ("06-26 09:00", "step_reached", "blue"),  # D+1 wd: the first notice
    ("06-28 09:00", "raised", "yellow"),  # D+3 wd
    ("07-01 00:00", "retold", "yellow"),  # The month after is over, too.
    ("07-01 00:00", "raised", "orange"),
    ("07-01 00:00", "step_reached", "orange"),
    ("07-01 00:00", "raised", "red"),
    ("07-01 00:00", "order_moved", "red"),
    ("07-06 00:00", "answer_overdue", "red"),  # 3 wd: 3, 4 and 5 July
]
WAGES_UNPAID = [("06-26 08:30", "opened", "blue"), *SAME]
NOT_SUBMITTED = [("06-26 00:00", "opened", "blue"), *SAME]
IN_JULY = ["07-03", "07-04", "07-05", "07-06", "07-07", "07-10", "07-11", "07-12"]
# By period: projects; people and yuan on sheets; settled; disputed; paid in full; which are not.
# April: three of 22 days and one of 20 at 245.00, two by the month at 4200.00 less 450.00 for
# meals. May: four of 22 days at 260.00, two by the month.
MONTHS = {
    "2023-04": (1, 6, "28570.00", 6, "28570.00", 1, 1, [], []),
    "2023-05": (2, 6, "31280.00", 0, "0.00", 0, 0, ["西坡道路改造"], ["东岸安置小区"]),
    "2023-06": (2, 0, "0.00", 0, "0.00", 0, 0, ["东岸安置小区", "西坡道路改造"], []),
}
# Each working day after the item turned red, at 09:00, until the money was seen.
REPEATS = [
    *("05-31", "06-01", "06-02", "06-05", "06-06", "06-07", "06-08", "06-09", "06-12", "06-13"),
    *("06-14", "06-15", "06-16", "06-19", "06-20", "06-21", "06-25", "06-26", "06-27", "06-28"),
    *("06-29", "06-30", "07-03", "07-04", "07-05", "07-06", "07-07", "07-10", "07-11"),
]


def when(instant: str) -> str:
    return f"{china(instant):%m-%d %H:%M}"


def timeline(item: Mapping[str, Any], *, repeats: bool = False) -> list[tuple[str, str, str]]:
    return [
        (when(entry["at"]), entry["what"], entry["level"])
        for entry in item["timeline"]
        if (entry["what"] == "step_reached" and entry["step"] == "repeat") is repeats
        and entry["what"] not in {"foretold", "reminded"}
    ]


def repeated(item: Mapping[str, Any]) -> list[str]:
    """Give the days on which people were told again, always at 09:00."""
    told = timeline(item, repeats=True)
    assert all(one[0].endswith(" 09:00") for one in told)
    return [one[0][:5] for one in told]


def before(item: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (when(entry["at"]), entry["what"], entry["level"])
        for entry in item["timeline"]
        if entry["what"] in {"foretold", "reminded"}
    ]


def check(told: Mapping[str, Any]) -> None:
    """Compare everything that the scenario tells with what was worked out by hand."""
    assert list(told) == KEYS
    assert (told["as_of"], told["summary"]["as_of"]) == ("2023-07-13T00:00:00+08:00", "2023-07-12")
    total = told["summary"]["total"]
    assert (total["projects"], total["full"], total["share"]) == (2, 2, "0.0")
    watched = [one for one in told["watch_items"] if one["kind"] in KINDS]
    items = {
        (one["kind"], one["project"] and one["project"]["code"], one["period"]): one
        for one in watched
    }
    assert len(watched) == len(items)
    assert {key: timeline(item) for key, item in items.items()} == {
        ("transfer_missed", TWO, "2023-02"): FEBRUARY,
        ("transfer_missed", TWO, "2023-04"): APRIL,
        ("bank_feed_late", None, "2023-05-25"): LATE,
        ("transfer_missed", TWO, "2023-05"): MAY,
    }
    assert before(items["transfer_missed", TWO, "2023-04"]) == BEFORE_APRIL
    may = items["transfer_missed", TWO, "2023-05"]
    assert timeline(may, repeats=True) == [(f"{d} 09:00", "step_reached", "red") for d in REPEATS]
    red = next(e for e in may["timeline"] if (e["what"], e["level"]) == ("raised", "red"))
    assert red["details"]["by_rule"] == "two_in_a_row"
    closing = {
        key: next(entry["details"] for entry in item["timeline"] if entry["what"] == "closed")
        for key, item in items.items()
    }
    assert closing["transfer_missed", TWO, "2023-02"]["amount"] == "150000.00"
    assert closing["transfer_missed", TWO, "2023-02"]["bank_serials"] == ["B0202"]
    assert closing["transfer_missed", TWO, "2023-05"]["bank_serials"] == ["B0501"]
    assert {item["state"] for item in items.values()} == {"closed"}
    check_wages(told)
    check_cases_and_alerts(told)


def check_wages(told: Mapping[str, Any]) -> None:
    """Compare what became of two payrolls, and of two months without any."""
    items = [one for one in told["watch_items"] if one["kind"] in WAGES]
    found = sorted(
        (one["kind"], one["project"]["code"], one["period"], timeline(one)) for one in items
    )
    assert found == [
        ("payment_returned", ONE, "2023-04", RETURNED),
        ("payroll_not_submitted", TWO, "2023-05", NOT_SUBMITTED),
        ("receipt_disputed", ONE, "2023-04", DISPUTED),
        ("receipt_disputed", ONE, "2023-04", DISPUTED_STILL),
        ("wages_unpaid", ONE, "2023-05", WAGES_UNPAID),
    ]
    repeats = {f"{one['kind']} {when(one['opened_at'])}": repeated(one) for one in items}
    assert repeats == {
        "payment_returned 05-09 09:00": [],
        "payroll_not_submitted 06-26 00:00": IN_JULY,
        "receipt_disputed 05-11 10:00": ["05-12", "05-15"],
        "receipt_disputed 07-11 10:00": ["07-12"],
        "wages_unpaid 06-26 08:30": IN_JULY,
    }
    found_months = {
        one["period"]: (
            *(one[name] for name in ("projects", "on_sheet", "on_sheet_total", "settled")),
            *(one[name] for name in ("settled_total", "disputed", "months_paid")),
            *([row["project_name"] for row in one[name]] for name in ("not_submitted", "unpaid")),
        )
        for one in told["months"]
    }
    assert found_months == MONTHS
    # What came for four months less April's wages; the bank paid them in two sums.
    (reserve,) = told["reserves"]
    assert (reserve["project_name"], reserve["balance"]) == ("东岸安置小区", "1571430.00")
    assert [(one["period"], one["state"], one["settled"]) for one in reserve["pay_months"]] == [
        ("2023-04", "paid", 6), ("2023-05", "unpaid", 0), ("2023-06", "not_submitted", 0),
    ]  # fmt: skip


def check_page(told: Mapping[str, Any]) -> None:
    """Read on the page what became of wages."""
    page: list[str] = []
    show(told, page.append)
    rows = [line.split() for line in page]
    assert ["2023-04", "1", "1", "6", "28,570.00", "6", "28,570.00", "100.00", "%", "1"] in rows
    sheets, wages = (page.index(f"  {title}") for _, title in months.NAMED.values())
    assert page[sheets + 1 : wages] == [
        "    2023-05  红 red: 西坡道路改造",
        "    2023-06  未到应发日 not due yet: 东岸安置小区、西坡道路改造",
    ]
    assert page[wages + 1] == "    2023-05  红 red: 东岸安置小区"


def check_cases_and_alerts(told: Mapping[str, Any]) -> None:
    (proposal,) = told["proposals"]
    assert (when(proposal["proposed_at"]), proposal["state"]) == ("05-30 15:00", "confirmed")
    assert (proposal["project"]["code"], proposal["by_rule"]) == (TWO, True)

    alerts = sorted(
        (when(one["raised_at"]), one["kind"], one["level"], one["lacking"])
        for one in told["alerts"]
        if one["kind"] in KINDS
    )
    assert alerts == [
        ("02-25 08:30", "transfer_missed", "blue", "150000.00"),
        ("03-01 09:00", "transfer_missed", "yellow", "150000.00"),
        ("04-26 08:30", "transfer_missed", "blue", "300000.00"),
        ("04-28 09:00", "transfer_missed", "yellow", "300000.00"),
        ("05-11 09:00", "transfer_missed", "orange", "300000.00"),
        ("05-26 10:00", "bank_feed_late", "blue", None),
        ("05-29 09:00", "bank_feed_late", "yellow", None),
        ("05-30 15:00", "transfer_missed", "red", "300000.00"),
    ]
    reached = {
        level: {
            notice["recipient"]
            for one in told["alerts"]
            if one["level"] == level and one["kind"] in KINDS
            for notice in one["notices"]
            if {way["state"] for way in notice["deliveries"]} == {"delivered"}
        }
        for level in ("blue", "red")
    }
    # Red reaches the wage office and the head of the unit; late data reaches the bank.
    wage_office, head, bank = "县治欠办值班岗", "县安置房建设中心主要负责人岗", "银行甲专户对账岗"
    assert {wage_office, head} <= reached["red"]
    assert bank in reached["blue"]
    assert wage_office not in reached["blue"]
    deliveries = told["deliveries"]
    assert {(one["state"], one["verified"]) for one in deliveries} == {("delivered", True)}
    received = Counter(one["type"] for one in deliveries)
    assert received == {
        # Two more: works began on 15 February, their accounts were opened on the 20th. And one
        # is watched after red until enough periods are clean, which the story does not see.
        # Of wages five are told of, of which two were put right; two turned yellow, then red.
        "cases.watch_item_opened.v1": 4 + 2 + 1 + 5,
        "cases.watch_item_closed.v1": 4 + 2 + 2,
        "cases.watch_item_raised.v1": 4 + 4,
        "cases.case_proposed.v1": 1,
        "cases.arrears_case_opened.v1": 1,
        # 2 notices and 29 repeats; what was passed on the way to red is told with the opening.
        # The accounts that were missing repeat on the 17th and the 20th. Three times the
        # contractor's days to report have passed. Of wages two were noticed and, red, repeated,
        # and two disputes repeat on three days.
        "cases.watch_item_step_reached.v1": (
            2 + len(REPEATS) + 2 * 2 + 3 + 2 * (1 + len(IN_JULY)) + 3
        ),
    }


async def check_money(client: Client) -> None:
    """Compare what is owed and what came, project by project."""
    projects = await client.everything("/registry/v1/projects")
    codes = {one["id"]: one["code"] for one in projects}
    obligations = {
        (codes[one["project_id"]], one["period"]): (
            *(one["due_on"], one["due_amount"]),
            *(one["credited_amount"], one["on_time_amount"]),
        )
        for one in await client.everything("/payroll/v1/obligations")
    }
    assert obligations == OBLIGATIONS


async def _demo(*arguments: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services", "demo", "--port", "0", *arguments,
        cwd=ROOT, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


def check_ledger(told: Mapping[str, Any], content: bytes) -> None:
    """Compare the sheet as it is read back with what is counted, and both with the facts."""
    sums = told["ledger"]["sums"]["whole"]
    now = sums["wages"]["now"]
    assert (now["cases"], now["closed"], now["closed_in_limit"], now["open"]) == (3, 1, 1, 2)
    assert (now["workers"], now["paid"], now["owed"]) == (3, "20500.00", "0.00")
    assert sums["works_price"]["now"]["closed"] == 1
    page = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    head, rows = page[2], [row for row in page[3:] if isinstance(row[0], float)]
    (total,) = [row for row in page if row[0] == "合计"]
    assert len(rows) == len(told["ledger"]["rows"]) == 4
    for title, name in SHEET.items():
        place = head.index(title)
        listed = [one for one in told["ledger"]["rows"] if one["nature"] == "wages"]
        assert Decimal(str(total[place])) == Decimal(now[name])
        assert sum(Decimal(str(one[name] or 0)) for one in listed) == Decimal(now[name])
    paid = next(row for row in rows if row[head.index("状态")] == "已办结")
    assert [paid[head.index(one)] for one in ("项目或场所", "施工总承包单位", "销账日期")] == [
        "东岸安置小区", "施工总承包单位甲", "2023-06-14",
    ]  # fmt: skip


async def test_the_demo_tells_the_first_scenario(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.xlsx"
    code, said = await _demo("--scenario", str(FIRST), "--json", "--ledger", str(ledger))
    assert code == 0
    check(json.loads(said))
    check_page(json.loads(said))
    check_ledger(json.loads(said), ledger.read_bytes())


@pytest.mark.soak
@pytest.mark.kafka
async def test_four_processes_on_kafka_tell_the_same(running_cluster: Cluster) -> None:
    town = running_cluster
    check(await tell(read(FIRST), town.runtime, town.client.bases, lambda _: None))
    await check_money(town.client)
