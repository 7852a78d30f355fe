"""The instruction by which a bank is told whom to pay, over HTTP; made once, kept sealed."""

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response

from services.payroll import actions, queries
from services.payroll.actions.instructions import Prepared
from services.payroll.adapters import payment_instruction
from services.payroll.adapters.payment_instruction import Order
from services.payroll.queries.results import Round
from services.payroll.routes.router import router
from services.payroll.routes.sheets import DOWNLOAD
from services.payroll.schemas.results import InstructionIn
from shared import clock
from shared.auth import Who, may
from shared.db import Glance, Transaction
from shared.files import FileKind, FileLost, KeptFiles
from shared.problems import NotFound, raises


async def _prepared(
    files: KeptFiles, glance: Glance, caller: Who, disbursement_id: UUID, body: InstructionIn
) -> Prepared:
    """Make the file where there is none yet, before the transaction begins."""
    kind = FileKind(body.kind)
    async with glance() as session:
        found = await queries.results.round_of(
            session, disbursement_id, body.round, kind, caller.scope
        )
        order = None if found.kept else _order(found)
    kept = None
    if order:
        content = await asyncio.to_thread(payment_instruction.write, order, kind)
        name = f"{order.number}-{order.round}.{kind}"
        kept = await files.keep(content, kind=kind, name=name)
    return Prepared(kind, found.number, body.purpose, kept)


def _order(found: Round) -> Order:
    batch, account = found.disbursement, found.account
    return Order(
        batch.number, found.number, account.account_name, account.account_no, batch.period,
        found.payments,
    )  # fmt: skip


@router.post(
    "/v1/disbursements/{disbursement_id}/instruction",
    response_class=Response,
    dependencies=[may("payroll:take_instructions")],
    responses={200: {"content": {DOWNLOAD: {}}}, **raises(NotFound, FileLost)},
    openapi_extra={"x-shows-secret": True},
    summary="Give the bank's instruction of a round as xlsx or csv; who took it why is recorded",
)
async def take_instruction(
    prepared: Annotated[Prepared, Depends(_prepared)],
    files: KeptFiles,
    session: Transaction,
    caller: Who,
    disbursement_id: UUID,
) -> Response:
    """Names and card numbers are clear in it. The same round again gives the same file."""
    file_id = await actions.instructions.take_instruction(
        session, caller, disbursement_id, prepared, clock.now()
    )
    kept, content = await files.give(file_id)
    name = f'attachment; filename="{kept.name}"'
    headers = {"content-disposition": name, "x-content-type-options": "nosniff"}
    return Response(content, media_type=DOWNLOAD, headers=headers)
