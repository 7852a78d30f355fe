"""Organisations."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.models.tables import Base
from shared.db import Synced


class Organisation(Synced, Base):
    """An organisation of any trade, builder or not, with its roles and tags."""

    __tablename__ = "organisations"
    __table_args__ = (
        UniqueConstraint("credit_code"),
        Index("ix_organisations_area_code", "area_code"),
        Index("ix_organisations_roles", "roles", postgresql_using="gin"),
        Index("ix_organisations_trades", "trades", postgresql_using="gin"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    credit_code: Mapped[str]
    name: Mapped[str]
    area_code: Mapped[str]
    roles: Mapped[list[str]]
    trades: Mapped[list[str]]
    hardship: Mapped[list[Any]]
    """Dated tags, `{"tag", "from_on", "until_on"}`, both days included, with `tagged_by` and
    `tagged_at`."""
    version: Mapped[int] = mapped_column(default=1)
    registered_at: Mapped[datetime]
