"""What all tables of payroll have in common."""

from datetime import datetime

from sqlalchemy import ForeignKey, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared import db


class Base(DeclarativeBase):
    """The tables of this service, and of no other."""

    metadata = db.metadata()
    type_annotation_map = db.COLUMN_TYPES


def of(column: str) -> ForeignKey:
    """Refer to a row that may be written in the same transaction, in whatever order."""
    return ForeignKey(column, deferrable=True, initially="DEFERRED")


def known_at() -> Mapped[datetime]:
    """Give a column of the instant since which something is known, by the domain's clock.

    The database's own time stands in where older code, still running beside this, writes a row.
    """
    return mapped_column(server_default=func.now())
