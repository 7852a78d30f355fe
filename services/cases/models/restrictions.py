"""Restrictions of who owes wages: on what basis, from when, until when, decided by whom."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.cases.models.tables import Base
from services.cases.rules.restrictions import RestrictionKind, RestrictionState


class Restriction(Base):
    """A restriction (限制措施) of a unit, by its credit code."""

    __tablename__ = "restrictions"
    __table_args__ = (
        Index(
            "uq_restrictions_standing",
            "case_id",
            "kind",
            unique=True,
            postgresql_where=text("state IN ('proposed', 'in_force')"),
        ),
        Index("ix_restrictions_credit_code", "credit_code"),
        CheckConstraint("to_on > from_on", name="days"),
        CheckConstraint(
            "state NOT IN ('in_force', 'lifted', 'ended') OR (credit_code IS NOT NULL"
            " AND from_on IS NOT NULL AND to_on IS NOT NULL)",
            name="decided",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    case_id: Mapped[UUID] = mapped_column(ForeignKey("arrears_cases.id"))
    area_code: Mapped[str]
    kind: Mapped[RestrictionKind]
    state: Mapped[RestrictionState]
    credit_code: Mapped[str | None]
    name: Mapped[str | None]
    basis: Mapped[str]
    months: Mapped[int | None]
    """For how many months the rule proposes it."""
    from_on: Mapped[date | None]
    to_on: Mapped[date | None]
    """The last day of it."""
    document_number: Mapped[str | None]
    proposed_at: Mapped[datetime]
    proposed_by: Mapped[str]
    by_rule: Mapped[bool]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    reason: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
