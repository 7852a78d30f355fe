"""Crews of a project, and looking for people on its roster."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.payroll import queries, rules
from services.payroll.errors import RetentionOver, RosterRefused
from services.payroll.models import Crew, RosterEntry
from services.payroll.rules.trades import IdType
from services.payroll.schemas.roster import CrewIn, SoughtIn
from shared import pii
from shared.auth import Caller
from shared.db import Session, new_id, record
from shared.problems import Finding
from shared.wording import Text


async def write_crew(session: Session, caller: Caller, project_id: UUID, body: CrewIn) -> Crew:
    """Enter a crew, or change the one of this name; it keeps its number.

    Raises ProjectUnknown, RosterRefused.
    """
    site = await queries.sites.site(session, project_id, body.employer_id, caller.scope)
    if body.until_on and body.until_on < body.from_on:
        raise RosterRefused(errors=[Finding("until_on", "left_before_entry", *_BACKWARDS)])
    if body.leader_entry_id:
        leader = await queries.roster.find_entry(session, project_id, body.leader_entry_id)
        if leader is None or leader.employer_id != site.employer_id:
            raise RosterRefused(errors=[Finding("leader_entry_id", "not_on_roster", *_NOBODY)])
    crews = await queries.roster.locked_crews(session, project_id)
    named = [one for one in crews if (one.employer_id, one.name) == (site.employer_id, body.name)]
    crew = named[0] if named else Crew(
        id=new_id(), project_id=project_id, employer_id=site.employer_id, name=body.name,
        number=max((one.number for one in crews), default=0) + 1,
    )  # fmt: skip
    crew.from_on, crew.until_on = body.from_on, body.until_on
    crew.leader_entry_id = body.leader_entry_id or crew.leader_entry_id
    session.add(crew)
    return crew


async def find_workers(
    session: Session, caller: Caller, project_id: UUID, body: SoughtIn
) -> Sequence[RosterEntry]:
    """Give who on a roster has a number, name or card; that somebody looked is recorded."""
    sought = {}
    if body.id_number:
        sought["id_index"] = pii.blind_index(body.id_number, "id_number")
    if body.name:
        sought["name_index"] = pii.blind_index(body.name, "name")
    if body.phone:
        sought["phone_index"] = pii.blind_index(body.phone, "phone")
    if body.card_no:
        sought["card_index"] = pii.blind_index(body.card_no, "card")
    record(session, "search", RosterEntry.__tablename__, project_id, after={"by": [*sought]})
    return await queries.roster.entries_sought(session, project_id, caller.scope, sought)


class RevealedEntry(NamedTuple):
    """Who somebody on a roster is."""

    id: UUID
    worker_id: UUID
    name: str
    id_type: IdType
    id_number: str
    phone: str | None
    card_no: str | None


async def reveal_entry(
    session: Session,
    caller: Caller,
    project_id: UUID,
    entry_id: UUID,
    *,
    purpose: str,
    now: datetime,
) -> RevealedEntry:
    """Give who somebody on a roster is; who read it and why is recorded."""
    entry = await queries.roster.roster_entry(session, project_id, entry_id, caller.scope)
    if rules.retention.is_blanked(entry.worker.id_index):
        raise RetentionOver
    record(session, "reveal", RosterEntry.__tablename__, entry.id, after={"purpose": purpose})
    payee = await queries.workers.payee_in_use(session, project_id, entry.worker_id, now)
    return RevealedEntry(
        entry.id, entry.worker_id, entry.name, entry.id_type, entry.id_number, entry.phone,
        payee.card_no if payee else None,
    )  # fmt: skip


_BACKWARDS = (
    Text("结束日期早于开始日期", "It ends before it begins"),
    Text("请核对日期", "Check the days"),
)
_NOBODY = (
    Text("名册中没有此人", "Nobody like that on this roster"),
    Text("请先登记班组长进场", "Enter the leader first"),
)
