"""The quality book of the rules over HTTP: as a list, and as a sheet."""

import asyncio
from typing import Annotated

from fastapi import Depends, Query, Response

from services.cases import adapters, queries
from services.cases.routes.router import router
from services.cases.rules.quality import QualityBook
from services.cases.schemas.quality import QualityBookOut, QualityFilter
from shared import clock
from shared.auth import Who, may
from shared.db import Glance, Transaction
from shared.files import MEDIA_TYPES, FileKind
from shared.problems import Invalid, raises

_Filters = Annotated[QualityFilter, Query()]
_READ = [may("cases:read_quality")]
_XLSX = MEDIA_TYPES[FileKind.XLSX]


@router.get(
    "/v1/quality-book",
    dependencies=_READ,
    summary="How good the rules are: fired, confirmed, false with cause, and how soon, by area",
    response_model=QualityBookOut,
    responses=raises(Invalid),
)
async def quality_book(session: Transaction, who: Who, *, filters: _Filters) -> QualityBook:
    return await queries.quality.quality_book(session, filters, who.scope)


async def _made(glance: Glance, who: Who, filters: _Filters) -> bytes:
    """Make the workbook; the database is let go before it is written."""
    async with glance() as session:
        book = await queries.quality.quality_book(session, filters, who.scope)
    said = f"立项日期 {filters.opened_from or ''} 至 {filters.opened_until or clock.today()}"
    return await asyncio.to_thread(adapters.quality_file.write, book, said)


@router.get(
    "/v1/quality-book/file",
    dependencies=_READ,
    summary="The quality book as xlsx",
    response_class=Response,
    responses={200: {"content": {_XLSX: {}}}, **raises(Invalid)},
)
async def quality_book_file(content: Annotated[bytes, Depends(_made)]) -> Response:
    name = f"quality-book-{clock.today()}.xlsx"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=_XLSX, headers=headers)
