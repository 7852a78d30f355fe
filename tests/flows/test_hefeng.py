"""The county of `scenarios/hefeng`, played once: what a published report says of it comes out.

The tables are the report's, and where it is silent those of its own README; no file of the folder
holds a figure of them. What would be if a fact were another is seen on the state that was played.
"""

import io
import json
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

import httpx
import pytest
import pytest_asyncio
from python_calamine import CalamineWorkbook

from services import several
from services.demo.cases import ledger_file
from services.demo.facts import read
from services.demo.page import show
from services.demo.stage import SERVICES, Client, Stage
from services.demo.theatre import of_ours, tell
from shared.embedded import Server
from shared.pii import Keyring
from tests.fixtures.processes import ROOT
from tests.flows import came, reference, searching, standing, wages, written
from tests.flows.came import china
from tests.flows.reference import Outcome, at
from tests.flows.test_cluster import alike
from tests.flows.test_first import SHEET

pytestmark = pytest.mark.soak

HEFENG = ROOT / "scenarios" / "hefeng"
LAST_DAY = date(2023, 6, 30)
COUNTY = "422828"
SUMMARY = "/payroll/v1/obligations/summary"
WORKERS = 2_500
LEVELS = ("blue", "yellow", "orange", "red")

# In progress, none, short, full; then projects by level.
UNITS = {
    "县交通运输局": ((22, 1, 3, 18), (1, 2, 1, 0)),
    "中营镇": ((7, 4, 2, 1), (0, 2, 1, 3)),
    "县自然资源局": ((6, 3, 2, 1), (1, 2, 1, 1)),
    "太平镇": ((4, 3, 1, 0), (1, 1, 1, 1)),
    "五里乡": ((3, 2, 1, 0), (0, 0, 1, 2)),
    "县住建局": ((3, 1, 1, 1), (1, 1, 0, 0)),
    "县水利局": ((2, 1, 1, 0), (0, 1, 0, 1)),
    "县农业农村局": ((2, 1, 1, 0), (0, 1, 1, 0)),
    "走马镇": ((2, 2, 0, 0), (1, 0, 0, 1)),
    "县教育局": ((2, 0, 1, 1), (0, 1, 0, 0)),
    "县国投公司": ((2, 0, 0, 2), (0, 0, 0, 0)),
}
# The periods that are open on the projects that are red.
RED = {
    "大路坪乡村振兴道路": ["2023-05", "2023-06"],
    "集镇污水管网工程": ["2023-05", "2023-06"],
    "集镇道路刷黑工程": ["2023-06"],
    "土地整治项目一标段": ["2023-05", "2023-06"],
    "集镇供水改造工程": ["2023-05", "2023-06"],
    "雉鸡村产业路整修及硬化工程": ["2023-05", "2023-06"],
    "集镇河堤整治工程": ["2023-05", "2023-06"],
    "小型水库除险加固工程": ["2023-06"],
    "集镇农贸市场改造工程": ["2023-05", "2023-06"],
}
THIRD_IN_TOTAL = {"集镇道路刷黑工程", "小型水库除险加固工程"}
WITHOUT_ACCOUNT = {
    *("大路坪乡村振兴道路", "雉鸡村产业路整修及硬化工程"),
    *("集镇供水改造工程", "集镇农贸市场改造工程"),
}


@dataclass
class Played:
    """The county at the end of 30 June: what the demo tells, and what the interfaces give."""

    client: Client
    told: dict[str, Any]
    page: list[str]
    outcome: Outcome
    board: dict[str, tuple[object, ...]]
    accounts: set[str]
    """Ids of the projects that have a wage account."""
    reserve: list[dict[str, Any]]
    """The bank lines of 金凤路安置小区."""
    supervised: dict[str, str]
    """Names of the projects in progress and supervised on 30 June, by their ids."""
    complete: set[str]
    """Ids of the projects that are reported in full."""
    sheets: list[dict[str, Any]]
    settled: str
    """The id of 金凤路安置小区."""

    def items(self, kind: str = "transfer_missed", *, closed: bool = False) -> list[dict[str, Any]]:
        return [
            item
            for item in self.told["watch_items"]
            if item["kind"] == kind and (item["state"] == "closed") is closed
        ]


