"""History replayed under another policy, beside what was recorded; it changes nothing."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.cases import queries
from services.cases.actions import policies
from services.cases.models import CalendarTelling, Policy, Telling, WatchItem
from services.cases.rules.history import Told
from services.cases.rules.items import MOVED, Happening, WatchKind
from services.cases.rules.ladder import Ladder
from services.cases.rules.rehearsal import Course, Heard, News, Reached, Walk
from services.cases.schemas.policies import PolicyIn
from shared import clock, known
from shared.db import Session
from shared.workdays import Calendar, DayKind

# The rehearsed policy governs all of the past, whenever it shall begin.
_EVER = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Governing:
    """A policy as far as it governed, or would have."""

    area_code: str
    valid_from: date
    version: int
    read: Ladder

    def ladder(self) -> Ladder:
        """Give its rungs."""
        return self.read


Rule = Callable[[Sequence[Policy]], list[Governing]]
"""What governs an area, of the live policies that may."""


async def rehearse(session: Session, body: PolicyIn, from_on: date, to_on: date) -> dict[str, Any]:
    """Replay what was told from one day to another as if a policy had governed its area then.

    Areas below with a policy of their own keep theirs. What opened in these days, here or there,
    is compared; news that came late is late here, too. Raises PolicyRefused.
    """
    since, until = clock.at(from_on, 0), clock.day_end(to_on)
    own = Governing(body.area_code, _EVER, body.version, policies.ladder_of(body))

    def rule(rows: Sequence[Policy]) -> list[Governing]:
        return [*(governing(row) for row in rows if row.area_code != body.area_code), own]

    items = await queries.tellings.items_of(session, body.kind, body.area_code, until)
    courses = await replay(session, body.kind, body.area_code, until, rule)
    recorded = {(one.key, one.opened_at): recorded_course(one, until) for one in items}
    rehearsed = {(one.key, one.opened_at): one for one in courses}
    return difference(
        {key: one for key, one in recorded.items() if one.opened_at >= since},
        {key: one for key, one in rehearsed.items() if one.opened_at >= since},
    )


async def replay(
    session: Session, kind: WatchKind, area_code: str, until: datetime, rule: Rule
) -> list[Course]:
    """Lead all matters of a kind in an area through what was told of them up to an instant."""
    told = await queries.tellings.told(session, kind, area_code, until)
    decided = _decided(await queries.tellings.items_of(session, kind, area_code, until), until)
    groups: dict[tuple[UUID | str, str], list[Telling]] = defaultdict(list)
    for one in told:
        together = one.project_id if kind is WatchKind.TRANSFER_MISSED else None
        groups[together or one.key, one.area_code].append(one)
    terms: dict[str, Walk] = {}
    courses: list[Course] = []
    for (_, area), group in groups.items():
        if area not in terms:
            terms[area] = await _terms(session, kind, area, until, rule)
        model = terms[area]
        news = [_news(one) for one in group]
        for key in sorted({one.key for one in group}):
            news += decided.get(key, [])
        # Of one instant what was decided comes first: what was told has it as its ground.
        in_order = sorted(news, key=lambda one: (one.known_at, one.what in _TOLD, one.at))
        walk = Walk(model.rows, model.lineage, model.calendars)
        courses += walk.through(in_order, until)
    return courses


async def _terms(session: Session, kind: WatchKind, area: str, until: datetime, rule: Rule) -> Walk:
    """Give a walk by the policies and calendars of an area, before anything is told."""
    lineage = await known.lineage(session, area)
    rows = rule(await queries.policies.live_policies(session, kind, lineage))
    days = await queries.tellings.calendars_told(session, lineage, until)
    return Walk(rows, lineage, _calendars(area, lineage, days))


def governing(row: Policy) -> Governing:
    """A row governs from its first day on, but never before it was stored."""
    stored = clock.day_of(row.created_at)
    first = (
        row.valid_from if row.created_by.startswith("migration:") else max(row.valid_from, stored)
    )
    return Governing(row.area_code, first, row.version, row.ladder())


def _calendars(
    area: str, lineage: Sequence[str], told: Sequence[CalendarTelling]
) -> list[tuple[datetime, Calendar]]:
    """Give an area's calendar after each telling; what was told later lies over it."""
    by_place: dict[tuple[str, int], CalendarTelling] = {}
    found = [(clock.at(_EVER, 0), Calendar.of(area, {}))]
    for one in told:
        by_place[one.area_code, one.year] = one
        years: dict[int, tuple[dict[date, DayKind], bool]] = {}
        for code in reversed(lineage):
            for (place, year), said in by_place.items():
                if place == code:
                    days, provisional = years.get(year, ({}, False))
                    own = {date.fromisoformat(d): DayKind(k) for d, k in said.exceptions.items()}
                    years[year] = (days | own, provisional or said.provisional)
        found.append((one.at, Calendar.of(area, years)))
    return found


