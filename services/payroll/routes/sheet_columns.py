"""How the columns of a payroll file were read, and how they should be, over HTTP."""

from uuid import UUID

from services.payroll import actions, queries
from services.payroll.actions.sheets import CheckedSheet
from services.payroll.errors import MappingRefused, ProjectUnknown, SheetStep
from services.payroll.models import Sheet
from services.payroll.routes import sheet_uploads
from services.payroll.routes.router import router
from services.payroll.schemas.sheet_columns import ColumnsOut
from services.payroll.schemas.sheets import CheckedSheetOut
from shared import clock
from shared.auth import Who, may
from shared.db import Transaction
from shared.files import FileLost
from shared.problems import NotFound, raises


@router.get(
    "/v1/sheets/{sheet_id}/columns",
    response_model=ColumnsOut,
    dependencies=[may("payroll:read_sheets")],
    responses=raises(NotFound),
    summary="Show as what the columns of a sheet's file were read",
)
async def sheet_columns(session: Transaction, caller: Who, sheet_id: UUID) -> Sheet:
    return await queries.sheets.sheet(session, sheet_id, caller.scope)


@router.put(
    "/v1/sheets/{sheet_id}/columns",
    response_model=CheckedSheetOut,
    dependencies=[may("payroll:send_sheets")],
    responses=raises(NotFound, ProjectUnknown, SheetStep, MappingRefused, FileLost),
    summary="Say what the columns are: the kept file is read anew, and the next one like it, too",
)
async def map_columns(
    mapped: sheet_uploads.Remapped, session: Transaction, caller: Who, sheet_id: UUID
) -> CheckedSheet:
    return await actions.sheet_columns.map_columns(session, caller, sheet_id, mapped, clock.now())
