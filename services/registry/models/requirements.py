"""Tables of required systems: lists by area, requirements, their evidence, exemptions, history."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.registry.models.projects import Project
from services.registry.models.tables import Base
from services.registry.rules.conditions import Condition, Standing
from services.registry.rules.projects import InvestmentType, ProjectStatus
from services.registry.rules.requirements import (
    Answerer,
    Certainty,
    ConditionKind,
    ExemptionType,
    Kind,
    RequirementStatus,
    State,
)
from shared.db import Synced


class RequirementList(Base):
    """A version of the systems that an area asks for; never changed, only followed by another."""

    __tablename__ = "requirement_lists"
    __table_args__ = (
        UniqueConstraint("area_code", "version"),
        CheckConstraint("version > 0", name="version"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[str]
    version: Mapped[int]
    valid_from: Mapped[date]
    kinds: Mapped[list[Any]]
    basis: Mapped[str]
    certainty: Mapped[Certainty]
    created_at: Mapped[datetime]
    created_by: Mapped[str]

    def asked(self) -> dict[str, Kind]:
        """Give its kinds as rules take them, by code."""
        return {row["code"]: Kind.of(row) for row in self.kinds}


class Requirement(Synced, Base):
    """One required system at one project, and how it stands."""

    __tablename__ = "requirements"
    __table_args__ = (
        UniqueConstraint("project_id", "kind"),
        Index("ix_requirements_list_id", "list_id"),
        Index("ix_requirements_status", "status"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey(Project.id))
    kind: Mapped[str]
    list_id: Mapped[UUID] = mapped_column(ForeignKey(RequirementList.id))
    """The list that asks for it, or that asked last."""
    listed: Mapped[bool] = mapped_column(default=True)
    status: Mapped[RequirementStatus]
    condition: Mapped[ConditionKind | None]
    """What its lack may open, as the list says."""
    answerer: Mapped[Answerer]
    triggered_on: Mapped[date | None]
    due_on: Mapped[date | None]
    calendar_version: Mapped[str | None]
    done_on: Mapped[date | None]
    valid_until: Mapped[date | None]
    """The last day of its evidence; None: there is none, or it does not end."""
    lapsed_on: Mapped[date | None]
    exempt_until: Mapped[date | None]
    version: Mapped[int] = mapped_column(default=1)

    project: Mapped[Project] = relationship(lazy="raise")

    @property
    def state(self) -> State:
        """Give what decides how it stands."""
        return State(self.listed, self.due_on, self.done_on, self.valid_until, self.exempt_until)

    @property
    def standing(self) -> Standing:
        """Give how it stands, as the rules of conditions take it."""
        return Standing(
            self.id, self.status, self.triggered_on, self.lapsed_on, self.condition, self.answerer
        )

    def take(self, **values: Any) -> None:
        """Take values; one that it has already does not make the row a changed one."""
        for name, value in values.items():
            if getattr(self, name) != value:
                setattr(self, name, value)

    def look(self, day: date) -> bool:
        """Take the status that holds on a day; say whether it is another one.

        Evidence whose last day is over is remembered by that day.
        """
        if self.valid_until and self.valid_until < day:
            self.take(lapsed_on=self.valid_until)
        status = self.state.on(day)
        if status is self.status:
            return False
        self.status = status
        self.version += 1
        return True


class RequirementState(Base):
    """How a requirement stood from an instant on, until the next such row."""

    __tablename__ = "requirement_states"
    __table_args__ = (Index("ix_requirement_states_requirement_id", "requirement_id", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    requirement_id: Mapped[UUID]
    project_id: Mapped[UUID]
    kind: Mapped[str]
    status: Mapped[RequirementStatus]
    version: Mapped[int]
    """That of the requirement then: of two states of one instant the later one counts."""
    at: Mapped[datetime]


class Evidence(Base):
    """What shows that a system is in place: a kept file, or a reference to where it lies."""

    __tablename__ = "requirement_evidence"
    __table_args__ = (
        Index("ix_requirement_evidence_requirement_id", "requirement_id"),
        Index(
            "uq_requirement_evidence_standing",
            "requirement_id",
            "digest",
            "done_on",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    requirement_id: Mapped[UUID] = mapped_column(ForeignKey(Requirement.id))
    project_id: Mapped[UUID]
    done_on: Mapped[date]
    valid_until: Mapped[date | None]
    reference: Mapped[str | None]
    """Where the paper lies: a number, a register, a place on the site."""
    file_id: Mapped[UUID | None]
    file_kind: Mapped[str | None]
    file_size: Mapped[int | None]
    digest: Mapped[str]
    """sha256 in hex, of the file's content or of the reference."""
    security_id: Mapped[UUID | None]
    """The deposit or guarantee that it stands for."""
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]
    withdrawn_by: Mapped[str | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_why: Mapped[str | None]


class Exemption(Base):
    """A time for which a system need not be in place; one person asks, another one decides."""

    __tablename__ = "requirement_exemptions"
    __table_args__ = (
        Index(
            "uq_requirement_exemptions_open",
            "requirement_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_requirement_exemptions_project_id", "project_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    requirement_id: Mapped[UUID] = mapped_column(ForeignKey(Requirement.id))
    project_id: Mapped[UUID]
    type: Mapped[ExemptionType]
    reason: Mapped[str]
    until_on: Mapped[date]
    proposed_by: Mapped[str]
    proposed_at: Mapped[datetime]
    confirmed_by: Mapped[str | None]
    confirmed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    """When it lapsed, or was taken back."""


class ProjectVersion(Base):
    """What a project was like from an instant on: the past is asked for by what it was then."""

    __tablename__ = "project_versions"
    __table_args__ = (UniqueConstraint("project_id", "version"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID]
    version: Mapped[int]
    at: Mapped[datetime]
    area_code: Mapped[str]
    investment_type: Mapped[InvestmentType]
    developer_id: Mapped[UUID]
    contractor_id: Mapped[UUID | None]
    sector_authority_id: Mapped[UUID | None]
    status: Mapped[ProjectStatus]
    supervised_since: Mapped[date | None]
    started_on: Mapped[date | None]


class ToldCondition(Base):
    """A condition as it was told last; not ended, it holds."""

    __tablename__ = "told_conditions"
    __table_args__ = (
        Index(
            "uq_told_conditions_holds",
            "kind",
            "subject_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "ix_told_conditions_project_id",
            "project_id",
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[ConditionKind]
    subject_id: Mapped[UUID]
    project_id: Mapped[UUID] = mapped_column(ForeignKey(Project.id))
    unit_id: Mapped[UUID]
    since: Mapped[date]
    facts: Mapped[list[str]]
    muted_by: Mapped[str | None]
    told_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    reason: Mapped[str | None]

    @property
    def condition(self) -> Condition:
        """Give it as the rules have it."""
        return Condition(
            self.kind, self.subject_id, self.unit_id, self.since, tuple(self.facts), self.muted_by
        )
