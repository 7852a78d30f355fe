"""What is found of people on rosters is kept while it is so, and for ever that it was."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from services.payroll import queries
from services.payroll.models import RosterFinding
from shared import sets
from shared.db import Session, new_id


async def review(session: Session, worker_ids: Collection[UUID], now: datetime) -> None:
    """Compare what is so of some people with what was found; the last step of whoever writes.

    What came to an end before it was told of is kept as well, as ended.
    """
    if not worker_ids:
        return
    await session.flush()  # What holds now is read from the rows.
    await queries.workers.wait_for_cards(session)
    facts = {one.key: one for one in await queries.roster_findings.facts(session, worker_ids)}
    found = await queries.roster_findings.locked_found(session, worker_ids)
    for row in found:
        fact = facts.get((row.kind, row.entry_id, row.other_entry_id))
        if row.ended_at is None and (fact is None or not fact.lasting):
            row.ended_at = now
    await sets.change(session, found)
    standing = {
        (row.kind, row.entry_id, row.other_entry_id) for row in found if row.ended_at is None
    }
    ended = {(row.kind, row.entry_id, row.other_entry_id) for row in found} - standing
    fresh = [
        {
            "id": new_id(), "kind": one.kind, "project_id": one.project_id,
            "entry_id": one.entry_id, "worker_id": one.worker_id,
            "other_project_id": one.other_project_id, "other_entry_id": one.other_entry_id,
            "other_worker_id": one.other_worker_id, "since": one.since, "found_at": now,
            "ended_at": None if one.lasting else now,
        }
        for key, one in facts.items()
        if key not in standing and (one.lasting or key not in ended)
    ]  # fmt: skip
    await sets.copy(session, RosterFinding, fresh)
