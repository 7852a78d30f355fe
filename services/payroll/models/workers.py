"""People who work on sites, and where their wages go."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.payroll.models.tables import Base, of
from services.payroll.rules.trades import IdType
from shared.pii import Sealed


class Worker(Base):
    """A person, once on the platform; who may see it follows from the rosters it is on."""

    __tablename__ = "workers"
    __table_args__ = (
        # The number first: gates and sheets look for people by it alone.
        Index("uq_workers_number", "id_index", "id_type", unique=True),
        Index("ix_workers_name", "name_index"),
        Index("ix_workers_phone", "phone_index", postgresql_where=text("phone_index IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    id_type: Mapped[IdType]
    id_number: Mapped[str] = mapped_column(Sealed)
    id_index: Mapped[str]
    name: Mapped[str] = mapped_column(Sealed)
    name_index: Mapped[str]
    phone: Mapped[str | None] = mapped_column(Sealed)
    phone_index: Mapped[str | None]
    told_at: Mapped[datetime]


class PayeeAccount(Base):
    """Where a worker's wages of one project go, from an instant on; a later one replaces it.

    It belongs to the project, so that nobody moves where another one pays.
    """

    __tablename__ = "payee_accounts"
    __table_args__ = (
        Index(
            "uq_payee_accounts_newest",
            "project_id",
            "worker_id",
            unique=True,
            postgresql_where=text("replaced_at IS NULL"),
        ),
        Index("ix_payee_accounts_worker", "project_id", "worker_id", "usable_from"),
        Index("ix_payee_accounts_order", "project_id", "id"),
        Index("ix_payee_accounts_card", "card_index"),
        Index("ix_payee_accounts_holder", "holder_index"),
        Index("ix_payee_accounts_debit", "project_id", "debit_index"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(of("projects.id"))
    worker_id: Mapped[UUID] = mapped_column(of("workers.id"))
    card_no: Mapped[str] = mapped_column(Sealed)
    card_index: Mapped[str]
    debit_index: Mapped[str | None]
    """Of the same number as bank lines name it; None of what was told before it was kept."""
    bank_code: Mapped[str | None]
    bank_name: Mapped[str | None]
    holder_index: Mapped[str]
    """Of the name on the card; the worker's own where none was told."""
    is_own: Mapped[bool]
    told_at: Mapped[datetime]
    told_by: Mapped[str]
    usable_from: Mapped[datetime]
    replaced_at: Mapped[datetime | None]
    """When the next one takes over; before `usable_from` where this one never counted."""

    def counts_at(self, instant: datetime) -> bool:
        """Say whether money goes there at an instant."""
        return self.usable_from <= instant and (
            self.replaced_at is None or instant < self.replaced_at
        )
