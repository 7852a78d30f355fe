"""Who takes part in a project, from when until when."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.registry.models.organisations import Organisation
from services.registry.models.projects import Project
from services.registry.models.tables import Base
from services.registry.rules.parties import PartyRole
from shared.db import Synced


class ProjectParty(Synced, Base):
    """An organisation in a role at a project; both days are included."""

    __tablename__ = "project_parties"
    __table_args__ = (
        Index("ix_project_parties_project_id", "project_id"),
        Index("ix_project_parties_organisation_id", "organisation_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey(Project.id))
    role: Mapped[PartyRole]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey(Organisation.id))
    participant_type: Mapped[str | None]
    """A code of MOHURD's table, `007` for supervision."""
    from_on: Mapped[date | None]
    """None: since the project began."""
    until_on: Mapped[date | None]
    gap_reason: Mapped[str | None]
    """Why nobody held the role before or after these days, where that is so."""
    version: Mapped[int] = mapped_column(default=1)
    registered_at: Mapped[datetime]

    organisation: Mapped[Organisation] = relationship(lazy="raise")

    @property
    def organisation_name(self) -> str:
        """Give the organisation's name."""
        return self.organisation.name
