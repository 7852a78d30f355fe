"""Required systems: an area's lists, the requirements of projects, their evidence, exemptions."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import joinedload

from services.registry.errors import (
    EvidenceUnknown,
    ExemptionUnknown,
    RequirementUnknown,
)
from services.registry.models import (
    Evidence,
    Exemption,
    Project,
    Requirement,
    RequirementList,
    ToldCondition,
    WorksContract,
)
from services.registry.queries import looks, projects
from services.registry.rules.requirements import Trigger
from services.registry.schemas.requirements import RequirementFilter, RequirementListFilter
from shared import asking, clock, known, paging
from shared.areas import NATION, Area, Scope
from shared.db import Session
from shared.known import KnownArea, KnownCalendar

_PARTIES = (joinedload(Project.developer), joinedload(Project.contractor))


async def lineages(session: Session, codes: Collection[str]) -> Mapping[str, Sequence[str]]:
    """Give for each area its code and those above it, nearest first, the nation last."""
    rows = await session.scalars(select(KnownArea).where(KnownArea.code.in_(codes)))
    told = {row.code: Area(row.code, row.name, row.path).lineage for row in rows}
    return {code: told.get(code, (code, NATION)) for code in codes}


async def areas_with_days(session: Session) -> frozenset[str]:
    """Give the areas for which working days were published."""
    return frozenset(await session.scalars(select(KnownCalendar.area_code).distinct()))


async def lists_above(session: Session, codes: Collection[str]) -> Sequence[RequirementList]:
    """Give all versions of the lists of some areas."""
    statement = select(RequirementList).where(RequirementList.area_code.in_(codes))
    return (await session.scalars(statement)).all()


async def requirement_lists(
    session: Session,
    scope: Scope,
    wanted: RequirementListFilter,
    *,
    cursor: str | None,
    limit: int,
) -> paging.Found[RequirementList]:
    """Give all versions of the lists of the caller's areas and of those above them."""
    above = {NATION} if scope.areas else set()
    for each in (await lineages(session, scope.areas)).values():
        above.update(each)
    statement = select(RequirementList).where(
        or_(
            RequirementList.area_code.in_(above),
            known.in_scope(RequirementList.area_code, Scope(scope.areas)),
        )
    )
    if wanted.area_code:
        statement = statement.where(RequirementList.area_code == wanted.area_code)
    by = (RequirementList.area_code, RequirementList.version)
    return await paging.page(session, statement, by=by, cursor=cursor, limit=limit)


async def locked_list(session: Session, area_code: str, version: int) -> RequirementList | None:
    """Give a version of an area's list; whoever enters the same one waits here."""
    await asking.wait_for(session, f"requirement_list:{area_code}")
    return await session.scalar(
        select(RequirementList)
        .where(RequirementList.area_code == area_code, RequirementList.version == version)
        .with_for_update()
    )


async def triggers(
    session: Session, rows: Sequence[Project]
) -> Mapping[UUID, Mapping[Trigger, date | None]]:
    """Give the days of the events from which limits count, project by project."""
    ids = [row.id for row in rows]
    signed = select(WorksContract.project_id, func.min(WorksContract.signed_on))
    statement = signed.where(WorksContract.project_id.in_(ids)).group_by(WorksContract.project_id)
    contracts = {row[0]: row[1] for row in await session.execute(statement)}
    return {
        row.id: {
            Trigger.CONTRACT: contracts.get(row.id),
            Trigger.PERMIT: row.permitted_on,
            Trigger.START: row.started_on,
        }
        for row in rows
    }


