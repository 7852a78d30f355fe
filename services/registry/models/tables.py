"""What all tables of registry share."""

from sqlalchemy.orm import DeclarativeBase

from shared import db


class Base(DeclarativeBase):
    """The tables of this service."""

    metadata = db.metadata()
    type_annotation_map = db.COLUMN_TYPES
