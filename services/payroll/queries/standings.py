"""How supervised projects stand with their transfers on a day: one statement for list and count."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from sqlalchemy import (
    CTE,
    ColumnElement,
    Date,
    FromClause,
    Select,
    Subquery,
    Text,
    Uuid,
    case,
    cast,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.types import TypeEngine

from services.payroll.models import (
    BankFeed,
    Credit,
    CreditChange,
    Obligation,
    Project,
    ProjectState,
    Source,
    WageAccount,
)
from services.payroll.models.feeds import THERE_AT
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
from shared import clock, known, paging
from shared.areas import NATION, Scope
from shared.db import Session

_KEYS = {
    Grouping.DEVELOPER: "developer_id",
    Grouping.INVESTMENT_TYPE: "investment_type",
    Grouping.FUNDING_SOURCE: "funding_source",
}


async def transfer_summary(
    session: Session, scope: Scope, only: SummaryFilter, today: date
) -> Summary:
    """Count how the projects that the caller may see stand on a day, and what they lack."""
    grouped = _KEYS[only.by]
    stands = _standings(scope, only, today, (grouped, "developer_name"))
    key = stands.c[grouped]
    counted = [
        func.count(),
        func.count().filter(stands.c.transfer == Standing.NONE.value),
        func.count().filter(stands.c.transfer == Standing.SHORT.value),
        func.sum(stands.c.shortfall),
    ]
    # The cards of a developer's projects are told together, so they agree in its name.
    name = func.max(stands.c.developer_name)
    rows = await session.execute(select(*counted, key, name).group_by(key))
    return summary(only.as_of or today, only.by, [_tally(only.by, *row) for row in rows])


def _tally(by: Grouping, *row: Any) -> Tally:
    *counted, key, name = row
    if by is Grouping.DEVELOPER:
        return DeveloperTally.of(*counted, Developer(key, name))
    return (InvestmentTally if by is Grouping.INVESTMENT_TYPE else FundingTally).of(*counted, key)


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


@dataclass(frozen=True, slots=True)
class _Moment:
    """A day looked at from its end: what is dated or became known later is left out."""

    day: date
    due_until: date
    end: datetime
    is_now: bool
    """The day is not over: what counts for it is what stands in the rows."""

    @classmethod
    def of(cls, day: date, today: date) -> "_Moment":
        return cls(day, last_due(day, today), clock.day_end(day), day >= today)


def _standings(
    scope: Scope, only: StandingFilter, today: date, fields: Collection[str] | None = None
) -> Subquery:
    """Select the supervised projects of a filter, each once, with how it stands on its day.

    `fields` are those of its card that are asked for; None: all. Cards are opened for no others.

    Cards are told whole, so the planner cannot guess how many of them a filter leaves. What hung
    on a project in the past is therefore asked for project by project, by index: that costs as
    much as there are projects, whatever the planner takes them for. Today's debts stand in an
    index of their own, and are asked for at once.
    """
    moment = _Moment.of(only.as_of or today, today)
    projects = _supervised(scope, only, moment, fields or _FIELDS)
    if moment.is_now:
        owing: Any = _owing_now(moment)
        joined = projects.outerjoin(owing, owing.c.project_id == projects.c.id)
    else:
        owing = _owing(projects, moment)
        joined = projects.join(owing, true())
    standing = case(
        (func.coalesce(owing.c.open, 0) == 0, Standing.FULL.value),
        (owing.c.credited == 0, Standing.NONE.value),
        else_=Standing.SHORT.value,
    )
    return (
        select(
            *[column for column in projects.c if column.name != "fed_until"],
            standing.label("transfer"),
            func.coalesce(owing.c.lacking, NOTHING).label("shortfall"),
            func.coalesce(owing.c.open, 0).label("open_obligations"),
            owing.c.oldest.label("oldest_due_on"),
        )
        .select_from(joined)
        .subquery("standings")
    )


def _supervised(
    scope: Scope, only: StandingFilter, moment: _Moment, fields: Collection[str]
) -> Subquery:
    """Select the projects that were in progress and supervised, as they were at that moment.

    Whoever could see a project then sees it in what is told of then. `fed_until` is the day
    through which its account's source had told all; null without an account.
    """
    cards = _cards(moment)
    told: Any = cards.c
    asked = select(told.id, *(told[name] for name in fields))
    statement = (asked if moment.is_now else _fed(asked, cards, moment)).where(
        known.in_scope(told.area_code, scope, told.developer_id, told.contractor_id),
        told.status == IN_PROGRESS,
        told.supervised_since <= moment.day,
    )
    for name in ("developer_id", "contractor_id", "investment_type", "funding_source"):
        value = getattr(only, name)
        if value is not None:
            statement = statement.where(told[name] == value)
    if only.area_code:
        inside = known.in_scope(told.area_code, Scope(frozenset({only.area_code})))
        statement = statement.where(inside)
    # So that what is sorted and grouped are the fields that are asked for, and not whole cards.
    return _once(statement).subquery("supervised")


def _fed(asked: Select[Any], cards: Subquery, moment: _Moment) -> Select[Any]:
    """Select of cards, too, how far each account's source had told all by then."""
    fed = _fed_until(moment)
    return (
        asked.add_columns(fed.c.until.label("fed_until"))
        .outerjoin_from(cards, WageAccount, _has_account(cards.c.id, moment))
        .outerjoin(fed, fed.c.source_id == WageAccount.source_id)
    )


def _has_account(project_id: ColumnElement[Any], moment: _Moment) -> ColumnElement[bool]:
    """Say of an account that it was a project's by then."""
    return (
        (WageAccount.project_id == project_id)
        & ~WageAccount.pending
        & (WageAccount.registered_at < moment.end)
        & (WageAccount.closed_at.is_(None) | (WageAccount.closed_at >= moment.end))
    )


