"""Proceedings beside cases: opened by people or by rule, moved by one table, told of in time."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeAlias
from uuid import UUID

from services.cases import queries
from services.cases.actions import (
    case_clocks,
    case_history,
    evidence,
    liability_guards,
    proceeding_clocks,
    proceeding_guards,
    restrictions,
)
from services.cases.actions.timeline import jsonable
from services.cases.errors import (
    ActNotPossible,
    ActNotYours,
    CaseMoved,
    PersonNeeded,
    SecondPersonNeeded,
    StepRefused,
)
from services.cases.models import (
    ArrearsCase,
    CaseClock,
    PlanInstalment,
    Proceeding,
    ProceedingStep,
)
from services.cases.rules import proceedings as rules
from services.cases.rules.case_clocks import ClockKind
from services.cases.rules.course import WORKED_ON, Stage
from services.cases.rules.proceedings import ProceedingKind, ProceedingStage, Step
from services.cases.rules.restrictions import LISTED
from services.cases.schemas.proceedings import ProceedingIn, ProceedingStepIn
from shared import clock, timers
from shared.auth import Caller
from shared.db import Session, new_id
from shared.problems import Finding
from shared.wording import Text

BY_RULE, CLOCK_OVER = "by_rule", "clock_over"
"""What a step is called that nobody did."""
_KEPT = (
    "name", "credit_code", "way", "body", "form", "amount", "document_number", "outcome", "party",
    "unpaid_price", "leader", "person",
)  # fmt: skip
"""What of an act stands on the proceeding until another says otherwise."""


_Body: TypeAlias = ProceedingIn | ProceedingStepIn


class WholeProceeding:
    """A proceeding with its clocks and steps; no dataclass, which FastAPI would take apart."""

    def __init__(
        self,
        proceeding: Proceeding,
        instalments: Sequence[PlanInstalment],
        clocks: Sequence[CaseClock],
        steps: Sequence[ProceedingStep],
        acts: Sequence[dict[str, Any]],
    ) -> None:
        columns = Proceeding.__table__.columns.keys()
        vars(self).update({name: getattr(proceeding, name) for name in columns})
        self.instalments = instalments
        self.clocks, self.steps, self.acts = clocks, steps, acts


async def read_proceeding(session: Session, caller: Caller, proceeding_id: UUID) -> WholeProceeding:
    """Give a proceeding with all that belongs to it. Raises ProceedingUnknown."""
    found = await queries.proceedings.proceeding(session, proceeding_id, caller.scope)
    acts = [
        {"act": one.act, "zh": one.words.zh, "en": one.words.en, "needs": [*one.needs]}
        for one in rules.possible_steps(found.kind, found.stage, caller.roles)
    ]
    return WholeProceeding(
        found,
        await queries.proceedings.instalments(session, found.id),
        await queries.proceedings.proceeding_clocks(session, found.id),
        await queries.proceedings.proceeding_steps(session, found.id),
        acts,
    )


async def open_proceeding(
    session: Session, caller: Caller, case_id: UUID, body: ProceedingIn, now: datetime
) -> WholeProceeding:
    """Open a proceeding beside a case.

    Raises CaseUnknown, ActNotYours, PersonNeeded, EvidenceRefused, or StepRefused.
    """
    case = await queries.arrears.locked_case(session, case_id, caller.scope)
    row = rules.opening_step(body.kind)
    _admit_step(caller, row)
    await evidence.check_evidence(session, case.id, body.evidence_ids)
    under_way = await queries.proceedings.locked_under_way(session, case.id, body.kind)
    _refuse_step(
        *proceeding_guards.lacking(row, body),
        *proceeding_guards.early(body.done_on, now),
        *(_one_at_a_time() if under_way and body.kind in rules.SINGLE else ()),
        *await proceeding_guards.unknown_lines(session, case, body.line_ids),
        *await liability_guards.unfit_opening(session, case, body, clock.day_of(now)),
    )
    expired = await queries.proceedings.expired_order(session, case.id)
    day = body.done_on or clock.day_of(now)
    if expired is not None and body.kind is ProceedingKind.LISTING:
        day = clock.day_of(proceeding_clocks.last_instant(expired))
    proceeding = new_proceeding(case, row, now, caller.actor, since_on=day)
    proceeding.opened_org = caller.org
    proceeding.line_ids = [str(one) for one in body.line_ids]
    session.add(proceeding)
    await session.flush()  # What follows refers to it.
    await _measure_money(session, case, proceeding, body)
    await _acted(session, case, proceeding, row, body, now=now, by=caller.actor)
    return await read_proceeding(session, caller, proceeding.id)


async def _measure_money(
    session: Session, case: ArrearsCase, proceeding: Proceeding, body: ProceedingIn
) -> None:
    """Keep what a demand or a plan is measured by: its instalments, and what was paid before."""
    for position, one in enumerate(body.instalments, 1):
        session.add(
            PlanInstalment(
                id=new_id(), proceeding_id=proceeding.id, position=position, **one.model_dump()
            )
        )
    if body.kind is ProceedingKind.PLAN:
        proceeding.since_on = clock.day_of(proceeding.opened_at)
        proceeding.baseline = case.paid
        proceeding.amount = sum((one.amount for one in body.instalments), Decimal(0))
    if body.party is not None:
        paid = await queries.case_lines.paid_by_source(session, case.id)
        proceeding.baseline = paid.get(body.party, Decimal(0))
    await session.flush()  # The clock runs until the first instalment.


async def take_proceeding_step(
    session: Session, caller: Caller, proceeding_id: UUID, body: ProceedingStepIn, now: datetime
) -> WholeProceeding:
    """Do an act upon a proceeding, and give it as it is then.

    Raises ProceedingUnknown; ActNotPossible naming what is; ActNotYours; PersonNeeded; CaseMoved;
    SecondPersonNeeded; EvidenceRefused; or StepRefused with all findings.
    """
    case, proceeding = await queries.proceedings.locked_proceeding(
        session, proceeding_id, caller.scope
    )
    row = rules.step_of(proceeding.kind, body.act)
    if row is None or proceeding.stage not in row.sources:
        acts = [one.act for one in rules.possible_steps(proceeding.kind, proceeding.stage)]
        raise ActNotPossible(stage=proceeding.stage, acts=acts)
    _admit_step(caller, row)
    if body.version != proceeding.version:
        raise CaseMoved(version=proceeding.version)
    if row.second and caller.actor == proceeding.moved_by:
        raise SecondPersonNeeded
    await evidence.check_evidence(session, case.id, body.evidence_ids)
    _refuse_step(
        *proceeding_guards.lacking(row, body),
        *proceeding_guards.early(body.done_on, now),
        *await proceeding_guards.unfit(session, caller, case, proceeding, body, now=now),
    )
    proceeding.version += 1
    await _acted(session, case, proceeding, row, body, now=now, by=caller.actor)
    return await read_proceeding(session, caller, proceeding.id)


def _admit_step(caller: Caller, row: Step) -> None:
    if not caller.roles & frozenset(row.roles):
        raise ActNotYours(act=row.act, roles=[*row.roles])
    if row.person and caller.is_machine:
        raise PersonNeeded


def _refuse_step(*found: Finding) -> None:
    if found:
        raise StepRefused(errors=[*found])


def _one_at_a_time() -> Iterator[Finding]:
    yield Finding(
        "kind", "under_way",
        Text("本案已有同类程序在办", "The case has a proceeding of this kind under way"),
        Text("请在原程序中继续办理", "Go on with that one"),
    )  # fmt: skip


def new_proceeding(
    case: ArrearsCase, row: Step, at: datetime, by: str, *, since_on: date
) -> Proceeding:
    """Make a proceeding of a case, as its row opens it."""
    return Proceeding(
        id=new_id(), version=1, case_id=case.id, area_code=case.area_code, kind=row.kind,
        stage=row.to or ProceedingStage.CANDIDATE, stage_since=at, opened_at=at, opened_by=by,
        by_rule=False, since_on=since_on, name=case.employer_name, line_ids=[],
    )  # fmt: skip


async def _acted(
    session: Session,
    case: ArrearsCase,
    proceeding: Proceeding,
    row: Step,
    body: _Body,
    *,
    now: datetime,
    by: str,
) -> None:
    """Write an act down, on the case's timeline too, and let clocks and lines follow it."""
    before = proceeding.stage if row.sources else None
    if row.to is not None:
        proceeding.enter(row.to, now)
    proceeding.moved_by = by
    for name in _KEPT:
        if (value := getattr(body, name)) is not None:
            setattr(proceeding, name, value)
    said = body.model_dump(
        mode="json", exclude={"act", "version", "kind", "line_ids"}, exclude_none=True,
        exclude_defaults=True,
    )  # fmt: skip
    note_proceeding(session, case, proceeding, row.act, now, by=by, before=before, **said)
    today = body.done_on is None or body.done_on == clock.day_of(now)
    since = now if today or body.done_on is None else clock.at(body.done_on)
    if (row.kind, row.act) in _DO:
        await _DO[row.kind, row.act](session, case, proceeding, body, now)
    await proceeding_clocks.follow_proceeding(
        session, case, proceeding, now, since=since, entered=row.to is not None, days=body.days
    )
    await session.flush()  # What was just written must be seen by the queries.


