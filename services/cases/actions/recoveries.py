"""What the emergency fund has advanced and gets back, and what a case comes to by source."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.cases import queries
from services.cases.actions import case_history
from services.cases.errors import CaseMoved, PaymentTakenBack, StepRefused
from services.cases.models import ArrearsCase, ArrearsRecovery
from services.cases.rules.arrears import PaymentSource
from services.cases.rules.liability import FUND, PATH, passed_over
from services.cases.rules.proceedings import ProceedingKind
from services.cases.schemas.case_lines import RecoveryIn, ReversalIn
from shared import clock
from shared.auth import Caller
from shared.db import Session, new_id
from shared.problems import Finding
from shared.wording import Text

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Money:
    """What a case comes to, in yuan."""

    claimed: Decimal
    verified: Decimal
    paid: Decimal
    owed: Decimal
    by_source: dict[PaymentSource, Decimal]
    withdrawn: Decimal
    living_cost: Decimal
    advanced: Decimal
    recovered: Decimal
    to_recover: Decimal
    asked: list[PaymentSource]
    next_party: PaymentSource | None


async def read_money(session: Session, caller: Caller, case_id: UUID) -> Money:
    """Add up a case's money, each sum from its own rows. Raises CaseUnknown."""
    case = await queries.arrears.arrears_case(session, case_id, caller.scope)
    paid = await queries.case_lines.paid_by_source(session, case.id)
    recovered = await queries.case_lines.recovered_sum(session, case.id)
    demands = await queries.proceedings.of_case(session, case.id, ProceedingKind.DEMAND)
    asked = {one.party for one in demands}
    left = [*passed_over(PATH[-1], [one for one in asked if one]), PATH[-1]]
    advanced = paid.get(FUND, ZERO)
    return Money(
        claimed=case.claimed,
        verified=case.verified,
        paid=case.paid,
        owed=case.owed,
        by_source=paid,
        withdrawn=await queries.case_lines.paid_withdrawn(session, case.id),
        living_cost=await queries.case_lines.living_cost(session, case.id),
        advanced=advanced,
        recovered=recovered,
        to_recover=advanced - recovered,
        asked=[one for one in PATH if one in asked],
        next_party=next((one for one in left if case.owed > 0 and one not in asked), None),
    )


async def outstanding(session: Session, case: ArrearsCase) -> Decimal:
    """Give what the emergency fund has advanced in a case and not got back, in yuan."""
    paid = await queries.case_lines.paid_by_source(session, case.id)
    return paid.get(FUND, ZERO) - await queries.case_lines.recovered_sum(session, case.id)


async def add_recovery(
    session: Session, caller: Caller, case_id: UUID, body: RecoveryIn, now: datetime
) -> ArrearsRecovery:
    """Count what came back; a case that has ended goes on here until all is recovered.

    Raises CaseUnknown, CaseMoved, or StepRefused with all findings.
    """
    case = await queries.arrears.locked_case(session, case_id, caller.scope)
    if body.version != case.version:
        raise CaseMoved(version=case.version)
    left = max(await outstanding(session, case), ZERO)
    found = []
    if body.amount > left:
        found.append(
            Finding(
                "amount", "above_advanced",
                Text(f"尚待追偿 {left} 元", f"{left} yuan are to be recovered"),
                Text("请核对追偿金额", "Check the amount"),
            )
        )  # fmt: skip
    if body.received_on > clock.day_of(now):
        found.append(
            Finding(
                "received_on", "in_future",
                Text("到账日期不得晚于今天", "It cannot have come in later than today"),
                Text("请填写实际到账日期", "Give the day on which it came in"),
            )
        )  # fmt: skip
    if found:
        raise StepRefused(errors=found)
    recovery = ArrearsRecovery(
        id=new_id(), case_id=case.id, **body.model_dump(exclude={"version"}), reverses_id=None,
        reason=None, told_at=now, told_by=caller.actor,
    )  # fmt: skip
    session.add(recovery)
    _note_recovery(session, caller, case, now, what="recovered", recovery=recovery)
    return recovery


async def take_recovery_back(
    session: Session, caller: Caller, recovery_id: UUID, body: ReversalIn, now: datetime
) -> ArrearsRecovery:
    """Take back what was counted as recovered; it stays in the record.

    Raises CaseUnknown, CaseMoved or PaymentTakenBack.
    """
    case, recovery = await queries.case_lines.locked_recovery(session, recovery_id, caller.scope)
    if body.version != case.version:
        raise CaseMoved(version=case.version)
    if recovery.reverses_id or await queries.case_lines.is_reversed(session, recovery.id):
        raise PaymentTakenBack
    same = ("paid_by", "received_on", "bank_serial")
    back = ArrearsRecovery(
        id=new_id(), case_id=case.id, amount=-recovery.amount, reverses_id=recovery.id,
        reason=body.reason, told_at=now, told_by=caller.actor,
        **{name: getattr(recovery, name) for name in same},
    )  # fmt: skip
    session.add(back)
    _note_recovery(session, caller, case, now, what="recovery_taken_back", recovery=back)
    return back


def _note_recovery(
    session: Session,
    caller: Caller,
    case: ArrearsCase,
    now: datetime,
    *,
    what: str,
    recovery: ArrearsRecovery,
) -> None:
    case.version += 1
    said: dict[str, Any] = {"recovery_id": recovery.id, "amount": str(recovery.amount)}
    case_history.note(session, case, what, now, actor=caller.actor, came_from=case.stage, **said)
