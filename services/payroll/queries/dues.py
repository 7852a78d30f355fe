"""The transfers that fall due in the next days: one statement for list and sums."""

from datetime import date
from typing import Any

from sqlalchemy import Date, Select, Subquery, cast, func, literal_column, select, true

from services.payroll import rules
from services.payroll.models import Obligation, Project
from services.payroll.queries import policies, requests
from services.payroll.rules.dues import DueGroup, DueGrouping, DueSummary
from services.payroll.rules.obligations import ObligationStatus
from services.payroll.rules.policies import PolicyKind
from services.payroll.schemas.dues import DueFilter, DueSummaryFilter
from shared import known, paging
from shared.areas import NATION, Scope
from shared.db import Session

_KEYS = {
    DueGrouping.FUNDING_SOURCE: "funding_source",
    DueGrouping.INVESTMENT_TYPE: "investment_type",
    DueGrouping.DEVELOPER: "developer_id",
}


async def _until(session: Session, scope: Scope, only: DueFilter, today: date) -> date:
    """Give the last day: as asked, else as the area decides (of several the nation)."""
    if only.days is not None:
        return rules.dues.last_day(today, only.days)
    areas = [only.area_code] if only.area_code else sorted(scope.areas)
    area = areas[0] if len(areas) == 1 else NATION
    policy = await policies.policy_in_force(session, PolicyKind.TRANSFERS_DUE, area, today)
    return rules.dues.last_day(today, policy.values["days"])


def _ahead(scope: Scope, today: date, until: date) -> Select[Any]:
    """Select what falls due of supervised projects that a caller may see."""
    card = Project.card
    asked = requests.last_asked()
    lacking = func.greatest(
        Obligation.due_amount - Obligation.credited_amount, literal_column("0.00")
    )
    return (
        select(
            Obligation.id,
            Obligation.project_id,
            card["name"].astext.label("project_name"),
            Obligation.area_code,
            Obligation.developer_id,
            card["developer_name"].astext.label("developer_name"),
            card["investment_type"].astext.label("investment_type"),
            card["funding_source"].astext.label("funding_source"),
            Obligation.period,
            Obligation.due_on,
            Obligation.due_amount,
            Obligation.credited_amount,
            lacking.label("lacking"),
            Obligation.status,
            asked.c.state.label("funding_state"),
            asked.c.promised_on,
        )
        .join_from(Obligation, Project, Project.id == Obligation.project_id)
        .outerjoin(asked, true())
        .where(
            known.in_scope(
                Obligation.area_code, scope, Obligation.developer_id, Obligation.contractor_id
            ),
            Obligation.due_on.between(today, until),
            Obligation.status != ObligationStatus.CLOSED,
            cast(card["supervised_since"].astext, Date) <= today,
        )
    )


def _dues(scope: Scope, only: DueFilter, today: date, until: date) -> Subquery:
    card = Project.card
    statement = _ahead(scope, today, until)
    for name in ("investment_type", "funding_source"):
        value = getattr(only, name)
        if value is not None:
            statement = statement.where(card[name].astext == value)
    if only.developer_id:
        statement = statement.where(Obligation.developer_id == only.developer_id)
    if only.area_code:
        inside = known.in_scope(Obligation.area_code, Scope(frozenset({only.area_code})))
        statement = statement.where(inside)
    return statement.subquery("dues")


async def dues(
    session: Session,
    scope: Scope,
    only: DueFilter,
    today: date,
    *,
    cursor: str | None,
    limit: int,
) -> paging.Found[Any]:
    """Give a page of the transfers that fall due, the next first."""
    found = _dues(scope, only, today, await _until(session, scope, only, today))
    by = (found.c.due_on, found.c.id)
    return await paging.page(session, select(found), by=by, cursor=cursor, limit=limit)


async def due_summary(
    session: Session, scope: Scope, only: DueSummaryFilter, today: date
) -> DueSummary:
    """Add up the same transfers by funding source, investment type or developer."""
    until = await _until(session, scope, only, today)
    found = _dues(scope, only, today, until)
    key = found.c[_KEYS[only.by]]
    name = func.max(found.c.developer_name)
    rows = await session.execute(
        select(
            func.count(found.c.project_id.distinct()),
            func.count(),
            func.sum(found.c.due_amount),
            func.sum(found.c.credited_amount),
            func.sum(found.c.lacking),
            key,
            name,
        ).group_by(key)
    )
    named = only.by is DueGrouping.DEVELOPER
    groups = [
        DueGroup(
            projects,
            transfers,
            due,
            credited,
            lacking,
            key=None if of is None else str(of),
            name=called if named else None,
        )
        for projects, transfers, due, credited, lacking, of, called in rows
    ]
    return rules.dues.due_summary(today, until, only.by, groups)
