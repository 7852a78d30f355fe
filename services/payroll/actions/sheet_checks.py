"""A payroll sheet is checked: what is found is kept by check, with the rule that found it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from services.payroll import queries, rules
from services.payroll.actions import sheet_attendance
from services.payroll.actions.sheet_attendance import Month
from services.payroll.models import Project, Sheet, SheetFinding
from services.payroll.queries.policies import Ruling
from services.payroll.rules.policies import PolicyKind
from services.payroll.rules.sheet_checks import Found
from services.payroll.rules.sheet_facts import Against, Laid, OnRoster, Total
from services.payroll.rules.sheet_lines import Noted
from services.payroll.rules.sheet_words import WORDS
from services.payroll.rules.sheets import Origin, Severity
from shared import clock, sets, turns
from shared.db import Session
from shared.wording import Text


@dataclass(frozen=True, slots=True)
class Ahead:
    """What a sheet is held against that no other sheet changes: it needs no lock."""

    roster: Mapping[str, OnRoster]
    """Who of its people is on the project's roster, by blind index."""
    month: Month


Places = Mapping[int, tuple[str, int]]
"""Where in the file each line stands: sheet and row, by position."""


@dataclass(frozen=True, slots=True)
class _Rules:
    """What an area decided of checks, and its minimum wage, if it has a row of it."""

    checks: Ruling
    minimum: Ruling | None

    @property
    def told(self) -> dict[str, Any]:
        rows = {"sheet_checks": self.checks, "minimum_wage": self.minimum}
        return {name: rule_of(row) for name, row in rows.items() if row}

    def of(self, code: str) -> dict[str, Any]:
        """Give the rule of a finding; the amount of a minimum wage is a rule of its own."""
        told = rule_of(self.checks)
        if code == rules.sheet_checks.Check.BELOW_MINIMUM and self.minimum:
            told["minimum_wage"] = rule_of(self.minimum)
        return told


def rule_of(row: Ruling) -> dict[str, Any]:
    """Name a row of policy."""
    return {"area_code": row.area_code, "version": row.version}


async def check(
    session: Session,
    project: Project,
    sheet: Sheet,
    laid: Laid,
    noted: Iterable[Noted],
    *,
    now: datetime,
    ahead: Ahead | None = None,
    meanwhile: Callable[[], Awaitable[None]] | None = None,
) -> list[dict[str, Any]]:
    """Check a sheet and keep what is found; give the rows of findings.

    The sheet's row is there, if only in this transaction; its counts say what stands now.
    `ahead` is what was looked up for it just before, `meanwhile` what may be done in the
    transaction while a thread checks.
    """
    today, noted = clock.day_of(now), list(noted)
    area = await _rules(session, project, sheet.period, today)
    ahead = ahead or await _look_up(session, project, sheet, laid, now)
    against = await _against(session, project, sheet, laid, area, ahead=ahead, today=today)
    unsure = frozenset(one.field for one in noted if one.severity is Severity.ERROR)
    against = replace(against, unsure=unsure)
    checking = asyncio.ensure_future(turns.aside(_all, sheet, laid, noted, against, area))
    try:
        if meanwhile:
            await meanwhile()
    finally:
        made = await checking
    sheet.checks += 1
    _count(sheet, made, laid.places)
    sheet.checked_at, sheet.rules = now, area.told
    if made:
        await sets.copied(session, SheetFinding, made)
    return made


def _all(
    sheet: Sheet, laid: Laid, noted: Sequence[Noted], against: Against, area: _Rules
) -> list[dict[str, Any]]:
    """Check all lines, and give the rows of findings; of ten thousand lines it takes long."""
    # What cannot be read is told once, by the reader: it is not missing or wrong beside.
    damaged = {(one.sheet, one.row, one.field) for one in noted if one.severity is Severity.ERROR}
    lines = turns.Unhurried(laid.lines)
    found = [
        one
        for one in rules.sheet_checks.check(lines, against, area.checks.values)
        if one.position is None or (*laid.places[one.position], one.field) not in damaged
    ]
    made = [_noted(sheet, one, area) for one in noted]
    made += [_found(sheet, one, laid.places, area) for one in found]
    made = [row for row in made if row["severity"] is not Severity.OFF]
    for position, row in enumerate(made, start=1):
        row["position"] = position
    return made


async def check_again(session: Session, project: Project, sheet: Sheet, now: datetime) -> None:
    """Check a sheet anew against what is known now; what its reader noted stands."""
    await queries.retention.unblanked(session, project.id)
    noted = [as_noted(one) for one in await queries.sheets.noted_findings(session, sheet)]
    laid = await queries.sheets.checked_lines(session, sheet)
    await check(session, project, sheet, laid, noted, now=now)


def as_noted(row: SheetFinding) -> Noted:
    """Give what was kept of a reader's finding as he noted it."""
    remedy = Text(**row.remedy) if row.remedy else None
    return Noted(
        row.code,
        row.severity,
        Text(**row.detail),
        remedy,
        row.sheet,
        row.row,
        row.column,
        row.field,
    )


