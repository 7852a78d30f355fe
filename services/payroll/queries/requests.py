"""What developers ask finance for, and contractors their developers."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, exists, select

from services.payroll.models import AddOn, FundingRequest, Obligation
from services.payroll.queries import obligations
from services.payroll.queries.sync import gone
from services.payroll.schemas.dues import FundingRequestFilter
from shared import known, paging
from shared.areas import Scope
from shared.db import Session
from shared.problems import NotFound


def _seen(scope: Scope) -> ColumnElement[bool]:
    return known.in_scope(
        Obligation.area_code, scope, Obligation.developer_id, Obligation.contractor_id
    )


def last_asked() -> FromClause:
    """Select how the last request for an obligation's money stands, beside the obligation."""
    return (
        select(FundingRequest.state, FundingRequest.promised_on, FundingRequest.promised_amount)
        .where(FundingRequest.obligation_id == Obligation.id)
        .order_by(FundingRequest.asked_at.desc(), FundingRequest.id.desc())
        .limit(1)
        .lateral("asked")
    )


async def locked_obligation(session: Session, obligation_id: UUID, scope: Scope) -> Obligation:
    """Give an obligation that the caller may act on, for changing, or raise NotFound."""
    row = await session.scalar(
        select(Obligation)
        .where(Obligation.id == obligation_id, _seen(scope))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound
    return row


async def locked_open_funding(session: Session, obligation_id: UUID) -> FundingRequest | None:
    """Give the request that waits for an answer, for changing, or None."""
    return await session.scalar(
        select(FundingRequest)
        .where(FundingRequest.obligation_id == obligation_id, FundingRequest.state == "open")
        .with_for_update()
    )


async def locked_funding(
    session: Session, request_id: UUID, scope: Scope
) -> tuple[FundingRequest, Obligation]:
    """Give a request with its obligation, for changing, or raise NotFound."""
    found = (
        await session.execute(
            select(FundingRequest, Obligation)
            .join(Obligation, Obligation.id == FundingRequest.obligation_id)
            .where(FundingRequest.id == request_id, _seen(scope))
            .with_for_update()
        )
    ).one_or_none()
    if found is None:
        raise NotFound
    return found[0], found[1]


async def locked_requests_of(
    session: Session, obligation_ids: Collection[UUID]
) -> Sequence[FundingRequest]:
    """Give all requests for some obligations' money, for changing."""
    found = await session.scalars(
        select(FundingRequest)
        .where(FundingRequest.obligation_id.in_(obligation_ids))
        # Everybody locks in this order, so that two writers wait instead of deadlocking.
        .order_by(FundingRequest.id)
        .with_for_update()
    )
    return found.all()


async def funding_requests(
    session: Session,
    scope: Scope,
    only: FundingRequestFilter,
    *,
    cursor: str | None,
    limit: int,
    changed_after: datetime | None = None,
) -> paging.Found[FundingRequest]:
    """Give a page of the requests that the caller may see, oldest first, or of their changes."""
    statement = (
        select(FundingRequest)
        .join(Obligation, Obligation.id == FundingRequest.obligation_id)
        .where(_seen(scope))
    )
    if only.state:
        statement = statement.where(FundingRequest.state == only.state)
    if only.obligation_id:
        statement = statement.where(FundingRequest.obligation_id == only.obligation_id)
    by = (FundingRequest.asked_at, FundingRequest.id)
    still = exists().where(Obligation.id == FundingRequest.obligation_id, _seen(scope))
    return await paging.sync(
        session,
        statement,
        model=FundingRequest,
        by=by,
        cursor=cursor,
        changed_after=changed_after,
        limit=limit,
        left=gone(scope, still),
    )


async def locked_open_add_on(session: Session, obligation_id: UUID) -> AddOn | None:
    """Give the proposal that waits for a decision, for changing, or None."""
    return await session.scalar(
        select(AddOn)
        .where(AddOn.obligation_id == obligation_id, AddOn.state == "proposed")
        .with_for_update()
    )


async def locked_add_on(
    session: Session, add_on_id: UUID, scope: Scope
) -> tuple[AddOn, Obligation]:
    """Give a proposal with its obligation, for changing, or raise NotFound."""
    found = (
        await session.execute(
            select(AddOn, Obligation)
            .join(Obligation, Obligation.id == AddOn.obligation_id)
            .where(AddOn.id == add_on_id, _seen(scope))
            .with_for_update()
        )
    ).one_or_none()
    if found is None:
        raise NotFound
    return found[0], found[1]


async def add_ons(
    session: Session, obligation_id: UUID, scope: Scope, *, cursor: str | None, limit: int
) -> paging.Found[AddOn]:
    """Give a page of what was proposed for an obligation, oldest first; raises NotFound."""
    owed = await obligations.obligation(session, obligation_id, scope)
    statement = select(AddOn).where(AddOn.obligation_id == owed.id)
    by = (AddOn.proposed_at, AddOn.id)
    return await paging.page(session, statement, by=by, cursor=cursor, limit=limit)
