"""Lists of wage accounts in files over HTTP: a template to fill in, a trial, and the import."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Form, Query, Response

from services.payroll import actions, queries
from services.payroll.actions.lists import SentList
from services.payroll.adapters import account_list as form
from services.payroll.errors import AccountListRefused, AccountListUnknown, AreaUnknown
from services.payroll.models import AccountList
from services.payroll.routes.router import router
from services.payroll.schemas.account_lists import AccountListOut, AccountListWithFindingsOut
from services.payroll.schemas.fields import AreaCode
from shared import clock, list_files, paging, uploads
from shared.auth import Who, may
from shared.db import Transaction
from shared.files import Kept
from shared.paging import Found, Page
from shared.problems import raises
from shared.tables.forms import Filled

Uploaded = Annotated[tuple[Kept, Filled], Depends(list_files.reading(form.ACCOUNTS))]


@router.get(
    "/v1/account-lists/template",
    dependencies=[may("payroll:import")],
    response_class=Response,
    responses={**list_files.XLSX, **raises(AreaUnknown)},
    summary="A template of a list of wage accounts to fill in",
)
async def account_template(
    session: Transaction, caller: Who, area_code: Annotated[AreaCode, Query()]
) -> Response:
    choices = await actions.account_lists.template_choices(session, caller.scope, area_code)
    return await list_files.template(partial(form.template, choices), "accounts")


@router.post(
    "/v1/account-lists",
    dependencies=[may("payroll:import")],
    response_model=AccountListWithFindingsOut,
    responses=raises(AreaUnknown, AccountListRefused, uploads.BodyTooLarge),
    summary="Try or enter a list of wage accounts from a file: xlsx, xls, csv",
)
async def import_accounts(
    uploaded: Uploaded,
    session: Transaction,
    caller: Who,
    area_code: Annotated[AreaCode, Form()],
    *,
    dry_run: Annotated[bool, Form()] = False,
) -> AccountList:
    """Enter all rows or none; `dry_run` says what would become of them. The file is kept."""
    sent = SentList(area_code, *uploaded)
    return await actions.account_lists.import_accounts(
        session, caller, sent, clock.now(), dry_run=dry_run
    )


@router.get(
    "/v1/account-lists",
    dependencies=[may("payroll:import")],
    response_model=Page[AccountListOut],
    responses=raises(paging.CursorUnreadable),
    summary="Lists of wage accounts that came to be imported, newest first",
)
async def account_lists(
    session: Transaction, caller: Who, cursor: paging.Cursor, limit: paging.Limit
) -> Found[AccountList]:
    return await queries.lists.lists(session, AccountList, caller.scope, cursor=cursor, limit=limit)


@router.get(
    "/v1/account-lists/{account_list_id}",
    dependencies=[may("payroll:import")],
    response_model=AccountListWithFindingsOut,
    responses=raises(AccountListUnknown),
    summary="One list of wage accounts, with all findings at their cells",
)
async def account_list(session: Transaction, caller: Who, account_list_id: UUID) -> AccountList:
    return await queries.lists.filled_list(session, AccountList, account_list_id, caller.scope)
