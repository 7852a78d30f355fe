"""The arrears ledger as an office sends it: rows, sums, and in words what it was narrowed to."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from services.cases import queries
from services.cases.errors import LedgerTooLong
from services.cases.rules import ledger as rules
from services.cases.rules.arrears import ENDINGS, Age
from services.cases.rules.items import CaseState
from services.cases.rules.ledger import By, LedgerBook, LedgerRow
from services.cases.schemas.arrears import ArrearsCaseFilter
from shared import clock
from shared.areas import NATION
from shared.auth import Caller
from shared.db import Session

MOST_ROWS = 20_000
_AT_ONCE = 2_000
_AGES = {
    Age.CARRIED: "上年结转", Age.OPENED: "本年新立", Age.STOCK: "存量欠薪", Age.FRESH: "新增欠薪",
}  # fmt: skip
_WORDS: Mapping[str, Callable[[Any], str]] = {
    "year": lambda year: f"{year}年度",
    "age": lambda age: _AGES[age],
    "clear_by_until": lambda day: f"清零期限不晚于 {day}",
    "state": lambda state: "未办结" if state is CaseState.OPEN else "已办结",
    "stage": lambda stage: f"环节：{rules.STAGES[stage]}",
    "channel": lambda channel: f"来源：{rules.CHANNELS[channel]}",
    "nature": lambda nature: f"类别：{rules.NATURES[nature]}",
    "cause": lambda cause: f"原因：{rules.CAUSES[cause]}",
    "industry": lambda code: f"行业：{rules.INDUSTRIES.get(code, code)}",
    "conclusion": lambda conclusion: f"结论：{ENDINGS[conclusion].words.zh}",
    "overdue": lambda overdue: "已逾期" if overdue else "未逾期",
    "project_id": lambda one: f"项目：{one}",
    "employer_id": lambda one: f"用人单位：{one}",
    "unit_id": lambda one: f"承办单位：{one}",
}
_TABLES = (By.AREA, By.INDUSTRY, By.CAUSE, By.SOURCE)


async def book(
    session: Session, caller: Caller, filters: ArrearsCaseFilter, now: datetime
) -> LedgerBook:
    """Give the ledger of a filter with its sums. Raises LedgerTooLong."""
    sums = [await queries.ledger.totals(session, filters, caller.scope, by, now) for by in _TABLES]
    if sums[0].total > MOST_ROWS:
        raise LedgerTooLong(cases=sums[0].total, most=MOST_ROWS)
    rows: list[LedgerRow] = []
    cursor, more = None, True
    while more:
        page = await queries.ledger.ledger_rows(
            session, filters, caller.scope, cursor=cursor, limit=_AT_ONCE
        )
        rows += page.items
        cursor, more = page.next, page.more
    areas = [filters.area_code] if filters.area_code else sorted(caller.scope.areas)
    names = await queries.ledger.area_names(session, areas)
    words = [names.get(code, "全国" if code == NATION else code) for code in areas]
    said = [*_said(filters)] or ["全部案件"]
    return LedgerBook("、".join(words), said, clock.day_of(now), rows, sums)


def _said(filters: ArrearsCaseFilter) -> Iterator[str]:
    """Say in words what a ledger was narrowed to."""
    for words, first, last in (
        ("立案", filters.opened_from, filters.opened_until),
        ("办结", filters.ended_from, filters.ended_until),
    ):
        if first or last:
            yield f"{words}日期 {first or ''} 至 {last or ''}"
    for name, words_of in _WORDS.items():
        value = getattr(filters, name)
        if value is not None:
            yield words_of(value)