def note_proceeding(
    session: Session,
    case: ArrearsCase,
    proceeding: Proceeding,
    act: str,
    at: datetime,
    *,
    by: str,
    before: ProceedingStage | None,
    **said: Any,
) -> None:
    """Write a line of a proceeding, and of its case."""
    session.add(
        ProceedingStep(
            id=new_id(), proceeding_id=proceeding.id, at=at, actor=by, act=act,
            stage_from=before, stage_to=proceeding.stage, details=jsonable(said),
        )
    )  # fmt: skip
    case_history.note(
        session, case, f"{proceeding.kind}_{act}", at, actor=by, came_from=case.stage,
        proceeding_id=proceeding.id, **said,
    )  # fmt: skip


async def _begin_listing(
    session: Session,
    case: ArrearsCase,
    proceeding: Proceeding,
    body: _Body,
    now: datetime,
) -> None:
    """Begin the period of a listing, or begin it anew; what follows from it is proposed."""
    if proceeding.listed_at is None:
        await restrictions.propose_by_rule(
            session, case, LISTED, now, name=proceeding.name, credit_code=proceeding.credit_code
        )
    proceeding.listed_at = now
    of = ClockKind.LISTING_PERIOD
    for running in await queries.case_clocks.locked_running_of(session, proceeding.id, of):
        await case_clocks.end_clock(session, case, running, now)
    await session.flush()  # The period is started anew.


