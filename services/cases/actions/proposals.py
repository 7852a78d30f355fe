"""Arrears cases: proposed when a project is red, opened by the wage office or by themselves."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.cases import queries
from services.cases.actions import case_clocks, case_numbers, case_routing
from services.cases.actions.timeline import act_for, note, tell_decision, who
from services.cases.errors import ProposalDecided
from services.cases.models import ArrearsCase, CaseProposal, WatchItem
from services.cases.rules.items import Happening, ProposalState, TimerKind
from shared import known, timers
from shared.auth import Caller
from shared.db import Session, same_id
from shared.events.cases import ArrearsCaseOpened, CaseProposed
from shared.events.registry import ProjectCard
from shared.outbox import publish


async def review_proposal(session: Session, project_id: UUID, at: datetime) -> None:
    """Bring a project's proposal into line with its open misses.

    One that is red asks for a proposal, one per project, and sets when it becomes a case by
    itself; with none left the proposal is withdrawn. A refusal holds until the next miss, and a
    case that is open already needs no proposal.
    """
    # The proposal is locked before its grounds are read, so that an item which turns red at the
    # same time in another transaction is either seen here or sees what is done here.
    proposal = await queries.proposals.locked_find_open_proposal(session, project_id)
    misses = await queries.items.open_misses(session, project_id)
    grounds = [item for item in misses if item.proposing]
    if not grounds:
        if proposal is not None:
            await _withdraw(session, proposal, at)
        return
    if proposal is None:
        if await _is_held(session, project_id):
            return
        proposal = await _propose(session, project_id, grounds[0], at)
    await _arm(session, proposal, grounds[0], misses, at)


async def _is_held(session: Session, project_id: UUID) -> bool:
    if await queries.proposals.find_open_case(session, project_id):
        return True
    refused_at = await queries.proposals.refused_at(session, project_id)
    missed_at = await queries.items.last_missed_at(session, project_id)
    return refused_at is not None and (missed_at is None or missed_at <= refused_at)


async def _propose(
    session: Session, project_id: UUID, item: WatchItem, at: datetime
) -> CaseProposal:
    before = await queries.proposals.number_of_proposals(session, project_id)
    proposal, is_new = await queries.proposals.locked_open_proposal(
        session,
        id=same_id(at, project_id, "proposal", before),
        project_id=project_id,
        project=item.project,
        developer_id=item.developer_id,
        contractor_id=item.contractor_id,
        area_code=item.area_code,
        watch_item_id=item.id,
        proposed_at=at,
    )
    if is_new:
        note(session, item, Happening.CASE_PROPOSED, at, proposal_id=proposal.id)
        publish(
            session,
            CaseProposed(
                project_id=project_id,
                project=ProjectCard.model_validate(item.project),
                proposal_id=proposal.id,
                area_code=item.area_code,
                watch_item_id=item.id,
                id=same_id(at, proposal.id, "proposed"),
                occurred_at=at,
            ),
        )
    return proposal


async def _arm(
    session: Session,
    proposal: CaseProposal,
    ground: WatchItem,
    misses: Sequence[WatchItem],
    at: datetime,
) -> None:
    """Arm the instant at which the proposal becomes a case: D + 30 wd of the oldest open miss."""
    policies = await queries.policies.policies_by_id(session, {ground.policy_id})
    calendar = await known.calendar(session, proposal.area_code)
    opens_at = policies[ground.policy_id].ladder().opens_case_at(misses[0].due_on, calendar)
    # Late news may find that instant passed; a case is never older than its proposal.
    due_at = max(opens_at, at)
    if proposal.due_at is not None and (proposal.due_at == due_at or proposal.due_at <= at):
        return
    await timers.disarm(session, proposal.id, TimerKind.CASE)
    proposal.due_at = due_at
    timers.arm(
        session,
        TimerKind.CASE,
        proposal.id,
        proposal.due_at,
        entered_at=proposal.proposed_at,
        policy_version=ground.policy_version,
        calendar_version=calendar.version,
    )


async def _end(
    session: Session,
    proposal: CaseProposal,
    state: ProposalState,
    at: datetime,
    *,
    reason: str | None = None,
    by_rule: bool = False,
) -> WatchItem | None:
    """Decide on a proposal and stop its clock; give the item that asked for it."""
    proposal.decide(state, at, who(session), reason=reason, by_rule=by_rule)
    await timers.disarm(session, proposal.id, TimerKind.CASE)
    return await queries.items.find_watch_item(session, proposal.watch_item_id)


async def _withdraw(session: Session, proposal: CaseProposal, at: datetime) -> None:
    reason = "no_red_item_left"
    item = await _end(session, proposal, ProposalState.WITHDRAWN, at, reason=reason)
    if item is not None:
        note(session, item, Happening.CASE_WITHDRAWN, at, proposal_id=proposal.id, reason=reason)


async def _open_case(
    session: Session, proposal: CaseProposal, at: datetime, *, by_rule: bool
) -> None:
    item = await _end(session, proposal, ProposalState.CONFIRMED, at, by_rule=by_rule)
    case = ArrearsCase(
        id=same_id(proposal.proposed_at, proposal.id, "case"),
        project_id=proposal.project_id,
        project=proposal.project,
        developer_id=proposal.developer_id,
        contractor_id=proposal.contractor_id,
        area_code=proposal.area_code,
        proposal_id=proposal.id,
        opened_at=at,
        opened_by=who(session),
        by_rule=by_rule,
        months=item.period if item else None,
        stage_since=at,
        received_at=at,
        accepted_at=at,
    )
    await _enter(session, case, item, at)
    await session.flush()  # Clocks refer to the case's row.
    await case_clocks.follow(session, case, at, who(session), "proposed")
    publish(
        session,
        ArrearsCaseOpened(
            project_id=case.project_id,
            project=ProjectCard.model_validate(case.project),
            arrears_case_id=case.id,
            proposal_id=proposal.id,
            area_code=case.area_code,
            opened_at=at,
            by_rule=by_rule,
            id=same_id(at, case.id, "opened"),
            occurred_at=at,
        ),
    )
    if item is not None:
        said = {"proposal_id": proposal.id, "arrears_case_id": case.id, "by_rule": by_rule}
        note(session, item, Happening.CASE_OPENED, at, **said)


async def _enter(session: Session, case: ArrearsCase, item: WatchItem | None, at: datetime) -> None:
    """Number a case and route it like any other; where no body is named its item's has it."""
    numbers = await case_numbers.locked_numbers(session, case.area_code, at)
    await case_numbers.give_number(session, case, numbers, at)
    await case_routing.send(session, case, at)
    case.unit_id = case.unit_id or (item.unit_id if item else None)
    session.add(case)


