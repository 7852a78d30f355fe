"""The public door: boards, reports without an account, and the mailbox that a receipt opens."""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.cases import queries
from services.cases.actions import arrears, case_history, evidence
from services.cases.errors import AddressUnknown, ReportRefused
from services.cases.models import (
    ArrearsCase,
    CaseMessage,
    CaseReport,
    CaseStep,
    Evidence,
    NoticeBoard,
    PublicTerms,
)
from services.cases.rules import orders as order_rules
from services.cases.rules import public as rules
from services.cases.rules.arrears import ENDINGS, Channel
from services.cases.rules.course import Stage
from services.cases.schemas.arrears import ReportIn
from services.cases.schemas.public import NoticeBoardIn, PublicReportIn
from shared import known
from shared.auth import Caller, hash_of
from shared.db import Session, new_id, record
from shared.files import Kept
from shared.problems import Finding
from shared.wording import Text

MESSAGE, WITHDRAWN, ATTACHED = "message", "report_withdrawn", "attached"


@dataclass(frozen=True, slots=True)
class ReceiptGiven:
    """The receipt of a report in clear letters; only its hash is kept."""

    receipt: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of a stage."""

    at: datetime
    stage: Stage
    words: Text


@dataclass(frozen=True, slots=True)
class Mailbox:
    """What whoever reported reads by his receipt."""

    received_at: datetime
    area_code: str
    withdrawn_at: datetime | None
    told: Sequence[Told]
    conclusion: Text | None
    messages: Sequence[CaseMessage]
    files: Sequence[Evidence]


@dataclass(frozen=True, slots=True)
class MessagesRevealed:
    """The messages of a report, for whoever said why he reads them."""

    report_id: UUID
    messages: Sequence[CaseMessage]


def _code(letters: int) -> str:
    return "".join(secrets.choice(rules.LETTERS) for _ in range(letters))


# ---- boards ------------------------------------------------------------------------------------


async def make_board(
    session: Session, caller: Caller, body: NoticeBoardIn, now: datetime
) -> NoticeBoard:
    """Give a notice board a code. Raises AreaUnknown."""
    area_code = await queries.policies.area_for_policy(session, body.area_code, caller.scope)
    said = body.model_dump() | {"area_code": area_code}
    board = NoticeBoard(
        id=new_id(), code=_code(rules.BOARD_LETTERS), unit_id=caller.org, made_at=now,
        made_by=caller.actor, **said,
    )  # fmt: skip
    session.add(board)
    return board


@dataclass(frozen=True, slots=True)
class Plate:
    """What stands on a board's plate."""

    address: str
    code: str
    place: str | None


async def board_plate(session: Session, caller: Caller, board_id: UUID, begins: str) -> Plate:
    """Give what is printed of a board that hangs; `begins`: where the installation is reached.

    Raises BoardUnknown, AddressUnknown.
    """
    board = await queries.public.hanging_board(session, board_id, caller.scope)
    address = rules.board_address(begins, board.path)
    if address is None:
        raise AddressUnknown
    return Plate(address, board.code, board.place)


async def end_board(session: Session, caller: Caller, board_id: UUID, now: datetime) -> NoticeBoard:
    """Take a board down; the same again changes nothing. Raises BoardUnknown."""
    board = await queries.public.locked_board(session, board_id, caller.scope)
    if board.ended_at is None:
        board.ended_at, board.ended_by = now, caller.actor
    return board


# ---- reports -----------------------------------------------------------------------------------


async def take_public_report(
    session: Session, code: str, body: PublicReportIn, now: datetime
) -> ReceiptGiven:
    """Take what somebody tells by a board's form: into the one queue, as through any channel.

    Raises BoardUnknown, or ReportRefused with all findings.
    """
    board = await queries.public.open_board(session, rules.plain(code))
    place = body.place or board.place
    if place is None:
        raise ReportRefused(errors=[*_placeless()])
    said = body.model_dump(exclude={"place", "website"}) | {"place": place}
    told = ReportIn(
        channel=Channel.QR_FORM, area_code=board.area_code, industry=board.industry,
        project_id=board.project_id, investment=board.investment, **said,
    )  # fmt: skip
    taken = await arrears.take_report(session, await _in_name_of(session, board), told, now)
    receipt = _code(rules.RECEIPT_LETTERS)
    taken.report.board_id, taken.report.receipt_hash = board.id, hash_of(receipt)
    return ReceiptGiven(rules.grouped(receipt), taken.report.received_at)


async def _in_name_of(session: Session, board: NoticeBoard) -> Caller:
    """Give who takes it in: the desk of the office whose board it is, and of no other."""
    office = order_rules.office_of(await known.lineage(session, board.area_code))
    return Caller(
        f"board:{board.id}", frozenset({"intake_desk"}), frozenset({office}), board.unit_id
    )


def _placeless() -> Iterator[Finding]:
    yield Finding(
        "place", "place_needed",
        Text("请填写工地或单位所在地点", "Say where the site is"),
        Text("例如：走马镇产业路工地", "For example: the site at Chanye road, Zouma town"),
    )  # fmt: skip


