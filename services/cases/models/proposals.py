"""Proposals to open an arrears case."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.cases.models.tables import Base
from services.cases.rules.items import ProposalState
from shared import db


class CaseProposal(db.Synced, Base):
    """An arrears case proposed to the wage office, one per project at a time."""

    __tablename__ = "case_proposals"
    __table_args__ = (
        Index(
            "uq_case_proposals_open",
            "project_id",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_case_proposals_project_id", "project_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID]
    project: Mapped[dict[str, Any]]
    developer_id: Mapped[UUID | None]
    contractor_id: Mapped[UUID | None]
    area_code: Mapped[str]
    watch_item_id: Mapped[UUID] = mapped_column(ForeignKey("watch_items.id"))
    """The item that asked for it first."""
    state: Mapped[ProposalState] = mapped_column(default=ProposalState.OPEN)
    proposed_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    """When it becomes a case by itself; None once decided."""
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    by_rule: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str | None]

    @property
    def is_open(self) -> bool:
        """Say whether it waits for a decision."""
        return self.state is ProposalState.OPEN

    def decide(
        self,
        state: ProposalState,
        at: datetime,
        by: str,
        *,
        reason: str | None = None,
        by_rule: bool = False,
    ) -> None:
        """End it: confirmed, refused or withdrawn."""
        self.state, self.decided_at, self.decided_by = state, at, by
        self.reason, self.by_rule, self.due_at = reason, by_rule, None
