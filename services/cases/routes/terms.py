"""What areas say of orders, of more time, of closings by hand and of feeds, over HTTP."""

from typing import Annotated

from fastapi import Query

from services.cases import actions, queries
from services.cases.errors import AreaUnknown, PolicyVersionTaken, TermsRefused
from services.cases.models import ClosingTerms, ExtensionTerms, FeedTerms, OrderTerms
from services.cases.routes.router import router
from services.cases.schemas.terms import (
    ClosingTermsIn,
    ClosingTermsOut,
    ExtensionTermsIn,
    ExtensionTermsOut,
    FeedTermsIn,
    FeedTermsOut,
    OrderTermsIn,
    OrderTermsOut,
    TermsFilter,
)
from shared import paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import CursorUnreadable, Found, Page
from shared.problems import Invalid, raises

_Only = Annotated[TermsFilter, Query()]


@router.get(
    "/v1/terms/orders",
    dependencies=[may("cases:read")],
    summary="What orders say and how long they give, where it may govern the caller's areas",
    response_model=Page[OrderTermsOut],
    responses=raises(CursorUnreadable, Invalid),
)
async def order_terms(
    session: Transaction, who: Who, *, only: _Only, cursor: paging.Cursor, limit: paging.Limit
) -> Found[OrderTerms]:
    return await queries.terms.terms(
        session, OrderTerms, only, who.scope, cursor=cursor, limit=limit
    )


@router.post(
    "/v1/terms/orders",
    dependencies=[may("cases:write_policies")],
    summary="Store a version of an area's terms of orders",
    status_code=201,
    response_model=OrderTermsOut,
    responses=raises(AreaUnknown, PolicyVersionTaken, Invalid),
)
async def add_order_terms(session: Transaction, who: Who, body: OrderTermsIn) -> OrderTerms:
    return await actions.terms.add_terms(session, who, OrderTerms, body)


@router.get(
    "/v1/terms/extensions",
    dependencies=[may("cases:read")],
    summary="How much more time is granted, where it may govern the caller's areas",
    response_model=Page[ExtensionTermsOut],
    responses=raises(CursorUnreadable, Invalid),
)
async def extension_terms(
    session: Transaction, who: Who, *, only: _Only, cursor: paging.Cursor, limit: paging.Limit
) -> Found[ExtensionTerms]:
    return await queries.terms.terms(
        session, ExtensionTerms, only, who.scope, cursor=cursor, limit=limit
    )


@router.post(
    "/v1/terms/extensions",
    dependencies=[may("cases:write_policies")],
    summary="Store a version of how much more time an area grants",
    status_code=201,
    response_model=ExtensionTermsOut,
    responses=raises(AreaUnknown, PolicyVersionTaken, Invalid),
)
async def add_extension_terms(
    session: Transaction, who: Who, body: ExtensionTermsIn
) -> ExtensionTerms:
    return await actions.terms.add_terms(session, who, ExtensionTerms, body)


@router.get(
    "/v1/terms/closings",
    dependencies=[may("cases:read")],
    summary="Which documents close an item, where it may govern the caller's areas",
    response_model=Page[ClosingTermsOut],
    responses=raises(CursorUnreadable, Invalid),
)
async def closing_terms(
    session: Transaction, who: Who, *, only: _Only, cursor: paging.Cursor, limit: paging.Limit
) -> Found[ClosingTerms]:
    return await queries.terms.terms(
        session, ClosingTerms, only, who.scope, cursor=cursor, limit=limit
    )


@router.post(
    "/v1/terms/closings",
    dependencies=[may("cases:write_policies")],
    summary="Store a version of which documents an area takes",
    status_code=201,
    response_model=ClosingTermsOut,
    responses=raises(AreaUnknown, PolicyVersionTaken, TermsRefused, Invalid),
)
async def add_closing_terms(session: Transaction, who: Who, body: ClosingTermsIn) -> ClosingTerms:
    return await actions.terms.add_terms(session, who, ClosingTerms, body)


@router.get(
    "/v1/terms/feeds",
    dependencies=[may("cases:read")],
    summary="How often expected feeds have to be heard of, where it may govern the caller's areas",
    response_model=Page[FeedTermsOut],
    responses=raises(CursorUnreadable, Invalid),
)
async def feed_terms(
    session: Transaction, who: Who, *, only: _Only, cursor: paging.Cursor, limit: paging.Limit
) -> Found[FeedTerms]:
    return await queries.terms.terms(
        session, FeedTerms, only, who.scope, cursor=cursor, limit=limit
    )


@router.post(
    "/v1/terms/feeds",
    dependencies=[may("cases:write_policies")],
    summary="Store a version of how often an area expects to hear of a kind of feed",
    status_code=201,
    response_model=FeedTermsOut,
    responses=raises(AreaUnknown, PolicyVersionTaken, Invalid),
)
async def add_feed_terms(session: Transaction, who: Who, body: FeedTermsIn) -> FeedTerms:
    return await actions.terms.add_terms(session, who, FeedTerms, body)
