"""Exports of registry: whole lists as lines of JSON, to be resumed at every page."""

from functools import partial
from typing import Annotated, Any

from fastapi import Query, Request

from services.registry import queries
from services.registry.models import Organisation
from services.registry.routes.router import router
from services.registry.schemas.contracts import WorksContractFilter, WorksContractOut
from services.registry.schemas.organisations import OrganisationFilter, OrganisationOut
from services.registry.schemas.projects import ProjectFilter, ProjectOut
from services.registry.schemas.requirements import RequirementFilter, RequirementOut
from shared import clock, exports
from shared.auth import Who, may
from shared.db import Session
from shared.exports import Lines
from shared.paging import Found
from shared.problems import raises


@router.get(
    "/v1/exports/projects",
    dependencies=[may("registry:read")],
    summary="All projects of the caller, or what changed, or as of a day",
    response_class=Lines,
    responses=raises(*exports.PROBLEMS),
)
async def export_projects(
    request: Request,
    who: Who,
    *,
    wanted: Annotated[ProjectFilter, Query()],
    start: exports.Asked,
) -> Lines:
    ask = partial(queries.projects.projects, scope=who.scope, wanted=wanted)
    return await exports.lines(request, ask, ProjectOut, name="projects", start=start)


@router.get(
    "/v1/exports/organisations",
    dependencies=[may("registry:read")],
    summary="All organisations of the caller, or what changed, or as of a day",
    response_class=Lines,
    responses=raises(*exports.PROBLEMS),
)
async def export_organisations(
    request: Request,
    who: Who,
    *,
    wanted: Annotated[OrganisationFilter, Query()],
    start: exports.Asked,
) -> Lines:
    async def ask(session: Session, **page: Any) -> Found[Organisation]:
        # The day is that of the page's own transaction, which follows a scenario's clock.
        return await queries.organisations.organisations(
            session, who.scope, wanted, today=clock.today(), **page
        )

    return await exports.lines(request, ask, OrganisationOut, name="organisations", start=start)


@router.get(
    "/v1/exports/works-contracts",
    dependencies=[may("registry:read")],
    summary="All works contracts of the caller, or what changed, or as of a day",
    response_class=Lines,
    responses=raises(*exports.PROBLEMS),
)
async def export_works_contracts(
    request: Request,
    who: Who,
    *,
    wanted: Annotated[WorksContractFilter, Query()],
    start: exports.Asked,
) -> Lines:
    ask = partial(queries.contracts.works_contracts, scope=who.scope, wanted=wanted)
    return await exports.lines(request, ask, WorksContractOut, name="works_contracts", start=start)


@router.get(
    "/v1/exports/requirements",
    dependencies=[may("registry:read")],
    summary="All required systems of the caller's projects, or what changed, or as of a day",
    response_class=Lines,
    responses=raises(*exports.PROBLEMS),
)
async def export_requirements(
    request: Request,
    who: Who,
    *,
    wanted: Annotated[RequirementFilter, Query()],
    start: exports.Asked,
) -> Lines:
    ask = partial(queries.requirements.requirements, scope=who.scope, wanted=wanted)
    return await exports.lines(request, ask, RequirementOut, name="requirements", start=start)