async def locked_requirements_of(
    session: Session, project_ids: Collection[UUID]
) -> list[Requirement]:
    """Give all requirements of locked projects, to be changed."""
    found = await session.scalars(
        select(Requirement)
        .where(Requirement.project_id.in_(project_ids))
        .order_by(Requirement.project_id, Requirement.kind)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(found.all())


async def locked_projects_to_look_at(
    session: Session, after: UUID | None, count: int, day: date
) -> list[Project]:
    """Give the next projects, by id, of which a look on a day may find something."""
    statement = select(Project).where(looks.MAY_DIFFER)
    if after:
        statement = statement.where(Project.id > after)
    found = await session.scalars(
        statement.options(*_PARTIES).order_by(Project.id).limit(count).with_for_update(of=Project),
        {"today": day, "midnight": clock.at(day)},
    )
    return list(found.all())


async def locked_projects_by_id(
    session: Session, ids: Collection[UUID], scope: Scope
) -> list[Project]:
    """Give those of some projects that the caller may see, in an order in which all lock them."""
    found = await session.scalars(
        select(Project)
        .where(Project.id.in_(ids), projects.visible(scope))
        .options(*_PARTIES)
        .order_by(Project.id)
        .with_for_update(of=Project)
    )
    return list(found.all())


async def locked_told(session: Session, project_ids: Collection[UUID]) -> list[ToldCondition]:
    """Give the conditions of locked projects that hold as told."""
    found = await session.scalars(
        select(ToldCondition)
        .where(ToldCondition.project_id.in_(project_ids), ToldCondition.ended_at.is_(None))
        .with_for_update()
    )
    return list(found.all())


def _visible(scope: Scope) -> Select[Requirement]:
    return select(Requirement).join(Project).where(projects.visible(scope))


def _wanted(scope: Scope, wanted: RequirementFilter) -> Select[Requirement]:
    statement = _visible(scope)
    for column, value in (
        (Requirement.project_id, wanted.project_id),
        (Requirement.kind, wanted.kind),
        (Requirement.status, wanted.status),
        (Project.developer_id, wanted.developer_id),
        (Project.contractor_id, wanted.contractor_id),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if wanted.area_code:
        inside = known.in_scope(Project.area_code, Scope(frozenset({wanted.area_code})))
        statement = statement.where(inside)
    return statement


async def requirements(
    session: Session,
    scope: Scope,
    wanted: RequirementFilter,
    *,
    cursor: str | None,
    changed_after: datetime | None,
    limit: int,
) -> paging.Found[Requirement]:
    """Give a page of requirements, or of their changes."""
    return await paging.sync(
        session,
        _wanted(scope, wanted),
        model=Requirement,
        cursor=cursor,
        changed_after=changed_after,
        limit=limit,
        left=projects.followed(Requirement.project_id, scope),
    )


async def requirement(session: Session, requirement_id: UUID, scope: Scope) -> Requirement:
    """Give a requirement that the caller may see; raises RequirementUnknown."""
    found = await session.scalar(_visible(scope).where(Requirement.id == requirement_id))
    if found is None:
        raise RequirementUnknown
    return found


async def requirements_of(session: Session, project_id: UUID) -> Sequence[Requirement]:
    """Give the requirements of a project."""
    statement = select(Requirement).where(Requirement.project_id == project_id)
    return (await session.scalars(statement)).all()


async def evidence(
    session: Session, requirement_id: UUID, scope: Scope, *, cursor: str | None, limit: int
) -> paging.Found[Evidence]:
    """Give a requirement's evidence, withdrawn ones too; raises RequirementUnknown."""
    of = await requirement(session, requirement_id, scope)
    return await paging.page(
        session,
        select(Evidence).where(Evidence.requirement_id == of.id),
        by=(Evidence.done_on, Evidence.id),
        cursor=cursor,
        limit=limit,
    )


async def one_evidence(session: Session, evidence_id: UUID, scope: Scope) -> Evidence:
    """Give an evidence that the caller may see; raises EvidenceUnknown."""
    found = await session.scalar(
        select(Evidence)
        .join(Project, Project.id == Evidence.project_id)
        .where(Evidence.id == evidence_id, projects.visible(scope))
    )
    if found is None:
        raise EvidenceUnknown
    return found


async def locked_evidence(session: Session, requirement_ids: Collection[UUID]) -> list[Evidence]:
    """Give all evidence that stands for some requirements of locked projects."""
    found = await session.scalars(
        select(Evidence)
        .where(Evidence.requirement_id.in_(requirement_ids), Evidence.withdrawn_at.is_(None))
        .order_by(Evidence.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(found.all())


async def exemptions(
    session: Session, requirement_id: UUID, scope: Scope, *, cursor: str | None, limit: int
) -> paging.Found[Exemption]:
    """Give a requirement's exemptions, ended ones too; raises RequirementUnknown."""
    of = await requirement(session, requirement_id, scope)
    return await paging.page(
        session,
        select(Exemption).where(Exemption.requirement_id == of.id),
        by=(Exemption.proposed_at, Exemption.id),
        cursor=cursor,
        limit=limit,
    )


async def exemption(session: Session, exemption_id: UUID, scope: Scope) -> Exemption:
    """Give an exemption that the caller may see; raises ExemptionUnknown."""
    found = await session.scalar(
        select(Exemption)
        .join(Project, Project.id == Exemption.project_id)
        .where(Exemption.id == exemption_id, projects.visible(scope))
    )
    if found is None:
        raise ExemptionUnknown
    return found


async def locked_exemption(session: Session, requirement_id: UUID) -> Exemption | None:
    """Give the exemption of a locked project's requirement that is asked for or in force."""
    return await session.scalar(
        select(Exemption)
        .where(Exemption.requirement_id == requirement_id, Exemption.ended_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    )


async def requirement_list(session: Session, list_id: UUID) -> RequirementList:
    """Give a list by its id, which a requirement names."""
    found = await session.scalars(select(RequirementList).where(RequirementList.id == list_id))
    return found.one()


async def locked_projects_with(session: Session, ids: Collection[UUID]) -> list[Project]:
    """Give projects that a timer works on, whoever may see them."""
    found = await session.scalars(
        select(Project)
        .where(Project.id.in_(ids))
        .options(*_PARTIES)
        .order_by(Project.id)
        .with_for_update(of=Project)
    )
    return list(found.all())