@dataclass
class Later:
    """The same county in July: one project was credited, then the banks sent and nobody paid."""

    credited: dict[str, Any]
    """The summary when one project's money had come."""
    items: list[dict[str, Any]]
    cases: list[dict[str, Any]]
    proposals: Counter[str]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def county() -> AsyncIterator[Played]:
    """Play the county as the demo does, and go on serving."""
    page: list[str] = []
    async with (
        of_ours(0, several.usual(), page.append) as place,
        httpx.AsyncClient(timeout=60) as http,
    ):
        told = await tell(read(HEFENG), place.runtime, place.bases, page.append)
        page.clear()
        show(told, page.append, "title")
        client = Client(place.runtime, place.bases, http)
        projects = {one["name"]: one["id"] for one in await client.everything(PROJECTS)}
        accounts = await client.everything("/payroll/v1/wage-accounts")
        yield Played(
            client,
            json.loads(json.dumps(told)),
            page,
            await came.outcome(client),
            await came.board(client, LAST_DAY, "developer"),
            {one["project_id"] for one in accounts},
            await client.everything(
                "/payroll/v1/bank-lines", project_id=projects["金凤路安置小区"]
            ),
            {
                one["id"]: one["name"]
                for one in await client.everything(PROJECTS, supervised_on=f"{LAST_DAY}")
            },
            {
                one["id"]
                for one in await client.everything(
                    "/registry/v1/reporting", half_year="2023H1", standing="complete"
                )
            },
            await client.everything("/payroll/v1/sheets", seen_by="wage_office"),
            projects["金凤路安置小区"],
        )


PROJECTS = "/registry/v1/projects"


def test_the_board_says_of_each_unit_what_the_report_and_the_readme_say(county: Played) -> None:
    summary = county.told["summary"]
    counts = {
        one["developer"]["name"]: tuple(one[n] for n in ("projects", "none", "short", "full"))
        for one in summary["items"]
    }
    assert counts == {unit: money for unit, (money, _) in UNITS.items()}
    total = summary["total"]
    assert (total["projects"], total["none"], total["short"], total["full"]) == (55, 18, 13, 24)
    assert (total["none"] + total["short"], total["share"]) == (31, "56.4")
    assert (county.told["as_of"], summary["as_of"]) == ("2023-07-01T00:00:00+08:00", "2023-06-30")
    # The report names two units; no other may come near them.
    first, second, *others = [one["none"] + one["short"] for one in summary["items"]]
    assert [one["developer"]["name"] for one in summary["items"][:2]] == ["中营镇", "县自然资源局"]
    assert (first, second) == (6, 5)
    assert max(others) == 4


@pytest.mark.asyncio(loop_scope="module")
async def test_no_clear_number_card_or_name_of_a_worker_lies_anywhere(
    county: Played,
) -> None:
    runtime = county.client.runtime
    with Server(runtime.data_dir / "postgres") as server:
        urls = {name: server.url(name) for name in SERVICES}
        wanted = await searching.Wanted.by(Keyring.of(runtime), urls)
        lying = [one async for one in searching.dumped(urls)]
    kept = list(searching.files(runtime.data_dir / "files"))
    # So many worked in the county, and each site sent files.
    assert len(wanted.numbers) > WORKERS
    assert len(kept) > len(county.supervised)
    page = "\n".join(county.page).encode()
    shown = [("board", json.dumps(county.told).encode()), ("page", page)]
    searching.check(wanted, [*lying, *kept, *shown])


def test_every_project_that_lacks_money_stands_on_its_level(county: Played) -> None:
    highest: dict[str, dict[str, Any]] = {}
    for item in sorted(county.items(), key=lambda item: int(item["level_rank"])):
        highest[item["project"]["name"]] = item
    found = Counter((i["project"]["developer"]["name"], i["level"]) for i in highest.values())
    assert {unit: tuple(found[unit, level] for level in LEVELS) for unit in UNITS} == {
        unit: levels for unit, (_, levels) in UNITS.items()
    }
    days = {"blue": "2023-06-28", "yellow": "2023-06-25", "orange": "2023-06-09"}
    below = [item for item in highest.values() if item["level"] != "red"]
    assert {(item["level"], item["due_on"]) for item in below} == set(days.items())
    red = [item for item in county.items() if item["level"] == "red"]
    assert {
        name: sorted(item["period"] for item in red if item["project"]["name"] == name)
        for name in {item["project"]["name"] for item in red}
    } == RED


def test_red_comes_by_time_by_two_in_a_row_and_by_three_in_total(county: Played) -> None:
    found = set()
    for item in county.items():
        for entry in item["timeline"]:
            if (entry["what"], entry["level"]) == ("raised", "red"):
                name, when = item["project"]["name"], f"{china(entry['at']):%m-%d %H:%M}"
                found.add((name, item["period"], entry["details"].get("by_rule"), when))
    # 25 June is the twentieth working day after 25 May; without an account no bank is awaited.
    fed = {name: "00:00" if name in WITHOUT_ACCOUNT else "08:30" for name in RED}
    assert found == {
        *((name, "2023-05", None, "06-25 09:00") for name in RED.keys() - THIRD_IN_TOTAL),
        *(
            (name, "2023-06", "two_in_a_row", f"06-26 {fed[name]}")
            for name in RED.keys() - THIRD_IN_TOTAL
        ),
        *((name, "2023-06", "three_in_total", "06-26 08:30") for name in THIRD_IN_TOTAL),
    }


