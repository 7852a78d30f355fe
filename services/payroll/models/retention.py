"""How long workers' data are kept: what ended, what holds them, which files are to go."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.payroll.models.tables import Base, of


class ProjectEnding(Base):
    """That a project's works are complete and all its wages settled; a later word replaces it."""

    __tablename__ = "project_endings"
    __table_args__ = (
        Index(
            "uq_project_endings_standing",
            "project_id",
            unique=True,
            postgresql_where=text("replaced_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(of("projects.id"))
    completed_on: Mapped[date | None]
    """None: the works go on after all."""
    settled_on: Mapped[date | None]
    """The day on which the last wage was settled; None: not all are."""
    basis: Mapped[str]
    """By what that is known."""
    told_at: Mapped[datetime]
    told_by: Mapped[str]
    replaced_at: Mapped[datetime | None]
    looked_on: Mapped[date | None]
    """The day on which it was last looked for what may be blanked."""
    blanked_at: Mapped[datetime | None]
    """Since when the time of its wage records is over and they are blanked."""


class LegalHold(Base):
    """Why data of a project are kept beyond their time, until it is lifted."""

    __tablename__ = "legal_holds"
    __table_args__ = (Index("ix_legal_holds_project", "project_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(of("projects.id"))
    reason: Mapped[str]
    placed_at: Mapped[datetime]
    placed_by: Mapped[str]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None]
    lift_reason: Mapped[str | None]


class DiscardedFile(Base):
    """A kept file whose time is over; nothing names it any more."""

    __tablename__ = "discarded_files"
    __table_args__ = (
        Index(
            "ix_discarded_files_waiting",
            "file_id",
            postgresql_where=text("discarded_at IS NULL"),
        ),
    )

    file_id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(of("projects.id"))
    over_at: Mapped[datetime]
    discarded_at: Mapped[datetime | None]
