"""What happens to a wage account beside its status, and what an area decides about accounts."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.payroll.models.tables import Base, of
from services.payroll.rules.policies import Certainty, PolicyKind
from shared import db


class Freeze(Base):
    """A spell in which nothing may leave an account: a fact beside its status."""

    __tablename__ = "account_freezes"
    __table_args__ = (
        Index("ix_account_freezes_account", "account_id", "from_on"),
        CheckConstraint("until_on IS NULL OR until_on >= from_on", name="span"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(of("wage_accounts.id"))
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    """The last day; None: until it is lifted."""
    by: Mapped[str]
    """The body that ordered it."""
    reason: Mapped[str]
    entered_at: Mapped[datetime]
    entered_by: Mapped[str]

    def holds(self, day: date) -> bool:
        """Say whether the account is frozen by it on a day."""
        return self.from_on <= day and (self.until_on is None or day <= self.until_on)


class Closing(Base):
    """One person's word that an account is to be closed; another one's closes it."""

    __tablename__ = "account_closings"
    __table_args__ = (
        Index(
            "uq_account_closings_person",
            "account_id",
            "asked_by",
            unique=True,
            postgresql_where=text("NOT withdrawn"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(of("wage_accounts.id"))
    reason: Mapped[str]
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
    completes: Mapped[bool]
    """Whether this was the second person's."""
    withdrawn: Mapped[bool] = mapped_column(default=False)
    """The notice was withdrawn, so whoever asked has to ask again."""


class ArrearsCase(Base):
    """That cases told of an arrears case of a project: no account of it is closed meanwhile."""

    __tablename__ = "arrears_cases"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(index=True)
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class Policy(Base):
    """A version of what an area decides of a kind; never changed, only followed by another."""

    __tablename__ = "policies"
    __table_args__ = (
        Index("uq_policies_version", "area_code", "kind", "version", unique=True),
        CheckConstraint("version > 0", name="version"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[str]
    kind: Mapped[PolicyKind]
    version: Mapped[int]
    valid_from: Mapped[date]
    values: Mapped[dict[str, Any]]
    basis: Mapped[str]
    """Document and article, or whose practice it is."""
    certainty: Mapped[Certainty]
    created_at: Mapped[datetime]
    created_by: Mapped[str]


class Condition(db.Synced, Base):
    """Something that must be put right, as it was told last; it may hold again later."""

    __tablename__ = "conditions"
    __table_args__ = (
        Index(
            "uq_conditions_open",
            "kind",
            "subject_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_conditions_project", "project_id"),
        Index("ix_conditions_subject", "subject_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    subject_id: Mapped[UUID]
    project_id: Mapped[UUID] = mapped_column(of("projects.id"))
    unit_id: Mapped[UUID]
    area_code: Mapped[str]
    period: Mapped[str] = mapped_column(default="", server_default="")
    since: Mapped[date]
    facts: Mapped[list[str]]
    value: Mapped[Decimal | None]
    muted_by: Mapped[str | None]
    found_at: Mapped[datetime]
    told_at: Mapped[datetime]
    tellings: Mapped[int]
    """How often it was told; the number tells them apart."""
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]


class SheetLook(Base):
    """On what the daily look at a project's payroll sheets rested when it was last made."""

    __tablename__ = "sheet_looks"

    project_id: Mapped[UUID] = mapped_column(of("projects.id"), primary_key=True)
    mark: Mapped[str]
    """A digest of it; another one: they are looked at again."""
