"""An area's share of labour cost, by version."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.models.tables import Base
from services.registry.rules.labour_shares import Guide


class LabourShare(Base):
    """A version of an area's share; never changed, only followed by another."""

    __tablename__ = "labour_shares"
    __table_args__ = (UniqueConstraint("area_code", "version"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[str]
    version: Mapped[int]
    valid_from: Mapped[date]
    share: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    basis: Mapped[str]
    certainty: Mapped[str]
    entered_at: Mapped[datetime]

    @property
    def guide(self) -> Guide:
        """Give the row as the rules take it."""
        return Guide(self.area_code, self.version, self.valid_from, self.share, self.certainty)
