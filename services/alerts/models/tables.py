"""What all tables of alerts share."""

from datetime import time
from typing import Any

from sqlalchemy import Time
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase

from shared import db


class Base(DeclarativeBase):
    """The tables of this service, and of no other."""

    metadata = db.metadata()
    type_annotation_map = {**db.COLUMN_TYPES, time: Time(), list[dict[str, Any]]: JSONB()}
