"""The people of an arrears case: entered, verified, paid line by line, taken back."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.cases import queries
from services.cases.actions import (
    candidates,
    case_claims,
    case_history,
    evidence,
    liability,
    recoveries,
)
from services.cases.errors import CaseEnded, CaseMoved, PaymentTakenBack, StepRefused
from services.cases.models import ArrearsCase, ArrearsLine, ArrearsPayment
from services.cases.rules import arrears as rules
from services.cases.rules import case_people
from services.cases.rules.arrears import PaymentPurpose
from services.cases.rules.case_people import Fault
from services.cases.rules.course import Stage
from services.cases.rules.liability import FUND
from services.cases.schemas.case_lines import (
    ArrearsLinesIn,
    LineChangeIn,
    LinksIn,
    PaymentIn,
    PaymentsIn,
    ReversalIn,
    VerificationsIn,
)
from shared import clock, sets
from shared.auth import Caller
from shared.db import Session, new_id
from shared.problems import Finding
from shared.wording import Text

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class LinesTaken:
    """What came of a list of workers."""

    rows: int
    accepted: int
    rejected: int
    entered: int
    findings: list[Finding]
    case: ArrearsCase


async def add_lines(
    session: Session, caller: Caller, case_id: UUID, body: ArrearsLinesIn, now: datetime
) -> LinesTaken:
    """Enter workers of a case; each row is entered, or reported with all that is wrong with it.

    Raises CaseUnknown, CaseMoved or CaseEnded.
    """
    case = await _locked(session, caller, case_id, body.version)
    claims = await case_claims.compare(session, case, body.lines)
    findings = [
        _finding(f"lines[{place}]", fault)
        for place, claim in enumerate(claims)
        for fault in claim.faults
    ]
    entered = await case_claims.enter(session, case, claims)
    accepted = sum(not one.faults for one in claims)
    said = {"rows": len(claims), "accepted": accepted, "rejected": len(claims) - accepted}
    await moved(session, caller, case, now, "lines_added", **said, entered=entered)
    return LinesTaken(**said, entered=entered, findings=findings, case=case)


async def verify_lines(
    session: Session, caller: Caller, case_id: UUID, body: VerificationsIn, now: datetime
) -> ArrearsCase:
    """Say what investigation has found to be owed, line by line.

    Raises CaseUnknown, CaseMoved, CaseEnded or StepRefused.
    """
    case = await _locked(session, caller, case_id, body.version)
    lines = await _lines(session, case, [one.line_id for one in body.lines], "lines")
    found = [
        Finding(
            f"lines[{place}].verified",
            "below_paid",
            Text(
                f"已支付 {lines[one.line_id].paid} 元，核实金额不得低于已支付金额",
                f"{lines[one.line_id].paid} yuan are paid; no less can be verified",
            ),
            Text("请先冲销多付的款项", "Take back what was paid too much first"),
        )
        for place, one in enumerate(body.lines)
        if one.verified < lines[one.line_id].paid
    ]
    if found:
        raise StepRefused(errors=found)
    for one in body.lines:
        lines[one.line_id].verified = one.verified
    await moved(session, caller, case, now, "lines_verified", lines=len(body.lines))
    return case


async def link_lines(
    session: Session, caller: Caller, case_id: UUID, body: LinksIn, now: datetime
) -> ArrearsCase:
    """Write down whom of payroll's workers some lines are of, in one set.

    From then on they are compared by id, and nobody has to type a number again. Raises
    CaseUnknown, CaseMoved, CaseEnded or StepRefused.
    """
    case = await _locked(session, caller, case_id, body.version)
    lines = await _lines(session, case, [one.line_id for one in body.links], "links")
    for one in body.links:
        lines[one.line_id].worker_id = one.worker_id
    await sets.change(session, [*lines.values()])
    await moved(session, caller, case, now, "lines_linked", lines=len(lines))
    return case


async def change_line(
    session: Session, caller: Caller, line_id: UUID, body: LineChangeIn, now: datetime
) -> ArrearsCase:
    """Write down what a worker says of his line. Raises CaseUnknown, CaseMoved or CaseEnded."""
    case, line = await queries.case_lines.locked_line(session, line_id, caller.scope)
    check(case, body.version)
    if body.withdrawn is not None:
        line.withdrawn = body.withdrawn
    if body.disputed is not None:
        line.disputed = body.disputed
    said = body.model_dump(mode="json", exclude={"version"}, exclude_none=True)
    await moved(session, caller, case, now, "line_changed", line_id=line.id, **said)
    return case


async def add_payments(
    session: Session, caller: Caller, case_id: UUID, body: PaymentsIn, now: datetime
) -> ArrearsCase:
    """Count payments to workers, all or none. Only what is shown counts as paid (domain 6.6).

    Raises CaseUnknown, CaseMoved, CaseEnded, EvidenceRefused, or StepRefused with all findings.
    """
    case = await _locked(session, caller, case_id, body.version)
    lines = await _lines(session, case, [one.line_id for one in body.payments], "payments")
    await evidence.check_evidence(
        session, case.id, [one.evidence_id for one in body.payments if one.evidence_id]
    )
    serials = {one.bank_serial for one in body.payments if one.bank_serial}
    taken = await queries.case_lines.serials_taken(session, lines.keys(), serials)
    found: list[Finding] = []
    for place, one in enumerate(body.payments):
        line = lines[one.line_id]
        faults = [*_payment_faults(one, line, taken, now)]
        found += [_finding(f"payments[{place}]", fault) for fault in faults]
        if faults:
            continue
        line.paid += one.amount
        if one.bank_serial:
            taken.add((line.id, one.bank_serial))
        session.add(_payment(case, one, caller, now))
    if found:
        raise StepRefused(errors=found)
    total = sum((one.amount for one in body.payments), ZERO)
    said = {"payments": len(body.payments), "amount": str(total)}
    await moved(session, caller, case, now, "paid", **said)
    return case


def _payment(case: ArrearsCase, body: PaymentIn, caller: Caller, now: datetime) -> ArrearsPayment:
    return ArrearsPayment(
        id=new_id(), case_id=case.id, **body.model_dump(), reverses_id=None, reason=None,
        told_at=now, told_by=caller.actor,
    )  # fmt: skip


def _payment_faults(
    body: PaymentIn, line: ArrearsLine, taken: set[tuple[UUID, str]], now: datetime
) -> Iterator[Fault]:
    given = {"bank_line": body.bank_serial, "cash_confirmed": body.evidence_id}
    yield from case_people.payment_faults(body.amount, line.owed, body.proof, given)
    if body.bank_serial and (line.id, body.bank_serial) in taken:
        yield Fault(
            "bank_serial", "serial_taken",
            Text("该流水号已登记过", "This bank serial was entered before"),
            Text("同一笔流水只能登记一次", "A bank line pays once"),
        )  # fmt: skip
    if body.purpose is PaymentPurpose.LIVING_COST and body.source is not FUND:
        yield Fault(
            "purpose", "no_living_cost",
            Text("生活费仅由应急周转金垫付", "Only the emergency fund advances a cost of living"),
            Text("请选择工资，或核对支付来源", "Make it wages, or check the source"),
        )  # fmt: skip
    if body.paid_on > clock.day_of(now):
        yield Fault(
            "paid_on", "in_future",
            Text("支付日期不得晚于今天", "It cannot be paid later than today"),
            Text("请填写实际到账日期", "Give the day on which it came in"),
        )  # fmt: skip


async def take_back(
    session: Session, caller: Caller, payment_id: UUID, body: ReversalIn, now: datetime
) -> ArrearsCase:
    """Take a payment back; it stays in the record beside what reverses it.

    Raises CaseUnknown, CaseMoved, CaseEnded, PaymentTakenBack, or StepRefused.
    """
    case, line, payment = await queries.case_lines.locked_payment(session, payment_id, caller.scope)
    check(case, body.version)
    if payment.reverses_id or await queries.case_lines.find_reversal(session, payment.id):
        raise PaymentTakenBack
    if payment.source is FUND:
        left = await recoveries.outstanding(session, case)
        if payment.amount > left:
            raise StepRefused(errors=[_recovered(left)])
    names = ("source", "proof", "bank_serial", "purpose")
    same = {name: getattr(payment, name) for name in names}
    session.add(
        ArrearsPayment(
            id=new_id(),
            case_id=case.id,
            line_id=line.id,
            amount=-payment.amount,
            paid_on=payment.paid_on,
            evidence_id=payment.evidence_id,
            reverses_id=payment.id,
            reason=body.reason,
            told_at=now,
            told_by=caller.actor,
            **same,
        )
    )
    line.paid -= payment.amount
    said = {"payment_id": payment.id, "reason": body.reason}
    await moved(session, caller, case, now, "payment_taken_back", **said)
    return case


def _recovered(left: Decimal) -> Finding:
    return Finding(
        "amount", "recovered_first",
        Text(
            f"该垫付已追偿，尚待追偿仅 {left} 元",
            f"It was recovered; {left} yuan are left to be recovered",
        ),
        Text("请先冲销已登记的追偿", "Take back what was counted as recovered first"),
    )  # fmt: skip


async def _locked(session: Session, caller: Caller, case_id: UUID, version: int) -> ArrearsCase:
    case = await queries.arrears.locked_case(session, case_id, caller.scope)
    check(case, version)
    return case


def check(case: ArrearsCase, version: int) -> None:
    """Raise CaseEnded or CaseMoved of a locked case that was read in some version."""
    if case.stage is Stage.ENDED:
        raise CaseEnded
    if version != case.version:
        raise CaseMoved(version=case.version)


async def _lines(
    session: Session, case: ArrearsCase, ids: Sequence[UUID], where: str
) -> dict[UUID, ArrearsLine]:
    lines = {
        one.id: one for one in await queries.case_lines.locked_lines(session, case.id, set(ids))
    }
    if unknown := [place for place, one in enumerate(ids) if one not in lines]:
        raise StepRefused(
            errors=[
                Finding(
                    f"{where}[{place}].line_id",
                    "line_unknown",
                    Text("本案没有该明细行", "This case has no such line"),
                    Text("请从案件明细中选择", "Take it from the lines of the case"),
                )
                for place in unknown
            ]
        )
    return lines


def _finding(where: str, fault: Fault) -> Finding:
    return Finding(f"{where}.{fault.field}", fault.code, fault.text, fault.remedy)


async def moved(
    session: Session, caller: Caller, case: ArrearsCase, now: datetime, what: str, **said: Any
) -> None:
    """Add up the lines anew: what a list, a count and the ledger show is one number."""
    await session.flush()  # What was just written must be in the sum.
    case.add_up(rules.sums(await queries.case_lines.lines_of(session, case.id)))
    case.version += 1
    await candidates.find_candidates(session, case, now)
    await liability.follow_money(session, case, now)
    case_history.note(session, case, what, now, actor=caller.actor, came_from=case.stage, **said)
