"""Files that came to be imported: kept, with their findings, so that they can be found again."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.models.tables import Base
from services.registry.rules.imports import ImportKind, ImportState


class Import(Base):
    """A file of rows as it came: imported whole, or kept with what is wrong with it."""

    __tablename__ = "imports"
    __table_args__ = (
        UniqueConstraint("kind", "area_code", "digest"),
        Index("ix_imports_area_code", "area_code"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[ImportKind]
    area_code: Mapped[str]
    digest: Mapped[str]
    """SHA-256 of the file in hex; the same file again is the same import."""
    file_id: Mapped[UUID]
    file_kind: Mapped[str]
    size: Mapped[int]
    received_at: Mapped[datetime]
    received_from: Mapped[str]
    state: Mapped[ImportState]
    rows: Mapped[int]
    accepted: Mapped[int]
    rejected: Mapped[int]
    entered: Mapped[int]
    """Rows that were new; the others of an import stood there already."""
    findings: Mapped[list[Any]]
