"""The public door over HTTP: no account; bounded, and counted by network and by board.

A receipt comes in the body, never in an address, which logs and browsers keep.
"""

from datetime import timedelta
from typing import Annotated

from fastapi import Depends, File, Form, Request, Response, UploadFile
from fastapi import Path as InPath
from fastapi.responses import HTMLResponse

from services.cases import actions, adapters, queries
from services.cases.actions.public import Mailbox, ReceiptGiven
from services.cases.errors import (
    AreaUnknown,
    AttachmentsEnough,
    BoardUnknown,
    FileNotTaken,
    ReceiptUnknown,
    ReportRefused,
)
from services.cases.models import CaseMessage, CaseReport, Evidence, NoticeBoard, PublicTerms
from services.cases.routes.router import router
from services.cases.rules import public as rules
from services.cases.schemas.fields import AreaCode
from services.cases.schemas.public import (
    MOST_FILE_BYTES,
    AttachmentOut,
    BoardCode,
    MailboxIn,
    MailboxOut,
    MailOut,
    MessageIn,
    PlacesOut,
    PublicReportIn,
    Receipt,
    ReceiptOut,
    SiteOut,
    WithdrawnOut,
)
from services.cases.settings import settings
from shared import auth, clock, limits, uploads
from shared.auth import Caller, may
from shared.db import Glance, Transaction
from shared.files import Kept, KeptFiles
from shared.limits import Rate, TooManyRequests
from shared.problems import Invalid, raises

MOST_BYTES = 64 * 1024
"""A report of two thousand letters and its fields; nobody types more."""
BODIES = {
    r"/v1/public/mailbox/files": MOST_FILE_BYTES + uploads.MEBIBYTE,
    r"/v1/public/.*": MOST_BYTES,
}
"""How much the public door takes at most; the first that fits counts."""
_HOUR, _MINUTE = timedelta(hours=1), timedelta(minutes=1)
_Code = Annotated[BoardCode, InPath()]
_FormReceipt = Annotated[Receipt, Form()]
_Area = Annotated[AreaCode, InPath()]


async def counted(request: Request) -> None:
    """Count a call by the network that it comes from."""
    rate = Rate(settings().public_calls_per_address, _MINUTE)
    await limits.take(request.app.state.sessions, "public_calls", limits.network_of(request), rate)


async def _reporting(request: Request, code: _Code) -> None:
    """Count a report: first by network, so that a robot does not use up what a board may take."""
    sessions, hour = request.app.state.sessions, settings()
    network = limits.network_of(request)
    mine, board = hour.public_reports_per_address, hour.public_reports_per_board
    await limits.take(sessions, "public_reports", network, Rate(mine, _HOUR))
    await limits.take(sessions, "public_board", rules.plain(code), Rate(board, _HOUR))


async def _with_receipt(request: Request, body: MailboxIn) -> None:
    call_by(request, body.receipt)


async def _with_message(request: Request, body: MessageIn) -> None:
    call_by(request, body.receipt)


def call_by(request: Request, receipt: str) -> None:
    """Let whoever has a receipt be a caller of his own: his keys of repeats meet nobody else's."""
    known = auth.hash_of(rules.plain(receipt))[:32]
    request.state.caller = Caller(f"receipt:{known}", frozenset(), frozenset())


@router.get(
    "/v1/public/boards/{code}",
    dependencies=[may("public")],
    summary="The form that a notice board's QR code opens: one page for all boards",
    response_class=HTMLResponse,
    responses=raises(Invalid),
)
async def board_page(code: _Code) -> Response:
    """Give the page; what it says of the board it asks for itself."""
    page = adapters.public_page.page()
    return HTMLResponse(page.html, headers=page.headers)


@router.get(
    "/v1/public/boards/{code}/site",
    dependencies=[may("public"), Depends(counted)],
    summary="What a notice board says of its place",
    response_model=SiteOut,
    responses=raises(BoardUnknown, TooManyRequests, Invalid),
)
async def board_site(session: Transaction, code: _Code) -> NoticeBoard:
    return await queries.public.open_board(session, rules.plain(code))