# ---- the mailbox -------------------------------------------------------------------------------


async def report_of(session: Session, receipt: str) -> CaseReport:
    """Give the report of a receipt as somebody typed it. Raises ReceiptUnknown."""
    return await queries.public.report_of(session, hash_of(rules.plain(receipt)))


async def read_mailbox(session: Session, receipt: str, now: datetime) -> Mailbox:
    """Give what the owner of a receipt is told. Raises ReceiptUnknown.

    Of the case only where it stands since he has told, as far as its area tells of it: nothing
    of what others have told, of the employer's other cases, or of sums.
    """
    report = await report_of(session, receipt)
    case = await queries.public.case_of(session, report.case_id)
    terms = await queries.public.public_terms(session, case.area_code, now)
    steps = await queries.arrears.steps(session, case.id)
    return Mailbox(
        received_at=report.received_at,
        area_code=case.area_code,
        withdrawn_at=report.withdrawn_at,
        told=[*_told(report, steps, terms)],
        conclusion=_conclusion(case, terms),
        messages=await queries.public.messages(session, report.id),
        files=await queries.evidence.attachments(session, report.id),
    )


def _told(report: CaseReport, steps: Sequence[CaseStep], terms: PublicTerms) -> Iterator[Told]:
    own = False
    for step in steps:
        first = step.details.get("report_id") == str(report.id)
        moved = own and step.stage_from != step.stage_to
        own = own or first
        words = rules.told(step.stage_to, terms.stages) if first or moved else None
        if words is not None:
            yield Told(step.at, step.stage_to, words)


def _conclusion(case: ArrearsCase, terms: PublicTerms) -> Text | None:
    over = case.stage is Stage.ENDED and terms.conclusion and case.conclusion is not None
    return ENDINGS[case.conclusion].words if over and case.conclusion else None


async def add_message(session: Session, receipt: str, text: str, now: datetime) -> CaseMessage:
    """Let whoever reported answer, or add what he forgot. Raises ReceiptUnknown."""
    report = await report_of(session, receipt)
    case = await queries.public.locked_case_of(session, report.case_id)
    return _write(session, case, report, text, now, by_office=False, actor=owner(report))


def owner(report: CaseReport) -> str:
    """Name whoever holds the receipt of a report, as the actor of what he does."""
    return f"receipt:{report.id}"


async def withdraw(session: Session, receipt: str, now: datetime) -> CaseReport:
    """Take a report back; the same again changes nothing. Raises ReceiptUnknown.

    It ends no case: what is owed to others is owed still, and an end takes two persons.
    """
    report = await report_of(session, receipt)
    case = await queries.public.locked_case_of(session, report.case_id)
    for one in await queries.arrears.locked_reports(session, case.id):
        if one.id == report.id and one.withdrawn_at is None:
            one.withdrawn_at = now
            case_history.note(
                session, case, WITHDRAWN, now, actor=owner(report), came_from=case.stage,
                report_id=report.id,
            )  # fmt: skip
    return report


async def attach(session: Session, receipt: str, kept: Kept, now: datetime) -> Evidence:
    """Take a kept file along with a report. Raises ReceiptUnknown, AttachmentsEnough."""
    report = await report_of(session, receipt)
    case = await queries.public.locked_case_of(session, report.case_id)
    terms = await queries.public.public_terms(session, case.area_code, now)
    found = await evidence.add_attachment(session, case, report, kept, now, most=terms.most_files)
    if found.id == kept.file_id:
        case_history.note(
            session, case, ATTACHED, now, actor=owner(report), came_from=case.stage,
            evidence_id=found.id,
        )  # fmt: skip
    return found


async def write_to_reporter(
    session: Session, caller: Caller, report_id: UUID, text: str, now: datetime
) -> CaseMessage:
    """Write to whoever reported; he reads it by his receipt. Raises CaseUnknown, MailboxMissing."""
    case, report = await queries.public.locked_reported(session, report_id, caller.scope)
    return _write(session, case, report, text, now, by_office=True, actor=caller.actor)


def _write(
    session: Session,
    case: ArrearsCase,
    report: CaseReport,
    text: str,
    now: datetime,
    *,
    by_office: bool,
    actor: str,
) -> CaseMessage:
    message = CaseMessage(
        id=new_id(), case_id=case.id, report_id=report.id, at=now, by_office=by_office,
        actor=actor, text=text,
    )  # fmt: skip
    session.add(message)
    case_history.note(
        session, case, MESSAGE, now, actor=actor, came_from=case.stage, message_id=message.id
    )
    return message


async def reveal_messages(
    session: Session, caller: Caller, report_id: UUID, purpose: str
) -> MessagesRevealed:
    """Give the messages of a report in clear words; who read them and why is recorded."""
    report = await queries.arrears.report(session, report_id, caller.scope)
    record(session, "reveal", CaseMessage.__tablename__, report.id, after={"purpose": purpose})
    return MessagesRevealed(report.id, await queries.public.messages(session, report.id))
