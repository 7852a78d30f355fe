"""Proposals to open an arrears case."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select

from services.cases.errors import ProposalUnknown
from services.cases.models import ArrearsCase, CaseProposal
from services.cases.queries import rows
from services.cases.rules.items import CaseState, ProposalState, TimerKind
from services.cases.schemas.proposals import ProposalFilter
from shared import known, paging
from shared.areas import Scope
from shared.db import Session
from shared.moves import Left, SyncMove
from shared.paging import Found
from shared.timers import IS_ARMED, Timer

_OPEN = CaseProposal.state == ProposalState.OPEN


def _visible(scope: Scope) -> ColumnElement[bool]:
    model = CaseProposal
    return known.in_scope(model.area_code, scope, model.developer_id, model.contractor_id)


def _filtered(statement: Select[Any], filters: ProposalFilter) -> Select[Any]:
    if filters.state is not None:
        statement = statement.where(CaseProposal.state == filters.state)
    if filters.project_id is not None:
        statement = statement.where(CaseProposal.project_id == filters.project_id)
    if filters.area_code is not None:
        inside = known.in_scope(CaseProposal.area_code, Scope(frozenset({filters.area_code})))
        statement = statement.where(or_(inside, CaseProposal.area_code == filters.area_code))
    return statement


def _left(scope: Scope) -> Left | None:
    # A company's view goes by who takes part, of which a moved row's trace knows nothing.
    if scope.org is not None:
        return None
    return Left(known.in_scope(SyncMove.area_code, scope), _visible(scope))


async def proposals(
    session: Session,
    filters: ProposalFilter,
    scope: Scope,
    *,
    cursor: str | None,
    changed_after: datetime | None,
    limit: int,
) -> Found[CaseProposal]:
    """Give a page of proposals, the oldest first."""
    statement = select(CaseProposal).where(_visible(scope))
    return await paging.sync(
        session,
        _filtered(statement, filters),
        model=CaseProposal,
        cursor=cursor,
        changed_after=changed_after,
        limit=limit,
        left=_left(scope),
    )


async def find_proposal_of(session: Session, project_id: UUID, scope: Scope) -> CaseProposal | None:
    """Give the proposal that waits for a decision about a project, as a caller sees it; or None."""
    theirs = (_OPEN, CaseProposal.project_id == project_id, _visible(scope))
    return (await session.scalars(select(CaseProposal).where(*theirs))).one_or_none()


async def locked_proposal(session: Session, proposal_id: UUID, scope: Scope) -> CaseProposal:
    """Give a proposal for changing, or raise ProposalUnknown."""
    statement = select(CaseProposal).where(CaseProposal.id == proposal_id, _visible(scope))
    proposal = await rows.locked_first(session, statement)
    if proposal is None:
        raise ProposalUnknown
    return proposal


async def locked_find_proposal(session: Session, proposal_id: UUID) -> CaseProposal | None:
    """Give a proposal for changing, or None."""
    statement = select(CaseProposal).where(CaseProposal.id == proposal_id)
    return await rows.locked_first(session, statement)


async def locked_find_open_proposal(session: Session, project_id: UUID) -> CaseProposal | None:
    """Give the project's open proposal for changing, or None."""
    statement = select(CaseProposal).where(_OPEN, CaseProposal.project_id == project_id)
    return await rows.locked_first(session, statement)


async def locked_open_proposal(session: Session, **values: Any) -> tuple[CaseProposal, bool]:
    """Give the project's open proposal for changing, and whether it was written just now."""
    while True:
        new = await rows.insert_new(session, CaseProposal, **values)
        proposal = await locked_find_open_proposal(session, values["project_id"])
        # Another transaction may have withdrawn the one that stood in our way; then try again.
        if proposal is not None:
            return proposal, new


async def number_of_proposals(session: Session, project_id: UUID) -> int:
    """Give how many proposals a project has had, whatever became of them."""
    statement = select(func.count()).where(CaseProposal.project_id == project_id)
    return int(await session.scalar(statement) or 0)


async def refused_at(session: Session, project_id: UUID) -> datetime | None:
    """Give the instant of a project's last refusal."""
    return await session.scalar(
        select(func.max(CaseProposal.decided_at)).where(
            CaseProposal.project_id == project_id, CaseProposal.state == ProposalState.REFUSED
        )
    )


async def find_open_case(session: Session, project_id: UUID) -> ArrearsCase | None:
    """Give the open arrears case that a project's misses have led to, or None."""
    statement = select(ArrearsCase).where(
        ArrearsCase.project_id == project_id,
        ArrearsCase.state == CaseState.OPEN,
        ArrearsCase.proposal_id.is_not(None),
    )
    return (await session.scalars(statement)).one_or_none()


def _without_timer() -> Select[CaseProposal]:
    armed = (
        select(Timer.id)
        .where(Timer.subject_id == CaseProposal.id, Timer.kind == TimerKind.CASE, IS_ARMED)
        .exists()
    )
    return select(CaseProposal).where(_OPEN, ~armed)


WITHOUT_TIMER = _without_timer()


async def proposals_without_timer(session: Session) -> Sequence[CaseProposal]:
    """Give open proposals that no armed `case` timer will wake."""
    return (await session.scalars(WITHOUT_TIMER.order_by(CaseProposal.id))).all()
