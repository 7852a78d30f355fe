"""Gaps in what must be reported: they begin, change and end, and each time somebody is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.registry.actions import cards
from services.registry.models import Project, ReportingGap, Sighting
from services.registry.rules.reporting import Duty, GapReason
from shared.db import AGELESS, Session, same_id
from shared.events.conditions import RegistryConditionEnded, RegistryConditionFound
from shared.outbox import publish_all

KIND = "reporting_gap"


@dataclass(frozen=True, slots=True)
class News:
    """A gap that began, changed or (with a reason) ended."""

    gap: ReportingGap
    project: Project | None
    ended: str | None


def of_project(
    project: Project, reason: GapReason, lacks: Sequence[str], since: date, duty: Duty | None
) -> ReportingGap:
    """Begin the gap of a registered project: its developer should report it."""
    return ReportingGap(
        id=same_id(AGELESS, "gap", project.id, since), project_id=project.id, sighting_id=None,
        area_code=project.area_code, name=project.name, developer_id=project.developer_id,
        unit_id=project.developer_id, works_kind=project.works_kind, reason=reason,
        missing=list(lacks), since=since, duty_version=duty.version if duty else None,
    )  # fmt: skip


def of_sighting(
    seen: Sighting, lacks: Sequence[str], since: date, duty: Duty | None
) -> ReportingGap:
    """Begin the gap of a project that only others saw."""
    return ReportingGap(
        id=same_id(AGELESS, "gap", seen.id), project_id=None, sighting_id=seen.id,
        area_code=seen.area_code, name=seen.name, developer_id=seen.developer_id,
        unit_id=seen.unit_id, works_kind=seen.works_kind, reason=GapReason.NOT_REGISTERED,
        missing=list(lacks), since=since, duty_version=duty.version if duty else None,
    )  # fmt: skip


def change(
    gap: ReportingGap, project: Project | None, reason: GapReason, lacks: Sequence[str]
) -> list[News]:
    """Say what a gap has become; nothing, if it is what it was."""
    name, unit_id = gap.name, gap.unit_id
    if project:
        name, unit_id = project.name, project.developer_id
    became = (reason, list(lacks), name, unit_id, project.id if project else gap.project_id)
    if became == (gap.reason, gap.missing, gap.name, gap.unit_id, gap.project_id):
        return []
    gap.reason, gap.missing, gap.name, gap.unit_id, gap.project_id = became
    if project:
        gap.area_code, gap.developer_id = project.area_code, project.developer_id
        gap.works_kind = project.works_kind
    return [News(gap, project, None)]


def reopen(gap: ReportingGap, lacks: Sequence[str], today: date) -> list[News]:
    """Begin a sighting's gap again: it was ended by what turned out to be another project."""
    gap.ended_on = gap.end_reason = gap.project_id = None
    gap.reason, gap.missing, gap.since = GapReason.NOT_REGISTERED, list(lacks), today
    return [News(gap, None, None)]


def end(gap: ReportingGap, project: Project | None, reason: str, today: date) -> list[News]:
    """End a gap."""
    gap.ended_on, gap.end_reason, gap.missing = today, reason, []
    return [News(gap, project, reason)]


async def tell(session: Session, news: Sequence[News], now: datetime) -> None:
    """Tell of gaps as one set: the unit that should report has to put it right."""
    for one in news:
        one.gap.told = (one.gap.told or 0) + 1
    if news:
        await publish_all(session, [_event(one, now) for one in news])


def _event(one: News, now: datetime) -> RegistryConditionFound | RegistryConditionEnded:
    gap, project = one.gap, one.project
    card = cards.card(project) if project else None
    if one.ended:
        ended = RegistryConditionEnded(
            occurred_at=now, kind=KIND, subject_id=gap.id, project_id=gap.project_id,
            project=card, area_code=gap.area_code, reason=one.ended,
            proof={"reporting_gap_id": str(gap.id)},
        )  # fmt: skip
        return ended.model_copy(update={"id": _id(gap, now)})
    found = RegistryConditionFound(
        occurred_at=now, kind=KIND, subject_id=gap.id, project_id=gap.project_id,
        project=card, area_code=gap.area_code, unit_id=gap.unit_id, since=gap.since,
        facts=[gap.reason.value, *gap.missing],
    )  # fmt: skip
    return found.model_copy(update={"id": _id(gap, now)})


def _id(gap: ReportingGap, now: datetime) -> UUID:
    """Give the same telling the same id, so that it counts once where the past is told again."""
    return same_id(now, KIND, gap.id, gap.told)
