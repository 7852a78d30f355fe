"""What went to banks and came back from them, as it was said: instructions and results."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from services.payroll.models.tables import Base, of
from services.payroll.rules.lists import ListState
from shared.files import FileKind
from shared.pii import Sealed


class Instruction(Base):
    """The file by which a bank is told whom to pay in a round of a batch; kept, sealed."""

    __tablename__ = "instructions"
    __table_args__ = (
        Index("uq_instructions_round", "disbursement_id", "round", "kind", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    disbursement_id: Mapped[UUID] = mapped_column(of("disbursements.id"))
    round: Mapped[int]
    kind: Mapped[FileKind]
    file_id: Mapped[UUID]
    sha256: Mapped[str]
    made_at: Mapped[datetime]
    made_by: Mapped[str]


class ResultBatch(Base):
    """Results as a bank sent them: all taken, or kept with what was wrong with them."""

    __tablename__ = "result_batches"
    __table_args__ = (Index("uq_result_batches_digest", "disbursement_id", "digest", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    disbursement_id: Mapped[UUID] = mapped_column(of("disbursements.id"))
    digest: Mapped[str]
    """A keyed hash of what was said: the same again is the same batch."""
    file_id: Mapped[UUID | None]
    """Of the kept file; None of what came by the interface."""
    body: Mapped[str | None] = mapped_column(Sealed)
    """Only of what was refused and came by the interface: what it said."""
    received_at: Mapped[datetime]
    received_from: Mapped[str]
    state: Mapped[ListState]
    rows: Mapped[int]
    accepted: Mapped[int]
    rejected: Mapped[int]
    entered: Mapped[int]
    """Words that were news."""
    findings: Mapped[list[Any]]
