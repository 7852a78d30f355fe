"""Deposits and guarantees: an area's terms, contractors' records, securities, uses, returns."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, or_, select

from services.registry.errors import ReturnUnknown, SecurityUnknown, UseUnknown
from services.registry.models import (
    DepositAssessment,
    DepositReturn,
    DepositRule,
    DepositUse,
    Project,
    Requirement,
    Security,
    WageRecord,
    WorksContract,
)
from services.registry.queries import projects, requirements
from services.registry.rules.deposits import ReturnState, SecurityPurpose, SecurityState, UseState
from services.registry.rules.projects import ProjectStatus
from services.registry.rules.requirements import RequirementStatus
from services.registry.schemas.deposits import (
    AreaFilter,
    SecurityFilter,
    SecurityListFilter,
)
from shared import asking, known, paging
from shared.areas import NATION, Scope
from shared.db import Session

_T = TypeVar("_T", Security, DepositUse, DepositReturn)
ENDED = (ReturnState.RETURNED, ReturnState.REFUSAL_TOLD)
# As `warnings` of a row has it; the later of two days is the other one where one is unknown.
_SHORT = and_(
    Security.state == SecurityState.ACTIVE,
    func.coalesce(
        Security.valid_until < func.greatest(Security.term_until, Security.contract_until),
        literal(value=False),
    ),
)
# As `papers_lacking` of a row has it.
_LACKING = and_(
    Security.state == SecurityState.ACTIVE,
    or_(
        and_(Security.agreement_asked, Security.agreement_id.is_(None)),
        and_(Security.mark_asked, Security.mark_id.is_(None)),
    ),
)


async def deposit_rules(
    session: Session, scope: Scope, wanted: AreaFilter, *, cursor: str | None, limit: int
) -> paging.Found[DepositRule]:
    """Give all versions of the terms of the caller's areas and of those above them."""
    above = {NATION} if scope.areas else set()
    for each in (await requirements.lineages(session, scope.areas)).values():
        above.update(each)
    statement = select(DepositRule).where(
        or_(
            DepositRule.area_code.in_(above),
            known.in_scope(DepositRule.area_code, Scope(scope.areas)),
        )
    )
    if wanted.area_code:
        statement = statement.where(DepositRule.area_code == wanted.area_code)
    by = (DepositRule.area_code, DepositRule.version)
    return await paging.page(session, statement, by=by, cursor=cursor, limit=limit)


async def rules_above(session: Session, codes: Collection[str]) -> Sequence[DepositRule]:
    """Give all versions of the terms of some areas."""
    return (
        await session.scalars(select(DepositRule).where(DepositRule.area_code.in_(codes)))
    ).all()


async def locked_rule(session: Session, area_code: str, version: int) -> DepositRule | None:
    """Give a version of an area's terms; whoever enters the same one waits here."""
    await asking.wait_for(session, f"deposit_rule:{area_code}")
    return await session.scalar(
        select(DepositRule)
        .where(DepositRule.area_code == area_code, DepositRule.version == version)
        .with_for_update()
    )


async def contract_amount(session: Session, project_id: UUID) -> Decimal:
    """Give what a project's works contracts are worth together, in yuan."""
    total = await session.scalar(
        select(func.sum(WorksContract.contract_amount)).where(
            WorksContract.project_id == project_id
        )
    )
    return total or Decimal("0.00")


async def last_period(session: Session, project_id: UUID) -> str | None:
    """Give the last period of a project's works contracts; None without any."""
    return await session.scalar(
        select(func.max(WorksContract.last_period)).where(WorksContract.project_id == project_id)
    )


async def wage_record(session: Session, organisation_id: UUID, day: date) -> WageRecord | None:
    """Give what was stated last of a contractor's past, by a day."""
    return await session.scalar(
        select(WageRecord)
        .where(WageRecord.organisation_id == organisation_id, WageRecord.stated_on <= day)
        .order_by(WageRecord.stated_on.desc(), WageRecord.recorded_at.desc())
        .limit(1)
    )


async def projects_of(session: Session, contractor_id: UUID, area_code: str) -> list[UUID]:
    """Give a contractor's projects in progress in the county of an area."""
    found = await session.scalars(
        select(Project.id).where(
            Project.contractor_id == contractor_id,
            Project.status == ProjectStatus.IN_PROGRESS,
            Project.area_code.startswith(area_code[:6]),
        )
    )
    return list(found.all())


async def held_of(session: Session, project_ids: Collection[UUID]) -> Sequence[Security]:
    """Give the securities that stand for some projects."""
    found = await session.scalars(
        select(Security)
        .where(Security.project_id.in_(project_ids), Security.state == SecurityState.ACTIVE)
        .order_by(Security.recorded_at, Security.id)
    )
    return found.all()


async def open_uses_of(session: Session, project_ids: Collection[UUID]) -> Sequence[DepositUse]:
    """Give the uses of some projects' deposits that were paid and not replenished."""
    found = await session.scalars(
        select(DepositUse)
        .where(DepositUse.project_id.in_(project_ids), DepositUse.state == UseState.PAID)
        .order_by(DepositUse.id)
    )
    return found.all()


async def dues_of(session: Session, project_ids: Collection[UUID]) -> Mapping[UUID, Decimal]:
    """Give the amounts that were worked out last for some projects' deposits, in yuan."""
    found = await session.execute(
        select(DepositAssessment.project_id, DepositAssessment.amount).where(
            DepositAssessment.project_id.in_(project_ids)
        )
    )
    return {row[0]: row[1] for row in found}


