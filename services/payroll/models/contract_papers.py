"""Table of the papers of labour contracts: each version stays, the last one counts."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from services.payroll.models.tables import Base, of
from shared.files import FileKind, Scan


class ContractPaper(Base):
    """A version of what a worker and an employer signed, as a picture or document."""

    __tablename__ = "contract_papers"
    __table_args__ = (
        Index("uq_contract_papers_version", "contract_id", "version", unique=True),
        Index("ix_contract_papers_project", "project_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID] = mapped_column(of("labour_contracts.id"))
    project_id: Mapped[UUID]
    version: Mapped[int]
    file_id: Mapped[UUID | None]
    """None: its time is over, and it was discarded."""
    kind: Mapped[FileKind]
    size: Mapped[int]
    """In bytes."""
    sha256: Mapped[str | None]
    scan: Mapped[Scan]
    filed_at: Mapped[datetime]
    filed_by: Mapped[str]
