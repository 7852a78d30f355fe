"""Papers of labour contracts, by contract."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select

from services.payroll.errors import RetentionOver, RosterEntryUnknown
from services.payroll.models import ContractPaper
from services.payroll.queries import roster
from shared.areas import Scope
from shared.db import Session


class NamedFile(NamedTuple):
    """A paper, and its file that is still kept."""

    id: UUID
    file_id: UUID


async def papers_of(session: Session, contract_id: UUID) -> Sequence[ContractPaper]:
    """Give all versions of a contract's paper, the first one first."""
    found = await session.scalars(
        select(ContractPaper)
        .where(ContractPaper.contract_id == contract_id)
        .order_by(ContractPaper.version)
    )
    return found.all()


async def papers(
    session: Session, project_id: UUID, contract_id: UUID, scope: Scope
) -> Sequence[ContractPaper]:
    """Give all versions of a paper of a contract that the caller may see; RosterEntryUnknown."""
    contract = await roster.contract(session, project_id, contract_id, scope)
    return await papers_of(session, contract.id)


async def paper(session: Session, paper_id: UUID, scope: Scope) -> NamedFile:
    """Give a paper of a contract that the caller may see; RosterEntryUnknown, RetentionOver."""
    found = await session.scalar(select(ContractPaper).where(ContractPaper.id == paper_id))
    if found is None:
        raise RosterEntryUnknown
    await roster.contract(session, found.project_id, found.contract_id, scope)
    if found.file_id is None:
        raise RetentionOver
    return NamedFile(found.id, found.file_id)
