"""Required systems over HTTP: lists, requirements, exemptions, the board."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query

from services.registry import actions, queries
from services.registry.errors import (
    ExemptionDecided,
    ExemptionOpen,
    ExemptionUnknown,
    PersonNeeded,
    RegistrationRefused,
    RequirementListTaken,
    RequirementUnknown,
    SecondPersonNeeded,
)
from services.registry.models import Exemption, Requirement, RequirementList
from services.registry.routes.router import router
from services.registry.rules.systems import Summary
from services.registry.schemas.requirements import (
    ExemptionIn,
    ExemptionOut,
    RequirementFilter,
    RequirementListFilter,
    RequirementListIn,
    RequirementListOut,
    RequirementOut,
    SystemListFilter,
    SystemStandingOut,
    SystemSummaryFilter,
    SystemSummaryOut,
)
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Page
from shared.problems import raises


@router.get(
    "/v1/requirement-lists",
    dependencies=[may("registry:read")],
    response_model=Page[RequirementListOut],
    responses=raises(paging.CursorUnreadable),
    summary="The systems that areas ask for, all versions",
)
async def requirement_lists(
    session: Transaction,
    who: Who,
    *,
    wanted: Annotated[RequirementListFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> paging.Found[RequirementList]:
    """Give the lists of the caller's areas and of those above them."""
    return await queries.requirements.requirement_lists(
        session, who.scope, wanted, cursor=cursor, limit=limit
    )


@router.post(
    "/v1/requirement-lists",
    dependencies=[may("registry:write_requirement_lists")],
    status_code=201,
    response_model=RequirementListOut,
    responses=raises(RequirementListTaken, RegistrationRefused),
    summary="Enter a version of the systems that an area asks for",
)
async def enter_requirement_list(
    session: Transaction, who: Who, body: RequirementListIn
) -> RequirementList:
    """Enter a list; projects of the area follow it from its first day on."""
    return await actions.requirement_lists.enter_requirement_list(session, who, body, clock.now())


@router.get(
    "/v1/requirements",
    dependencies=[may("registry:read")],
    response_model=Page[RequirementOut],
    responses=raises(paging.CursorUnreadable, paging.SyncAnew),
    summary="Required systems of projects, or their changes",
)
async def requirements(
    session: Transaction,
    who: Who,
    *,
    wanted: Annotated[RequirementFilter, Query()],
    cursor: paging.Cursor,
    changed_after: paging.ChangedAfter,
    limit: paging.Limit,
) -> paging.Found[Requirement]:
    """Give requirements as they stand now."""
    return await queries.requirements.requirements(
        session, who.scope, wanted, cursor=cursor, changed_after=changed_after, limit=limit
    )


@router.get(
    "/v1/requirements/summary",
    dependencies=[may("registry:read")],
    response_model=SystemSummaryOut,
    summary="How required systems stand, by unit and by system, on a day",
)
async def system_summary(
    session: Transaction, who: Who, wanted: Annotated[SystemSummaryFilter, Query()]
) -> Summary:
    """Count the requirements of supervised projects in progress."""
    return await queries.summaries.system_summary(session, who.scope, wanted, clock.today())


@router.get(
    "/v1/requirements/standings",
    dependencies=[may("registry:read")],
    response_model=Page[SystemStandingOut],
    responses=raises(paging.CursorUnreadable),
    summary="The requirements that a summary counts",
)
async def system_standings(
    session: Transaction,
    who: Who,
    *,
    wanted: Annotated[SystemListFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> paging.Found[Any]:
    """Give each requirement as it stood on the day, project by project."""
    return await queries.summaries.system_standings(
        session, who.scope, wanted, clock.today(), cursor=cursor, limit=limit
    )


@router.get(
    "/v1/requirements/{requirement_id}",
    dependencies=[may("registry:read")],
    response_model=RequirementOut,
    responses=raises(RequirementUnknown),
    summary="One required system of a project",
)
async def requirement(session: Transaction, who: Who, requirement_id: UUID) -> Requirement:
    """Give one requirement."""
    return await queries.requirements.requirement(session, requirement_id, who.scope)


@router.get(
    "/v1/requirements/{requirement_id}/exemptions",
    dependencies=[may("registry:read")],
    response_model=Page[ExemptionOut],
    responses=raises(RequirementUnknown, paging.CursorUnreadable),
    summary="Exemptions of a requirement",
)
async def exemptions(
    session: Transaction,
    who: Who,
    *,
    requirement_id: UUID,
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> paging.Found[Exemption]:
    """Give exemptions, asked for, in force and ended."""
    return await queries.requirements.exemptions(
        session, requirement_id, who.scope, cursor=cursor, limit=limit
    )


@router.post(
    "/v1/requirements/{requirement_id}/exemptions",
    dependencies=[may("registry:exempt")],
    status_code=201,
    response_model=ExemptionOut,
    responses=raises(RequirementUnknown, ExemptionOpen, RegistrationRefused, PersonNeeded),
    summary="Ask that a system need not be in place for a time",
)
async def propose_exemption(
    session: Transaction, who: Who, requirement_id: UUID, body: ExemptionIn
) -> Exemption:
    """Ask for an exemption; nothing is exempted before another person confirms it."""
    return await actions.exemptions.propose_exemption(
        session, who, requirement_id, body, clock.now()
    )


@router.post(
    "/v1/exemptions/{exemption_id}/confirm",
    dependencies=[may("registry:exempt")],
    response_model=ExemptionOut,
    responses=raises(ExemptionUnknown, ExemptionDecided, SecondPersonNeeded, PersonNeeded),
    summary="Decide on an exemption as the second person",
)
async def confirm_exemption(session: Transaction, who: Who, exemption_id: UUID) -> Exemption:
    """Confirm an exemption; a timer ends it after its last day."""
    return await actions.exemptions.confirm_exemption(session, who, exemption_id, clock.now())


@router.post(
    "/v1/exemptions/{exemption_id}/end",
    dependencies=[may("registry:exempt")],
    response_model=ExemptionOut,
    responses=raises(ExemptionUnknown, ExemptionDecided),
    summary="Take an exemption back, or what was asked for",
)
async def end_exemption(session: Transaction, who: Who, exemption_id: UUID) -> Exemption:
    """End an exemption before its last day."""
    return await actions.exemptions.end_exemption(session, who, exemption_id, clock.now())
