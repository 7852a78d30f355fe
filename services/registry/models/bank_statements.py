"""Table of the bank's statements of deposits: each is expected, then filed or late."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.models.deposits import Security
from services.registry.models.organisations import Organisation
from services.registry.models.tables import Base
from services.registry.rules.bank_statements import StatementState


class BankStatement(Base):
    """The bank's statement of a deposit for one period (65号 art. 21)."""

    __tablename__ = "bank_statements"
    __table_args__ = (
        UniqueConstraint("security_id", "to_on"),
        Index("ix_bank_statements_project_id", "project_id"),
        Index("ix_bank_statements_owed", "due_on", postgresql_where=text("state = 'owed'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    security_id: Mapped[UUID] = mapped_column(ForeignKey(Security.id))
    project_id: Mapped[UUID]
    from_on: Mapped[date]
    to_on: Mapped[date]
    due_on: Mapped[date]
    """The last day on which it is in time."""
    late: Mapped[bool] = mapped_column(default=False)
    """That day passed without it, whatever came afterwards."""
    state: Mapped[StatementState]
    stated_on: Mapped[date | None]
    balance: Mapped[Decimal | None]
    """The closing balance that it states, in yuan."""
    interest: Mapped[Decimal | None]
    """What came to the deposit in its period beside what was stored, in yuan."""
    interest_owner_id: Mapped[UUID | None] = mapped_column(ForeignKey(Organisation.id))
    """Whose that is, by the area's rule; None: there was no interest."""
    file_id: Mapped[UUID | None]
    file_kind: Mapped[str | None]
    file_size: Mapped[int | None]
    digest: Mapped[str | None]
    """sha256 of the file, in hex."""
    filed_by: Mapped[str | None]
    filed_at: Mapped[datetime | None]
    terms_version: Mapped[int]
    calendar_version: Mapped[str]
    expected_at: Mapped[datetime]
