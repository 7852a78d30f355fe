"""Retaliation that was told of in arrears cases, and what was done about it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.cases.models.tables import Base
from services.cases.rules.retaliations import RetaliationKind


class Retaliation(Base):
    """That somebody suffers because of a case; no company sees it."""

    __tablename__ = "retaliations"
    __table_args__ = (
        Index("ix_retaliations_case_id", "case_id", "id"),
        CheckConstraint("(answered_at IS NULL) = (measure IS NULL)", name="answer"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("arrears_cases.id"))
    report_id: Mapped[UUID | None] = mapped_column(ForeignKey("case_reports.id"))
    """The report whose receipt told it, or of which the office was told; None: nobody said."""
    kind: Mapped[RetaliationKind]
    told_at: Mapped[datetime]
    told_by: Mapped[str]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None]
    measure: Mapped[str | None]
    """What was done about it; no names of workers."""