async def locked_assessment(session: Session, project_id: UUID) -> DepositAssessment | None:
    """Give what was worked out last for a locked project's deposit."""
    return await session.scalar(
        select(DepositAssessment)
        .where(DepositAssessment.project_id == project_id)
        .with_for_update()
    )


async def systems_done(session: Session, project_ids: Collection[UUID]) -> bool:
    """Say whether real-name management and account are in place at all of some projects."""
    lacking = exists().where(
        Requirement.project_id.in_(project_ids),
        Requirement.kind.in_(("roster", "wage_account")),
        Requirement.status != RequirementStatus.DONE,
    )
    return bool(project_ids) and not await session.scalar(select(lacking))


def _wanted(model: type[_T], scope: Scope, wanted: SecurityFilter) -> Select[_T]:
    statement = (
        select(model).join(Project, Project.id == model.project_id).where(projects.visible(scope))
    )
    if wanted.project_id:
        statement = statement.where(model.project_id == wanted.project_id)
    return statement


async def securities(
    session: Session, scope: Scope, wanted: SecurityListFilter, *, cursor: str | None, limit: int
) -> paging.Found[Security]:
    """Give deposits and guarantees of the projects that the caller may see."""
    statement = _wanted(Security, scope, wanted)
    if wanted.short_term is not None:
        statement = statement.where(_SHORT if wanted.short_term else ~_SHORT)
    if wanted.lacks_papers is not None:
        statement = statement.where(_LACKING if wanted.lacks_papers else ~_LACKING)
    return await paging.page(session, statement, by=(Security.id,), cursor=cursor, limit=limit)


async def uses(
    session: Session, scope: Scope, wanted: SecurityFilter, *, cursor: str | None, limit: int
) -> paging.Found[DepositUse]:
    """Give uses of deposits."""
    return await paging.page(
        session, _wanted(DepositUse, scope, wanted), by=(DepositUse.id,), cursor=cursor, limit=limit
    )


async def returns(
    session: Session, scope: Scope, wanted: SecurityFilter, *, cursor: str | None, limit: int
) -> paging.Found[DepositReturn]:
    """Give returns of deposits."""
    statement = _wanted(DepositReturn, scope, wanted)
    return await paging.page(session, statement, by=(DepositReturn.id,), cursor=cursor, limit=limit)


async def cleanup(
    session: Session, scope: Scope, wanted: AreaFilter, *, cursor: str | None, limit: int
) -> paging.Found[Security]:
    """Give deposits that still stand although works are complete (65号 art. 22)."""
    statement = (
        select(Security)
        .join(Project, Project.id == Security.project_id)
        .where(
            projects.visible(scope),
            Project.status == ProjectStatus.COMPLETE,
            Security.purpose == SecurityPurpose.DEPOSIT,
            Security.state == SecurityState.ACTIVE,
            ~_returning(),
        )
    )
    if wanted.area_code:
        inside = known.in_scope(Project.area_code, Scope(frozenset({wanted.area_code})))
        statement = statement.where(inside)
    return await paging.page(session, statement, by=(Security.id,), cursor=cursor, limit=limit)


def _returning() -> ColumnElement[bool]:
    return exists().where(
        DepositReturn.security_id == Security.id, DepositReturn.state.not_in(ENDED)
    )


async def security(session: Session, security_id: UUID, scope: Scope) -> Security:
    """Give a security that the caller may see; raises SecurityUnknown."""
    statement = _wanted(Security, scope, SecurityFilter()).where(Security.id == security_id)
    found = await session.scalar(statement)
    if found is None:
        raise SecurityUnknown
    return found


async def use(session: Session, use_id: UUID, scope: Scope) -> DepositUse:
    """Give a use that the caller may see; raises UseUnknown."""
    statement = _wanted(DepositUse, scope, SecurityFilter()).where(DepositUse.id == use_id)
    found = await session.scalar(statement)
    if found is None:
        raise UseUnknown
    return found


async def giving_back(session: Session, return_id: UUID, scope: Scope) -> DepositReturn:
    """Give a return that the caller may see; raises ReturnUnknown."""
    statement = _wanted(DepositReturn, scope, SecurityFilter())
    found = await session.scalar(statement.where(DepositReturn.id == return_id))
    if found is None:
        raise ReturnUnknown
    return found


async def locked_securities(session: Session, project_id: UUID) -> list[Security]:
    """Give all securities of a locked project, the one entered first first, to be changed."""
    return await locked_of(session, Security, project_id)


async def locked_uses(session: Session, project_id: UUID) -> list[DepositUse]:
    """Give all uses of a locked project's deposits, to be changed."""
    return await locked_of(session, DepositUse, project_id)


async def locked_returns(session: Session, project_id: UUID) -> list[DepositReturn]:
    """Give all returns of a locked project's deposits, to be changed."""
    return await locked_of(session, DepositReturn, project_id)


async def locked_of(session: Session, model: type[_T], project_id: UUID) -> list[_T]:
    """Give all rows of a locked project's deposits, the one entered first first."""
    found = await session.scalars(
        select(model)
        .where(model.project_id == project_id)
        .order_by(model.recorded_at, model.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(found.all())
