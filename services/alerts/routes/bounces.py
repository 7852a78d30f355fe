"""Mails that came back, over HTTP: handed in by the mailbox that takes them, seen by operators."""

from typing import Annotated

from fastapi import Body, Depends, Query

from services.alerts import actions, adapters, queries
from services.alerts.actions.bounces import HandedIn
from services.alerts.errors import BounceUnmatched, BounceUnreadable
from services.alerts.models import Bounce
from services.alerts.routes.router import LIST, router
from services.alerts.schemas.bounces import BounceFilter, BounceOut
from shared import clock, paging, uploads
from shared.auth import Who, may
from shared.db import Transaction
from shared.files import FileKind, KeptFiles
from shared.paging import Page
from shared.problems import raises


async def _handed_in(
    files: KeptFiles, body: Annotated[bytes, Body(media_type="message/rfc822")]
) -> HandedIn:
    """Keep a mail and read it in the sandbox, before the request's transaction begins."""
    kept = await files.keep(body, kind=FileKind.UNKNOWN, name="bounce.eml")
    return HandedIn(kept, await adapters.bounces.read(body))


@router.post(
    "/v1/bounces", summary="Hand in a mail that came back: what a mail server reports of one",
    status_code=201, response_model=BounceOut, dependencies=[may("platform:report_bounces")],
    responses=raises(BounceUnreadable, BounceUnmatched, uploads.BodyTooLarge),
)  # fmt: skip
async def take_bounce(
    came: Annotated[HandedIn, Depends(_handed_in)], session: Transaction, who: Who
) -> Bounce:
    """Take the mail as it came (RFC 3464); what is no report of a mail of ours changes nothing."""
    return await actions.bounces.take_bounce(session, who, came, clock.now())


@router.get(
    "/v1/bounces", summary="Mails that came back, and what followed",
    response_model=Page[BounceOut], dependencies=[may("platform:operate")], responses=LIST,
)  # fmt: skip
async def bounces(
    session: Transaction,
    *,
    wanted: Annotated[BounceFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> paging.Found[Bounce]:
    return await queries.bounces.bounces(session, wanted, cursor=cursor, limit=limit)
