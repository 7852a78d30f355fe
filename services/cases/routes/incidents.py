"""Mass and extreme incidents over HTTP: a town records and proposes, the competent body decides."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.cases import actions, queries
from services.cases.actions.incidents import WholeIncident
from services.cases.errors import (
    AreaUnknown,
    IncidentMoved,
    IncidentOver,
    IncidentRefused,
    IncidentUnknown,
    PersonNeeded,
    PolicyVersionTaken,
)
from services.cases.models import Incident, IncidentTerms
from services.cases.routes.router import router
from services.cases.schemas.incidents import (
    IncidentDecisionIn,
    IncidentEndIn,
    IncidentEntryIn,
    IncidentFilter,
    IncidentIn,
    IncidentOut,
    IncidentTermsIn,
    IncidentTermsOut,
    WholeIncidentOut,
)
from services.cases.schemas.terms import TermsFilter
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import CursorUnreadable, Found, Page
from shared.problems import Invalid, raises

_Filters = Annotated[IncidentFilter, Query()]
_Only = Annotated[TermsFilter, Query()]
_DECIDED = raises(IncidentUnknown, PersonNeeded, IncidentMoved, IncidentOver, Invalid)


@router.get(
    "/v1/incidents",
    dependencies=[may("cases:read_incidents")],
    summary="Mass and extreme incidents",
    response_model=Page[IncidentOut],
    responses=raises(CursorUnreadable, Invalid),
)
async def incidents(
    session: Transaction,
    who: Who,
    *,
    filters: _Filters,
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[Incident]:
    return await queries.incidents.incidents_page(
        session, filters, who.scope, cursor=cursor, limit=limit
    )


@router.post(
    "/v1/incidents",
    dependencies=[may("cases:record_incidents")],
    summary="Record an incident: what is open about it is red at once, and the top is told",
    status_code=201,
    response_model=WholeIncidentOut,
    responses=raises(AreaUnknown, IncidentRefused, Invalid),
)
async def record_incident(session: Transaction, who: Who, body: IncidentIn) -> WholeIncident:
    return await actions.incidents.record_incident(session, who, body, clock.now())


@router.get(
    "/v1/incidents/{incident_id}",
    dependencies=[may("cases:read_incidents")],
    summary="An incident with its timeline, by the minute",
    response_model=WholeIncidentOut,
    responses=raises(IncidentUnknown, Invalid),
)
async def incident(session: Transaction, who: Who, incident_id: UUID) -> WholeIncident:
    return await actions.incidents.read_incident(session, who, incident_id)


@router.post(
    "/v1/incidents/{incident_id}/entries",
    dependencies=[may("cases:record_incidents")],
    summary="Write what was done or found, at which minute",
    status_code=201,
    response_model=WholeIncidentOut,
    responses=raises(IncidentUnknown, IncidentRefused, Invalid),
)
async def add_entry(
    session: Transaction, who: Who, incident_id: UUID, body: IncidentEntryIn
) -> WholeIncident:
    return await actions.incidents.add_entry(session, who, incident_id, body, clock.now())


@router.post(
    "/v1/incidents/{incident_id}/decision",
    dependencies=[may("cases:decide_incidents")],
    summary="Decide what is done about an incident",
    response_model=WholeIncidentOut,
    responses=_DECIDED,
)
async def decide_incident(
    session: Transaction, who: Who, incident_id: UUID, body: IncidentDecisionIn
) -> WholeIncident:
    return await actions.incidents.decide_incident(session, who, incident_id, body, clock.now())


@router.post(
    "/v1/incidents/{incident_id}/end",
    dependencies=[may("cases:decide_incidents")],
    summary="Say that an incident is over, and how",
    response_model=WholeIncidentOut,
    responses=_DECIDED,
)
async def end_incident(
    session: Transaction, who: Who, incident_id: UUID, body: IncidentEndIn
) -> WholeIncident:
    return await actions.incidents.end_incident(session, who, incident_id, body, clock.now())


@router.get(
    "/v1/terms/incidents",
    dependencies=[may("cases:read")],
    summary="From how many persons on areas speak of incidents",
    response_model=Page[IncidentTermsOut],
    responses=raises(CursorUnreadable, Invalid),
)
async def incident_terms(
    session: Transaction, who: Who, *, only: _Only, cursor: paging.Cursor, limit: paging.Limit
) -> Found[IncidentTerms]:
    return await queries.terms.terms(
        session, IncidentTerms, only, who.scope, cursor=cursor, limit=limit
    )


@router.post(
    "/v1/terms/incidents",
    dependencies=[may("cases:write_policies")],
    summary="Store a version of the sizes of incidents in an area",
    status_code=201,
    response_model=IncidentTermsOut,
    responses=raises(AreaUnknown, PolicyVersionTaken, Invalid),
)
async def add_incident_terms(
    session: Transaction, who: Who, body: IncidentTermsIn
) -> IncidentTerms:
    return await actions.terms.add_terms(session, who, IncidentTerms, body)