def test_items_proposals_and_closed_ones_are_as_many_as_the_rules_make(county: Played) -> None:
    assert len(county.items()) == 38
    closed = county.items(closed=True)
    assert {(i["project"]["name"], i["period"], i["close_reason"]) for i in closed} == {
        (name, period, "transfer_received")
        for name in THIRD_IN_TOTAL
        for period in ("2023-02", "2023-04")
    }
    assert len(closed) == 4
    assert all(item["level"] != "red" for item in closed)
    proposals = county.told["proposals"]
    assert Counter(one["project"]["name"] for one in proposals) == dict.fromkeys(RED, 1)
    assert {one["state"] for one in proposals} == {"open"}


def test_those_without_an_account_are_red_and_nothing_came(county: Played) -> None:
    projects = {item["project"]["name"]: item["project_id"] for item in county.items()}
    assert {name for name, one in projects.items() if one not in county.accounts} == (
        WITHOUT_ACCOUNT
    )
    for item in county.items():
        if item["project"]["name"] in WITHOUT_ACCOUNT:
            assert item["level"] == "red"
            assert item["lacking"] == item["due_amount"]
    assert len(county.accounts) == 51


def test_the_late_bank_is_told_of_and_nobody_is_blamed(county: Played) -> None:
    (item,) = county.items("bank_feed_late", closed=True)
    assert county.items("bank_feed_late") == []
    assert (item["feed"]["source"], item["period"]) == ("银行丁鹤峰支行", "2023-06-28")
    assert [(f"{china(e['at']):%m-%d %H:%M}", e["what"], e["level"]) for e in item["timeline"]] == [
        ("06-29 10:00", "opened", "blue"),
        ("06-30 09:00", "raised", "yellow"),
        ("06-30 09:40", "closed", "yellow"),
    ]
    of_the_bank = {
        row["project"]
        for row in written.rows(HEFENG, "wage_accounts.csv")
        if row["source"] == "ding-hefeng"
    }
    assert len(of_the_bank) == 2
    missed = [*county.items(), *county.items(closed=True)]
    blamed = {item["project"]["code"] for item in missed}
    assert not of_the_bank & blamed


def test_people_are_told_each_on_their_level(county: Played) -> None:
    told_of: dict[tuple[str, str], set[str]] = {}
    for alert in county.told["alerts"]:
        key = (alert["kind"], alert["level"])
        told_of.setdefault(key, set()).update(one["recipient"] for one in alert["notices"])
    missed = {level: told_of["transfer_missed", level] for level in LEVELS}
    for unit in UNITS.keys() - {"县国投公司"}:
        assert any(f"{unit}项目经办岗" in told for told in missed.values()), unit
    for name in ("县治欠办值班岗", "县财政局国库岗", "县劳动保障监察岗", "中营镇主要负责人岗"):
        assert name in missed["red"]
    assert "县治欠办值班岗" not in missed["blue"]
    assert told_of["bank_feed_late", "yellow"] == {"银行丁专户对账岗", "平台运维值班岗"}
    # Whatever is open has an alert of the level on which it stands.
    raised = {(one["watch_item_id"], one["level"]) for one in county.told["alerts"]}
    assert {(item["id"], item["level"]) for item in county.items()} <= raised


def test_every_webhook_arrived_with_a_right_signature(county: Played) -> None:
    deliveries = county.told["deliveries"]
    assert {(one["state"], one["verified"], one["arrivals"]) for one in deliveries} == {
        ("delivered", True, 1)
    }
    kinds = Counter(one["type"] for one in deliveries)
    items = county.told["watch_items"]
    assert kinds["cases.watch_item_opened.v1"] == len(items)
    assert kinds["cases.watch_item_closed.v1"] == sum(one["state"] == "closed" for one in items)
    assert kinds["cases.case_proposed.v1"] == 9


def test_the_reserve_is_what_came_less_what_went_to_the_cent(county: Played) -> None:
    sign = {"in": 1, "out": -1}
    moved = [sign[line["direction"]] * Decimal(line["amount"]) for line in county.reserve]
    assert sorted(moved) == [
        *[Decimal("-4188000.00")] * 5,
        *[Decimal("5300000.00")] * 6,
        Decimal("40000000.00"),
    ]
    shown = county.told["reserves"][0]
    assert (shown["project_name"], shown["balance"]) == ("金凤路安置小区", "50860000.00")
    assert (shown["average_payroll"], shown["months_covered"]) == ("4188000.00", "12.1")
    paid = {each["month"]: each["payroll"] for each in shown["months"] if each["payroll_lines"]}
    assert paid == {f"2023-0{month}": "4188000.00" for month in range(1, 6)}
    assert {each["settled_share"] for each in shown["months"] if each["payroll_lines"]} == {"100.0"}
    assert any("可支付 covers 12.1 months" in line for line in county.page)
    newest = max(county.reserve, key=lambda line: str(line["at"]))
    assert sum(moved) == Decimal(newest["balance"]) == Decimal("50860000.00")


