"""A wage account's life over HTTP: opening, agreement, filing, freezes, notice, closing."""

from uuid import UUID

from services.payroll import actions, queries
from services.payroll.errors import (
    AccountRefused,
    AccountStep,
    ClosingNeedsAnother,
    ClosingRefused,
    PersonNeeded,
)
from services.payroll.models import Closing, Freeze, WageAccount
from services.payroll.routes.router import router
from services.payroll.schemas.accounts import WageAccountOut
from services.payroll.schemas.life import (
    AgreementIn,
    ClosingIn,
    ClosingNoticeIn,
    ClosingOut,
    FilingIn,
    FreezeIn,
    FreezeOut,
    LiftIn,
    OpeningIn,
)
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Found, Page
from shared.problems import NotFound, raises


@router.get(
    "/v1/wage-accounts/{account_id}",
    response_model=WageAccountOut,
    dependencies=[may("payroll:read")],
    responses=raises(NotFound),
    summary="Show one wage account",
)
async def account(session: Transaction, caller: Who, account_id: UUID) -> WageAccount:
    return await queries.accounts.account(session, account_id, caller.scope)


@router.post(
    "/v1/wage-accounts/{account_id}/opening",
    response_model=WageAccountOut,
    dependencies=[may("payroll:write_accounts")],
    responses=raises(NotFound, AccountRefused, AccountStep),
    summary="Note that the bank opened a pending account",
)
async def open_account(
    session: Transaction, caller: Who, account_id: UUID, body: OpeningIn
) -> WageAccount:
    return await actions.life.open_account(session, caller.scope, account_id, body, clock.now())


@router.post(
    "/v1/wage-accounts/{account_id}/agreement",
    response_model=WageAccountOut,
    dependencies=[may("payroll:write_accounts")],
    responses=raises(NotFound, AccountRefused, AccountStep),
    summary="Note the agreement of developer, contractor and bank",
)
async def note_agreement(
    session: Transaction, caller: Who, account_id: UUID, body: AgreementIn
) -> WageAccount:
    return await actions.life.note_agreement(session, caller.scope, account_id, body, clock.now())


@router.post(
    "/v1/wage-accounts/{account_id}/filing",
    response_model=WageAccountOut,
    dependencies=[may("payroll:write_accounts")],
    responses=raises(NotFound, AccountRefused, AccountStep),
    summary="Note that the account was filed with the authority that supervises it",
)
async def note_filing(
    session: Transaction, caller: Who, account_id: UUID, body: FilingIn
) -> WageAccount:
    return await actions.life.note_filing(session, caller.scope, account_id, body, clock.now())


@router.post(
    "/v1/wage-accounts/{account_id}/freezes",
    status_code=201,
    response_model=FreezeOut,
    dependencies=[may("payroll:freeze_accounts")],
    responses=raises(NotFound, AccountStep),
    summary="Enter a spell in which nothing may leave the account",
)
async def freeze_account(
    session: Transaction, caller: Who, account_id: UUID, body: FreezeIn
) -> Freeze:
    return await actions.life.freeze_account(session, caller, account_id, body, clock.now())


@router.get(
    "/v1/wage-accounts/{account_id}/freezes",
    response_model=Page[FreezeOut],
    dependencies=[may("payroll:read")],
    responses=raises(NotFound, paging.CursorUnreadable),
    summary="List an account's freezes, oldest first",
)
async def freezes(
    session: Transaction,
    caller: Who,
    account_id: UUID,
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[Freeze]:
    return await queries.accounts.freezes(
        session, account_id, caller.scope, cursor=cursor, limit=limit
    )


@router.post(
    "/v1/wage-accounts/{account_id}/freezes/{freeze_id}/lifting",
    response_model=FreezeOut,
    dependencies=[may("payroll:freeze_accounts")],
    responses=raises(NotFound, AccountRefused),
    summary="End a freeze with a day",
)
async def lift_freeze(
    session: Transaction, caller: Who, account_id: UUID, freeze_id: UUID, body: LiftIn
) -> Freeze:
    return await actions.life.lift_freeze(
        session, caller.scope, (account_id, freeze_id), body, clock.now()
    )


@router.post(
    "/v1/wage-accounts/{account_id}/closing-notice",
    response_model=WageAccountOut,
    dependencies=[may("payroll:write_accounts")],
    responses=raises(NotFound, AccountRefused, AccountStep),
    summary="Announce that the account will be closed",
)
async def announce_closing(
    session: Transaction, caller: Who, account_id: UUID, body: ClosingNoticeIn
) -> WageAccount:
    return await actions.life.announce_closing(session, caller.scope, account_id, body, clock.now())


@router.post(
    "/v1/wage-accounts/{account_id}/closing-notice/withdrawal",
    response_model=WageAccountOut,
    dependencies=[may("payroll:write_accounts")],
    responses=raises(NotFound, AccountStep),
    summary="Take the notice back: the account goes on as it was",
)
async def withdraw_notice(session: Transaction, caller: Who, account_id: UUID) -> WageAccount:
    return await actions.life.withdraw_notice(session, caller.scope, account_id, clock.now())


@router.post(
    "/v1/wage-accounts/{account_id}/closings",
    status_code=201,
    response_model=ClosingOut,
    dependencies=[may("payroll:close_accounts")],
    responses=raises(NotFound, AccountStep, ClosingRefused, ClosingNeedsAnother, PersonNeeded),
    summary="Ask for the closing of an account; the second person's word closes it",
)
async def close_account(
    session: Transaction, caller: Who, account_id: UUID, body: ClosingIn
) -> Closing:
    return await actions.life.close_account(session, caller, account_id, body.reason, clock.now())


@router.get(
    "/v1/wage-accounts/{account_id}/closings",
    response_model=Page[ClosingOut],
    dependencies=[may("payroll:read")],
    responses=raises(NotFound, paging.CursorUnreadable),
    summary="List who asked for the closing of an account",
)
async def closings(
    session: Transaction,
    caller: Who,
    account_id: UUID,
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[Closing]:
    return await queries.accounts.closings(
        session, account_id, caller.scope, cursor=cursor, limit=limit
    )
