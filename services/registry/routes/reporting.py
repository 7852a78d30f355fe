"""Reporting over HTTP: duties, reports, what others saw, gaps, and how complete a half-year is."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query

from services.registry import actions, queries
from services.registry.actions.reporting import Reported
from services.registry.actions.sightings import Seen
from services.registry.errors import (
    NothingProposed,
    ProjectUnknown,
    RegistrationRefused,
    SightingUnknown,
)
from services.registry.models import ReportingDuty, ReportingGap, Sighting
from services.registry.routes.router import router
from services.registry.rules.completeness import Completeness
from services.registry.rules.sightings import SightingSource
from services.registry.schemas.reporting import (
    ApprovalsIn,
    GapFilter,
    GapOut,
    InspectedIn,
    KnownProjectOut,
    RefusalIn,
    ReportingDutyFilter,
    ReportingDutyIn,
    ReportingDutyOut,
    ReportingListFilter,
    ReportingSummaryFilter,
    ReportingSummaryOut,
    ReportsIn,
    ReportsOut,
    SightingFilter,
    SightingOut,
    SightingsOut,
)
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Page
from shared.problems import raises


@router.get(
    "/v1/reporting/duties",
    dependencies=[may("registry:read")],
    response_model=Page[ReportingDutyOut],
    responses=raises(paging.CursorUnreadable),
    summary="What must be reported, by area, kind of works and amount",
)
async def reporting_duties(
    session: Transaction,
    who: Who,
    wanted: Annotated[ReportingDutyFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> paging.Found[ReportingDuty]:
    """Give all versions, those of the areas above the caller's too."""
    return await queries.duties.duties(session, who.scope, wanted, cursor=cursor, limit=limit)


@router.post(
    "/v1/reporting/duties",
    dependencies=[may("registry:write_duties")],
    status_code=201,
    response_model=ReportingDutyOut,
    responses=raises(RegistrationRefused),
    summary="Enter a version of a duty to report",
)
async def enter_duty(session: Transaction, who: Who, body: ReportingDutyIn) -> ReportingDuty:
    """Enter a new version; the content of the newest again gives the newest."""
    return await actions.duties.enter_duty(session, who.scope, body, clock.now())


@router.post(
    "/v1/reports",
    dependencies=[may("registry:write_projects")],
    response_model=ReportsOut,
    responses=raises(ProjectUnknown, RegistrationRefused),
    summary="Report projects for the half-year",
)
async def report_projects(session: Transaction, who: Who, body: ReportsIn) -> Reported:
    """Enter on which day projects were reported; what their reports lack comes back."""
    return await actions.reporting.report_projects(session, who.scope, body, clock.now())


@router.post(
    "/v1/approvals",
    dependencies=[may("registry:write_approvals")],
    response_model=SightingsOut,
    responses=raises(RegistrationRefused),
    summary="Enter a list of approvals, permits or tenders",
)
async def enter_approvals(session: Transaction, who: Who, body: ApprovalsIn) -> Seen:
    """Compare a list with what is registered; the same list again changes nothing."""
    return await actions.sightings.enter_sightings(
        session, who, body.source, body.items, clock.now()
    )


@router.post(
    "/v1/inspected",
    dependencies=[may("registry:add_finding")],
    response_model=SightingsOut,
    responses=raises(RegistrationRefused),
    summary="Enter projects that inspectors came upon",
)
async def enter_inspected(session: Transaction, who: Who, body: InspectedIn) -> Seen:
    """Compare findings with what is registered; they order and decide nothing."""
    return await actions.sightings.enter_sightings(
        session, who, SightingSource.INSPECTION, body.items, clock.now()
    )


@router.get(
    "/v1/sightings",
    dependencies=[may("registry:read")],
    response_model=Page[SightingOut],
    responses=raises(paging.CursorUnreadable),
    summary="Projects that others saw, and what became of them",
)
async def sightings(
    session: Transaction,
    who: Who,
    wanted: Annotated[SightingFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> paging.Found[Sighting]:
    """Give rows of lists and findings: unregistered, proposed, matched, or told before."""
    return await queries.sightings.sightings(session, who.scope, wanted, cursor=cursor, limit=limit)


@router.post(
    "/v1/sightings/{sighting_id}/confirm",
    dependencies=[may("registry:decide_sightings")],
    response_model=SightingOut,
    responses=raises(SightingUnknown, NothingProposed),
    summary="Confirm that a sighting is the proposed project",
)
async def confirm_sighting(session: Transaction, who: Who, sighting_id: UUID) -> Sighting:
    """Match a sighting with what it looks like; its gap goes on as the project's."""
    return await actions.sightings.confirm_sighting(session, who, sighting_id, clock.now())


@router.post(
    "/v1/sightings/{sighting_id}/refuse",
    dependencies=[may("registry:decide_sightings")],
    response_model=SightingOut,
    responses=raises(SightingUnknown, NothingProposed),
    summary="Say that a sighting is another project",
)
async def refuse_sighting(
    session: Transaction, who: Who, sighting_id: UUID, body: RefusalIn
) -> Sighting:
    """Compare a sighting anew without what it is not."""
    return await actions.sightings.refuse_sighting(
        session, who, sighting_id, body.note, clock.now()
    )


@router.get(
    "/v1/reporting",
    dependencies=[may("registry:read")],
    response_model=Page[KnownProjectOut],
    responses=raises(paging.CursorUnreadable),
    summary="Projects that should be reported in a half-year",
)
async def known_projects(
    session: Transaction,
    who: Who,
    wanted: Annotated[ReportingListFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> paging.Found[Any]:
    """Give known projects, registered or not, each with how its report stands."""
    return await queries.completeness.known_projects(
        session, who.scope, wanted, today=clock.today(), cursor=cursor, limit=limit
    )


@router.get(
    "/v1/reporting/summary",
    dependencies=[may("registry:read")],
    response_model=ReportingSummaryOut,
    summary="How completely a half-year's projects are reported",
)
async def reporting_summary(
    session: Transaction, who: Who, wanted: Annotated[ReportingSummaryFilter, Query()]
) -> Completeness:
    """Count the projects of the list by group: known, reported, complete, and their share."""
    return await queries.completeness.reporting_summary(
        session, who.scope, wanted, wanted.by, today=clock.today()
    )


@router.get(
    "/v1/reporting/gaps",
    dependencies=[may("registry:read")],
    response_model=Page[GapOut],
    responses=raises(paging.CursorUnreadable),
    summary="Projects that should be reported and are not, or not in full",
)
async def reporting_gaps(
    session: Transaction,
    who: Who,
    wanted: Annotated[GapFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> paging.Found[ReportingGap]:
    """Give gaps by age: which project, what lacks, which unit should report."""
    return await queries.gaps.gaps(session, who.scope, wanted, cursor=cursor, limit=limit)
