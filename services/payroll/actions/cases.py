"""What cases tells of a project's arrears cases, which keep its account from being closed."""

from datetime import datetime
from uuid import UUID

from services.payroll import queries
from services.payroll.models import ArrearsCase
from shared.db import Session


async def note_case(session: Session, case_id: UUID, project_id: UUID, opened_at: datetime) -> None:
    """Note that a case was opened; told again it is the same."""
    if await queries.accounts.locked_case(session, case_id) is None:
        session.add(ArrearsCase(id=case_id, project_id=project_id, opened_at=opened_at))
