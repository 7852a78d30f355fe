"""What must be put right about projects: found at once, told once, ended with its proof."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from typing import TypeAlias
from uuid import UUID

from services.payroll import queries, rules
from services.payroll.actions import labour_conditions
from services.payroll.models import Condition, Project
from services.payroll.rules.conditions import (
    ACCOUNTS,
    COMPLETE,
    ENDED,
    SHEETS,
    SITES,
    ConditionKind,
    Ended,
    Found,
)
from shared import clock
from shared.db import Session, same_id
from shared.events.conditions import PayrollConditionEnded, PayrollConditionFound
from shared.events.registry import ProjectCard
from shared.outbox import publish_all

_OpenRows: TypeAlias = dict[UUID, dict[tuple[ConditionKind, UUID], Condition]]


async def review(session: Session, project_ids: Collection[UUID], now: datetime) -> None:
    """Look at some projects' accounts as they are now; tell what is so anew or no longer."""
    rows = await queries.conditions.locked_open_conditions(session, project_ids, ACCOUNTS)
    held = await _held(session, project_ids, now)
    await tell(session, rows, held, _as_its_kind_ends, now)


async def review_sheets(session: Session, project_ids: Collection[UUID], now: datetime) -> None:
    """Look so at what some projects' payroll sheets say."""
    rows = await queries.conditions.locked_open_conditions(session, project_ids, SHEETS)
    held = await labour_conditions.of_sheets(session, project_ids, clock.day_of(now))
    await tell(session, rows, held, _as_its_kind_ends, now)


async def look_at_sites(
    session: Session, after: UUID | None, now: datetime, limit: int = 200
) -> UUID | None:
    """Look at the next projects of which anybody tells attendance; give the last.

    Who is on a site changes with the day. What sheets say is looked at where it may have changed:
    sheets themselves are, as they come.
    """
    project_ids = await queries.conditions.projects_with_labour(session, after, limit)
    rows = await queries.conditions.locked_open_conditions(session, project_ids, SITES)
    held = await labour_conditions.of_sites(session, project_ids, clock.day_of(now))
    await tell(session, rows, held, _as_its_kind_ends, now)
    changed = await labour_conditions.changed(session, project_ids, clock.day_of(now))
    if changed:
        await review_sheets(session, changed, now)
    return project_ids[-1] if len(project_ids) == limit else None


def _as_its_kind_ends(row: Condition, project: Project) -> Ended:
    complete = project.status == COMPLETE
    return Ended("project_closed" if complete else ENDED[ConditionKind(row.kind)])


async def tell(
    session: Session,
    rows: Sequence[Condition],
    held: Mapping[UUID, Sequence[Found]],
    ended: Callable[[Condition, Project], Ended],
    now: datetime,
) -> None:
    """Tell of what holds anew, otherwise or no longer, by what of it was told before.

    `rows` are locked, and all that may have ended is among them; `held` is what holds now, of
    every project that was looked at.
    """
    open_rows: _OpenRows = {}
    for row in rows:
        key = (ConditionKind(row.kind), row.subject_id)
        open_rows.setdefault(row.project_id, {})[key] = row
    projects = await queries.projects.projects(session, held)
    times = await _times_found(session, held, open_rows)
    news: list[PayrollConditionFound | PayrollConditionEnded] = []
    for project_id, found in held.items():
        project = projects[project_id]
        before = open_rows.get(project_id, {})
        for one in found:
            key = (one.kind, one.subject_id)
            if key not in before:
                row = _row(project, one, times.get(key, 0), now)
                session.add(row)
            elif not _differs(row := before.pop(key), one):
                continue
            _write(row, project, one, now)
            news.append(_told(row, project, one, now))
        for row in before.values():
            end = ended(row, project)
            row.ended_at, row.tellings = now, row.tellings + 1
            row.end_reason = end.reason
            news.append(_ended(row, project, end, now))
    if news:
        await publish_all(session, news)


async def note_starts(session: Session, today: date) -> None:
    """Look anew at projects without account whose works begin today (domain 6.2, P1)."""
    starting = await queries.conditions.projects_starting(session, today)
    if starting:
        await review(session, starting, clock.at(today))


async def _held(
    session: Session, project_ids: Collection[UUID], now: datetime
) -> Mapping[UUID, Sequence[Found]]:
    today = clock.day_of(now)
    projects = await queries.conditions.project_facts(session, project_ids, today)
    accounts = await queries.conditions.account_lives(session, project_ids, today)
    closed = await queries.conditions.last_closed(session, project_ids)
    covers = await queries.reserves.covers(session, [one.id for one in accounts.values()], today)
    return {
        project_id: rules.conditions.found(
            facts,
            rules.conditions.with_cover(accounts.get(project_id), covers),
            closed.get(project_id),
            today,
        )
        for project_id, facts in projects.items()
    }


def _differs(row: Condition, one: Found) -> bool:
    """Say whether what holds is not what was told; a value's day is when it was first told."""
    since = one.since if one.value is None else row.since
    return (row.since, row.facts, row.value, row.muted_by, row.unit_id) != (
        since,
        list(one.facts),
        one.value,
        one.muted_by,
        one.unit_id,
    )


async def _times_found(
    session: Session,
    held: Mapping[UUID, Sequence[Found]],
    open_rows: Mapping[UUID, Mapping[tuple[ConditionKind, UUID], Condition]],
) -> Mapping[tuple[ConditionKind, UUID], int]:
    """Give how often what holds anew has held before: this tells apart what is found again."""
    fresh = [
        one.subject_id
        for project_id, found in held.items()
        for one in found
        if (one.kind, one.subject_id) not in open_rows.get(project_id, {})
    ]
    return await queries.conditions.times_found(session, fresh) if fresh else {}


def _row(project: Project, one: Found, times: int, now: datetime) -> Condition:
    return Condition(
        id=same_id(clock.at(one.since), one.kind.value, one.subject_id, times),
        kind=one.kind.value,
        subject_id=one.subject_id,
        project_id=project.id,
        period=one.period,
        since=one.since,
        found_at=now,
        tellings=0,
    )


def _write(row: Condition, project: Project, one: Found, now: datetime) -> None:
    if one.value is None:
        row.since = one.since
    row.unit_id, row.area_code = one.unit_id, project.area_code
    row.facts, row.value, row.muted_by = list(one.facts), one.value, one.muted_by
    row.told_at, row.tellings = now, row.tellings + 1


def _told(row: Condition, project: Project, one: Found, now: datetime) -> PayrollConditionFound:
    return PayrollConditionFound(
        # Told so often: what follows from the same news again is the same telling.
        id=same_id(clock.at(row.since), row.id, row.tellings),
        occurred_at=now,
        kind=one.kind.value,
        subject_id=one.subject_id,
        project_id=project.id,
        project=ProjectCard.model_validate(project.card),
        area_code=project.area_code,
        period=one.period,
        unit_id=one.unit_id,
        since=row.since,
        facts=list(one.facts),
        value=one.value,
        muted_by=one.muted_by,
    )


def _ended(row: Condition, project: Project, end: Ended, now: datetime) -> PayrollConditionEnded:
    return PayrollConditionEnded(
        id=same_id(clock.at(row.since), row.id, row.tellings),
        occurred_at=now,
        kind=row.kind,
        subject_id=row.subject_id,
        project_id=project.id,
        project=ProjectCard.model_validate(project.card),
        area_code=project.area_code,
        period=row.period,
        reason=end.reason,
        proof=dict(end.proof),
    )