def _news(told: Telling) -> News:
    body = told.body
    value, due_at, contract_id = (
        body.get("value"),
        body.get("due_at"),
        body.get("works_contract_id"),
    )
    return News(
        key=told.key,
        kind=told.kind,
        what=Heard(told.what),
        at=told.at,
        known_at=told.known_at,
        period=told.period,
        due_on=date.fromisoformat(body["due_on"]) if told.what is Told.FOUND else date.min,
        due_at=datetime.fromisoformat(due_at) if due_at else None,
        contract_id=UUID(contract_id) if contract_id else None,
        previous_period=body.get("previous_period"),
        facts=frozenset(body.get("facts") or ()),
        value=None if value is None else Decimal(value),
        muted=body.get("muted_by") is not None,
        reason=body.get("reason") or "",
        by_hand=bool(body.get("by_hand")),
    )


_TOLD = {Heard(one) for one in Told}
_DECIDED = {
    Happening.EXTENSION_GRANTED: Heard.EXTENDED,
    Happening.REVERSED: Heard.REVERSED,
    Happening.ANNULLED: Heard.ANNULLED,
}


def _decided(items: Sequence[WatchItem], until: datetime) -> dict[str, list[News]]:
    """Give, by key, what stopped clocks, took proofs back, or undid misses, off the timelines.

    It is placed where it was taken in, as what was told is: never before a rung reached earlier.
    """
    found: dict[str, list[News]] = defaultdict(list)
    for item in items:
        known_at = item.opened_at
        for line in sorted(item.timeline, key=lambda one: one.id):
            what = _DECIDED.get(line.what)
            if line.what in MOVED or what:
                known_at = max(known_at, line.at)
            if what and known_at < until:
                pause = line.details.get("pause") or {}
                ends = pause.get("to_at")
                news = News(
                    item.key, item.kind, what, line.at, known_at,
                    until=datetime.fromisoformat(ends) if ends else None,
                )  # fmt: skip
                found[item.key].append(news)
    return found


def recorded_course(item: WatchItem, until: datetime) -> Course:
    """Give an item's course up to an instant, read off its timeline as it was written.

    What is opened again writes rungs of days on which it was closed: they were not known then.
    """
    course = Course(item.key, item.opened_at)
    for line in sorted(item.timeline, key=lambda one: one.id):
        if line.at >= until:
            break
        if line.what in MOVED:
            course.reached.append(Reached(line.step, line.level, line.at))
        if line.what in {Happening.CLOSED, Happening.REVERSED}:
            course.closed_at = line.at if line.what is Happening.CLOSED else None
    return course


Courses = dict[tuple[str, datetime], Course]


def difference(recorded: Courses, rehearsed: Courses) -> dict[str, Any]:
    """Give what went otherwise, as it is printed."""
    both = recorded.keys() & rehearsed.keys()
    changed = [
        {"key": key[0], "recorded": _shown(recorded[key]), "rehearsed": _shown(rehearsed[key])}
        for key in sorted(both)
        if _shown(recorded[key]) != _shown(rehearsed[key])
    ]
    return {
        "recorded": len(recorded),
        "rehearsed": len(rehearsed),
        "same": len(both) - len(changed),
        "changed": changed,
        "only_recorded": [_named(recorded[key]) for key in sorted(recorded.keys() - both)],
        "only_rehearsed": [_named(rehearsed[key]) for key in sorted(rehearsed.keys() - both)],
    }


def _named(course: Course) -> dict[str, Any]:
    return {"key": course.key} | _shown(course)


def _shown(course: Course) -> dict[str, Any]:
    """Give a course as it is printed: Beijing instants."""
    return {
        "opened_at": _instant(course.opened_at),
        "reached": [
            {"step": one.step, "level": one.level, "at": _instant(one.at)} for one in course.reached
        ],
        "closed_at": course.closed_at and _instant(course.closed_at),
    }


def _instant(at: datetime) -> str:
    return at.astimezone(clock.BEIJING).isoformat()
