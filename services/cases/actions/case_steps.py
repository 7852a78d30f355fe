"""The acts upon an arrears case: one table says who may, each takes what it needs."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, TypeAlias
from uuid import UUID

from services.cases import queries
from services.cases.actions import (
    arrears,
    case_clocks,
    case_history,
    case_routing,
    clearing,
    evidence,
    proceeding_guards,
    proceedings,
)
from services.cases.errors import (
    ActNotPossible,
    ActNotYours,
    CaseMoved,
    PersonNeeded,
    SecondPersonNeeded,
)
from services.cases.models import ArrearsCase
from services.cases.rules.arrears import ENDINGS, Conclusion, LineState, Nature
from services.cases.rules.case_clocks import ClockKind
from services.cases.rules.course import Act, Move, Stage, move, possible
from services.cases.schemas import case_steps as schemas
from services.cases.schemas.case_steps import StepIn
from shared import clock
from shared.auth import Caller
from shared.db import Session
from shared.problems import Finding
from shared.wording import Text

_Do: TypeAlias = Callable[[Session, Caller, ArrearsCase, Any, datetime], Awaitable[Stage | None]]
"""Does what is an act's own; gives where it leads instead of the table's stage."""


async def take_step(
    session: Session, caller: Caller, case_id: UUID, body: StepIn, now: datetime
) -> arrears.WholeCase:
    """Do an act upon a case, and give the case as it is then.

    Raises CaseUnknown; CaseMoved where it was read before another act; ActNotPossible naming what
    is; ActNotYours; PersonNeeded; StepRefused or EvidenceRefused with all findings.
    """
    case = await queries.arrears.locked_case(session, case_id, caller.scope)
    row = move(Act(body.act))
    _admit(caller, case, row)
    if body.version != case.version:
        raise CaseMoved(version=case.version)
    await evidence.check_evidence(session, case.id, body.evidence_ids)
    before = case.stage
    led = await _DO[row.act](session, caller, case, body, now) if row.act in _DO else None
    to = led or row.to or before
    if row.act is Act.PROPOSE_END:
        case.stage_before = before
    if to is not before or row.to is not None:
        case.enter(to, now)
    case.version += 1
    said = schemas.details(body)
    case_history.note(
        session, case, row.act, now, actor=caller.actor, came_from=before, act=row.act, **said
    )
    if to is not before or row.to is not None:
        await case_clocks.follow(session, case, now, caller.actor, row.act)
        ended = case.stage is Stage.ENDED
        clear = clearing.end_clearing if ended else clearing.set_clearing_day
        await clear(session, case, now)
    await session.flush()  # What was just written must be seen by the queries.
    return await arrears.read_case(session, caller, case.id)


def _admit(caller: Caller, case: ArrearsCase, row: Move) -> None:
    if case.stage not in row.sources:
        raise ActNotPossible(stage=case.stage, acts=[*possible(case.stage)])
    if not caller.roles & frozenset(row.roles):
        raise ActNotYours(act=row.act, roles=[*row.roles])
    if row.person and caller.is_machine:
        raise PersonNeeded


async def _contact(
    session: Session, caller: Caller, case: ArrearsCase, body: schemas.ContactIn, now: datetime
) -> None:
    """Contact whoever reported: the first answer's time is kept with each report."""
    if not body.reached:
        return
    for report in await queries.arrears.locked_reports(session, case.id):
        report.answered_at = report.answered_at or now
    for running in await queries.case_clocks.locked_running(session, case.id):
        if running.kind is ClockKind.CONTACT:
            await case_clocks.keep(session, case, running, now)


async def _accept(
    session: Session, caller: Caller, case: ArrearsCase, body: schemas.AcceptIn, now: datetime
) -> None:
    case.accepted_at = case.accepted_at or now
    case.cause = body.cause or case.cause


