"""A bank's instruction is taken: it has clear names and cards, so who takes it why is recorded."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.payroll import queries
from services.payroll.models import Instruction
from shared.auth import Caller
from shared.db import Session, new_id, record
from shared.files import FileKind, Kept


@dataclass(frozen=True, slots=True)
class Prepared:
    """Which instruction is asked for, and its file, where none was kept before."""

    kind: FileKind
    round: int
    purpose: str
    kept: Kept | None


async def take_instruction(
    session: Session, caller: Caller, disbursement_id: UUID, prepared: Prepared, now: datetime
) -> UUID:
    """Give the file of a round's instruction; of several that were made at once one counts.

    Raises NotFound.
    """
    found = await queries.results.round_of(
        session, disbursement_id, prepared.round, prepared.kind, caller.scope
    )
    row = found.kept or await _first(session, caller, disbursement_id, prepared, now)
    said = {"purpose": prepared.purpose, "round": row.round, "kind": row.kind}
    record(session, "reveal", Instruction.__tablename__, row.id, after=said)
    return row.file_id


async def _first(
    session: Session, caller: Caller, disbursement_id: UUID, prepared: Prepared, now: datetime
) -> Instruction:
    if prepared.kept is None:
        raise RuntimeError("an instruction is prepared before it is taken")
    values = {
        "id": new_id(), "disbursement_id": disbursement_id, "round": prepared.round,
        "kind": prepared.kind, "file_id": prepared.kept.file_id, "sha256": prepared.kept.sha256,
        "made_at": now, "made_by": caller.actor,
    }  # fmt: skip
    row = await queries.results.write_instruction(session, values)
    if row.id == values["id"]:
        digest = {"file_id": str(row.file_id), "sha256": row.sha256}
        record(session, "insert", Instruction.__tablename__, row.id, after=digest)
    return row
