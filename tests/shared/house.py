"""A service that exists for the tests of plumbing only, with a table, events and one route each."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from alembic.migration import MigrationContext
from alembic.operations import Operations
from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, select
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.pool import NullPool

from shared import db, exports, idempotency, paging, pii
from shared.auth import Who, may
from shared.config import ServiceSettings
from shared.db import Transaction
from shared.events.base import Event
from shared.events.platform import PLATFORM
from shared.migrations import plumbing
from shared.moves import Left, SyncMove
from shared.outbox import publish
from shared.problems import Problem, raises
from shared.service import Service
from shared.wording import Text


class Base(DeclarativeBase):
    """The tables of the house itself."""

    metadata = db.metadata()
    type_annotation_map = db.COLUMN_TYPES


class Grain(StrEnum):
    """A choice, kept as text."""

    FINE = "fine"
    COARSE = "coarse"


class Stone(db.Synced, Base):
    """A row as domains have it: synced, in an area, with a sealed value and others of each kind."""

    __tablename__ = "stones"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[str]
    colour: Mapped[str] = mapped_column(default="grey")
    weight: Mapped[int] = mapped_column(default=1)
    owner: Mapped[str | None] = mapped_column(pii.Sealed)
    grain: Mapped[Grain | None]
    price: Mapped[Decimal | None]
    laid_on: Mapped[date | None]
    notes: Mapped[dict[str, Any] | None]


class StoneLaid(Event, type="house.stone_laid.v1", key="wall"):
    """A fact of this service."""

    wall: str
    number: int


class StoneLifted(Event, type="house.stone_lifted.v1", key="wall"):
    """A fact that this service does not name in its manifest."""

    wall: str


class StoneRefused(Problem):
    """Refused, and nothing is kept."""

    status, title = 409, Text("石料不合格", "This stone is refused")


class StoneKept(Problem):
    """Refused, but what was done before stays."""

    status, title, keeps = 422, Text("石料存疑，已留存", "This stone is kept to be looked at"), True


class StoneIn(BaseModel):
    """A stone as it is entered."""

    model_config = ConfigDict(extra="forbid")

    area_code: str = "42"
    colour: str = "grey"
    weight: int = 1
    owner: str | None = None


class StoneOut(BaseModel):
    """A stone as it is shown."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    area_code: str
    colour: str


router = idempotency.router("house")


@router.post(
    "/v1/stones",
    status_code=201,
    dependencies=[may("registry:write_projects")],
    responses=raises(StoneRefused, StoneKept),
    response_model=StoneOut,
)
async def lay_stone(session: Transaction, caller: Who, body: StoneIn) -> Stone:
    """Lay a stone; a red one is refused, a blue one is refused and kept, a black one breaks."""
    stone = Stone(id=db.new_id(), area_code=body.area_code, colour=body.colour, owner=body.owner)
    session.add(stone)
    publish(session, StoneLaid(wall=body.colour, number=body.weight))
    # What is refused must have been written before, or there would be nothing to keep.
    await session.flush()
    if body.colour == "red":
        raise StoneRefused
    if body.colour == "blue":
        raise StoneKept
    if body.colour == "black":
        raise RuntimeError("black")
    return stone


@router.post(
    "/v1/secrets",
    dependencies=[may("registry:write_projects")],
    openapi_extra={"x-shows-secret": True},
)
async def make_secret(session: Transaction) -> dict[str, str]:
    """Make something that is shown once."""
    return {"secret": str(db.new_id())}


@router.get(
    "/v1/stones",
    dependencies=[may("registry:read")],
    response_model=paging.Page[StoneOut],
)
async def stones(
    session: Transaction,
    cursor: paging.Cursor,
    changed_after: paging.ChangedAfter,
    limit: paging.Limit,
) -> paging.Found[Stone]:
    """Give stones, all or as a sync."""
    return await paging.sync(
        session,
        select(Stone),
        model=Stone,
        cursor=cursor,
        changed_after=changed_after,
        limit=limit,
        by=(Stone.colour, Stone.id),
    )


@router.get("/v1/exports/stones", dependencies=[may("registry:read")], response_class=exports.Lines)
async def export_stones(request: Request, caller: Who, start: exports.Asked) -> exports.Lines:
    """Give stones as lines, but for those of an area that nobody sees."""

    async def ask(
        session: db.Session, *, cursor: str | None, changed_after: datetime | None, limit: int
    ) -> paging.Found[Stone]:
        seen = Stone.area_code != "hidden"
        left = Left(SyncMove.area_code != "hidden", seen)
        told = {"model": Stone, "changed_after": changed_after, "left": left}
        statement = select(Stone).where(seen)
        return await paging.sync(session, statement, cursor=cursor, limit=limit, **told)

    return await exports.lines(request, ask, StoneOut, name="stones", start=start)


async def _on_nothing(session: db.Session, event: Event) -> None:
    """Handle by doing nothing; tests give an inbox handlers of their own."""


def service(extra: APIRouter | None = None) -> Service:
    """Give the manifest."""
    return Service(
        name="house",
        settings=ServiceSettings,
        metadata=Base.metadata,
        router=extra or router,
        publishes=(StoneLaid, *PLATFORM),
        handles={StoneLaid: _on_nothing},
    )


def _build(connection: Connection) -> None:
    with Operations.context(MigrationContext.configure(connection)):
        plumbing.create_first()
        plumbing.note_restores()
        plumbing.keep_versions((), ())
    Base.metadata.create_all(connection)


async def build(url: str) -> None:
    """Make the tables of plumbing and of this service, as a first migration would."""
    engine = create_async_engine(
        url.replace("postgresql://", "postgresql+asyncpg://", 1), poolclass=NullPool
    )
    async with engine.begin() as connection:
        await connection.run_sync(_build)
    await engine.dispose()