async def _refuse_case(
    session: Session, caller: Caller, case: ArrearsCase, body: schemas.RefuseIn, now: datetime
) -> None:
    if not ENDINGS[body.conclusion].refusal:
        case_routing.refuse(
            Finding(
                "conclusion",
                "no_refusal",
                Text("该结论不是不予受理的理由", "This conclusion is no reason to refuse a case"),
                Text(
                    "可选：" + "、".join(_refusals()),
                    "One of: " + ", ".join(_refusals()),
                ),
            )
        )
    _end(case, body.conclusion, caller, now)


def _refusals() -> list[str]:
    return [str(code) for code, ending in ENDINGS.items() if ending.refusal]


def _end(case: ArrearsCase, conclusion: Conclusion, caller: Caller, now: datetime) -> None:
    case.conclusion, case.ended_at, case.ended_by = conclusion, now, caller.actor


async def _extend(
    session: Session, caller: Caller, case: ArrearsCase, body: schemas.ExtendIn, now: datetime
) -> None:
    """Grant more time on the statutory clock, no more than the area's terms leave."""
    running = await queries.case_clocks.locked_running(session, case.id)
    statutory = next((one for one in running if one.kind is ClockKind.STATUTORY), None)
    left = 0
    if statutory is not None:
        terms = await queries.case_clocks.terms_of(session, statutory)
        left = terms.more - statutory.granted
    if statutory is None or body.length > left:
        case_routing.refuse(
            Finding(
                "length",
                "too_long",
                Text(f"最多还可延长 {left} 个工作日", f"{left} working days are left to grant"),
                Text("依据劳动保障监察条例第17条", "See article 17 of decree 423"),
            )
        )
        return
    await case_clocks.grant(session, case, statutory, body.length, now)


async def _by_officers(
    session: Session, case: ArrearsCase, officers: list[str], now: datetime
) -> Finding | None:
    terms = await queries.arrears.case_terms(session, case.area_code, now)
    if len(set(officers)) >= terms.officers:
        return None
    return Finding(
        "officers", "officers_too_few",
        Text(f"须由不少于 {terms.officers} 名监察员办理", f"It takes {terms.officers} officers"),
        Text("请填写全部承办监察员", "Name all officers who acted"),
    )  # fmt: skip


async def _inspect(
    session: Session, caller: Caller, case: ArrearsCase, body: schemas.InspectIn, now: datetime
) -> None:
    few = await _by_officers(session, case, body.officers, now)
    case_routing.refuse(few, _in_future("done_on", body.done_on, now))


def _in_future(field: str, day: date, now: datetime) -> Finding | None:
    if day <= clock.day_of(now):
        return None
    return Finding(
        field, "in_future",
        Text("办理日期不得晚于今天", "It cannot be done later than today"),
        Text("请填写文书或行为的实际日期", "Give the day of the paper or the act"),
    )  # fmt: skip


async def _decide(
    session: Session, caller: Caller, case: ArrearsCase, body: schemas.DecideIn, now: datetime
) -> None:
    """Decide: the limit to pay is what this decision gives; that of one before ends."""
    case.pay_within = body.pay_within
    for running in await queries.case_clocks.locked_running(session, case.id):
        if running.kind is ClockKind.PAYMENT:
            await case_clocks.end_clock(session, case, running, now)
    await session.flush()  # The new limit is started by what follows.


async def _finish(
    session: Session, caller: Caller, case: ArrearsCase, body: schemas.FinishIn, now: datetime
) -> None:
    case_routing.refuse(await _by_officers(session, case, body.officers, now))
    case.nature = body.nature or case.nature
    case.cause = body.cause or case.cause


async def _transfer(
    session: Session, caller: Caller, case: ArrearsCase, body: schemas.TransferIn, now: datetime
) -> None:
    few = await _by_officers(session, case, body.officers, now)
    case_routing.refuse(few, _in_future("decided_on", body.decided_on, now))
    await proceedings.approve_transfer(
        session, case, decided_on=body.decided_on, number=body.document_number, at=now,
        by=caller.actor,
    )  # fmt: skip


