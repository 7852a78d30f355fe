"""Attendance by the days of a month, and rosters: what contractors write into the cells."""

import io
import random
from typing import Any

import pytest
import xlsxwriter

from services.payroll.adapters import attendance_marks, sheet_pieces
from services.payroll.adapters.sheet_types import ERROR, Given, Lines, Piece, severity
from tests.payroll.sheet_layouts import fullwidth, identity

FULL, HALF, REST = (
    ("√", "1", "✓", "出", "全", "●"),
    ("0.5", "半", "½", "半天"),
    ("休", "×", "假", ""),
)


def xlsx(*sheets: list[list[Any]]) -> bytes:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    for grid in sheets:
        sheet = book.add_worksheet()
        for n, row in enumerate(grid):
            sheet.write_row(n, 0, row)
    book.close()
    return file.getvalue()


def read(content: bytes, kind: str, given: Given | None = None) -> list[Piece]:
    found = list(sheet_pieces.read(io.BytesIO(content), kind, given))
    assert found[-1].refused is None
    return found


def lines(found: list[Piece]) -> Lines:
    (said,) = [piece.lines for piece in found if piece.lines]
    return said


def codes(found: list[Piece], kind: str = "attendance", least: str = "") -> list[tuple[str, int]]:
    return [
        (flaw.code, flaw.row)
        for piece in found
        for flaw in piece.flaws
        if not least or severity(kind, flaw.code) == least
    ]


def csv(*rows: str) -> bytes:
    return "\n".join(rows).encode() + b"\n"


DAYS = ",".join(map(str, range(1, 32)))


@pytest.mark.parametrize("seed", range(25))
def test_a_matrix_is_read_day_by_day(seed: int) -> None:
    dice = random.Random(seed)
    spelled = dice.choice((str, "{}日".format, "{:02d}".format, "3/{}".format, int))
    first = dice.choice((1, 1, 26))
    days = [*range(first, 32), *range(1, first)]
    head = ["序号", "姓名", "身份证号", *map(spelled, days), dice.choice(("合计", "出勤天数"))]
    grid: list[list[Any]] = [["2026年3月考勤表"], ["班组：木工班"]]
    if dice.random() < 0.5:
        grid += [
            ["序号", "姓名", "身份证号", "日期", *[""] * 30, "合计"],
            ["", "", "", *head[3:-1], ""],
        ]
    else:
        grid.append(head)
    if dice.random() < 0.5:
        grid.append(["", "", "", *["日一二三四五六"[day % 7] for day in days], ""])
    people: dict[int, tuple[str, dict[int, int]]] = {}
    for n in range(dice.randrange(2, 9)):
        number, marks, row = identity(dice), {}, []
        for day in days:
            units, signs = dice.choice(((100, FULL), (100, FULL), (50, HALF), (0, REST)))
            row.append(sign := dice.choice(signs))
            if sign:
                marks[day] = units
        total = sum(marks.values()) / 100
        grid.append([n + 1, "王建国", fullwidth(number) if n % 2 else number, *row, total])
        people[len(grid)] = (number, marks)
    grid += [["合计", "", "", *[""] * 31, sum(sum(m.values()) for _, m in people.values()) / 100]]
    grid += [["考勤员：", "", "班组长："]]
    found = read(xlsx(grid), "attendance")
    assert codes(found) == []
    said = lines(found)
    assert said.rows == [*people]
    for n, (number, marks) in enumerate(people.values()):
        assert (said.texts["id_number"][n], said.marks[n]) == (number, marks)
    ended = found[-1].ended
    assert ended
    assert {(s.name, s.text) for s in ended.said} == {("period", "2026-03"), ("crew", "木工班")}


