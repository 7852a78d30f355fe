"""Facts of projects, the rules by which they mute, and what they muted."""

from collections.abc import Collection, Sequence
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Text, bindparam, select
from sqlalchemy.dialects.postgresql import distinct_on

from services.alerts.models import Alert, Inhibition, Notice, ProjectFact
from services.alerts.queries import areas
from services.alerts.rules.inhibitions import Fact
from services.alerts.rules.notices import AlertState
from services.alerts.schemas.inhibitions import InhibitionFilter
from shared import asking, paging, remembered
from shared.areas import Scope
from shared.db import Session


async def inhibitions(
    session: Session, scope: Scope, asked: InhibitionFilter, *, cursor: str | None, limit: int
) -> paging.Found[Any]:
    """Give a page of all versions of the rules that concern a caller."""
    statement = select(Inhibition).where(areas.concerns(Inhibition.area_code, scope))
    for name, value in asked.model_dump(exclude_none=True).items():
        statement = statement.where(getattr(Inhibition, name) == value)
    by = (Inhibition.area_code, Inhibition.source, Inhibition.version)
    return await paging.page(session, statement, by=by, cursor=cursor, limit=limit)


async def rules_in_force(
    session: Session, lineage: Sequence[str], day: date
) -> Sequence[Inhibition]:
    """Give the version in force of each rule of an area and those above it; disabled ones too."""
    found = await session.scalars(
        select(Inhibition)
        .ext(distinct_on(Inhibition.area_code, Inhibition.source))
        .where(Inhibition.area_code.in_(lineage), Inhibition.valid_from <= day)
        .order_by(Inhibition.area_code, Inhibition.source, Inhibition.version.desc())
    )
    return found.all()


async def locked_newest_rule(session: Session, area_code: str, source: Fact) -> Inhibition | None:
    """Give the newest version of a rule; whoever enters the next one waits here."""
    await asking.wait_for(session, f"inhibition:{area_code}:{source}")
    return await session.scalar(
        select(Inhibition)
        .where(Inhibition.area_code == area_code, Inhibition.source == source)
        .order_by(Inhibition.version.desc())
        .limit(1)
        .with_for_update()
    )


# Built once: each notice asks for it.
_FACTS = (
    select(ProjectFact.id)
    .where(
        asking.one_of(ProjectFact.project_id, "projects"),
        ProjectFact.ended_at.is_(None),
    )
    .order_by(ProjectFact.since_at, ProjectFact.id)
)


async def facts_of(session: Session, project_id: UUID) -> Sequence[ProjectFact]:
    """Give what holds of a project now, the oldest first."""
    return (await facts(session, {project_id}))[project_id]


async def facts(
    session: Session, project_ids: Collection[UUID]
) -> dict[UUID, Sequence[ProjectFact]]:
    """Give the same of several projects."""
    kept = remembered.of(session, "project_facts")
    if lacking := [each for each in project_ids if each not in kept]:
        kept |= {each: [] for each in lacking}
        for fact in await asking.seldom(session, ProjectFact, _FACTS, {"projects": lacking}):
            kept[fact.project_id].append(fact)
    return {each: kept[each] for each in project_ids}


async def locked_still_holds(session: Session, fact_id: UUID) -> bool:
    """Say whether a fact holds still, and let whoever ends it wait for what it mutes now."""
    statement = select(ProjectFact.id).where(
        ProjectFact.id == fact_id, ProjectFact.ended_at.is_(None)
    )
    return await session.scalar(statement.with_for_update(read=True)) is not None


async def locked_find_fact(session: Session, kind: Fact, subject_id: UUID) -> ProjectFact | None:
    """Give what holds of a subject, if it does; whoever is told the same waits here."""
    await asking.wait_for(session, f"fact:{kind}:{subject_id}")
    asked = {"kind": kind, "subject_id": subject_id}
    for fact in await asking.seldom(session, ProjectFact, _locked_fact(), asked):
        return fact
    return None


@cache
def _locked_fact() -> Select[UUID]:
    of_subject = ProjectFact.subject_id == bindparam("subject_id")
    of_kind = ProjectFact.kind == bindparam("kind", type_=Text)
    statement = select(ProjectFact.id).where(of_subject, of_kind, ProjectFact.ended_at.is_(None))
    return statement.with_for_update()


async def locked_fact_of_timer(session: Session, fact_id: UUID) -> ProjectFact | None:
    """Give the fact whose last day is over."""
    return await session.scalar(
        select(ProjectFact).where(ProjectFact.id == fact_id).with_for_update()
    )


async def muted_alerts(session: Session, fact_id: UUID) -> Sequence[UUID]:
    """Give the alerts that a fact muted and that wait for an answer still."""
    found = await session.scalars(
        select(Notice.alert_id)
        .join(Alert, Alert.id == Notice.alert_id)
        .where(
            Notice.inhibited_by == fact_id,
            Alert.state.in_((AlertState.RAISED, AlertState.SENT)),
        )
        .distinct()
        .order_by(Notice.alert_id)
    )
    return found.all()