async def _propose_end(
    session: Session, caller: Caller, case: ArrearsCase, body: schemas.ProposeEndIn, now: datetime
) -> None:
    """Propose an end: each proof that the conclusion asks for is there, and the people are paid."""
    ending = ENDINGS[body.conclusion]
    unpaid = await _unpaid(session, case) if ending.paid else []
    beside = await proceeding_guards.unfit_end(session, case, body.conclusion)
    case_routing.refuse(*_lacking(body, ending.papers), *beside, *unpaid)
    await evidence.check_evidence(session, case.id, [*body.proofs.values()])
    if body.conclusion in {Conclusion.WORKS_PRICE, Conclusion.FALSE_CLAIM}:
        case.nature = Nature(body.conclusion.value)
    case.conclusion, case.end_proposed_by = body.conclusion, caller.actor


def _lacking(body: schemas.ProposeEndIn, proofs: tuple[str, ...]) -> Iterator[Finding]:
    for proof in proofs:
        if proof not in body.proofs:
            yield Finding(
                f"proofs.{proof}", "proof_lacking",
                Text(f"该结论须附 {proof}", f"This conclusion needs {proof}"),
                Text("请先上传材料，再填写其编号", "Upload the paper first, then give its id"),
            )  # fmt: skip


async def _unpaid(session: Session, case: ArrearsCase) -> list[Finding]:
    """Find the lines that are neither paid with proof nor ended otherwise (R2.20)."""
    lines = await queries.case_lines.lines_of(session, case.id)
    if not lines:
        return [
            Finding(
                "lines",
                "no_lines",
                Text(
                    "案件没有农民工明细，无从认定已支付", "No worker's line shows that it is paid"
                ),
                Text("请先登记每人欠薪明细", "Enter a line for each worker first"),
            )
        ]
    done = {LineState.PAID, LineState.WITHDRAWN}
    return [
        Finding(
            f"lines[{line.position}]",
            "line_open",
            Text(
                f"第 {line.position} 行尚欠 {line.owed} 元或有异议",
                f"Line {line.position} still owes {line.owed} yuan or is disputed",
            ),
            Text(
                "须有到账流水，或现金签收单及本人确认",
                "It takes a settled bank line, or a signed receipt with the worker's confirmation",
            ),
        )
        for line in lines
        if line.state not in done or line.disputed
    ]


async def _confirm_end(
    session: Session, caller: Caller, case: ArrearsCase, body: schemas.ConfirmEndIn, now: datetime
) -> None:
    """Confirm an end: another person than the one who proposed it, and it still holds."""
    if caller.actor == case.end_proposed_by:
        raise SecondPersonNeeded
    if case.conclusion is not None and ENDINGS[case.conclusion].paid:
        case_routing.refuse(*await _unpaid(session, case))
    case.ended_at, case.ended_by = now, caller.actor


async def _return_end(
    session: Session, caller: Caller, case: ArrearsCase, body: schemas.ReturnEndIn, now: datetime
) -> Stage | None:
    case.conclusion = case.end_proposed_by = None
    return Stage(case.stage_before) if case.stage_before else None


async def _reopen(
    session: Session, caller: Caller, case: ArrearsCase, body: schemas.ReopenIn, now: datetime
) -> None:
    case.conclusion = case.end_proposed_by = case.ended_at = case.ended_by = None


_DO: Mapping[Act, _Do] = {
    Act.SIGN: case_routing.sign_for,
    Act.CONTACT: _contact,
    Act.HAND_OVER: case_routing.hand_over,
    Act.ACCEPT: _accept,
    Act.REFUSE: _refuse_case,
    Act.EXTEND: _extend,
    Act.INSPECT: _inspect,
    Act.FINISH: _finish,
    Act.DECIDE: _decide,
    Act.TRANSFER: _transfer,
    Act.PROPOSE_END: _propose_end,
    Act.CONFIRM_END: _confirm_end,
    Act.RETURN_END: _return_end,
    Act.REOPEN: _reopen,
    Act.TAKE_COPY: case_routing.take_copy,
}
