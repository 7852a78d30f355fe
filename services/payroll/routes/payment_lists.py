"""Files of treasury payments over HTTP: a template to fill in, a trial, and the import."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Form, Query, Response

from services.payroll import actions, queries
from services.payroll.actions.lists import SentList
from services.payroll.adapters import payment_list as form
from services.payroll.errors import AreaUnknown, PaymentListRefused, PaymentListUnknown
from services.payroll.models import PaymentList
from services.payroll.routes.router import router
from services.payroll.schemas.fields import AreaCode
from services.payroll.schemas.payment_lists import PaymentListOut, PaymentListWithFindingsOut
from shared import clock, list_files, paging, uploads
from shared.auth import Who, may
from shared.db import Transaction
from shared.files import Kept
from shared.paging import Found, Page
from shared.problems import raises
from shared.tables.forms import Filled

Uploaded = Annotated[tuple[Kept, Filled], Depends(list_files.reading(form.PAYMENTS))]


@router.get(
    "/v1/payment-lists/template",
    dependencies=[may("payroll:write_payments")],
    response_class=Response,
    responses={**list_files.XLSX, **raises(AreaUnknown)},
    summary="A template of a list of treasury payments to fill in",
)
async def payment_template(
    session: Transaction, caller: Who, area_code: Annotated[AreaCode, Query()]
) -> Response:
    choices = await actions.payment_lists.template_choices(session, caller.scope, area_code)
    return await list_files.template(partial(form.template, choices), "payments")


@router.post(
    "/v1/payment-lists",
    dependencies=[may("payroll:write_payments")],
    response_model=PaymentListWithFindingsOut,
    responses=raises(AreaUnknown, PaymentListRefused, uploads.BodyTooLarge),
    summary="Try or take a list of treasury payments from a file: xlsx, xls, csv",
)
async def import_payments(
    uploaded: Uploaded,
    session: Transaction,
    caller: Who,
    area_code: Annotated[AreaCode, Form()],
    *,
    dry_run: Annotated[bool, Form()] = False,
) -> PaymentList:
    """Take all payments or none; `dry_run` says what would become of them. The file is kept."""
    sent = SentList(area_code, *uploaded)
    return await actions.payment_lists.import_payments(
        session, caller, sent, clock.now(), dry_run=dry_run
    )


@router.get(
    "/v1/payment-lists",
    dependencies=[may("payroll:write_payments")],
    response_model=Page[PaymentListOut],
    responses=raises(paging.CursorUnreadable),
    summary="Files of treasury payments that came to be imported, newest first",
)
async def payment_lists(
    session: Transaction, caller: Who, cursor: paging.Cursor, limit: paging.Limit
) -> Found[PaymentList]:
    return await queries.lists.lists(session, PaymentList, caller.scope, cursor=cursor, limit=limit)


@router.get(
    "/v1/payment-lists/{payment_list_id}",
    dependencies=[may("payroll:write_payments")],
    response_model=PaymentListWithFindingsOut,
    responses=raises(PaymentListUnknown),
    summary="One list of treasury payments, with all findings at their cells",
)
async def payment_list(session: Transaction, caller: Who, payment_list_id: UUID) -> PaymentList:
    return await queries.lists.filled_list(session, PaymentList, payment_list_id, caller.scope)