def test_a_mark_that_nobody_knows_is_told_at_its_cell() -> None:
    row = ",".join(["√"] * 4 + ["◇", "9.5", "#REF!"])
    found = read(csv("姓名,1,2,3,4,5,6,7,出勤", f"王五,{row},4"), "attendance")
    flaws = [(f.code, f.row, f.column) for piece in found for f in piece.flaws]
    assert flaws == [
        ("column_advised", 1, None), ("mark_unknown", 2, 5), ("mark_unknown", 2, 6),
        ("cell_error", 2, 7),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "note",
    ["备注：◇出勤 △半天 ☆旷工", "符号说明：出勤：◇　半天：△　旷工：☆", "◇=出勤，△=半天，☆=事假"],
)
def test_what_marks_mean_may_be_said_below(note: str) -> None:
    found = read(csv("姓名,1,2,3,4,5,出勤", "王五,◇,◇,△,☆,√,3.5", note), "attendance")
    assert lines(found).marks == [{1: 100, 2: 100, 3: 50, 4: 0, 5: 100}]
    assert codes(found, least=ERROR) == []


def test_morning_and_afternoon_are_halves_in_rows_or_columns() -> None:
    number = identity(random.Random(1))
    rows = read(csv(
        "姓名,身份证号,时段,1,2,3,4,5", f"王五,{number},上午,√,√,×,√,", ",,下午,√,,√,√,√",
    ), "attendance")  # fmt: skip
    said = lines(rows)
    assert said.texts["id_number"] == [number, number]
    assert said.marks == [{1: 50, 2: 50, 3: 0, 4: 50}, {1: 50, 3: 50, 4: 50, 5: 50}]
    columns = read(csv(
        "姓名,身份证号,1,,2,,3,,4,,5,", ",,上午,下午,上午,下午,上午,下午,上午,下午,上午,下午",
        f"王五,{number},√,√,√,×,,,√,√,×,×",
    ), "attendance")  # fmt: skip
    assert lines(columns).marks == [{1: 100, 2: 50, 4: 100, 5: 0}]


def test_a_sum_of_days_that_is_another_is_told() -> None:
    found = read(csv("姓名,1,2,3,4,5,合计", "王五,√,√,√,半,休,5"), "attendance")
    assert ("days_differ", 2) in codes(found)


def test_a_list_of_days_is_read_row_by_row() -> None:
    number = identity(random.Random(2))
    found = read(csv(
        "姓名,身份证号,考勤日期,上班时间,下班时间", f"王五,{number},2026-03-01,07:01,18:00",
        f"王五,{number},2026/3/2,07:03,17:55",
    ), "attendance")  # fmt: skip
    said = lines(found)
    assert said.texts["day"] == ["2026-03-01", "2026-03-02"]
    assert said.texts["came_at"] == ["07:01", "07:03"]
    assert codes(found) == []


def test_what_marks_mean_is_never_two_things() -> None:
    for mark in ("√", "1", "休", "半", "0.5", "×"):
        assert attendance_marks.legend(f"{mark}") == {}


# ---- rosters -----------------------------------------------------------------------------------


def test_a_roster_is_read_with_days_in_many_spellings() -> None:
    one, two = (identity(random.Random(seed)) for seed in (3, 4))
    found = read(csv(
        "花名册,,,,,,", "序号,姓 名,身份证号码,联系电话,工种,进场时间,退场时间",
        f"1,王五,{one},13912345678,木工,2026年3月1日,",
        f"2,赵六,{two},86-13912345679,钢筋工,2026.3.5,20260401",
    ), "roster")  # fmt: skip
    said = lines(found)
    assert said.texts["name"] == ["王五", "赵六"]
    assert said.texts["phone"] == ["13912345678", "13912345679"]
    assert said.texts["entered_on"] == ["2026-03-01", "2026-03-05"]
    assert said.texts["left_on"] == [None, "2026-04-01"]
    assert codes(found, "roster") == []


