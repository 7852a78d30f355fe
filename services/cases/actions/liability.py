"""The liability path: demands and plans follow what is paid and taken back, by themselves."""

from datetime import datetime
from decimal import Decimal

from services.cases import queries
from services.cases.actions import proceeding_clocks, proceedings
from services.cases.models import ArrearsCase, Proceeding
from services.cases.rules.case_clocks import ClockKind
from services.cases.rules.proceedings import ProceedingKind, ProceedingStage
from shared.db import Session

_ENDS = {ProceedingKind.DEMAND: ProceedingStage.MET, ProceedingKind.PLAN: ProceedingStage.KEPT}
_GOES_ON = {
    ProceedingKind.DEMAND: ProceedingStage.ASKED,
    ProceedingKind.PLAN: ProceedingStage.RUNNING,
}


async def follow_money(session: Session, case: ArrearsCase, at: datetime) -> None:
    """End the demands and plans that what was paid covers; open again what it no longer does."""
    moved = await queries.proceedings.locked_of_money(session, case.id)
    if not moved:
        return
    by_source = await queries.case_lines.paid_by_source(session, case.id)
    for one in moved:
        paid = case.paid if one.party is None else by_source.get(one.party, Decimal(0))
        done = paid - (one.baseline or Decimal(0)) >= (one.amount or Decimal(0))
        to = (_ENDS if done else _GOES_ON)[one.kind]
        if to is not one.stage:
            await _enter_by_money(session, case, one, to, at)
        elif one.stage is ProceedingStage.RUNNING:
            await _next_instalment(session, case, one, at)


async def _enter_by_money(
    session: Session, case: ArrearsCase, one: Proceeding, to: ProceedingStage, at: datetime
) -> None:
    before = one.stage
    if to is ProceedingStage.RUNNING and await _replaced(session, case):
        return
    one.enter(to, at)
    one.version += 1
    proceedings.note_proceeding(
        session, case, one, proceedings.BY_RULE, at, by="rule", before=before
    )
    await proceeding_clocks.follow_proceeding(session, case, one, at, since=at, entered=True)


async def _replaced(session: Session, case: ArrearsCase) -> bool:
    """Say whether another plan runs already, so that an older one stays as it ended."""
    kind = ProceedingKind.PLAN
    return await queries.proceedings.locked_under_way(session, case.id, kind) is not None


async def _next_instalment(
    session: Session, case: ArrearsCase, plan: Proceeding, at: datetime
) -> None:
    """Let the clock run until the next instalment that has not come, if it is another now."""
    wanted = (await proceeding_clocks.next_length(session, case, plan)) or 0
    of = ClockKind.INSTALMENT
    for running in await queries.case_clocks.locked_running_of(session, plan.id, of):
        if running.length != wanted:
            await proceeding_clocks.follow_proceeding(
                session, case, plan, at, since=at, entered=True
            )
