"""What all tables of payroll have in common."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase

from shared import db


class Base(DeclarativeBase):
    """The tables of this service, and of no other."""

    metadata = db.metadata()
    type_annotation_map = db.COLUMN_TYPES


def of(column: str) -> ForeignKey:
    """Refer to a row that may be written in the same transaction, in whatever order."""
    return ForeignKey(column, deferrable=True, initially="DEFERRED")
