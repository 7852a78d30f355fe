"""Rules of areas and their files: tables of cases, no I/O."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registry.adapters import area_file
from services.registry.errors import AreaFileUnreadable
from services.registry.rules import (
    areas,
)
from services.registry.rules.areas import AreaFact
from shared.problems import Finding
from tests.registry.factories import BEGUN, TREE, facts

STANDING = {row.code: [row] for row in facts(*TREE)}
NATION = frozenset({"0"})
COUNTY = frozenset({"422828"})


def said(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.place, finding.code) for finding in findings]


def checked(
    *rows: AreaFact, known: Mapping[str, list[AreaFact]] | None = None,
    roots: frozenset[str] = NATION,
) -> list[tuple[str, str]]:  # fmt: skip
    known = STANDING if known is None else known
    paths = {code: path for code, (_, path) in _laid(known).items()}
    return said(areas.check(rows, known, paths, roots))


def _laid(known: Mapping[str, list[AreaFact]]) -> dict[str, tuple[AreaFact, str]]:
    rows = [row for code in known for row in known[code]]
    return areas.lay_paths(rows, {}, date(2023, 1, 1))


def test_a_whole_tree_is_right_with_children_before_their_parents() -> None:
    assert checked(*reversed(facts(*TREE)), known={}) == []


@pytest.mark.parametrize(
    ("row", "place", "code"),
    [
        (("42x8", "甲", "42"), "code", "CodeMalformed"),
        (("４２２８２９", "甲", "4228"), "code", "CodeMalformed"),
        (("42282", "甲", "4228"), "code", "CodeMalformed"),
        (("422899", " ", "4228"), "name", "NameWrong"),
        (("422899", "甲\0", "4228"), "name", "NameWrong"),
        (("422899", "甲" * 201, "4228"), "name", "NameWrong"),
        (("422899", "甲", None), "parent_code", "ParentMissing"),
        (("422899", "甲", "42"), "parent_code", "ParentLevel"),
        (("422828103", "甲", "422828101"), "parent_code", "ParentLevel"),
        (("42", "湖北省", "4228"), "parent_code", "ParentLevel"),
        (("0", "全国", "42"), "parent_code", "ParentLevel"),
        (("429001", "甲", "4290"), "parent_code", "ParentUnknown"),
    ],
)
def test_a_wrong_area_row_is_found(row: tuple[str, str, str | None], place: str, code: str) -> None:
    assert checked(*facts(row)) == [(f"items[0].{place}", code)]


def test_an_area_that_ends_before_it_begins_is_found() -> None:
    (row,) = facts(("422899", "甲县", "4228"))
    wrong = replace(row, valid_to=date(1999, 12, 31))
    assert checked(wrong) == [("items[0].valid_to", "EndsBeforeStart")]


def test_a_row_below_a_parent_that_had_ended_is_found() -> None:
    ended = replace(STANDING["4228"][0], valid_to=date(2010, 1, 1))
    row = AreaFact("422899", "甲县", "4228", date(2011, 1, 1), place="items[0]")
    found = checked(row, known=STANDING | {"4228": [ended]})
    assert found == [("items[0].parent_code", "ParentEnded")]


def test_one_row_twice_with_other_content_is_found_and_twice_the_same_is_not() -> None:
    same = facts(("422899", "甲县", "4228"), ("422899", "甲县", "4228"))
    other = facts(("422899", "甲县", "4228"), ("422899", "乙县", "4228"))
    assert checked(*same) == []
    assert checked(*other) == [("items[1].code", "RowTwice")]


def test_all_findings_of_a_file_come_at_once() -> None:
    rows = facts(("4x", "甲", "0"), ("422899", "", "42"), ("422898", "乙", "4228"))
    assert checked(*rows) == [
        ("items[0].code", "CodeMalformed"),
        ("items[1].parent_code", "ParentLevel"),
        ("items[1].name", "NameWrong"),
    ]


@pytest.mark.parametrize(
    ("row", "allowed"),
    [
        (("422828103", "燕子镇", "422828"), True),
        (("422828103201", "村", "422828103"), False),  # its parent is not there
        (("422822101", "业州镇", "422822"), False),
        (("422828", "鹤峰县改名", "4228"), False),  # its parent is not the caller's
        (("422822101", "移来", "422828"), True),
    ],
)
def test_who_enters_an_area_needs_its_parent(
    row: tuple[str, str, str | None], *, allowed: bool
) -> None:
    assert (checked(*facts(row), roots=COUNTY) == []) is allowed


def test_nobody_draws_a_foreign_area_into_his_own() -> None:
    known = STANDING | {"422822101": facts(("422822101", "业州镇", "422822"))}
    moved = AreaFact("422822101", "业州镇", "422828", date(2024, 1, 1), place="items[0]")
    assert checked(moved, known=known, roots=COUNTY) == [("items[0].code", "AreaUnknown")]


def test_paths_go_from_the_nation_down() -> None:
    laid = _laid(STANDING)
    assert laid["422828101201"][1] == "/0/42/4228/422828/422828101/422828101201/"
    assert laid["0"][1] == "/0/"


def test_the_row_that_began_last_counts_and_a_later_one_waits() -> None:
    old = AreaFact("422828101", "走马镇", "422828", BEGUN)
    new = AreaFact("422828101", "走马街道", "422822", date(2023, 6, 1))
    rows = [*facts(*TREE[:4]), *facts(TREE[-1]), old, new]
    before = areas.lay_paths(rows, {}, date(2023, 5, 31))["422828101"]
    after = areas.lay_paths(rows, {}, date(2023, 6, 1))["422828101"]
    assert before == (old, "/0/42/4228/422828/422828101/")
    assert after == (new, "/0/42/4228/422822/422828101/")


def test_an_area_that_ended_keeps_its_place() -> None:
    ended = AreaFact("42", "湖北省", "0", BEGUN, date(2020, 1, 1))
    assert areas.lay_paths([ended], {}, date(2023, 1, 1))["42"][1] == "/0/42/"


def test_what_has_not_begun_and_what_lies_in_it_has_no_path_yet() -> None:
    future = AreaFact("4228", "恩施州", "42", date(2030, 1, 1))
    child = AreaFact("422828", "鹤峰县", "4228", BEGUN)
    assert areas.lay_paths([future, child], {"42": "/0/42/"}, date(2023, 1, 1)) == {}


CSV = "code,name,parent_code,valid_from,valid_to\r\n"


def test_a_file_is_read_with_the_numbers_of_its_rows() -> None:
    read, found = area_file.read(f"\ufeff{CSV}42,湖北省,0,2000-01-01,\r\n\r\n".encode())
    assert found == []
    assert read == [AreaFact("42", "湖北省", "0", BEGUN)]
    assert read[0].place == "rows[2]"


def test_a_file_of_a_chinese_spreadsheet_is_read() -> None:
    read, _ = area_file.read(f"{CSV}42,湖北省,0,2000-01-01,2020-12-31".encode("gb18030"))
    assert read == [AreaFact("42", "湖北省", "0", BEGUN, date(2020, 12, 31))]


def test_what_cannot_be_read_in_a_row_is_found_with_its_number() -> None:
    body = f"{CSV}42,湖北省,0,2000/1/1,\n43,湖南省,0,,\n44,广东省,0,2000-01-01,2000-02-30,x\n"
    _, found = area_file.read(body.encode())
    assert said(found) == [
        ("rows[2].valid_from", "DayMalformed"),
        ("rows[3].valid_from", "DayMissing"),
        ("rows[4]", "RowTooLong"),
        ("rows[4].valid_to", "DayMalformed"),
    ]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "HeaderWrong"),
        (b"code,name\n42,x", "HeaderWrong"),
        (b"code,name,parent_code,valid_from,valid_from\n", "HeaderWrong"),
        (b"code,name,parent_code,valid_from,colour\n", "HeaderWrong"),
        (CSV.encode(), "NoRows"),
        (CSV.encode() + b'42,"x"y,0,2000-01-01,\n', "NotCsv"),
        (b"\x81\xff\xff", "EncodingUnknown"),
        (CSV.encode() + b"42,x,0,2000-01-01,\n" * 10_001, "RowsTooMany"),
    ],
)
def test_what_is_no_file_of_areas_is_refused(body: bytes, code: str) -> None:
    with pytest.raises(AreaFileUnreadable) as refused:
        area_file.read(body)
    assert [finding.code for finding in refused.value.errors] == [code]


@given(st.binary(max_size=300))
def test_no_file_breaks_the_reader(body: bytes) -> None:
    for content in (body, CSV.encode() + body):
        try:
            area_file.read(content)
        except AreaFileUnreadable:
            continue
