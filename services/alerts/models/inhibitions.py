"""Facts that mute alerts of their project, and the rules by which they do."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.alerts.models.tables import Base
from services.alerts.rules.inhibitions import Fact


class Inhibition(Base):
    """A version of a rule: while a fact holds of a project, some alerts of it are not sent."""

    __tablename__ = "inhibitions"
    __table_args__ = (
        Index("uq_inhibitions_version", "area_code", "source", "version", unique=True),
        CheckConstraint("version > 0", name="version"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[str]
    source: Mapped[Fact]
    version: Mapped[int]
    valid_from: Mapped[date]
    enabled: Mapped[bool]
    """A disabled version lets the fact mute nothing in the area."""
    kinds: Mapped[list[str]]
    levels: Mapped[list[str]]
    basis: Mapped[str]
    """Whose rule this is: a document and article, or whose practice."""
    certainty: Mapped[str]
    """A: official wording read. B: secondary text. C: to be verified."""
    created_at: Mapped[datetime]
    created_by: Mapped[str]


class ProjectFact(Base):
    """That something holds of a project, as another service told it."""

    __tablename__ = "project_facts"
    __table_args__ = (
        Index(
            "uq_project_facts_holds", "subject_id", "kind", unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_project_facts_project", "project_id"),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[Fact]
    subject_id: Mapped[UUID]
    """What it is told of: the account."""
    project_id: Mapped[UUID]
    area_code: Mapped[str]
    since_at: Mapped[datetime]
    until_on: Mapped[date | None]
    """The last day, where it is known."""
    ended_at: Mapped[datetime | None]