def test_payrolls_of_all_55_are_files_that_were_checked_reviewed_and_approved(
    county: Played,
) -> None:
    told = {one["period"]: one for one in county.told["months"]}
    assert Counter(one["period"] for one in county.sheets) == {
        "2023-01": 2, "2023-02": 3, "2023-03": 4, "2023-04": 51, "2023-05": 54,
    }  # fmt: skip
    assert {one["project_id"] for one in county.sheets} == set(county.supervised)
    assert all(one["file_id"] and one["errors"] == 0 for one in county.sheets)
    assert all(one["approved_at"] for one in county.sheets)
    # What the clerks wrote is what the files' facts come to, to the cent.
    due = {month: wages.total(HEFENG, month) for month in told}
    assert {month: Decimal(one["on_sheet_total"]) for month, one in told.items()} == due
    people = Counter(month for _, month, _, _ in wages.nets(HEFENG))
    assert {month: one["on_sheet"] for month, one in told.items()} == people | {"2023-06": 0}
    june = [one for one in county.sheets if one["project_id"] == county.settled]
    assert {(one["period"], one["rows"], one["net"]) for one in june} == {
        (f"2023-0{month}", 698, "4188000.00") for month in range(1, 6)
    }


@pytest.mark.asyncio(loop_scope="module")
async def test_gates_of_four_sites_tell_each_morning_whom_they_saw(county: Played) -> None:
    rows = written.rows(HEFENG, "gates.csv")
    assert len(rows) == 4
    for row in rows:
        (project,) = await county.client.everything(PROJECTS, code=row["project"])
        told = await county.client.call(
            "GET", f"/payroll/v1/projects/{project['id']}/attendance/days",
            role="wage_office", query={"period": "2023-06"},
        )  # fmt: skip
        people = wages.people_by_day(HEFENG, row["project"], "2023-06")
        # Whom they see on 30 June they tell in July.
        del people[30]
        assert {int(one["day"][8:]): one["people"] for one in told["days"]} == people


# Without any money for May, or without an account: approved, and nobody is paid.
UNPAID = set(RED) - THIRD_IN_TOTAL


@pytest.mark.asyncio(loop_scope="module")
async def test_wages_are_paid_line_by_line_but_where_no_money_came(county: Played) -> None:
    told = {one["period"]: one for one in county.told["months"]}
    for month in ("2023-01", "2023-02", "2023-03", "2023-04"):
        assert told[month]["settled"] == told[month]["on_sheet"], month
        assert told[month]["settled_total"] == told[month]["on_sheet_total"], month
        assert told[month]["months_paid"] == told[month]["projects"], month
    may = told["2023-05"]
    sent = {
        one["project_id"]
        for one in county.sheets
        if one["sent_at"] and one["period"] == may["period"]
    }
    assert {county.supervised[one] for one in set(county.supervised) - sent} == UNPAID
    # One worker's wages came back and stayed; four others' came back and were paid again.
    came_back = written.rows(HEFENG, "returned.csv")
    assert len(came_back) == 5
    assert may["returned"] == sum(not row["again_at"] for row in came_back) == 1
    paid = wages.total(HEFENG, may["period"], paid=True)
    assert Decimal(may["settled_total"]) + Decimal(may["returned_total"]) == paid
    # Every closed month of the site with the reserve is settled, to the last worker.
    batches = await county.client.everything(
        "/payroll/v1/disbursements", seen_by="wage_office", project_id=county.settled
    )
    assert sorted((one["disbursement"]["period"], one["state"]) for one in batches) == [
        (f"2023-0{month}", "settled") for month in range(1, 6)
    ]
    whole = {"lines": 698, "total": "4188000.00"}
    assert all(one["tally"]["settled"] == whole for one in batches)
    shown = county.told["reserves"][0]["pay_months"]
    assert [(one["period"], one["state"], one["settled"]) for one in shown] == [
        *((f"2023-0{month}", "paid", 698) for month in range(1, 6)),
        ("2023-06", "not_submitted", 0),
    ]


# Of whom nobody sent May's sheet; and of whom one worker's wages came back and stayed.
WITHOUT_SHEET, CAME_BACK = "集镇污水管网工程", "农村饮水安全巩固工程"


