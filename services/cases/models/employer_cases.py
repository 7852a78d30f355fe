"""What an area lets an employer be told of a case about him."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.cases.models.tables import Base
from services.cases.rules.policies import Certainty


class EmployerTerms(Base):
    """In which stages an employer is told, and of how much; a version never changes."""

    __tablename__ = "employer_terms"
    __table_args__ = (
        Index("uq_employer_terms_version", "area_code", "version", unique=True),
        CheckConstraint("version > 0 AND group_workers > 1", name="numbers"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[str]
    version: Mapped[int]
    valid_from: Mapped[date]
    stages: Mapped[list[str]]
    """The stages in which he is told that it is there, what is asked and by when."""
    list_stages: Mapped[list[str]]
    """The stages in which he is given the list for verification; empty: never."""
    group_workers: Mapped[int]
    """From so many workers on a complaint is collective; he is told no other number."""
    basis: Mapped[str]
    certainty: Mapped[Certainty]
