"""The office's side of the public door: boards' codes, and messages to whoever reported."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from services.cases import actions, adapters, queries
from services.cases.actions.public import MessagesRevealed
from services.cases.adapters.board_plate import HEADERS, SVG
from services.cases.errors import (
    AddressUnknown,
    AreaUnknown,
    BoardUnknown,
    CaseUnknown,
    MailboxMissing,
)
from services.cases.models import CaseMessage, NoticeBoard
from services.cases.routes.router import router
from services.cases.schemas.leads import RevealIn
from services.cases.schemas.public import (
    BoardFilter,
    CaseMessageFilter,
    CaseMessageIn,
    CaseMessageOut,
    NoticeBoardIn,
    NoticeBoardOut,
    RevealedMessagesOut,
)
from services.cases.settings import settings
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import CursorUnreadable, Found, Page
from shared.problems import Invalid, raises

_Boards = Annotated[BoardFilter, Query()]
_Messages = Annotated[CaseMessageFilter, Query()]


@router.get(
    "/v1/notice-boards",
    dependencies=[may("cases:manage_boards")],
    summary="The codes of notice boards",
    response_model=Page[NoticeBoardOut],
    responses=raises(CursorUnreadable, Invalid),
)
async def boards(
    session: Transaction, who: Who, *, filters: _Boards, cursor: paging.Cursor, limit: paging.Limit
) -> Found[NoticeBoard]:
    return await queries.public.boards(session, filters, who.scope, cursor=cursor, limit=limit)


@router.post(
    "/v1/notice-boards",
    dependencies=[may("cases:manage_boards")],
    summary="Give a notice board a code; its plate is printed with a QR code",
    status_code=201,
    response_model=NoticeBoardOut,
    responses=raises(AreaUnknown, Invalid),
)
async def make_board(session: Transaction, who: Who, body: NoticeBoardIn) -> NoticeBoard:
    return await actions.public.make_board(session, who, body, clock.now())


@router.get(
    "/v1/notice-boards/{board_id}/plate",
    dependencies=[may("cases:manage_boards")],
    summary="A board's plate to print: its QR code, what it is for, and where it hangs",
    response_class=Response,
    responses={
        200: {"content": {SVG: {}}},
        **raises(BoardUnknown, AddressUnknown, Invalid),
    },
)
async def board_plate(request: Request, session: Transaction, who: Who, board_id: UUID) -> Response:
    """One that was taken down has none: its form takes nothing any more."""
    begins = settings().public_url or f"{request.url.scheme}://{request.url.netloc}"
    said = await actions.public.board_plate(session, who, board_id, begins)
    drawn = adapters.board_plate.plate(said.address, said.code, said.place)
    name = {"content-disposition": f'inline; filename="{said.code}.svg"'}
    return Response(drawn, media_type=SVG, headers=HEADERS | name)


@router.post(
    "/v1/notice-boards/{board_id}/end",
    dependencies=[may("cases:manage_boards")],
    summary="Take a board down: its form takes nothing any more",
    response_model=NoticeBoardOut,
    responses=raises(BoardUnknown, Invalid),
)
async def end_board(session: Transaction, who: Who, board_id: UUID) -> NoticeBoard:
    return await actions.public.end_board(session, who, board_id, clock.now())


@router.get(
    "/v1/case-messages",
    dependencies=[may("cases:work_cases")],
    summary="Messages of mailboxes without their words; those that wait for an answer",
    response_model=Page[CaseMessageOut],
    responses=raises(CursorUnreadable, Invalid),
)
async def messages(
    session: Transaction,
    who: Who,
    *,
    filters: _Messages,
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[CaseMessage]:
    return await queries.public.messages_page(
        session, filters, who.scope, cursor=cursor, limit=limit
    )


@router.post(
    "/v1/case-reports/{report_id}/messages",
    dependencies=[may("cases:work_cases")],
    summary="Write to whoever reported by a board's form",
    status_code=201,
    response_model=CaseMessageOut,
    responses=raises(CaseUnknown, MailboxMissing, Invalid),
)
async def write_to_reporter(
    session: Transaction, who: Who, report_id: UUID, body: CaseMessageIn
) -> CaseMessage:
    return await actions.public.write_to_reporter(session, who, report_id, body.text, clock.now())


@router.post(
    "/v1/case-reports/{report_id}/messages/reveal",
    dependencies=[may("cases:reveal")],
    summary="Show the messages of a report; who read them and why is recorded",
    response_model=RevealedMessagesOut,
    responses=raises(CaseUnknown, Invalid),
    openapi_extra={"x-shows-secret": True},
)
async def reveal_messages(
    session: Transaction, who: Who, report_id: UUID, body: RevealIn
) -> MessagesRevealed:
    return await actions.public.reveal_messages(session, who, report_id, body.purpose)
