"""Terms of digests and floods over HTTP."""

from typing import Annotated

from fastapi import Query

from services.alerts import actions, queries
from services.alerts.errors import AreaUnknown, VersionNotLater
from services.alerts.models import BundleTerms
from services.alerts.routes.router import LIST, router
from services.alerts.schemas.bundles import BundleTermsFilter, BundleTermsIn, BundleTermsOut
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Found, Page
from shared.problems import raises


@router.get(
    "/v1/bundle-terms", summary="What goes in one message, in all versions",
    response_model=Page[BundleTermsOut], dependencies=[may("alerts:read")], responses=LIST,
)  # fmt: skip
async def bundle_terms(
    session: Transaction,
    caller: Who,
    asked: Annotated[BundleTermsFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[BundleTerms]:
    return await queries.bundles.terms(session, caller.scope, asked, cursor=cursor, limit=limit)


@router.post(
    "/v1/bundle-terms", summary="Enter the next version of an area's terms of digests and floods",
    status_code=201, response_model=BundleTermsOut, dependencies=[may("alerts:write_routes")],
    responses=raises(AreaUnknown, VersionNotLater),
)  # fmt: skip
async def enter_bundle_terms(session: Transaction, caller: Who, body: BundleTermsIn) -> BundleTerms:
    return await actions.bundles.enter_terms(session, caller, body, clock.now())
