"""Lists of a case's workers as they came in files."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.cases.models.tables import Base
from services.cases.rules.case_people import LineListState


class LineList(Base):
    """A list of workers in a file (欠薪名册): tried or entered, kept with its findings."""

    __tablename__ = "line_lists"
    __table_args__ = (Index("uq_line_lists_digest", "case_id", "digest", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("arrears_cases.id"))
    digest: Mapped[str]
    """A keyed hash of the file's: the same file again is the same list."""
    file_id: Mapped[UUID]
    received_at: Mapped[datetime]
    received_by: Mapped[str]
    state: Mapped[LineListState]
    rows: Mapped[int]
    accepted: Mapped[int]
    rejected: Mapped[int]
    entered: Mapped[int]
    """Of those accepted, whom the case had no line of."""
    findings: Mapped[list[Any]]