def _cards(moment: _Moment) -> Subquery:
    """Select of each project the last card that was told by then, field by field."""
    if moment.is_now:
        # What a project is limited by stands beside its card, and is read without opening it.
        beside = (Project.area_code, Project.status, Project.developer_id, Project.contractor_id)
        return _fields(Project.id, Project.card, beside)
    former = (
        select(ProjectState.card)
        .where(ProjectState.project_id == Project.id, ProjectState.told_at < moment.end)
        .order_by(ProjectState.told_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    last = case((Project.told_at < moment.end, Project.card), else_=former)
    told = _once(select(Project.id, last.label("card"))).subquery("told")
    return _fields(told.c.id, told.c.card)


_FIELDS: Mapping[str, type[TypeEngine[Any]]] = {
    "name": Text,
    "area_code": Text,
    "status": Text,
    "developer_id": Uuid,
    "developer_name": Text,
    "contractor_id": Uuid,
    "contractor_name": Text,
    "investment_type": Text,
    "funding_source": Text,
    "supervised_since": Date,
}


def _fields(project_id: Any, card: Any, beside: Sequence[Any] = ()) -> Subquery:  # noqa: ANN401  columns
    """Select a card field by field, but for those that stand beside it."""
    known_ = {column.key: column for column in beside}
    named = [
        known_.get(name, cast(card[name].astext, kind)).label(name)
        for name, kind in _FIELDS.items()
    ]
    return select(project_id, *named).subquery("cards")


def _owing(projects: Subquery, moment: _Moment) -> FromClause:
    """Select for a project what was due, proved by the bank's data, and not paid in full."""
    due = (
        select(Obligation.due_on, Obligation.due_amount, _credited(moment).label("credited"))
        .where(
            Obligation.project_id == projects.c.id,
            Obligation.due_on <= moment.due_until,
            Obligation.due_since < moment.end,
            # What was judged without an account has none; one entered later had no feed yet.
            Obligation.account_id.is_(None)
            | projects.c.fed_until.is_(None)
            | (Obligation.due_on <= projects.c.fed_until),
        )
        .correlate(projects)
    )
    each = _once(due).lateral("each")
    return (
        select(
            func.count().label("open"),
            func.sum(each.c.due_amount - each.c.credited).label("lacking"),
            func.sum(each.c.credited).label("credited"),
            func.min(each.c.due_on).label("oldest"),
        )
        .where(each.c.credited < each.c.due_amount)
        .lateral("owing")
    )


def _owing_now(moment: _Moment) -> Subquery:
    """Select of each project what is due today, proved by the bank's data, and not paid in full.

    Nothing is known that is not known today, so what counts is what the rows say.
    """
    owed_by: Any = Obligation.project_id
    return (
        select(
            Obligation.project_id,
            func.count().label("open"),
            func.sum(Obligation.due_amount - Obligation.credited_amount).label("lacking"),
            func.sum(Obligation.credited_amount).label("credited"),
            func.min(Obligation.due_on).label("oldest"),
        )
        .outerjoin(WageAccount, _has_account(owed_by, moment))
        .outerjoin(Source, Source.id == WageAccount.source_id)
        .where(
            Obligation.due_on <= moment.due_until,
            Obligation.credited_amount < Obligation.due_amount,
            Obligation.account_id.is_(None)
            | Source.id.is_(None)
            | (Obligation.due_on <= Source.fed_until),
        )
        .group_by(Obligation.project_id)
        .subquery("owing")
    )


def _credited(moment: _Moment) -> ColumnElement[Decimal]:
    """Give the money that counted for an obligation by then: as it is, less what changed since."""
    now = (
        select(func.coalesce(func.sum(Credit.amount), NOTHING))
        .where(
            Credit.obligation_id == Obligation.id,
            Credit.counted_at < moment.end,
            Credit.credited_on <= moment.day,
        )
        .scalar_subquery()
    )
    since = (
        select(func.coalesce(func.sum(CreditChange.grown), NOTHING))
        .where(
            CreditChange.obligation_id == Obligation.id,
            CreditChange.changed_at >= moment.end,
            CreditChange.counted_at < moment.end,
            CreditChange.credited_on <= moment.day,
        )
        .scalar_subquery()
    )
    return now - since


def _fed_until(moment: _Moment) -> CTE:
    """Select of each source the last day through which all its days were there by then.

    There is a day that was delivered or waived. The last is the one before the first that was
    not, or the last that is expected at all.
    """
    missing = (
        select(func.min(BankFeed.day))
        .where(BankFeed.source_id == Source.id, literal_column(THERE_AT) >= moment.end)
        .scalar_subquery()
    )
    until = func.coalesce(missing - 1, Source.expected_until)
    fed = select(Source.id.label("source_id"), until.label("until")).cte("fed")
    # Asked once for each source, not for each project.
    return fed.prefix_with("MATERIALIZED")


_S = TypeVar("_S", bound=Select[*tuple[Any, ...]])


def _once(statement: _S) -> _S:
    """Let what a statement selects be worked out once a row, however often it is named outside."""
    return statement.offset(0)


async def standings_by_unit(session: Session, today: date, units: int) -> list[UnitCount]:
    """Count how all supervised projects stand, by area and unit, for the gauge of operations."""
    named = ("area_code", "developer_name")
    stands = _standings(Scope(frozenset({NATION})), StandingFilter(), today, named)
    place = [stands.c[name] for name in named]
    counted = [
        func.count().filter(stands.c.transfer == each.value)
        for each in (Standing.NONE, Standing.SHORT, Standing.FULL)
    ]
    found = await session.execute(select(*place, *counted).group_by(*place))
    return most_missing([UnitCount(*row) for row in found], units)
