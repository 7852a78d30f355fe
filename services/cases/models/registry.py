"""Organisations and projects, as registry told them: lists name what a case knows by id."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from services.cases.models.tables import Base


class Organisation(Base):
    """A company or body, as registry told it last."""

    __tablename__ = "organisations"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    area_code: Mapped[str]
    trades: Mapped[list[str]] = mapped_column(default=list, server_default=text("'[]'::jsonb"))
    told_at: Mapped[datetime]


class Project(Base):
    """A project, as registry told it last."""

    __tablename__ = "projects"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    area_code: Mapped[str]
    investment_type: Mapped[str]
    developer_id: Mapped[UUID]
    developer_name: Mapped[str]
    contractor_id: Mapped[UUID | None]
    contractor_name: Mapped[str | None]
    sector_authority_id: Mapped[UUID | None]
    told_at: Mapped[datetime]
