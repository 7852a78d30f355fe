"""The bank's statements of deposits over HTTP (65号 art. 21)."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import Form, Query, Response

from services.registry import actions, queries
from services.registry.errors import (
    FileNotTaken,
    RegistrationRefused,
    StatementUnknown,
    StepRefused,
)
from services.registry.models import BankStatement
from services.registry.routes.evidence import Paper, download
from services.registry.routes.router import router
from services.registry.schemas.bank_statements import StatementFilter, StatementOut
from shared import clock, paging, uploads
from shared.auth import Who, may
from shared.db import Transaction
from shared.files import KeptFiles
from shared.paging import Page
from shared.problems import raises


@router.get(
    "/v1/bank-statements",
    dependencies=[may("registry:read")],
    response_model=Page[StatementOut],
    responses=raises(paging.CursorUnreadable),
    summary="The bank's statements of deposits: owed, filed, late",
)
async def bank_statements(
    session: Transaction,
    who: Who,
    *,
    wanted: Annotated[StatementFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> paging.Found[BankStatement]:
    """Give statements, what is due first first."""
    return await queries.bank_statements.statements(
        session, who.scope, wanted, cursor=cursor, limit=limit
    )


@router.post(
    "/v1/bank-statements/{statement_id}/file",
    dependencies=[may("registry:write_deposits")],
    response_model=StatementOut,
    responses=raises(
        StatementUnknown, StepRefused, RegistrationRefused, FileNotTaken, uploads.BodyTooLarge
    ),
    summary="File the bank's statement of a deposit",
)
async def file_statement(
    kept: Paper,
    session: Transaction,
    who: Who,
    *,
    statement_id: UUID,
    stated_on: Annotated[clock.Day, Form()],
    balance: Annotated[Decimal, Form(max_digits=14, decimal_places=2)],
    interest: Annotated[Decimal, Form(max_digits=14, decimal_places=2)],
) -> BankStatement:
    """Keep the file, sealed, with what it states; the next one is expected."""
    return await actions.bank_statements.file_statement(
        session,
        who,
        statement_id,
        kept,
        stated_on=stated_on,
        balance=balance,
        interest=interest,
        now=clock.now(),
    )


@router.get(
    "/v1/bank-statements/{statement_id}/file",
    dependencies=[may("registry:read")],
    response_class=Response,
    responses=raises(StatementUnknown, FileNotTaken),
    summary="The file of a bank's statement, as a download",
)
async def statement_file(
    files: KeptFiles, session: Transaction, who: Who, statement_id: UUID
) -> Response:
    """Give the kept file under its id, never under the name that its uploader gave it."""
    one = await queries.bank_statements.statement(session, statement_id, who.scope)
    return await download(files, one.file_id, one.id)
