"""What is looked at to know whether something must be put right, and what was told of it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import Date, Integer, Uuid, bindparam, func, or_, select

from services.payroll.models import Attendee, Condition, Project, WageAccount, WorksContract
from services.payroll.queries import accounts
from services.payroll.queries.sets import one_text_of
from services.payroll.rules.accounts import AccountStatus
from services.payroll.rules.conditions import (
    SHEETS,
    SITES,
    AccountLife,
    ConditionKind,
    ProjectFacts,
    has_started,
)
from services.payroll.schemas.conditions import ConditionFilter
from shared import asking, known, paging
from shared.areas import Scope
from shared.db import Session

_OPEN = (
    select(Condition)
    .where(
        asking.one_of(Condition.project_id, "ids"),
        asking.one_of(Condition.kind, "kinds"),
        Condition.ended_at.is_(None),
    )
    .order_by(Condition.id)
)


async def locked_open_conditions(
    session: Session, project_ids: Collection[UUID], kinds: Collection[ConditionKind]
) -> Sequence[Condition]:
    """Give what of some kinds holds of some projects as it was told last, for changing.

    Whoever looks at the same project waits here, so that nothing is found twice. It is the last
    lock that anybody takes.
    """
    await asking.wait_for(session, *(f"conditions:{project_id}" for project_id in project_ids))
    asked = {"ids": [*project_ids], "kinds": [*kinds]}
    return (await session.scalars(_OPEN.with_for_update(), asked)).all()


_TIMES_FOUND = (
    select(Condition.kind, Condition.subject_id, func.count())
    .where(asking.one_of(Condition.subject_id, "ids"))
    .group_by(Condition.kind, Condition.subject_id)
)


async def times_found(
    session: Session, subject_ids: Collection[UUID]
) -> Mapping[tuple[ConditionKind, UUID], int]:
    """Give how often something was found about some subjects, by kind and subject."""
    rows = await asking.told(session, _TIMES_FOUND, {"ids": [*subject_ids]})
    return {(ConditionKind(kind), subject_id): n for kind, subject_id, n in rows}


_SIGNED = (
    select(func.min(WorksContract.signed_on))
    .where(WorksContract.project_id == Project.id)
    .scalar_subquery()
)
_FACTS = select(Project, _SIGNED).where(asking.one_of(Project.id, "ids"))


async def project_facts(
    session: Session, project_ids: Collection[UUID], today: date
) -> Mapping[UUID, ProjectFacts]:
    """Give what is known of some projects."""
    rows = await session.execute(_FACTS, {"ids": [*project_ids]})
    return {project.id: _facts(project, signed_on, today) for project, signed_on in rows}


def _facts(project: Project, signed_on: date | None, today: date) -> ProjectFacts:
    card = project.card
    said = card.get("started_on")
    return ProjectFacts(
        project.id,
        project.status,
        card.get("supervised_since") is not None,
        has_started(project.status, date.fromisoformat(said) if said else None, today),
        project.developer_id,
        project.contractor_id,
        project.area_code,
        signed_on,
    )


_ACCOUNTS = select(WageAccount).where(
    asking.one_of(WageAccount.project_id, "ids"),
    WageAccount.status.not_in([AccountStatus.CLOSED, AccountStatus.PENDING]),
)


async def account_lives(
    session: Session, project_ids: Collection[UUID], today: date
) -> Mapping[UUID, AccountLife]:
    """Give the present account of some projects, by project."""
    rows = (await session.scalars(_ACCOUNTS, {"ids": [*project_ids]})).all()
    frozen = await accounts.frozen(session, [row.id for row in rows], today) if rows else set()
    return {
        row.project_id: AccountLife(
            row.id, row.opened_on, row.agreement_on, row.filed_on, row.id in frozen
        )
        for row in rows
    }


_CLOSED = (
    select(WageAccount.project_id, func.max(WageAccount.closed_on))
    .where(asking.one_of(WageAccount.project_id, "ids"), WageAccount.closed_on.is_not(None))
    .group_by(WageAccount.project_id)
)


async def last_closed(session: Session, project_ids: Collection[UUID]) -> Mapping[UUID, date]:
    """Give when the last account of some projects was closed, by project."""
    rows = await asking.told(session, _CLOSED, {"ids": [*project_ids]})
    return {project_id: day for project_id, day in rows if day}


_TODAY = bindparam("today", type_=Date)
_STARTING = (
    select(Condition.project_id)
    .join(Project, Project.id == Condition.project_id)
    .where(
        Condition.kind == ConditionKind.ACCOUNT_NOT_OPENED,
        Condition.ended_at.is_(None),
        Project.card["started_on"].astext == func.to_char(_TODAY, "YYYY-MM-DD"),
    )
)
ACCOUNT_WAITS = or_(func.extract("day", _TODAY) == 1, _STARTING.exists())
"""Whether a month begins `today`, or works that have no account."""


async def projects_starting(session: Session, day: date) -> Sequence[UUID]:
    """Give the projects without account whose works begin on a day, so that it weighs more."""
    return sorted(set(await session.scalars(_STARTING, {"today": day})))


_SEEN = select(Attendee.id).where(Attendee.project_id == Project.id)
_TOLD = select(Condition.id).where(
    Condition.project_id == Project.id,
    one_text_of(Condition.kind, SITES | SHEETS),
    Condition.ended_at.is_(None),
)
_WITH_LABOUR = (
    select(Project.id)
    .where(Project.id > bindparam("after", type_=Uuid()), or_(_TOLD.exists(), _SEEN.exists()))
    .order_by(Project.id)
    .limit(bindparam("many", type_=Integer))
)


async def projects_with_labour(session: Session, after: UUID | None, limit: int) -> Sequence[UUID]:
    """Give the next projects with attendance, or with something told of it or of payroll.

    Where there is attendance there is somebody who was seen; of those there are far fewer.
    """
    asked = {"after": after or UUID(int=0), "many": limit}
    return [row[0] for row in await asking.told(session, _WITH_LABOUR, asked)]


async def conditions(
    session: Session,
    scope: Scope,
    only: ConditionFilter,
    *,
    cursor: str | None,
    limit: int,
) -> paging.Found[Condition]:
    """Give a page of what holds, or held, of the projects that the caller may see."""
    seen = known.in_scope(
        Condition.area_code, scope, Condition.unit_id, Project.developer_id, Project.contractor_id
    )
    statement = select(Condition).join(Project, Project.id == Condition.project_id).where(seen)
    if only.project_id:
        statement = statement.where(Condition.project_id == only.project_id)
    if only.kind:
        statement = statement.where(Condition.kind == only.kind)
    if not only.ended:
        statement = statement.where(Condition.ended_at.is_(None))
    by = (Condition.found_at, Condition.id)
    return await paging.page(session, statement, by=by, cursor=cursor, limit=limit)
