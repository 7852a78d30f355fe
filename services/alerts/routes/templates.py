"""Templates over HTTP."""

from typing import Annotated

from fastapi import Query

from services.alerts import actions, queries
from services.alerts.errors import AreaUnknown, TemplateNotLater, TemplateRefused
from services.alerts.models import Template
from services.alerts.routes.router import LIST, router
from services.alerts.schemas.templates import TemplateFilter, TemplateIn, TemplateOut
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Found, Page
from shared.problems import raises


@router.get(
    "/v1/templates", summary="Words of notices in all their versions",
    response_model=Page[TemplateOut], dependencies=[may("alerts:read")], responses=LIST,
)  # fmt: skip
async def templates(
    session: Transaction,
    caller: Who,
    asked: Annotated[TemplateFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[Template]:
    return await queries.templates.templates(
        session, caller.scope, asked, cursor=cursor, limit=limit
    )


@router.post(
    "/v1/templates", summary="Enter the next version of a template", status_code=201,
    response_model=TemplateOut, dependencies=[may("alerts:write_templates")],
    responses=raises(AreaUnknown, TemplateRefused, TemplateNotLater),
)  # fmt: skip
async def enter_template(session: Transaction, caller: Who, body: TemplateIn) -> Template:
    return await actions.templates.enter_template(session, caller, body, clock.now())
