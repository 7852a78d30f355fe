"""Projects."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from services.registry.models.organisations import Organisation
from services.registry.models.tables import Base
from services.registry.rules.projects import InvestmentType, ProjectStatus
from services.registry.rules.reporting import WorksKind
from services.registry.rules.sightings import number_key
from shared.db import Synced


class Project(Synced, Base):
    """A construction project."""

    __tablename__ = "projects"
    __table_args__ = (
        UniqueConstraint("code"),
        Index("ix_projects_area_code", "area_code"),
        Index("ix_projects_developer_id", "developer_id"),
        Index("ix_projects_contractor_id", "contractor_id"),
        Index("ix_projects_sector_authority_id", "sector_authority_id"),
        Index("ix_projects_approval_key", "approval_key"),
        Index("ix_projects_permit_key", "permit_key"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    name: Mapped[str]
    area_code: Mapped[str]
    investment_type: Mapped[InvestmentType]
    funding_source: Mapped[str | None]
    developer_id: Mapped[UUID] = mapped_column(ForeignKey(Organisation.id))
    contractor_id: Mapped[UUID | None] = mapped_column(ForeignKey(Organisation.id))
    sector_authority_id: Mapped[UUID | None] = mapped_column(ForeignKey(Organisation.id))
    status: Mapped[ProjectStatus]
    category: Mapped[str | None]
    size: Mapped[str | None]
    supervised_since: Mapped[date | None]
    started_on: Mapped[date | None]
    works_kind: Mapped[WorksKind] = mapped_column(
        default=WorksKind.OTHER, server_default=WorksKind.OTHER.value
    )
    investment_amount: Mapped[Decimal | None]
    approval_number: Mapped[str | None]
    approval_key: Mapped[str | None]
    """The number without what lists write differently."""
    permit_number: Mapped[str | None]
    permit_key: Mapped[str | None]
    address: Mapped[str | None]
    reported_on: Mapped[date | None]
    """The last day on which it was reported for a half-year."""
    completed_on: Mapped[date | None]
    settled_on: Mapped[date | None]
    """The day on which all wages were settled."""
    permitted_on: Mapped[date | None]
    """The day of the construction permit, or on which the start report was approved."""
    version: Mapped[int] = mapped_column(default=1)
    registered_at: Mapped[datetime]

    developer: Mapped[Organisation] = relationship(foreign_keys=[developer_id], lazy="raise")
    contractor: Mapped[Organisation | None] = relationship(
        foreign_keys=[contractor_id], lazy="raise"
    )

    @validates("approval_number")
    def _approval(self, _name: str, number: str | None) -> str | None:
        self.approval_key = number_key(number)
        return number

    @validates("permit_number")
    def _permit(self, _name: str, number: str | None) -> str | None:
        self.permit_key = number_key(number)
        return number

    @property
    def developer_name(self) -> str:
        """Give the developer's name."""
        return self.developer.name

    @property
    def contractor_name(self) -> str | None:
        """Give the contractor's name, if there is one yet."""
        return self.contractor.name if self.contractor else None
