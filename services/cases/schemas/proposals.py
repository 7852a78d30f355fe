"""Proposals to open an arrears case."""

from datetime import datetime
from uuid import UUID

from services.cases.rules.items import ProposalState
from services.cases.schemas.fields import (
    AreaCode,
    Asked,
    InBody,
    OutBody,
    Words,
)


class ProposalOut(OutBody):
    """A proposal to open an arrears case."""

    id: UUID
    project_id: UUID
    area_code: str
    watch_item_id: UUID
    state: ProposalState
    proposed_at: datetime
    due_at: datetime | None
    """When it becomes a case by itself."""
    decided_at: datetime | None
    decided_by: str | None
    by_rule: bool
    reason: str | None
    changed_at: datetime


class ProposalFilter(Asked):
    """Which proposals."""

    state: ProposalState | None = None
    project_id: UUID | None = None
    area_code: AreaCode | None = None


class RefusalIn(InBody):
    """Why no case is opened."""

    reason: Words
