"""Kept files that show something about a matter of cases: who brought what, when."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.cases.models.tables import Base


class Evidence(Base):
    """A kept file; its name lies sealed with it, because names of files tell of people."""

    __tablename__ = "evidence"
    __table_args__ = (
        Index("ix_evidence_subject_id", "subject_id", "id"),
        Index("ix_evidence_report_id", "report_id"),
        # The same file brought twice by the same is one; another's is his own word.
        Index("uq_evidence_file", "subject_id", "sha256", "kept_by", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    """Of the row and of the kept file."""
    subject_id: Mapped[UUID]
    """The watch item, the arrears case or the order to fund that it is about."""
    kind: Mapped[str]
    """What it is by its bytes, a code of `shared.files.FileKind`."""
    sha256: Mapped[str]
    size: Mapped[int]
    scan: Mapped[str]
    kept_at: Mapped[datetime]
    kept_by: Mapped[str]
    report_id: Mapped[UUID | None] = mapped_column(ForeignKey("case_reports.id"))
    """The report that it came with; what complainants bring no company sees."""
    org_id: Mapped[UUID | None]
    """For which organisation its bringer spoke."""
