"""The papers of labour contracts: filed, replaced by a next version, taken for a purpose."""

from datetime import datetime
from uuid import UUID

from services.payroll import queries
from services.payroll.models import ContractPaper
from shared.areas import Scope
from shared.auth import Caller
from shared.db import Session, new_id, record
from shared.files import Kept


async def file_paper(
    session: Session,
    caller: Caller,
    project_id: UUID,
    contract_id: UUID,
    kept: Kept,
    *,
    now: datetime,
) -> ContractPaper:
    """File the next version of a contract's paper; the one that counts, sent again, gives it.

    Raises RosterEntryUnknown, RetentionOver.
    """
    contract = await queries.roster.locked_contract(session, project_id, contract_id, caller.scope)
    await queries.retention.unblanked(session, project_id)
    there = await queries.contract_papers.papers_of(session, contract.id)
    last = there[-1] if there else None
    if last and last.sha256 == kept.sha256:
        return last
    contract.file_id, contract.sha256 = kept.file_id, kept.sha256
    made = ContractPaper(
        id=new_id(), contract_id=contract.id, project_id=project_id,
        version=last.version + 1 if last else 1, file_id=kept.file_id, kind=kept.kind,
        size=kept.size, sha256=kept.sha256, scan=kept.scan, filed_at=now, filed_by=caller.subject,
    )  # fmt: skip
    session.add(made)
    return made


async def reveal_paper(session: Session, paper_id: UUID, scope: Scope, purpose: str) -> UUID:
    """Give the id of a paper's file that is about to be shown; who takes it and why is recorded.

    Raises RosterEntryUnknown, RetentionOver.
    """
    paper = await queries.contract_papers.paper(session, paper_id, scope)
    record(session, "reveal", ContractPaper.__tablename__, paper.id, after={"purpose": purpose})
    return paper.file_id
