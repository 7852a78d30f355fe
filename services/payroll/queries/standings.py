"""How supervised projects stand with their transfers on a day: one statement for list and count."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Date, Select, Subquery, case, cast, func, select

from services.payroll.models import Credit, Obligation, Project, Source
from services.payroll.rules.standings import (
    IN_PROGRESS,
    NOTHING,
    Developer,
    DeveloperTally,
    FundingTally,
    Grouping,
    InvestmentTally,
    Standing,
    Summary,
    Tally,
    UnitCount,
    last_due,
    most_missing,
    summary,
)
from services.payroll.schemas.standings import StandingFilter, StandingListFilter, SummaryFilter
from shared import known, paging
from shared.areas import NATION, Scope
from shared.db import Session


async def transfer_summary(
    session: Session, scope: Scope, only: SummaryFilter, today: date
) -> Summary:
    """Count how the projects that the caller may see stand on a day, and what they lack."""
    stands = _standings(scope, only, today)
    keys = {
        Grouping.DEVELOPER: (stands.c.developer_id, stands.c.developer_name),
        Grouping.INVESTMENT_TYPE: (stands.c.investment_type,),
        Grouping.FUNDING_SOURCE: (stands.c.funding_source,),
    }[only.by]
    counted = [
        func.count(),
        func.count().filter(stands.c.transfer == Standing.NONE.value),
        func.count().filter(stands.c.transfer == Standing.SHORT.value),
        func.sum(stands.c.shortfall),
    ]
    rows = await session.execute(select(*counted, *keys).group_by(*keys))
    return summary(only.as_of or today, only.by, [_tally(only.by, *row) for row in rows])


def _tally(by: Grouping, *row: Any) -> Tally:
    *counts, shortfall = row[:4]
    if by is Grouping.DEVELOPER:
        return DeveloperTally.of(*counts, shortfall, Developer(*row[4:]))
    kind = InvestmentTally if by is Grouping.INVESTMENT_TYPE else FundingTally
    return kind.of(*counts, shortfall, row[4])


async def standings(
    session: Session,
    scope: Scope,
    only: StandingListFilter,
    today: date,
    *,
    cursor: str | None,
    limit: int,
) -> paging.Found[Any]:
    """Give a page of the projects that a summary counts, those that lack most first."""
    stands = _standings(scope, only, today)
    statement: Select[Any] = select(stands)
    if only.transfer:
        statement = statement.where(stands.c.transfer.in_([each.value for each in only.transfer]))
    order = (stands.c.shortfall, stands.c.id)
    return await paging.page(
        session, statement, by=order, cursor=cursor, limit=limit, descending=True
    )


def _standings(scope: Scope, only: StandingFilter, today: date) -> Subquery:
    """Select the supervised projects of a filter, each once, with how it stands on its day."""
    as_of = only.as_of or today
    projects = _supervised(scope, only, as_of)
    owing = _open(projects, as_of, last_due(as_of, today)).subquery("owing")
    standing = case(
        (owing.c.open.is_(None), Standing.FULL.value),
        (owing.c.credited == 0, Standing.NONE.value),
        else_=Standing.SHORT.value,
    )
    return (
        select(
            projects,
            standing.label("transfer"),
            func.coalesce(owing.c.lacking, NOTHING).label("shortfall"),
            func.coalesce(owing.c.open, 0).label("open_obligations"),
            owing.c.oldest.label("oldest_due_on"),
        )
        .outerjoin_from(projects, owing, owing.c.project_id == projects.c.id)
        .subquery("standings")
    )


def _supervised(scope: Scope, only: StandingFilter, as_of: date) -> Subquery:
    """Select the projects that are in progress and supervised on a day."""
    told = Project.card
    since = cast(told["supervised_since"].astext, Date)
    statement = select(
        Project.id,
        told["name"].astext.label("name"),
        Project.area_code,
        Project.developer_id,
        told["developer_name"].astext.label("developer_name"),
        Project.contractor_id,
        told["contractor_name"].astext.label("contractor_name"),
        told["investment_type"].astext.label("investment_type"),
        told["funding_source"].astext.label("funding_source"),
        since.label("supervised_since"),
    ).where(
        known.in_scope(Project.area_code, scope, Project.developer_id, Project.contractor_id),
        Project.status == IN_PROGRESS,
        since <= as_of,
    )
    equal: Mapping[Any, Any] = {
        Project.developer_id: only.developer_id,
        Project.contractor_id: only.contractor_id,
        told["investment_type"].astext: only.investment_type,
        told["funding_source"].astext: only.funding_source,
    }
    for column, value in equal.items():
        if value is not None:
            statement = statement.where(column == value)
    if only.area_code:
        inside = known.in_scope(Project.area_code, Scope(frozenset({only.area_code})))
        statement = statement.where(inside)
    return statement.subquery("supervised")


def _open(projects: Subquery, as_of: date, until: date) -> Select[Any]:
    """Select for each project what is due by a day, proved by the bank's data, and not paid."""
    credited = func.coalesce(func.sum(Credit.amount), 0)
    each = (
        select(
            Obligation.project_id,
            Obligation.due_on,
            (Obligation.due_amount - credited).label("lacking"),
            credited.label("credited"),
        )
        .join_from(projects, Obligation, Obligation.project_id == projects.c.id)
        .outerjoin(Source, Source.id == Obligation.source_id)
        .outerjoin(Credit, (Credit.obligation_id == Obligation.id) & (Credit.credited_on <= as_of))
        .where(
            Obligation.due_on <= until,
            Obligation.source_id.is_(None) | (Obligation.due_on <= Source.fed_until),
        )
        .group_by(Obligation.id)
        .having(credited < Obligation.due_amount)
        .subquery("each")
    )
    return select(
        each.c.project_id,
        func.count().label("open"),
        func.sum(each.c.lacking).label("lacking"),
        func.sum(each.c.credited).label("credited"),
        func.min(each.c.due_on).label("oldest"),
    ).group_by(each.c.project_id)


async def standings_by_unit(session: Session, today: date, units: int) -> list[UnitCount]:
    """Count how all supervised projects stand, by area and unit, for the gauge of operations."""
    stands = _standings(Scope(frozenset({NATION})), StandingFilter(), today)
    place = (stands.c.area_code, stands.c.developer_name)
    counted = [
        func.count().filter(stands.c.transfer == each.value)
        for each in (Standing.NONE, Standing.SHORT, Standing.FULL)
    ]
    found = await session.execute(select(*place, *counted).group_by(*place))
    return most_missing([UnitCount(*row) for row in found], units)
