"""Who has a role at a project from when until when, where registry told of days."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from services.payroll.models.tables import Base


class ProjectParty(Base):
    """An organisation in a role at a project, as registry told it last; both days are included."""

    __tablename__ = "project_parties"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(index=True)
    role: Mapped[str]
    organisation_id: Mapped[UUID]
    organisation_name: Mapped[str]
    from_on: Mapped[date | None]
    """None: since the project began."""
    until_on: Mapped[date | None]
    told_at: Mapped[datetime]

    def holds(self, day: date) -> bool:
        """Say whether it has the role on a day."""
        return (self.from_on is None or self.from_on <= day) and (
            self.until_on is None or day <= self.until_on
        )
