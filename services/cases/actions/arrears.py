"""Arrears cases come: somebody tells of unpaid wages, through whatever channel, once."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.cases import queries
from services.cases.actions import (
    case_clocks,
    case_history,
    case_numbers,
    case_routing,
    clearing,
    duplicates,
    leavers,
)
from services.cases.errors import ReportRefused, ReportTaken
from services.cases.models import ArrearsCase, CaseClock, CaseNumber, CaseReport, CaseStep
from services.cases.rules import routing
from services.cases.rules.arrears import Relation
from services.cases.rules.course import Act, Stage, move, possible
from services.cases.rules.ledger import INDUSTRIES
from services.cases.schemas.arrears import ReportIn
from shared import clock, pii, workdays
from shared.auth import Caller
from shared.db import Session, new_id, record
from shared.problems import Finding
from shared.wording import Text

TOLD, TOLD_AGAIN = "told", "told_again"
_SAID = (
    "area_code", "place", "industry", "employer_kind", "level", "project_id", "employer_id",
    "employer_name", "months", "arisen_on", "left_on", "workers", "amount",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReportTakenIn:
    """A report that was taken, and the case that it belongs to."""

    report: CaseReport
    case: ArrearsCase


@dataclass(frozen=True, slots=True)
class PossibleAct:
    """An act that the caller can do, in words."""

    act: Act
    zh: str
    en: str


class WholeCase:
    """A case with its clocks and history; no dataclass, which FastAPI would take apart."""

    def __init__(
        self,
        case: ArrearsCase,
        clocks: Sequence[CaseClock],
        steps: Sequence[CaseStep],
        acts: Sequence[PossibleAct],
    ) -> None:
        vars(self).update({name: getattr(case, name) for name in queries.arrears.COLUMNS})
        self.clocks, self.steps, self.acts = clocks, steps, acts


def _acts(case: ArrearsCase, roles: Iterable[str]) -> list[PossibleAct]:
    """Give what some roles can do with a case now."""
    acts = possible(case.stage, roles)
    return [PossibleAct(one, move(one).words.zh, move(one).words.en) for one in acts]


async def read_case(session: Session, caller: Caller, case_id: UUID) -> WholeCase:
    """Give a case with all that belongs to it. Raises CaseUnknown."""
    case = await queries.arrears.arrears_case(session, case_id, caller.scope)
    return WholeCase(
        case,
        await queries.case_clocks.clocks(session, case.id),
        await queries.arrears.steps(session, case.id),
        _acts(case, caller.roles),
    )


async def take_report(
    session: Session, caller: Caller, body: ReportIn, now: datetime
) -> ReportTakenIn:
    """Take what somebody tells of unpaid wages: of a case that is there, or one is opened.

    A number of the sender's that came before gives what came of it then. Raises AreaUnknown,
    ReportTaken, or ReportRefused with all findings.
    """
    area_code = await queries.policies.area_for_policy(session, body.area_code, caller.scope)
    if found := [*_findings(body, now)]:
        raise ReportRefused(errors=found)
    # Whoever opens a case of this office waits here, so that one number is told of once.
    numbers = await case_numbers.locked_numbers(session, area_code, now)
    body = await _of_employer(session, body)
    said = _said(body, area_code)
    if before := await _told_before(session, caller, body, said):
        return before
    await leavers.turn_red(session, caller, body, now)
    match = await duplicates.find(session, caller, numbers.office, body)
    if match.relation is Relation.SAME and match.case_id:
        there = await queries.arrears.locked_case(session, match.case_id, caller.scope)
        return _join(session, caller, there, body, said=said, now=now)
    case = await _open(session, caller, body, numbers, area_code=area_code, now=now)
    case.related_id = match.case_id
    report = _report(case, caller, body, said=said, relation=match.relation, now=now)
    routed = await case_routing.send(session, case, now)
    session.add_all((case, report))
    case_history.note(
        session, case, TOLD, now, actor=caller.actor, came_from=None, report_id=report.id,
        unit_id=case.unit_id, routing_id=routed.id,
    )  # fmt: skip
    await session.flush()  # Clocks refer to the case's row.
    await case_clocks.follow(session, case, now, caller.actor, TOLD)
    await clearing.set_clearing_day(session, case, now)
    return ReportTakenIn(report, case)


def _join(
    session: Session,
    caller: Caller,
    there: ArrearsCase,
    body: ReportIn,
    *,
    said: dict[str, Any],
    now: datetime,
) -> ReportTakenIn:
    """Let what was told again belong to the case that is there."""
    report = _report(there, caller, body, said=said, relation=Relation.SAME, now=now)
    session.add(report)
    case_history.note(
        session, there, TOLD_AGAIN, now, actor=caller.actor, came_from=there.stage,
        report_id=report.id, channel=body.channel,
    )  # fmt: skip
    return ReportTakenIn(report, there)


async def _open(
    session: Session,
    caller: Caller,
    body: ReportIn,
    numbers: CaseNumber,
    *,
    area_code: str,
    now: datetime,
) -> ArrearsCase:
    case = ArrearsCase(
        id=new_id(), stage_since=now, stage=Stage.RECEIVED, receiver_id=caller.org,
        received_at=body.received_at or now, opened_at=now, opened_by=caller.actor,
        **_of_case(body, area_code),
    )  # fmt: skip
    await case_numbers.give_number(session, case, numbers, now)
    return case


async def _of_employer(session: Session, body: ReportIn) -> ReportIn:
    """Fill in what is known of an employer that is named by its id: its name, its industry.

    Employers of any trade are complained about, with a site or without one.
    """
    known = None
    if body.employer_id:
        found = await queries.registry.organisations(session, {body.employer_id})
        known = found.get(body.employer_id)
    trade = routing.industry_of(known.trades, INDUSTRIES) if known else None
    filled = {
        "industry": body.industry or trade or routing.OTHERWISE,
        "employer_name": body.employer_name or (known.name if known else None),
    }
    return body.model_copy(update=filled)


async def _told_before(
    session: Session, caller: Caller, body: ReportIn, said: dict[str, Any]
) -> ReportTakenIn | None:
    if not body.external_id:
        return None
    before = await queries.arrears.find_report(session, body.channel, body.external_id)
    if before is None:
        return None
    if _words(before.said) != _words(said):
        raise ReportTaken
    there = await queries.arrears.arrears_case(session, before.case_id, caller.scope)
    return ReportTakenIn(before, there)


def _words(said: dict[str, Any]) -> dict[str, Any]:
    """Give what was said itself; what registry filled in may have another name by now."""
    filled = {"industry", "employer_name"} if "employer_id" in said else {"industry"}
    return {name: value for name, value in said.items() if name not in filled}


def _findings(body: ReportIn, now: datetime) -> Iterator[Finding]:
    if body.received_at and body.received_at > now:
        yield Finding(
            "received_at", "in_future",
            Text("接收时间不得晚于现在", "It cannot have been received later than now"),
            Text("请填写实际接收时间", "Give when it was received"),
        )  # fmt: skip
    if body.left_on and body.left_on > clock.day_of(now):
        yield Finding(
            "left_on", "in_future",
            Text("退场日期不得晚于今天", "Nobody can have left later than today"),
            Text("请填写实际退场日期", "Give the day on which he left"),
        )  # fmt: skip
    arisen = body.arisen_on or _last_day(body.months)
    if body.arisen_on and body.arisen_on > clock.day_of(now):
        yield Finding(
            "arisen_on", "in_future",
            Text("欠薪发生日期不得晚于今天", "Arrears cannot have arisen later than today"),
            Text("请填写应发未发之日", "Give the day on which the wages fell due"),
        )  # fmt: skip
    elif arisen is None and body.months:
        yield Finding(
            "months", "months_reversed",
            Text("欠薪月份起止颠倒", "The span of months ends before it begins"),
            Text("请按先后填写，例如 2023-01..2023-03", "Give them in order: 2023-01..2023-03"),
        )  # fmt: skip


def _last_day(months: str | None) -> date | None:
    """Give the last day of the months that are owed; None where they are reversed."""
    if not months:
        return None
    first, _, last = months.partition("..")
    if last and last < first:
        return None
    month = date.fromisoformat(f"{last or first}-01")
    return date.fromordinal(workdays.months_after(month, 1).toordinal() - 1)


def _said(body: ReportIn, area_code: str) -> dict[str, Any]:
    said = body.model_dump(mode="json", include=set(_SAID), exclude_none=True)
    return said | {"area_code": area_code}


def _of_case(body: ReportIn, area_code: str) -> dict[str, Any]:
    return {
        "area_code": area_code,
        "place": body.place,
        "industry": body.industry,
        "employer_kind": body.employer_kind,
        "level": body.level,
        "project_id": body.project_id,
        "employer_id": body.employer_id,
        "employer_name": body.employer_name,
        "channel": body.channel,
        "investment": body.investment,
        "months": body.months,
        "arisen_on": body.arisen_on or _last_day(body.months),
        "workers_told": body.workers,
        "amount_told": body.amount,
    }


def _report(
    case: ArrearsCase,
    caller: Caller,
    body: ReportIn,
    *,
    said: dict[str, Any],
    relation: Relation,
    now: datetime,
) -> CaseReport:
    who = {} if body.anonymous else _who(body)
    return CaseReport(
        id=new_id(), case_id=case.id, relation=relation, channel=body.channel,
        external_id=body.external_id, speaker=body.speaker, anonymous=body.anonymous,
        text=body.text, said=said, received_at=body.received_at or now, told_at=now,
        told_by=caller.actor, **who,
    )  # fmt: skip


def _who(body: ReportIn) -> dict[str, str | None]:
    """Give who spoke, with what he is found by; of one who wants no name nothing is kept."""
    return {
        "name": body.name,
        "name_index": pii.blind_index(body.name, "name") if body.name else None,
        "phone": body.phone,
        "phone_index": pii.blind_index(body.phone, "phone") if body.phone else None,
        "id_number": body.id_number,
        "id_index": pii.blind_index(body.id_number, "id_number") if body.id_number else None,
    }


async def reveal_report(
    session: Session, caller: Caller, report_id: UUID, purpose: str
) -> CaseReport:
    """Give a report in clear words; who read them and why is recorded. Raises CaseUnknown."""
    report = await queries.arrears.report(session, report_id, caller.scope)
    record(session, "reveal", CaseReport.__tablename__, report.id, after={"purpose": purpose})
    return report
