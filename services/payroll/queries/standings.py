"""How supervised projects stand with their transfers on a day: one statement for list and count."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Date,
    Label,
    Select,
    Subquery,
    Text,
    Uuid,
    case,
    cast,
    func,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import distinct_on
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
    stands = _standings(scope, only, today)
    key = stands.c[_KEYS[only.by]]
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

    @classmethod
    def of(cls, day: date, today: date) -> "_Moment":
        return cls(day, last_due(day, today), clock.day_end(day))


def _standings(scope: Scope, only: StandingFilter, today: date) -> Subquery:
    """Select the supervised projects of a filter, each once, with how it stands on its day."""
    moment = _Moment.of(only.as_of or today, today)
    projects = _supervised(scope, only, moment)
    owing = _owing(projects, moment)
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


def _supervised(scope: Scope, only: StandingFilter, moment: _Moment) -> Subquery:
    """Select the projects that were in progress and supervised, as they were at that moment.

    Whoever could see a project then sees it in what is told of then.
    """
    cards: Any = _cards(moment).c
    statement = select(*cards).where(
        known.in_scope(cards.area_code, scope, cards.developer_id, cards.contractor_id),
        cards.status == IN_PROGRESS,
        cards.supervised_since <= moment.day,
    )
    for name in ("developer_id", "contractor_id", "investment_type", "funding_source"):
        value = getattr(only, name)
        if value is not None:
            statement = statement.where(cards[name] == value)
    if only.area_code:
        inside = known.in_scope(cards.area_code, Scope(frozenset({only.area_code})))
        statement = statement.where(inside)
    return statement.subquery("supervised")


def _cards(moment: _Moment) -> Subquery:
    """Select of each project the last card that was told by then."""
    told = union_all(
        select(Project.id, Project.told_at, Project.card),
        select(ProjectState.project_id, ProjectState.told_at, ProjectState.card),
    ).subquery("told")
    card = told.c.card

    def field(name: str, kind: type[TypeEngine[Any]] = Text) -> Label[Any]:
        return cast(card[name].astext, kind).label(name)

    return (
        select(
            told.c.id,
            field("name"),
            field("area_code"),
            field("status"),
            field("developer_id", Uuid),
            field("developer_name"),
            field("contractor_id", Uuid),
            field("contractor_name"),
            field("investment_type"),
            field("funding_source"),
            field("supervised_since", Date),
        )
        .ext(distinct_on(told.c.id))
        .where(told.c.told_at < moment.end)
        .order_by(told.c.id, told.c.told_at.desc())
        .subquery("cards")
    )


def _owing(projects: Subquery, moment: _Moment) -> Subquery:
    """Select for each project what was due, proved by the bank's data, and not paid in full."""
    fed, counted = _fed(moment), _counted(moment)
    credited = func.coalesce(func.sum(counted.c.amount), 0)
    has_account = WageAccount.registered_at < moment.end
    each = (
        select(
            Obligation.project_id,
            Obligation.due_on,
            (Obligation.due_amount - credited).label("lacking"),
            credited.label("credited"),
        )
        .join_from(projects, Obligation, Obligation.project_id == projects.c.id)
        # What was judged without an account has none; one entered later had no feed yet.
        .outerjoin(WageAccount, (WageAccount.id == Obligation.account_id) & has_account)
        .outerjoin(fed, fed.c.source_id == WageAccount.source_id)
        .outerjoin(counted, counted.c.obligation_id == Obligation.id)
        .where(
            Obligation.due_on <= moment.due_until,
            Obligation.due_since < moment.end,
            WageAccount.id.is_(None) | (Obligation.due_on <= fed.c.until),
        )
        .group_by(Obligation.id)
        .having(credited < Obligation.due_amount)
        .subquery("each")
    )
    return (
        select(
            each.c.project_id,
            func.count().label("open"),
            func.sum(each.c.lacking).label("lacking"),
            func.sum(each.c.credited).label("credited"),
            func.min(each.c.due_on).label("oldest"),
        )
        .group_by(each.c.project_id)
        .subquery("owing")
    )


def _fed(moment: _Moment) -> Subquery:
    """Select of each source the last day through which all its days were there by then.

    There is a day that was delivered or waived. The last is the one before the first that was
    not, or the last that is expected at all.
    """
    missing = (
        select(func.min(BankFeed.day))
        .where(BankFeed.source_id == Source.id, literal_column(THERE_AT) >= moment.end)
        .correlate(Source)
        .scalar_subquery()
    )
    until = func.coalesce(missing - 1, Source.expected_until)
    return select(Source.id.label("source_id"), until.label("until")).subquery("fed")


def _counted(moment: _Moment) -> Subquery:
    """Select the money that counted by then for what: as it is now, less what changed since."""
    return union_all(
        select(Credit.obligation_id, Credit.amount).where(
            Credit.counted_at < moment.end, Credit.credited_on <= moment.day
        ),
        select(CreditChange.obligation_id, -CreditChange.grown).where(
            CreditChange.changed_at >= moment.end,
            CreditChange.counted_at < moment.end,
            CreditChange.credited_on <= moment.day,
        ),
    ).subquery("counted")


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
