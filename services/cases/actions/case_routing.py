"""Which body has an arrears case: routed by the area's table, signed for, handed over, copied."""

from datetime import datetime

from services.cases import queries
from services.cases.actions import case_clocks, case_history
from services.cases.errors import StepRefused
from services.cases.models import ArrearsCase, RoutingTerms
from services.cases.rules import routing
from services.cases.rules.case_clocks import ClockKind
from services.cases.rules.course import Stage
from services.cases.rules.routing import Matter
from services.cases.schemas.case_steps import HandOverIn, SignIn, TakeCopyIn
from shared import known
from shared.auth import Caller
from shared.db import Session
from shared.problems import Finding
from shared.wording import Text

TO_SUPERIOR = "to_superior"


def refuse(*findings: Finding | None) -> None:
    """Raise StepRefused with what was found, if anything was."""
    found = [one for one in findings if one is not None]
    if found:
        raise StepRefused(errors=found)


async def send(session: Session, case: ArrearsCase, at: datetime) -> RoutingTerms:
    """Route a case that was just told of, and copy it to the labour inspectorate (抄报).

    Where the area names no body whoever was told has it; either way he answers until one signs.
    """
    terms = await queries.arrears.routing_terms(session, case.area_code, at)
    matter = Matter(
        lineage=await known.lineage(session, case.area_code),
        industry=case.industry,
        employer_kind=case.employer_kind,
        level=case.level,
    )
    case.unit_id = routing.competent(terms.ways, matter, terms.otherwise_id) or case.receiver_id
    if terms.inspectorate_id not in {None, case.unit_id, case.receiver_id}:
        case.copied_to_id, case.copied_at = terms.inspectorate_id, at
    return terms


async def sign_for(
    session: Session, caller: Caller, case: ArrearsCase, body: SignIn, now: datetime
) -> Stage | None:
    """Sign: whoever signs answers from now on. What was accepted before is worked on at once."""
    if caller.org is not None:
        case.unit_id = caller.org
    case.receiver_id = case.receiver_id or case.unit_id
    return Stage.INVESTIGATING if case.accepted_at else None


async def hand_over(
    session: Session, caller: Caller, case: ArrearsCase, body: HandOverIn, now: datetime
) -> None:
    """Hand over: whoever has it answers until the other body has signed.

    Bodies that send a case to and fro do not decide who has it: their common superior does.
    """
    terms = await queries.arrears.routing_terms(session, case.area_code, now)
    to = body.unit_id
    if routing.goes_up(case.hand_overs, terms.bounces, case.unit_id, terms.superior_id):
        refuse(None if terms.superior_id else _no_superior(case.hand_overs))
        to = terms.superior_id or to
    refuse(_same_unit() if to == case.unit_id else None)
    if to != body.unit_id:
        case_history.note(
            session, case, TO_SUPERIOR, now, actor=caller.actor, came_from=case.stage,
            unit_id=to, meant_for=body.unit_id,
        )  # fmt: skip
    if case.stage is not Stage.RECEIVED:
        # Nobody but who has signed can pass on the duty to answer.
        case.receiver_id = case.unit_id or case.receiver_id
    case.receiver_id = case.receiver_id or case.unit_id
    case.unit_id = to
    case.hand_overs += 1


def _same_unit() -> Finding:
    return Finding(
        "unit_id",
        "same_unit",
        Text("转送对象就是当前承办单位", "It is the body that has the case already"),
        Text("请选择其他有管辖权的单位", "Name another body that is competent"),
    )


def _no_superior(hand_overs: int) -> Finding:
    return Finding(
        "unit_id",
        "no_superior",
        Text(
            f"已转送 {hand_overs} 次，应由共同上级指定，但本地分流表未列明共同上级",
            f"It was handed over {hand_overs} times; the area's table names no common superior",
        ),
        Text("请先在分流表中列明共同上级", "Name the common superior in the table first"),
    )


async def take_copy(
    session: Session, caller: Caller, case: ArrearsCase, body: TakeCopyIn, now: datetime
) -> None:
    """Sign for a copy: by the inspectorate that it was sent to, once."""
    owed = case.copied_to_id is not None and case.copy_taken_at is None
    if not owed or caller.org not in {None, case.copied_to_id}:
        refuse(
            Finding(
                "act",
                "no_copy",
                Text("没有待贵单位签收的抄报", "No copy waits for your body to sign"),
                Text("请核对抄报对象", "Look which body it was copied to"),
            )
        )
    case.copy_taken_at, case.copy_taken_by = now, caller.actor
    for running in await queries.case_clocks.locked_running(session, case.id):
        if running.kind is ClockKind.COPY:
            await case_clocks.keep(session, case, running, now)