def test_a_passport_needs_its_type() -> None:
    rows = ("姓名,证件类型,证件号码", "John Smith,护照,E12345678")
    assert codes(read(csv(*rows), "roster"), "roster") == []
    found = read(csv("姓名,证件号码", "John Smith,E12345678"), "roster")
    assert codes(found, "roster") == [("id_other", 2)]
    assert lines(found).texts["id_number"] == ["E12345678"]


def test_a_day_that_may_be_two_is_told() -> None:
    number = identity(random.Random(5))
    found = read(csv("姓名,身份证号,进场日期", f"王五,{number},05/06/26"), "roster")
    assert codes(found, "roster") == [("day_unreadable", 2)]


def test_another_holder_of_the_account_is_told() -> None:
    one = identity(random.Random(6))
    found = read(csv(
        "姓名,身份证号,银行卡号,户名,应发,实发", f"王五,{one},6217000010012345678,赵六,1.00,1.00",
    ), "payroll")  # fmt: skip
    assert ("holder_differs", 2) in codes(found, "payroll", ERROR)


def test_a_payroll_sheet_may_have_the_days_of_its_month() -> None:
    one = identity(random.Random(9))
    found = read(csv(
        f"姓名,身份证号,{DAYS},出勤天数,应发工资,实发工资",
        f"王五,{one},{'1,' * 31}31,6000.00,6000.00",
        f"姓名,身份证号,{DAYS},出勤天数,应发工资,实发工资",
        f"合计,,{',' * 31}31,6000,6000",
    ), "payroll")  # fmt: skip
    assert codes(found, "payroll", ERROR) == []
    assert [kind for piece in found for _, _, kind in piece.classes] == [
        "header",
        "repeat",
        "total",
    ]
    assert lines(found).sums["net"] == [600_000]


# ---- a mapping by hand -------------------------------------------------------------------------


def test_columns_may_be_mapped_by_hand() -> None:
    one = identity(random.Random(7))
    content = csv("甲,乙,丙,丁", f"1,王五,{one},5000.00")
    assert codes(read(content, "payroll"), "payroll") == [("header_missing", 0)]
    given = Given({"name": 1, "id_number": 2, "net": 3}, header=(1, 1))
    found = read(content, "payroll", given)
    assert lines(found).sums == {"net": [500_000]}
    assert codes(found, "payroll", ERROR) == []


def test_a_mapping_holds_for_the_titles_that_it_was_made_for() -> None:
    one = identity(random.Random(8))
    content = csv("姓名,身份证号,应发工资,实发工资,实付工资", f"王五,{one},6000,5000,6000")
    (table,) = [piece.table for piece in read(content, "payroll") if piece.table]
    columns = {name: at for name, (at, _) in table.columns.items()}
    given = Given(columns | {"net": 4}, digest=table.digest)
    assert lines(read(content, "payroll", given)).sums["net"] == [600_000]
    other = given._replace(digest="another")
    assert lines(read(content, "payroll", other)).sums["net"] == [500_000]


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("2026年3月农民工工资支付表（单位：元）", ["2026-03"]),
        ("２０２６年０３月份工资表", ["2026-03"]),
        ("2026 年 3 月工资表", ["2026-03"]),
        ("二〇二六年三月工资发放表", ["2026-03"]),
        ("工资期间：2026年3月1日至2026年3月31日", ["2026-03"]),
        ("所属月份：2026-03", ["2026-03"]),
        ("编制单位：某劳务公司 2026年3月", ["2026-03"]),
        ("项目名称：2025年8月老旧小区改造", []),
        ("制表日期：2026年4月5日", []),
        ("2026年4月5日", []),
    ],
)
def test_the_month_is_read_off_titles(title: str, found: list[str]) -> None:
    one = identity(random.Random(10))
    pieces = read(csv(title, "姓名,身份证号,应发,实发", f"王五,{one},1,1"), "payroll")
    ended = pieces[-1].ended
    assert ended
    assert [said.text for said in ended.said if said.name == "period"] == found
    assert all(said.text != "元)" for said in ended.said)