async def _rules(session: Session, project: Project, period: str, today: date) -> _Rules:
    """Checks count as they stand today, a minimum wage as it stood in the period."""
    checks = await queries.policies.policy_in_force(
        session, PolicyKind.SHEET_CHECKS, project.area_code, today
    )
    wages = await queries.policies.policies_of(session, PolicyKind.MINIMUM_WAGE, project.area_code)
    first = date.fromisoformat(f"{period}-01")
    return _Rules(checks, rules.policies.in_force(*wages, first))


async def _look_up(
    session: Session, project: Project, sheet: Sheet, laid: Laid, now: datetime
) -> Ahead:
    people = {line.id_index for line in laid.lines if line.id_index}
    roster = await queries.sheet_roster.on_roster(session, project.id, sheet.period, people, now)
    return Ahead(roster, await sheet_attendance.of_month(session, project, sheet.period))


async def _against(
    session: Session,
    project: Project,
    sheet: Sheet,
    laid: Laid,
    area: _Rules,
    *,
    ahead: Ahead,
    today: date,
) -> Against:
    elsewhere = await queries.sheets.elsewhere(session, sheet)
    named = {line.id_index or "" for line in laid.lines}
    named |= {one.id_index or "" for one in elsewhere}
    seen = await sheet_attendance.of_sheet(session, sheet, ahead.month, ahead.roster, named)
    return Against(
        period=sheet.period,
        today=today,
        project_name=project.card["name"],
        roster=seen.roster,
        said_periods=sheet.said_periods,
        said_project=sheet.said_project,
        attendance=seen.known,
        unheard_since=seen.unheard_since,
        absent=seen.absent,
        elsewhere=elsewhere,
        minimum=Decimal(area.minimum.values["monthly"]) if area.minimum else None,
        totals=[_total(one) for one in sheet.totals],
    )


def _total(kept: Mapping[str, Any]) -> Total:
    return Total(**{**kept, "said": Decimal(kept["said"])})


def _noted(sheet: Sheet, one: Noted, area: _Rules) -> dict[str, Any]:
    """An area may weigh what the reader noted; an error of his stays one: nobody knows the cell."""
    weighed = one.code in area.checks.values and one.severity is not Severity.ERROR
    severity = one.severity
    if weighed:
        severity = rules.sheet_checks.severity(area.checks.values, one.code)
    return {
        "sheet_id": sheet.id,
        "check_no": sheet.checks + 1,
        "position": 0,
        "origin": Origin.READING,
        "code": one.code,
        "severity": severity,
        "rule": area.of(one.code) if weighed else {},
        "line": None,
        "sheet": one.sheet,
        "row": one.row,
        "column": one.column,
        "field": one.field,
        "detail": _both(one.detail),
        "remedy": _both(one.remedy) if one.remedy else None,
        "compared": {},
    }


def _found(sheet: Sheet, one: Found, places: Places, area: _Rules) -> dict[str, Any]:
    name, row, column = "", 0, ""
    if one.position is not None:
        name, row = places[one.position]
        column = _column(sheet, name, row, one.field)
    elif one.total is not None:
        name, row, column = one.total.sheet, one.total.row, one.total.column
    detail, remedy = WORDS[one.code]
    compared = dict(one.values)
    if "first_position" in compared:
        compared["first_row"] = str(places[int(compared["first_position"])][1])
    return {
        "sheet_id": sheet.id,
        "check_no": sheet.checks + 1,
        "position": 0,
        "origin": Origin.CHECK,
        "code": str(one.code),
        "severity": rules.sheet_checks.severity(area.checks.values, one.code),
        "rule": area.of(one.code),
        "line": one.position,
        "sheet": name,
        "row": row,
        "column": column,
        "field": one.field,
        "detail": _both(detail),
        "remedy": _both(remedy),
        "compared": compared,
    }


def _column(sheet: Sheet, name: str, row: int, wanted: str) -> str:
    """Give the letters of a field's column in the table to which a row belongs."""
    tables = {one.get("header", 0) for one in sheet.columns if one["sheet"] == name}
    header = max((number for number in tables if number < row), default=0)
    return next(
        (
            one["column"]
            for one in sheet.columns
            if (one["sheet"], one.get("header", 0), one["field"]) == (name, header, wanted)
        ),
        "",
    )


def _both(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _count(sheet: Sheet, made: Sequence[Mapping[str, Any]], places: Places) -> None:
    """A row with an error is rejected, every other one accepted: they sum to the rows of data."""
    wrong = {(row["sheet"], row["row"]) for row in made if row["severity"] is Severity.ERROR} & set(
        places.values()
    )
    sheet.rows = len(places)
    sheet.rejected = sum(place in wrong for place in places.values())
    sheet.accepted = sheet.rows - sheet.rejected
    counts = {one: sum(row["severity"] is one for row in made) for one in Severity}
    sheet.errors, sheet.warnings, sheet.hints = (
        counts[one] for one in (Severity.ERROR, Severity.WARNING, Severity.HINT)
    )
