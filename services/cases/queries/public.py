"""Boards, mailboxes and their messages: for reading, and locked for changing."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import aliased

from services.cases.errors import AreaUnknown, BoardUnknown, MailboxMissing, ReceiptUnknown
from services.cases.models import ArrearsCase, CaseMessage, CaseReport, NoticeBoard, PublicTerms
from services.cases.queries import arrears, rows
from services.cases.schemas.public import BoardFilter, CaseMessageFilter
from shared import known, paging
from shared.areas import NATION, Scope
from shared.db import Session
from shared.known import KnownArea
from shared.paging import Found


async def boards(
    session: Session, filters: BoardFilter, scope: Scope, *, cursor: str | None, limit: int
) -> Found[NoticeBoard]:
    """Give a page of the boards of a caller's areas, the oldest first."""
    statement = select(NoticeBoard).where(known.in_scope(NoticeBoard.area_code, scope))
    if filters.project_id is not None:
        statement = statement.where(NoticeBoard.project_id == filters.project_id)
    if filters.ended is not None:
        over = NoticeBoard.ended_at.is_not(None)
        statement = statement.where(over if filters.ended else ~over)
    if filters.area_code is not None:
        inside = await known.within(session, NoticeBoard.area_code, filters.area_code)
        statement = statement.where(inside)
    return await paging.page(session, statement, by=(NoticeBoard.id,), cursor=cursor, limit=limit)


def _board(board_id: UUID, scope: Scope) -> Select[NoticeBoard]:
    inside = known.in_scope(NoticeBoard.area_code, scope)
    return select(NoticeBoard).where(NoticeBoard.id == board_id, inside)


async def locked_board(session: Session, board_id: UUID, scope: Scope) -> NoticeBoard:
    """Give a board for changing, or raise BoardUnknown."""
    found = await rows.locked_first(session, _board(board_id, scope))
    if found is None:
        raise BoardUnknown
    return found


async def hanging_board(session: Session, board_id: UUID, scope: Scope) -> NoticeBoard:
    """Give a board of the caller's areas that was not taken down, or raise BoardUnknown."""
    statement = _board(board_id, scope).where(NoticeBoard.ended_at.is_(None))
    found = (await session.scalars(statement)).one_or_none()
    if found is None:
        raise BoardUnknown
    return found


async def open_board(session: Session, code: str) -> NoticeBoard:
    """Give the board of a code, or raise BoardUnknown; one that was taken down opens nothing."""
    statement = select(NoticeBoard).where(NoticeBoard.code == code, NoticeBoard.ended_at.is_(None))
    found = (await session.scalars(statement)).one_or_none()
    if found is None:
        raise BoardUnknown
    return found


async def report_of(session: Session, receipt_hash: str) -> CaseReport:
    """Give the report of a receipt, or raise ReceiptUnknown."""
    statement = select(CaseReport).where(CaseReport.receipt_hash == receipt_hash)
    found = (await session.scalars(statement)).one_or_none()
    if found is None:
        raise ReceiptUnknown
    return found


async def case_of(session: Session, case_id: UUID) -> ArrearsCase:
    """Give the case of a report that its own receipt has opened."""
    return (await session.scalars(select(ArrearsCase).where(ArrearsCase.id == case_id))).one()


async def locked_case_of(session: Session, case_id: UUID) -> ArrearsCase:
    """Give the case of a report that its own receipt has opened, for changing."""
    case = await arrears.locked_find_case(session, case_id)
    if case is None:
        raise ReceiptUnknown
    return case


async def locked_reported(
    session: Session, report_id: UUID, scope: Scope
) -> tuple[ArrearsCase, CaseReport]:
    """Give a report and its case for changing; raise CaseUnknown, or MailboxMissing."""
    found = await arrears.report(session, report_id, scope)
    case = await arrears.locked_case(session, found.case_id, scope)
    if found.receipt_hash is None:
        raise MailboxMissing
    return case, found


async def messages(session: Session, report_id: UUID) -> Sequence[CaseMessage]:
    """Give the messages of a report, the oldest first."""
    statement = select(CaseMessage).where(CaseMessage.report_id == report_id)
    return (await session.scalars(statement.order_by(CaseMessage.id))).all()


async def messages_page(
    session: Session, filters: CaseMessageFilter, scope: Scope, *, cursor: str | None, limit: int
) -> Found[CaseMessage]:
    """Give a page of messages of cases that a caller sees, the oldest first."""
    of_case = select(CaseMessage).join(ArrearsCase, ArrearsCase.id == CaseMessage.case_id)
    statement = of_case.where(arrears.visible(scope))
    for name in ("case_id", "report_id"):
        wanted = getattr(filters, name)
        if wanted is not None:
            statement = statement.where(getattr(CaseMessage, name) == wanted)
    if filters.waiting is not None:
        later = aliased(CaseMessage)
        answered = exists().where(
            later.report_id == CaseMessage.report_id, later.by_office, later.id > CaseMessage.id
        )
        waits = ~CaseMessage.by_office & ~answered
        statement = statement.where(waits if filters.waiting else ~waits)
    return await paging.page(session, statement, by=(CaseMessage.id,), cursor=cursor, limit=limit)


async def public_terms(session: Session, area_code: str, at: datetime) -> PublicTerms:
    """Give what an area tells at its public door; the nation's row is always there."""
    return await arrears.terms_in_force(session, PublicTerms, area_code, at)


async def places_of(session: Session, area_code: str, at: datetime) -> PublicTerms:
    """Give what an area that is known says of places, or raise AreaUnknown."""
    known_area = select(KnownArea.code).where(KnownArea.code == area_code)
    if area_code != NATION and await session.scalar(known_area) is None:
        raise AreaUnknown
    return await public_terms(session, area_code, at)


async def terms_of(session: Session, receipt_hash: str, at: datetime) -> PublicTerms:
    """Give what the area of a receipt's report tells and takes, or raise ReceiptUnknown."""
    report = await report_of(session, receipt_hash)
    case = await case_of(session, report.case_id)
    return await public_terms(session, case.area_code, at)