async def _extend_decision(
    session: Session,
    case: ArrearsCase,
    proceeding: Proceeding,
    body: _Body,
    now: datetime,
) -> None:
    of = ClockKind.LISTING_DECISION
    for running in await queries.case_clocks.locked_running_of(session, proceeding.id, of):
        await case_clocks.grant(session, case, running, body.days or 0, now)


async def _send_to_police(
    session: Session,
    case: ArrearsCase,
    proceeding: Proceeding,
    body: _Body,
    now: datetime,
) -> None:
    """Let the case be with the police, where nobody has said so before."""
    if case.stage not in WORKED_ON:
        return
    before = case.stage
    case.enter(Stage.TRANSFERRED, now)
    case.version += 1
    actor = proceeding.moved_by or case.opened_by
    case_history.note(session, case, "transfer", now, actor=actor, came_from=before)
    await case_clocks.follow(session, case, now, actor, "transfer")


async def _refer(
    session: Session,
    case: ArrearsCase,
    proceeding: Proceeding,
    body: _Body,
    now: datetime,
) -> None:
    """Let lines go their way, or come back from it, with a result or without."""
    back = {ProceedingStage.NOT_TAKEN, ProceedingStage.CONCLUDED}
    ids = [UUID(one) for one in proceeding.line_ids]
    for line in await queries.case_lines.locked_lines(session, case.id, ids) if ids else ():
        line.referred = proceeding.stage not in back


_DO = {
    (ProceedingKind.LISTING, "list"): _begin_listing,
    (ProceedingKind.LISTING, "restart"): _begin_listing,
    (ProceedingKind.LISTING, "extend"): _extend_decision,
    (ProceedingKind.TRANSFER, "send"): _send_to_police,
    (ProceedingKind.REFERRAL, "open"): _refer,
    (ProceedingKind.REFERRAL, "not_take"): _refer,
    (ProceedingKind.REFERRAL, "conclude"): _refer,
}


async def approve_transfer(
    session: Session,
    case: ArrearsCase,
    *,
    decided_on: date,
    number: str,
    at: datetime,
    by: str,
) -> None:
    """Follow a transfer that the head has decided on: it has to be sent within its hours."""
    kind = ProceedingKind.TRANSFER
    proceeding = await queries.proceedings.locked_under_way(session, case.id, kind)
    early = {ProceedingStage.CANDIDATE, ProceedingStage.REPORTED}
    if proceeding is not None and proceeding.stage not in early:
        return
    before = None if proceeding is None else proceeding.stage
    if proceeding is None:
        proceeding = new_proceeding(case, rules.opening_step(kind), at, by, since_on=decided_on)
        session.add(proceeding)
    elif proceeding.moved_by == by:
        raise SecondPersonNeeded
    proceeding.enter(ProceedingStage.APPROVED, at)
    proceeding.moved_by, proceeding.document_number = by, number
    await session.flush()  # Its clocks and steps refer to it.
    said: dict[str, Any] = {"document_number": number, "done_on": decided_on}
    note_proceeding(session, case, proceeding, "approve", at, by=by, before=before, **said)
    await proceeding_clocks.follow_proceeding(session, case, proceeding, at, since=at, entered=True)


async def report_without_timer(session: Session, today: date) -> None:
    """Tell operators of proceedings under way that nothing will wake anybody about."""
    for one in await queries.proceedings.proceedings_without_timer(session):
        timers.tell_untimed(session, "proceeding", one.id, today)