async def _locked_open(session: Session, caller: Caller, proposal_id: UUID) -> CaseProposal:
    proposal = await queries.proposals.locked_proposal(session, proposal_id, caller.scope)
    if not proposal.is_open:
        raise ProposalDecided(state=proposal.state)
    return proposal


async def confirm_proposal(
    session: Session, caller: Caller, proposal_id: UUID, now: datetime
) -> CaseProposal:
    """Open the proposed case; raise ProposalDecided if it is decided."""
    proposal = await _locked_open(session, caller, proposal_id)
    await _open_case(session, proposal, now, by_rule=False)
    return proposal


async def confirm_again(session: Session, proposal_id: UUID, at: datetime) -> None:
    """Open a case that others heard of: our own record of who had confirmed it was lost."""
    proposal = await queries.proposals.locked_find_proposal(session, proposal_id)
    if proposal is not None and proposal.is_open:
        await _open_case(session, proposal, at, by_rule=False)


async def refuse_proposal(
    session: Session, caller: Caller, proposal_id: UUID, reason: str, now: datetime
) -> CaseProposal:
    """Open no case until the project's next miss; raise ProposalDecided if it is decided."""
    proposal = await _locked_open(session, caller, proposal_id)
    act_for(session, caller.actor)
    item = await refuse(session, proposal, reason, now)
    if item is not None:
        tell_decision(session, item, Happening.CASE_REFUSED, now, paper_id=proposal.id)
    return proposal


async def refuse(
    session: Session, proposal: CaseProposal, reason: str, now: datetime
) -> WatchItem | None:
    """End an open proposal without a case; give the item that asked for it."""
    item = await _end(session, proposal, ProposalState.REFUSED, now, reason=reason)
    if item is not None:
        note(session, item, Happening.CASE_REFUSED, now, proposal_id=proposal.id, reason=reason)
    return item


async def open_case_by_rule(session: Session, proposal_id: UUID, at: datetime) -> None:
    """Open the proposed case because nobody decided in time; nothing if somebody did."""
    proposal = await queries.proposals.locked_find_proposal(session, proposal_id)
    if proposal is not None and proposal.is_open:
        await _open_case(session, proposal, at, by_rule=True)
