"""Table of the papers of deposits: each version stays, the last one counts."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.models.deposits import Security
from services.registry.models.tables import Base
from services.registry.rules.deposit_papers import PaperKind


class DepositPaper(Base):
    """A version of a deposit's agreement, or of what shows that its account is marked."""

    __tablename__ = "deposit_papers"
    __table_args__ = (
        UniqueConstraint("security_id", "kind", "version"),
        Index("ix_deposit_papers_project_id", "project_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    security_id: Mapped[UUID] = mapped_column(ForeignKey(Security.id))
    project_id: Mapped[UUID]
    kind: Mapped[PaperKind]
    version: Mapped[int]
    dated_on: Mapped[date]
    """The day on which it was signed, or on which the bank marked the account."""
    told_by: Mapped[str]
    """Which office of the bank signed it, or says so."""
    file_id: Mapped[UUID]
    file_kind: Mapped[str]
    file_size: Mapped[int]
    digest: Mapped[str]
    """sha256 of the file, in hex."""
    filed_by: Mapped[str]
    filed_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None]
    withdrawn_why: Mapped[str | None]
