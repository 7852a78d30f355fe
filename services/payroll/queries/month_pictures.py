"""How the wages of months of projects stand, as people read them: a page, and sums."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Numeric, Select, cast, exists, func, select

from services.payroll.errors import ProjectUnknown
from services.payroll.models import PayMonth, Project
from services.payroll.queries.pay_lines import CLASSES
from services.payroll.rules.paydays import MonthState
from services.payroll.schemas.pay_months import MonthFilter
from shared import known, paging
from shared.areas import Scope
from shared.db import Session

_COUNTED = ("on_sheet", *CLASSES)


def _share(part: Any, whole: Any) -> ColumnElement[Any]:  # noqa: ANN401  columns and sums
    """Give a per cent, rounded down: what is not there is not counted. Null of nobody."""
    return func.trunc(cast(part * 100, Numeric) / func.nullif(whole, 0), 2)


def _visible(scope: Scope) -> ColumnElement[bool]:
    return known.in_scope(Project.area_code, scope, Project.developer_id, Project.contractor_id)


def _narrowed(statement: Select[Any], scope: Scope, only: MonthFilter) -> Select[Any]:
    statement = statement.where(_visible(scope), PayMonth.looked_at.is_not(None))
    for column, wanted in (
        (PayMonth.project_id, only.project_id),
        (PayMonth.period, only.period),
        (PayMonth.state, only.state),
        (Project.developer_id, only.developer_id),
        (Project.contractor_id, only.contractor_id),
    ):
        if wanted is not None:
            statement = statement.where(column == wanted)
    if only.area_code:
        inside = known.in_scope(Project.area_code, Scope(frozenset({only.area_code})))
        statement = statement.where(inside)
    return statement


def _months(scope: Scope, only: MonthFilter) -> Select[Any]:
    statement: Select[Any] = select(
        *PayMonth.__table__.columns,
        Project.card["name"].astext.label("project_name"),
        Project.area_code,
        Project.developer_id,
        Project.contractor_id,
        _share(PayMonth.attended_paid, PayMonth.attended).label("paid_share"),
        _share(PayMonth.settled, PayMonth.on_sheet).label("settled_share"),
        _share(PayMonth.undisputed, PayMonth.on_sheet).label("undisputed_share"),
    ).join(Project, Project.id == PayMonth.project_id)
    return _narrowed(statement, scope, only)


async def months(
    session: Session, scope: Scope, only: MonthFilter, *, cursor: str | None, limit: int
) -> paging.Found[Any]:
    """Give a page of months of projects that the caller may see, the latest first."""
    by = (PayMonth.period, PayMonth.id)
    statement = _months(scope, only)
    return await paging.page(session, statement, by=by, cursor=cursor, limit=limit, descending=True)


async def months_of_project(
    session: Session,
    project_id: UUID,
    scope: Scope,
    only: MonthFilter,
    *,
    cursor: str | None,
    limit: int,
) -> paging.Found[Any]:
    """Give a page of a project's months, the latest first; raises ProjectUnknown."""
    there = exists().where(Project.id == project_id, _visible(scope))
    if not await session.scalar(select(there)):
        raise ProjectUnknown.explained()
    mine = only.model_copy(update={"project_id": project_id})
    return await months(session, scope, mine, cursor=cursor, limit=limit)


async def month_counts(session: Session, scope: Scope, only: MonthFilter) -> Any:  # noqa: ANN401  a row of sums
    """Add up the same months: how many stand how, people and yuan."""
    states = [
        func.count().filter(PayMonth.state == state).label(f"months_{state.value}")
        for state in MonthState
    ]
    people = [func.coalesce(func.sum(getattr(PayMonth, name)), 0).label(name) for name in _COUNTED]
    yuan = [
        func.coalesce(func.sum(getattr(PayMonth, f"{name}_total")), 0).label(f"{name}_total")
        for name in _COUNTED
    ]
    attended, paid = func.sum(PayMonth.attended), func.sum(PayMonth.attended_paid)
    settled, undisputed = func.sum(PayMonth.settled), func.sum(PayMonth.undisputed)
    on_sheet = func.sum(PayMonth.on_sheet)
    sums: list[ColumnElement[Any]] = [
        func.count().label("months"),
        func.count(PayMonth.project_id.distinct()).label("projects"),
        *states,
        func.coalesce(attended, 0).label("attended"),
        func.coalesce(paid, 0).label("attended_paid"),
        *people,
        *yuan,
        _share(paid, attended).label("paid_share"),
        _share(settled, on_sheet).label("settled_share"),
        _share(undisputed, on_sheet).label("undisputed_share"),
    ]
    statement = select(*sums).join(Project, Project.id == PayMonth.project_id)
    return (await session.execute(_narrowed(statement, scope, only))).one()