def test_a_sheet_that_is_not_there_is_another_thing_than_wages_that_are_unpaid(
    county: Played,
) -> None:
    told = {one["period"]: one for one in county.told["months"]}
    unpaid = (UNPAID - {WITHOUT_SHEET}) | {CAME_BACK}
    may = told["2023-05"]
    assert [one["project_name"] for one in may["not_submitted"]] == [WITHOUT_SHEET]
    assert {one["project_name"] for one in may["unpaid"]} == unpaid
    assert (may["projects"], may["months_paid"]) == (55, 55 - 1 - len(unpaid))
    # June is over this instant; until 25 July nobody is late with it.
    june = told["2023-06"]
    assert (june["projects"], june["months_not_submitted"]) == (55, 55)
    # Both are due on 25 June, a Sunday that is worked. Where an account is the bank tells of that
    # day next morning; a sheet that is not there waits for no bank. D+3 wd is 28 June, and when
    # June is over, too, May's turn red at once.
    found = {
        (item["kind"], item["project"]["name"]): (
            *(item["period"], item["due_on"]),
            *(
                f"{entry['level']} {china(entry['at']):%m-%d %H:%M}"
                for entry in item["timeline"]
                if entry["what"] in {"opened", "raised"} and "passed" not in entry["details"]
            ),
        )
        for kind in ("payroll_not_submitted", "wages_unpaid")
        for item in county.items(kind)
    }
    rose = "yellow 06-28 09:00", "red 07-01 00:00"
    assert found == {
        ("payroll_not_submitted", WITHOUT_SHEET): (
            "2023-05",
            "2023-06-25",
            "blue 06-26 00:00",
            *rose,
        ),
        **{
            ("wages_unpaid", name): (
                *("2023-05", "2023-06-25"),
                "blue 06-26 00:00" if name in WITHOUT_ACCOUNT else "blue 06-26 08:30",
                *rose,
            )
            for name in unpaid
        },
    }
    assert county.items("payroll_not_submitted", closed=True) == []
    assert county.items("wages_unpaid", closed=True) == []


def test_what_workers_dispute_is_open_until_it_is_shown_to_be_settled(county: Played) -> None:
    rows = written.rows(HEFENG, "disputes.csv")
    names = {row["code"]: row["name"] for row in written.rows(HEFENG, "projects.csv")}
    items = [*county.items("receipt_disputed"), *county.items("receipt_disputed", closed=True)]
    assert sorted(
        (one["project"]["name"], one["period"], one["level"], china(one["opened_at"]),
         china(one["closed_at"]) if one["closed_at"] else None)
        for one in items
    ) == sorted(
        (names[row["project"]], row["period"], "yellow", china(row["said_at"]),
         china(row["closed_at"]) if row["closed_at"] else None)
        for row in rows
    )  # fmt: skip
    still = Counter(row["period"] for row in rows if not row["closed_at"])
    assert still == {"2023-05": 2}
    disputed = {one["period"]: one["disputed"] for one in county.told["months"]}
    assert {month: count for month, count in disputed.items() if count} == still


@pytest.mark.asyncio(loop_scope="module")
async def test_a_winters_cases_are_the_same_on_the_sheet_in_the_list_and_in_the_sums(
    county: Played,
) -> None:
    rows, sums = county.told["ledger"]["rows"], county.told["ledger"]["sums"]
    facts, acts = (written.rows(HEFENG, name) for name in ("cases.csv", "case_acts.csv"))
    # Two of them were told over a second channel.
    assert sums["total"] == len(rows) == len(facts) - 2 == 60
    closed = [one for one in rows if one["ended_on"]]
    assert len(closed) == sum(one["act"] in {"confirm_end", "refuse"} for one in acts)
    whole = sums["whole"]
    now = whole["wages"]["now"]
    assert (whole["works_price"]["now"]["cases"], whole["false_claim"]["now"]["cases"]) == (4, 2)
    paid = sum(
        Decimal(one) for row in acts if row["act"] == "pay" for one in row["yuan"].split("|")
    )
    assert Decimal(now["paid"]) == paid
    content = await ledger_file(county.client, COUNTY)
    page = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    head = page[2]
    (total,) = [row for row in page if row[0] == "合计"]
    assert sum(isinstance(row[0], float) for row in page[3:]) == len(rows)
    wages = [one for one in rows if one["nature"] == "wages"]
    for title, name in SHEET.items():
        place = head.index(title)
        assert Decimal(str(total[place])) == Decimal(now[name])
        assert sum(Decimal(str(one[name] or 0)) for one in wages) == Decimal(now[name])


def test_who_attended_is_known_of_the_four_sites_whose_gates_tell(county: Played) -> None:
    sites = [row["project"] for row in written.rows(HEFENG, "gates.csv")]
    there = wages.days_of(HEFENG)
    told = {one["period"]: one for one in county.told["months"]}
    for month in ("2023-04", "2023-05"):
        people = sum(len(there[site, month]) for site in sites)
        shown = [told[month][name] for name in ("attendance_told", "attended", "attended_paid")]
        assert shown == [4, people, people], month
    # Whom they see on 30 June they tell in July.
    before = [wages.people_of(HEFENG, site, "2023-06", until=29) for site in sites]
    assert told["2023-06"]["attended"] == sum(map(len, before))
    assert {told[f"2023-0{month}"]["attendance_told"] for month in (1, 2, 3)} == {0}
    # Somebody whom nobody registered is there since 26 June; people look at sites at 13:00.
    (item,) = county.items("unregistered_on_site")
    assert (item["project"]["name"], item["level"]) == ("旅游公路路面工程", "yellow")
    assert f"{china(item['opened_at']):%m-%d %H:%M}" == "06-27 13:00"


