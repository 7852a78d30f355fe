"""API keys over HTTP."""

from uuid import UUID

from services.registry import actions, queries
from services.registry.errors import ApiKeyUnknown, RegistrationRefused
from services.registry.routes.router import router
from services.registry.rules.keys import NewKey
from services.registry.schemas.keys import ApiKeyIn, ApiKeyOut, ApiKeyShown
from shared import clock, paging
from shared.auth import ApiKey, Who, may
from shared.db import Transaction
from shared.paging import Page
from shared.problems import raises


@router.get(
    "/v1/api-keys",
    dependencies=[may("registry:manage_keys")],
    response_model=Page[ApiKeyOut],
    responses=raises(paging.CursorUnreadable),
    summary="API keys of the caller's areas",
)
async def api_keys(
    session: Transaction, who: Who, cursor: paging.Cursor, limit: paging.Limit
) -> paging.Found[ApiKey]:
    """Give keys by age, revoked ones too; never the keys themselves."""
    return await queries.keys.api_keys(session, who.scope, cursor=cursor, limit=limit)


@router.post(
    "/v1/api-keys",
    dependencies=[may("registry:manage_keys")],
    status_code=201,
    response_model=ApiKeyShown,
    responses=raises(RegistrationRefused),
    openapi_extra={"x-shows-secret": True},
    summary="Make an API key for a machine",
)
async def issue_api_key(session: Transaction, who: Who, body: ApiKeyIn) -> NewKey:
    """Make a key that every service takes once it was told; it is shown this once."""
    return await actions.keys.issue_api_key(session, who.scope, body, clock.now())


@router.post(
    "/v1/api-keys/{api_key_id}/revoke",
    dependencies=[may("registry:manage_keys")],
    response_model=ApiKeyOut,
    responses=raises(ApiKeyUnknown),
    summary="Revoke an API key",
)
async def revoke_api_key(session: Transaction, who: Who, api_key_id: UUID) -> ApiKey:
    """Let a machine call no more, in any service."""
    return await actions.keys.revoke_api_key(session, who.scope, api_key_id, clock.now())
