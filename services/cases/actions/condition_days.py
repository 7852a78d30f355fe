"""Basis days that move for many conditions at once, as a calendar moves limits."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.cases import queries
from services.cases.actions import conditions, tellings
from services.cases.models import Condition, Policy
from services.cases.rules import policies as rules
from services.cases.rules.conditions import ConditionState, Found, pauses_of
from services.cases.rules.items import TimerKind, WatchKind
from services.cases.rules.ladder import Known, Ladder
from shared import clock, known, sets, timers
from shared.db import Session, same_id
from shared.workdays import Calendar

Day = tuple[date, UUID]
"""The basis day of a condition, and who has to put it right."""


@dataclass(frozen=True, slots=True)
class _Terms:
    """What decides in an area when time opens what waits, as of an instant."""

    rows: Sequence[Policy]
    lineage: Sequence[str]
    calendar: Calendar
    at: datetime
    ladder: Ladder | None
    """In force on that day."""
    opened: dict[date, datetime | None] = field(default_factory=dict)
    """By basis day, of what never stood still: there are few days, and many conditions."""

    def opens_at(self, row: Any, since: date) -> datetime | None:  # noqa: ANN401  a plain row
        """Give when time opens a row by a basis day; None where time does not say it."""
        if since in self.opened and not row.pauses:
            return self.opened[since]
        still = pauses_of(row.pauses or ())
        found = rules.opening(self.rows, self.lineage, since, self.calendar, self.at, pauses=still)
        at = found[1] if found else None
        if not row.pauses:
            self.opened[since] = at
        return at

    def is_of_time(self, row: Any) -> bool:  # noqa: ANN401  a plain row
        """Say whether only time opens a row."""
        if self.ladder is None or self.ladder.is_of_value or row.muted_by:
            return False
        told = Known(facts=frozenset(row.facts), value=row.value)
        return self.ladder.jump(None, told) is None


async def move_days(session: Session, days: Mapping[str, Day], at: datetime) -> set[str]:
    """Let what waits for its day follow another basis day; give the keys that need more than that.

    What is open, opens now, is muted or was never told of is told one by one, by
    `learn_condition`. News older than what is known changes nothing.
    """
    standing = {row.key: row for row in await queries.conditions.locked_standing(session, days)}
    others = {key for key in days if key not in standing}
    terms = await _terms(session, standing.values(), at)
    moved: list[dict[str, Any]] = []
    for key, row in standing.items():
        since, unit_id = days[key]
        if row.since == since or row.told_at > at:
            continue
        own, opens_at = terms[row.kind, row.area_code], None
        if row.state is ConditionState.LATENT and own.is_of_time(row):
            opens_at = own.opens_at(row, since)
        if opens_at is None or opens_at <= at:
            others.add(key)
            continue
        moved.append(
            {"id": row.id, "since": since, "unit_id": unit_id, "told_at": at, "opens_at": opens_at}
        )
    await _write(session, moved, standing, at)
    return others


async def recompute_openings(
    session: Session, area_code: str, at: datetime, kind: WatchKind | None = None
) -> None:
    """Arm anew what waits in an area, by the calendar and the policies in force.

    What only time opens, and not now, moves as a set; the others are reviewed one by one.
    """
    await timers.hold_all(session, queries.conditions.latent_ids(area_code, kind))
    moved: list[dict[str, Any]] = []
    others: list[UUID] = []
    waiting = await queries.conditions.locked_latent_within(session, area_code, kind)
    terms = await _terms(session, waiting, at)
    for row in waiting:
        own = terms[row.kind, row.area_code]
        opens_at = own.opens_at(row, row.since) if own.is_of_time(row) else None
        if opens_at is None or opens_at <= at or row.opens_at is None:
            others.append(row.id)
        elif opens_at != row.opens_at:
            moved.append({"id": row.id, "opens_at": opens_at})
    await _move(session, moved, at)
    for condition_id in others:
        await conditions.review_latent(session, condition_id, at)


async def _move(session: Session, moved: Sequence[dict[str, Any]], at: datetime) -> None:
    """Write when conditions that wait open now, and move their timers."""
    await sets.rewrite(session, Condition, moved)
    due = {one["id"]: (one["opens_at"], None) for one in moved}
    for lacking in await timers.move_all(session, TimerKind.CONDITION, due) if due else ():
        timers.arm(session, TimerKind.CONDITION, lacking, due[lacking][0], entered_at=at)


async def _terms(
    session: Session, waiting: Iterable[Any], at: datetime
) -> Mapping[tuple[WatchKind, str], _Terms]:
    """Give the terms of each kind and area in which something waits."""
    areas: dict[WatchKind, set[str]] = {}
    for row in waiting:
        areas.setdefault(row.kind, set()).add(row.area_code)
    terms = {}
    for kind, codes in areas.items():
        lineages = {code: await known.lineage(session, code) for code in sorted(codes)}
        every = {one for lineage in lineages.values() for one in lineage}
        live = await queries.policies.live_policies(session, kind, sorted(every))
        for code, lineage in lineages.items():
            today = rules.in_force(live, lineage, clock.day_of(at))
            calendar = await known.calendar(session, code)
            ladder = today.ladder() if today else None
            terms[kind, code] = _Terms(live, lineage, calendar, at, ladder)
    return terms


async def _write(
    session: Session, moved: list[dict[str, Any]], standing: Mapping[str, Any], at: datetime
) -> None:
    by_id = {row.id: row for row in standing.values()}
    await _move(session, moved, at)
    news = []
    for one in moved:
        row = by_id[one["id"]]
        found = Found(
            id=same_id(at, row.key, one["since"]), kind=row.kind, key=row.key,
            subject_id=row.subject_id, area_code=row.area_code, period=row.period,
            unit_id=one["unit_id"], since=one["since"], at=at, project_id=row.project_id,
            facts=tuple(row.facts), value=row.value,
        )  # fmt: skip
        news.append(found)
    await tellings.record_moved(session, news)