# Known, reported, complete; where it is not listed all of the unit's projects in progress are.
REPORTED = {"太平镇": (6, 4, 4, "66.7"), "五里乡": (4, 3, 3, "75.0")}
GAPS = {
    "高山茶园产业提升工程": ("太平镇", set()),
    "和美乡村人居环境整治工程": ("太平镇", set()),
    "十字村石家堡至刘家屋场公路": ("五里乡", {"investment_amount"}),
}
UNKNOWN_OF_ALL = {
    "contractor", "approval_number", "address", "works_contract", "responsible_person",
}  # fmt: skip


def test_55_of_58_known_projects_are_reported_and_transport_s_22_in_full(county: Played) -> None:
    told = county.told["reporting"]
    total = told["total"]
    assert (total["known"], total["reported"], total["complete"]) == (58, 55, 55)
    assert (told["half_year"], total["share"], told["undecided"]) == ("2023H1", "94.8", 0)
    found = {
        one["name"]: (one["known"], one["reported"], one["complete"], one["share"])
        for one in told["items"]
    }
    assert found["县交通运输局"] == (22, 22, 22, "100.0")
    for unit, ((projects, *_), _) in UNITS.items():
        assert found[unit] == REPORTED.get(unit, (projects, projects, projects, "100.0")), unit


def test_three_projects_are_gaps_of_their_towns_and_name_what_lacks(county: Played) -> None:
    gaps = {one["name"]: one for one in county.told["reporting_gaps"]}
    assert set(gaps) == set(GAPS)
    for name, (unit, more) in GAPS.items():
        gap = gaps[name]
        assert (gap["unit_name"], gap["reason"], gap["project_id"], gap["since"]) == (
            unit, "not_registered", None, "2023-06-19",
        )  # fmt: skip
        assert set(gap["missing"]) == UNKNOWN_OF_ALL | more


def test_the_gaps_lie_outside_the_55_that_are_supervised(county: Played) -> None:
    assert len(county.supervised) == 55
    assert not set(county.supervised.values()) & set(GAPS)
    assert county.complete == set(county.supervised)


# Done of required, by hand: nine projects lack one system, four two, two three, two all five.
SYSTEMS = {
    "wage_account": 51,
    "roster": 49,
    "disbursement": 48,
    "deposit": 49,
    "notice_board": 45,
}
# How many requirements of each unit lack, and at how many of its projects all are in place.
LACKING = {
    "县交通运输局": (4, 18),
    "中营镇": (8, 4),
    "县自然资源局": (3, 4),
    "太平镇": (5, 2),
    "五里乡": (7, 1),
    "县住建局": (1, 2),
    "县水利局": (0, 2),
    "县农业农村局": (1, 1),
    "走马镇": (4, 0),
    "县教育局": (0, 2),
    "县国投公司": (0, 2),
}
WITHOUT_SYSTEMS = {"雉鸡村产业路整修及硬化工程": "五里乡", "大路坪乡村振兴道路": "中营镇"}


def test_required_systems_stand_as_the_report_and_the_readme_say(county: Played) -> None:
    summary = county.told["systems"]
    total = summary["total"]
    assert (total["done"], total["required"], total["share"]) == (242, 275, "88.0")
    assert (total["projects"], total["all_done"], total["all_share"]) == (55, 38, "69.1")
    assert total["none_done"] == 2
    assert {one["kind"]: (one["done"], one["required"]) for one in total["systems"]} == {
        kind: (done, 55) for kind, done in SYSTEMS.items()
    }
    assert {
        one["name"]: (one["tally"]["required"] - one["tally"]["done"], one["tally"]["all_done"])
        for one in summary["items"]
    } == LACKING
    page = "\n".join(county.page)
    assert "242 of 275 done, 88.0 %; all in place at 38 projects, 69.1 %; none at 2" in page


def test_what_lacks_is_a_watch_item_and_what_is_there_is_none(county: Played) -> None:
    none = county.items("no_systems")
    assert {one["project"]["name"]: one["project"]["developer"]["name"] for one in none} == (
        WITHOUT_SYSTEMS
    )
    # Red at once: at the midnight with which supervision begins, of works begun the day before.
    found = {(one["level"], f"{china(one['opened_at']):%m-%d %H:%M}") for one in none}
    assert found == {("red", "04-25 00:00")}
    assert {one["due_on"] for one in none} == {"2023-04-24"}
    assert len(county.items("notice_board_missing")) == 55 - SYSTEMS["notice_board"]
    assert len(county.items("deposit_missing")) == 55 - SYSTEMS["deposit"]
    for kind in ("no_systems", "notice_board_missing", "deposit_missing"):
        assert county.items(kind, closed=True) == []


