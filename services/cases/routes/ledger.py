"""The arrears ledger over HTTP: as a list, as sums, and as the sheet that an office sends."""

import asyncio
from typing import Annotated

from fastapi import Depends, Query, Response

from services.cases import actions, queries
from services.cases.adapters import ledger_file
from services.cases.errors import LedgerTooLong
from services.cases.routes.router import router
from services.cases.rules.ledger import By, LedgerRow, Totals
from services.cases.schemas.arrears import ArrearsCaseFilter
from services.cases.schemas.ledger import LedgerRowOut, TotalsOut
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Glance, Transaction
from shared.files import MEDIA_TYPES, FileKind
from shared.paging import CursorUnreadable, Found, Page
from shared.problems import Invalid, raises

_Filters = Annotated[ArrearsCaseFilter, Query()]
_READ = [may("cases:read_ledger")]
_XLSX = MEDIA_TYPES[FileKind.XLSX]


@router.get(
    "/v1/arrears-ledger",
    dependencies=_READ,
    summary="The arrears ledger: a row for each case, workers as numbers only",
    response_model=Page[LedgerRowOut],
    responses=raises(CursorUnreadable, Invalid),
)
async def arrears_ledger(
    session: Transaction, who: Who, *, filters: _Filters, cursor: paging.Cursor, limit: paging.Limit
) -> Found[LedgerRow]:
    return await queries.ledger.ledger_rows(session, filters, who.scope, cursor=cursor, limit=limit)


@router.get(
    "/v1/arrears-ledger/counts",
    dependencies=_READ,
    summary="Sums of the ledger by area, industry, cause, source or body; the year before beside",
    response_model=TotalsOut,
    responses=raises(Invalid),
)
async def arrears_ledger_counts(
    session: Transaction, who: Who, *, filters: _Filters, by: By = By.AREA
) -> Totals:
    return await queries.ledger.totals(session, filters, who.scope, by, clock.now())


async def _made(glance: Glance, who: Who, filters: _Filters) -> bytes:
    """Make the workbook; the database is let go before it is written."""
    async with glance() as session:
        ledger = await actions.ledger.book(session, who, filters, clock.now())
    return await asyncio.to_thread(ledger_file.write, ledger)


@router.get(
    "/v1/arrears-ledger/file",
    dependencies=_READ,
    summary="The ledger as xlsx with its totals and the statistical table, as an office sends it",
    response_class=Response,
    responses={200: {"content": {_XLSX: {}}}, **raises(LedgerTooLong, Invalid)},
)
async def arrears_ledger_file(content: Annotated[bytes, Depends(_made)]) -> Response:
    name = f"arrears-ledger-{clock.today()}.xlsx"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=_XLSX, headers=headers)
