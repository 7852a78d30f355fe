"""What files of lists have in common: kept, with what was wrong with them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from services.payroll.models.tables import Base
from services.payroll.rules.lists import ListState


class FilledList(Base):
    """A file of rows as it came: imported whole, or kept with its findings."""

    __abstract__ = True

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[str]
    digest: Mapped[str]
    """A keyed hash of the file's: the same file again is the same list."""
    file_id: Mapped[UUID]
    received_at: Mapped[datetime]
    received_from: Mapped[str]
    state: Mapped[ListState]
    rows: Mapped[int]
    accepted: Mapped[int]
    rejected: Mapped[int]
    entered: Mapped[int]
    findings: Mapped[list[Any]]
