"""What others saw is compared with what is known: matched by numbers, proposed by names."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.registry import queries, rules
from services.registry.actions import gaps, reporting
from services.registry.models import Project, ReportingGap, Sighting
from services.registry.rules.reporting import Duty, GapReason, Verdict, Works
from services.registry.rules.sightings import Known, SightingState, Traits
from shared import clock
from shared.areas import NATION, Scope
from shared.db import Session


async def compare(session: Session, scope: Scope, rows: Sequence[Sighting], now: datetime) -> None:
    """Find for each row the project or earlier sighting that it is; judge those that are neither.

    What a person or a number has matched stays so.
    """
    if not rows:
        return
    await session.flush()  # Rows refer to each other, and what is read below must see them.
    found = await queries.sightings.projects_like(session, rows, scope)
    projects = {row.id: row for row in found}
    ids = {row.id for row in rows}
    heads = [
        row
        for row in await queries.sightings.locked_open_like(session, rows, scope)
        if row.id not in ids
    ]
    known = Known([*map(_traits, found), *(row.traits for row in heads)])
    touched: set[UUID] = set()
    matched: dict[UUID, Project] = {}
    for row in sorted(rows, key=lambda each: (each.seen_on, each.id)):
        if row.state is SightingState.OPEN or row.state is SightingState.PROPOSED:
            _settle(row, known, projects)
        if row.state is SightingState.OPEN:
            known.add(row.traits)
        if row.state is SightingState.MATCHED and row.project_id in projects:
            matched[row.id] = projects[row.project_id]
        touched.add(row.same_as_id or row.id)
    await judge(session, touched, now)
    await hand_over(session, matched, now)


def _traits(project: Project) -> Traits:
    return Traits(
        project.id,
        project.name,
        project.developer.credit_code,
        project.developer.name,
        project.code,
        project.approval_number,
        project.permit_number,
    )


def _settle(row: Sighting, known: Known, projects: Mapping[UUID, Project]) -> None:
    """Say what a row is by what is known: a project, an earlier sighting, or nothing yet."""
    match = known.match(row.traits, [UUID(each) for each in row.refused])
    row.candidate_id = row.project_id = row.same_as_id = None
    row.state = SightingState.OPEN
    if match is None:
        return
    if not match.certain:
        row.state, row.candidate_id = SightingState.PROPOSED, match.known.id
    elif match.known.id in projects:
        row.state, row.project_id = SightingState.MATCHED, match.known.id
    else:
        row.state, row.same_as_id = SightingState.JOINED, match.known.id


async def judge(session: Session, ids: set[UUID], now: datetime) -> None:
    """Begin, change or end the gaps of sightings that stand for themselves."""
    rows = await queries.sightings.locked_joined(session, ids)
    there = await queries.gaps.locked_gaps_seen(session, ids)
    duties, lineages = await queries.duties.duties_of(session, {row.area_code for row in rows})
    today, news = clock.day_of(now), []
    for head in [row for row in rows if row.id in ids]:
        said = rules.sightings.merged(
            [row.said for row in rows if head.id in {row.id, row.same_as_id}]
        )
        duty = rules.reporting.duty_in_force(
            duties, lineages[head.area_code], head.works_kind, today
        )
        news += _judged(session, head, there.get(head.id), duty, said=said, today=today)
    await gaps.tell(session, news, now)


def _judged(
    session: Session,
    head: Sighting,
    gap: ReportingGap | None,
    duty: Duty | None,
    *,
    said: Mapping[str, Any],
    today: date,
) -> list[gaps.News]:
    """Say what becomes of the gap of one sighting."""
    standing = gap if gap and gap.ended_on is None else None
    if head.state is not SightingState.OPEN:
        # A gap that a project took over goes on as the project's.
        if standing and standing.project_id is None and _same(head):
            return gaps.end(standing, None, "same_as_known", today)
        return []
    works = Works(head.works_kind, said.get("investment_amount"), said.get("started_on"))
    if rules.reporting.verdict(duty, works, today) is not Verdict.DUE:
        return gaps.end(standing, None, "not_due", today) if standing else []
    lacks = rules.reporting.missing(duty, said)
    if gap is None:
        fresh = gaps.of_sighting(head, lacks, today, duty)
        session.add(fresh)
        return [gaps.News(fresh, None, None)]
    if standing is None:
        return gaps.reopen(gap, lacks, today)
    return gaps.change(gap, None, GapReason.NOT_REGISTERED, lacks)


def _same(head: Sighting) -> bool:
    """Say whether a sighting is now told of by another one."""
    return head.state in {SightingState.JOINED, SightingState.PROPOSED}


async def hand_over(session: Session, matched: Mapping[UUID, Project], now: datetime) -> None:
    """Let the gaps of sightings go on as those of the projects that they turned out to be."""
    if not matched:
        return
    there = await queries.gaps.locked_gaps_seen(session, matched)
    projects = {project.id for project in matched.values()}
    open_already = await queries.gaps.locked_open_gaps(session, projects)
    news: list[gaps.News] = []
    today = clock.day_of(now)
    for sighting_id, gap in there.items():
        project = matched[sighting_id]
        if gap.ended_on or gap.project_id:
            continue
        if project.id in open_already:
            news += gaps.end(gap, project, "same_as_known", today)
            continue
        gap.project_id, open_already[project.id] = project.id, gap
    await gaps.tell(session, news, now)
    await session.flush()  # A project's gap is found by its id.
    rows = await queries.reports.locked_reported_projects(
        session, projects, Scope(frozenset({NATION}))
    )
    await reporting.look(session, list(rows.values()), now)


async def match_projects(
    session: Session, scope: Scope, projects: Sequence[Project], now: datetime
) -> None:
    """See whether projects that were just entered are some that others saw before."""
    if rows := await queries.sightings.locked_open_like(session, projects, scope):
        await compare(session, scope, rows, now)