@router.post(
    "/v1/public/boards/{code}/reports",
    dependencies=[may("public"), Depends(_reporting)],
    summary="Tell of unpaid wages without an account; the receipt is shown this once",
    status_code=201,
    response_model=ReceiptOut,
    responses=raises(BoardUnknown, ReportRefused, TooManyRequests, Invalid),
    openapi_extra={"x-shows-secret": True},
)
async def take_public_report(
    session: Transaction, code: _Code, body: PublicReportIn
) -> ReceiptGiven:
    return await actions.public.take_public_report(session, code, body, clock.now())


@router.post(
    "/v1/public/mailbox",
    dependencies=[may("public"), Depends(counted), Depends(_with_receipt)],
    summary="Read by a receipt where the matter stands, in plain words, and its messages",
    response_model=MailboxOut,
    responses=raises(ReceiptUnknown, TooManyRequests, Invalid),
    openapi_extra={"x-shows-secret": True},
)
async def read_mailbox(session: Transaction, body: MailboxIn) -> Mailbox:
    return await actions.public.read_mailbox(session, body.receipt, clock.now())


@router.post(
    "/v1/public/mailbox/messages",
    dependencies=[may("public"), Depends(counted), Depends(_with_message)],
    summary="Answer the body in charge, or add what was forgotten",
    status_code=201,
    response_model=MailOut,
    responses=raises(ReceiptUnknown, TooManyRequests, Invalid),
    openapi_extra={"x-shows-secret": True},
)
async def add_message(session: Transaction, body: MessageIn) -> CaseMessage:
    return await actions.public.add_message(session, body.receipt, body.text, clock.now())


async def _keep(
    request: Request,
    files: KeptFiles,
    glance: Glance,
    receipt: _FormReceipt,
    file: Annotated[UploadFile, File()],
) -> Kept:
    """Keep a file before the transaction begins, if its area takes files like it."""
    call_by(request, receipt)
    async with glance() as session:
        known = auth.hash_of(rules.plain(receipt))
        terms = await queries.public.terms_of(session, known, clock.now())
    upload = await uploads.read_upload(file, limit=terms.most_bytes)
    return await adapters.evidence_file.keep(files, upload, terms.file_kinds)


@router.post(
    "/v1/public/mailbox/files",
    dependencies=[may("public"), Depends(counted)],
    summary="Send a file along: a photo, a sheet; it is kept sealed and never opened here",
    status_code=201,
    response_model=AttachmentOut,
    responses=raises(
        ReceiptUnknown,
        FileNotTaken,
        AttachmentsEnough,
        uploads.BodyTooLarge,
        TooManyRequests,
        Invalid,
    ),
)
async def attach(
    kept: Annotated[Kept, Depends(_keep)], session: Transaction, receipt: _FormReceipt
) -> Evidence:
    return await actions.public.attach(session, receipt, kept, clock.now())


@router.post(
    "/v1/public/mailbox/withdrawal",
    dependencies=[may("public"), Depends(counted), Depends(_with_receipt)],
    summary="Take a report back; what becomes of the case is decided by people",
    response_model=WithdrawnOut,
    responses=raises(ReceiptUnknown, TooManyRequests, Invalid),
)
async def withdraw(session: Transaction, body: MailboxIn) -> CaseReport:
    return await actions.public.withdraw(session, body.receipt, clock.now())


@router.get(
    "/v1/public/places/{area}",
    dependencies=[may("public"), Depends(counted)],
    summary="Where somebody who is owed wages can turn to: complaint, arbitration, legal aid",
    response_model=PlacesOut,
    responses=raises(AreaUnknown, TooManyRequests, Invalid),
)
async def places(session: Transaction, area: _Area) -> PublicTerms:
    return await queries.public.places_of(session, area, clock.now())
