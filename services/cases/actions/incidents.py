"""Incidents: what they are about turns red, the top route hears, each minute is written down."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.cases import queries
from services.cases.actions import case_history, levels
from services.cases.errors import IncidentMoved, IncidentOver, IncidentRefused, PersonNeeded
from services.cases.models import Incident, IncidentEntry
from services.cases.rules import incidents as rules
from services.cases.rules.incidents import IncidentEntryKind, IncidentKind, IncidentState
from services.cases.schemas.incidents import (
    IncidentDecisionIn,
    IncidentEndIn,
    IncidentEntryIn,
    IncidentIn,
)
from shared.auth import Caller
from shared.db import Session, new_id
from shared.events.cases import IncidentEnded, IncidentRecorded
from shared.outbox import publish
from shared.problems import Finding
from shared.wording import Text

TURNED_RED = "incident"


class WholeIncident:
    """An incident with its timeline; no dataclass, which FastAPI would take apart."""

    def __init__(self, incident: Incident, entries: Sequence[IncidentEntry]) -> None:
        vars(self).update({name: getattr(incident, name) for name in _COLUMNS})
        self.entries = entries


_COLUMNS = Incident.__table__.columns.keys()


async def read_incident(session: Session, caller: Caller, incident_id: UUID) -> WholeIncident:
    """Give an incident with its timeline. Raises IncidentUnknown."""
    incident = await queries.incidents.incident(session, incident_id, caller.scope)
    return WholeIncident(incident, await queries.incidents.entries(session, incident.id))


async def record_incident(
    session: Session, caller: Caller, body: IncidentIn, now: datetime
) -> WholeIncident:
    """Record an incident: all that is open about it is red at once, and the top route is told.

    Raises AreaUnknown, or IncidentRefused with all findings.
    """
    area_code = await queries.policies.area_for_policy(session, body.area_code, caller.scope)
    terms = await queries.incidents.incident_terms(session, area_code, now)
    if found := [
        *_in_future("happened_at", body.happened_at, now),
        *_few(body, terms.mass_persons),
    ]:
        raise IncidentRefused(errors=found)
    incident = Incident(
        id=new_id(), version=1, grade=rules.grade(body.kind, body.persons, terms.major_persons),
        state=IncidentState.RECORDED, terms_id=terms.id, unit_id=caller.org, recorded_at=now,
        recorded_by=caller.actor,
        **body.model_dump(exclude={"text"}) | {"area_code": area_code},
    )  # fmt: skip
    session.add(incident)
    await session.flush()  # Its timeline and the cases refer to it.
    _write(session, incident, IncidentEntryKind.RECORDED, body.text, caller=caller, now=now)
    if body.proposal:
        _write(session, incident, IncidentEntryKind.PROPOSED, body.proposal, caller=caller, now=now)
    await _turn_red(session, caller, incident, now)
    known = incident.project_id
    project = await queries.registry.project(session, known) if known else None
    publish(
        session,
        IncidentRecorded(
            incident_id=incident.id, area_code=area_code, kind=incident.kind,
            grade=incident.grade, persons=incident.persons, project_id=incident.project_id,
            name=project and project.name, happened_at=incident.happened_at, occurred_at=now,
        ),
    )  # fmt: skip
    await session.flush()  # The timeline that was just written is part of the answer.
    return await read_incident(session, caller, incident.id)


def _few(body: IncidentIn, mass_persons: int) -> list[Finding]:
    if body.kind is not IncidentKind.MASS or rules.is_mass(body.persons, mass_persons):
        return []
    return [
        Finding(
            "persons", "persons_too_few",
            Text(
                f"本地以 {mass_persons} 人以上为群体性事件",
                f"Here {mass_persons} persons or more are a mass incident",
            ),
            Text("人数不足的请登记为群体性欠薪苗头", "Report fewer as a sign of a group dispute"),
        )
    ]  # fmt: skip


def _in_future(field: str, at: datetime | None, now: datetime) -> list[Finding]:
    if at is None or at <= now:
        return []
    return [
        Finding(
            field, "in_future",
            Text("时间不得晚于现在", "It cannot be later than now"),
            Text("请填写实际时间", "Give when it was"),
        )
    ]  # fmt: skip


async def _turn_red(session: Session, caller: Caller, incident: Incident, now: datetime) -> None:
    about = (incident.project_id, incident.employer_id, caller.scope)
    for item in await queries.incidents.locked_items_of(session, *about):
        await levels.raise_to_top(session, item, now, by_rule=rules.RULE)
    for case in await queries.incidents.locked_cases_of(session, *about):
        case.incident_id = incident.id
        case_history.note(
            session, case, TURNED_RED, now, actor=caller.actor, came_from=case.stage,
            incident_id=incident.id,
        )  # fmt: skip


def _write(
    session: Session,
    incident: Incident,
    kind: IncidentEntryKind,
    text: str,
    *,
    caller: Caller,
    now: datetime,
    at: datetime | None = None,
) -> None:
    session.add(
        IncidentEntry(
            id=new_id(), incident_id=incident.id, at=(at or now).replace(second=0, microsecond=0),
            kind=kind, text=text, written_at=now, written_by=caller.actor,
        )
    )  # fmt: skip


async def add_entry(
    session: Session, caller: Caller, incident_id: UUID, body: IncidentEntryIn, now: datetime
) -> WholeIncident:
    """Write a line of the timeline, by the minute. Raises IncidentUnknown, IncidentRefused."""
    incident = await queries.incidents.locked_incident(session, incident_id, caller.scope)
    if found := _in_future("at", body.at, now):
        raise IncidentRefused(errors=found)
    kind = IncidentEntryKind(body.kind)
    _write(session, incident, kind, body.text, caller=caller, now=now, at=body.at)
    await session.flush()  # As above.
    return await read_incident(session, caller, incident.id)


async def decide_incident(
    session: Session, caller: Caller, incident_id: UUID, body: IncidentDecisionIn, now: datetime
) -> WholeIncident:
    """Decide what is done; a town only proposes. Another decision stands beside the first.

    Raises IncidentUnknown, PersonNeeded, IncidentMoved, IncidentOver.
    """
    incident = await _open(session, caller, incident_id, body.version)
    incident.state, incident.decided_at, incident.decided_by = (
        IncidentState.DECIDED, now, caller.actor,
    )  # fmt: skip
    _write(session, incident, IncidentEntryKind.DECIDED, body.text, caller=caller, now=now)
    await session.flush()  # As above.
    return await read_incident(session, caller, incident.id)


async def end_incident(
    session: Session, caller: Caller, incident_id: UUID, body: IncidentEndIn, now: datetime
) -> WholeIncident:
    """Say that it is over, and how; what was turned red goes its own way from there.

    Raises IncidentUnknown, PersonNeeded, IncidentMoved, IncidentOver.
    """
    incident = await _open(session, caller, incident_id, body.version)
    incident.state, incident.ended_at, incident.ended_by = IncidentState.ENDED, now, caller.actor
    _write(session, incident, IncidentEntryKind.ENDED, body.text, caller=caller, now=now)
    publish(
        session,
        IncidentEnded(
            incident_id=incident.id,
            area_code=incident.area_code,
            kind=incident.kind,
            occurred_at=now,
        ),
    )
    await session.flush()  # As above.
    return await read_incident(session, caller, incident.id)


async def _open(session: Session, caller: Caller, incident_id: UUID, version: int) -> Incident:
    incident = await queries.incidents.locked_incident(session, incident_id, caller.scope)
    if caller.is_machine:
        raise PersonNeeded
    if incident.version != version:
        raise IncidentMoved(version=incident.version)
    if incident.state is IncidentState.ENDED:
        raise IncidentOver
    incident.version += 1
    return incident