@pytest.mark.asyncio(loop_scope="module")
async def test_two_projects_have_none_and_only_gaps_are_told_of(county: Played) -> None:
    def names(found: list[dict[str, Any]]) -> dict[str, str]:
        return {one["name"]: one["developer_name"] for one in found}

    supervised = {"supervised_on": f"{LAST_DAY}"}
    none = await county.client.everything(PROJECTS, systems="none", **supervised)
    assert names(none) == WITHOUT_SYSTEMS
    whole = await county.client.everything(PROJECTS, systems="all", **supervised)
    assert len(whole) == 38
    gaps = await county.client.everything(
        "/registry/v1/requirements/standings", status="overdue", as_of=f"{LAST_DAY}"
    )
    lacking = Counter(one["project_id"] for one in gaps)
    assert Counter(lacking.values()) == {1: 9, 2: 4, 3: 2, 5: 2}


@pytest.mark.asyncio(loop_scope="module")
async def test_a_provincial_system_is_told_of_exactly_the_55_and_gives_them_back_unchanged(
    county: Played,
) -> None:
    begin, rows, end = await _exported(county.client, supervised_on=f"{LAST_DAY}")
    assert {row["id"]: row["name"] for row in rows} == county.supervised
    assert (begin["list"], end["rows"], end["left"]) == ("projects", 55, 0)
    assert (await _exported(county.client, supervised_on=f"{LAST_DAY}"))[1] == rows
    said = set(written.rows(HEFENG, "projects.csv")[0]) & set(rows[0])
    for row in rows:
        body = {name: row[name] for name in (*said, *GIVEN_BACK)}
        again = await county.client.call(
            "POST", PROJECTS, role="wage_office", area=COUNTY, body=body
        )
        assert again == row
    _, changed, ended = await _exported(county.client, cursor=end["next"])
    assert (changed, ended["left"]) == ([], 0)


GIVEN_BACK = (
    *("developer_id", "contractor_id", "sector_authority_id", "works_kind", "permitted_on"),
    *("investment_amount", "approval_number", "permit_number", "address", "category", "size"),
)


async def _exported(client: Client, **asked: str) -> tuple[Any, list[Any], Any]:
    """Give the beginning, the rows and the end of an export of projects, as a province asks."""
    token = client.token("provincial_system", COUNTY)
    answer = await client.http.get(
        f"{client.bases['registry']}/registry/v1/exports/projects",
        params=asked,
        headers={"authorization": f"Bearer {token}"},
    )
    begin, *lines, end = [json.loads(line) for line in answer.text.splitlines()]
    return begin, [line["row"] for line in lines if line["kind"] == "row"], end


@pytest.mark.asyncio(loop_scope="module")
async def test_shares_by_investment_type_sum_to_the_county_s(county: Played) -> None:
    summary = await county.client.call("GET", SUMMARY, query={"by": "investment_type"})
    kinds = {one["investment_type"]: one for one in summary["items"]}
    facts = Counter(row["investment_type"] for row in written.rows(HEFENG, "projects.csv"))
    assert {kind: one["projects"] for kind, one in kinds.items()} == facts
    total = county.told["summary"]["total"]
    for name in ("projects", "none", "short", "full"):
        assert sum(one[name] for one in kinds.values()) == total[name]
    assert sum(Decimal(one["shortfall"]) for one in kinds.values()) == Decimal(total["shortfall"])
    # All that lacks money is government money: 31 of 52; the firm's two are stored in full.
    assert {kind: one["share"] for kind, one in kinds.items()} == {
        "government": "59.6", "state_firm": "0.0", "ppp": "0.0",
    }  # fmt: skip


def test_the_plain_model_says_the_same(county: Played) -> None:
    facts = written.county(HEFENG)
    expected = reference.outcome(facts)
    assert came.differences(county.outcome, expected) == []
    model = standing.board(facts, LAST_DAY)
    assert list(county.board.items()) == [(unit, tally.row()) for unit, tally in model.items()]


def test_a_person_reads_the_same_on_the_page(county: Played) -> None:
    page = "\n".join(county.page)
    assert "截至 as of 2023-06-30 24:00" in page
    assert "55 in progress, 31 lack money = 18 none + 13 short, 56.4 %" in page
    # Tables of other matters follow, with the same units.
    ends = next(n for n, line in enumerate(county.page) if "制度落实" in line)
    rows = {line.split()[0]: line.split() for line in county.page[:ends] if line.strip()}
    for unit, ((projects, none, short, full), levels) in UNITS.items():
        shown = [number for number in (projects, none, short, full) if number]
        assert rows[unit][1 : len(shown) + 1] == [str(number) for number in shown]
        at_last = [str(number) for number in levels if number]
        assert rows[unit][len(rows[unit]) - len(at_last) :] == at_last
    assert "应报 known 58, 已报 reported 55, 完整 complete 55, 94.8 %" in page
    assert "人工费未拨付 transfer_missed: 38 open, 4 closed" in page
    assert "银行数据未到 bank_feed_late: 0 open, 1 closed" in page
    assert "立案建议 case proposals: 9, 欠薪案件 arrears cases: 0" in page
    deliveries = county.told["deliveries"]
    assert f"{len(deliveries)} received by the subscriber with a right signature, 0 not" in page


def _demo(*arguments: str) -> str:
    """Run the demo as a user does, with the county that it has by itself; give what it prints."""
    command = [sys.executable, "-m", "services", "demo", "--port", "0", *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_first_pages_show_what_came_out(county: Played, name: str) -> None:
    told = {line.rstrip() for line in "\n".join(county.page).splitlines()}
    block = (ROOT / name).read_text("utf-8").split("```text\n")[1].split("```")[0]
    title, *shown = [line for line in block.splitlines() if line and line.strip() != "…"]
    assert title == "═══ 鹤峰县 2023 年上半年 ═══  截至 as of 2023-06-30 24:00"
    # What came out instead is said with it, so that a failure elsewhere can be understood.
    instead = {line: get_close_matches(line, told, n=2) for line in shown if line not in told}
    assert instead == {}


@pytest.mark.soak
def test_the_command_tells_the_same_again(county: Played) -> None:
    assert alike(json.loads(_demo("--json"))) == alike(county.told)
    page = "\n".join(county.page).replace("═══ title ═══", "═══ 鹤峰县 2023 年上半年 ═══")
    assert _demo("--exit").endswith(f"{page}\n")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def later(county: Played) -> Later:
    """Let one project's money come on 30 June, then the banks send on, until 7 July at 09:00."""
    client, stage = county.client, Stage(county.client)
    banks = {one["credit_code"]: one["id"] for one in await client.everything(ORGANISATIONS)}
    sources = [(one["code"], banks[one["bank"]]) for one in written.rows(HEFENG, "sources.csv")]
    await stage.settle()
    credited: dict[str, Any] = {}
    for day in [LAST_DAY + timedelta(days=n) for n in range(7)]:
        now = at(day + timedelta(days=1), "08:30")
        await stage.go(now, ["payroll"])
        for source, bank in sources:
            accounts = [await _credit(client)] if (source, day) == ("jia-hefeng", LAST_DAY) else []
            body = {"source": source, "day": f"{day}", "final": True, "accounts": accounts}
            path, who = "/payroll/v1/bank-feeds", {"role": "bank", "area": COUNTY, "org": bank}
            await client.call("POST", path, body=body, **who)
        await stage.happened(now, ["payroll"])
        credited = credited or await client.call("GET", SUMMARY, query={"by": "developer"})
    await stage.go(at(date(2023, 7, 7), "09:00"))
    items = await client.everything("/cases/v1/watch-items", kind="transfer_missed")
    proposals = await client.everything("/cases/v1/proposals")
    told = await client.everything("/cases/v1/arrears-cases")
    # Those that people told of stand in the ledger.
    cases = [one for one in told if one["proposal_id"]]
    return Later(credited, items, cases, Counter(one["state"] for one in proposals))


ORGANISATIONS = "/registry/v1/organisations"
CREDITED = "老旧小区改造工程二期"


async def _credit(client: Client) -> dict[str, Any]:
    """Give a statement in which all that a project without any money lacks comes at once."""
    (account,) = [
        row
        for row in written.rows(HEFENG, "wage_accounts.csv")
        if row["account_name"].endswith(f"{CREDITED}农民工工资专用账户")
    ]
    (project,) = await client.everything(PROJECTS, code=account["project"])
    lines = await client.everything("/payroll/v1/bank-lines", project_id=project["id"])
    opening = Decimal(max(lines, key=lambda line: str(line["at"]))["balance"])
    (item,) = await client.everything(
        "/cases/v1/watch-items", project_id=project["id"], kind="transfer_missed"
    )
    line = {
        "serial": "WHATIF0001",
        "at": at(LAST_DAY, "11:00").isoformat(),
        "direction": "in",
        "amount": item["lacking"],
        "balance": str(opening + Decimal(item["lacking"])),
        "purpose": "2023年6月人工费",
    }
    balances = {"opening": str(opening), "closing": line["balance"]}
    return {"account_no": account["account_no"], **balances, "lines": [line]}


def test_one_project_credited_in_full_leaves_30_of_55(later: Later) -> None:
    total = later.credited["total"]
    assert (total["projects"], total["none"], total["short"], total["full"]) == (55, 17, 13, 25)
    assert total["share"] == "54.5"
    closed = [item for item in later.items if item["closed_at"] and item["period"] == "2023-06"]
    assert [f"{china(item['closed_at']):%m-%d %H:%M}" for item in closed] == ["07-01 08:30"]


def test_on_7_july_at_nine_cases_open_for_the_seven_may_items(later: Later) -> None:
    names = {item["project_id"] for item in later.items if item["period"] == "2023-05"}
    assert len(names) == 7
    assert {one["project_id"] for one in later.cases} == names
    assert {(f"{china(one['opened_at']):%m-%d %H:%M}", one["by_rule"]) for one in later.cases} == {
        ("07-07 09:00", True)
    }
    assert later.proposals == {"confirmed": 7, "open": 2}
