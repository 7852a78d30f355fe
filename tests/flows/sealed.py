"""Rows for every sealed column that a service has, made up of the columns' types alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import CheckConstraint, Column, Table, insert, make_url, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.schema import DropConstraint
from sqlalchemy.types import Boolean, Date, DateTime, Enum, Integer, Numeric, Uuid

from shared import db, pii, rotation
from shared.db import Sessions, new_id
from shared.pii import Keyring, Sealed
from shared.service import Service
from tests.fixtures.database import Databases

_KINDS: tuple[tuple[type[Any], Any], ...] = (
    (Uuid, None), (Boolean, False), (DateTime, datetime(2026, 1, 1, tzinfo=UTC)),
    (Date, date(2026, 1, 1)), (Numeric, Decimal(1)), (Integer, 1), (JSONB, []),
)  # fmt: skip


def ring(*names: str) -> Keyring:
    """Give a keyring whose keys follow from their names."""
    return Keyring({name: name.encode().ljust(32, b".") for name in names}, b"i" * 32)


@contextmanager
def keys(patch: pytest.MonkeyPatch, *names: str) -> Iterator[None]:
    """Let the process have other keys for a while; the first one seals."""
    with patch.context() as changed:
        changed.setattr(pii._Ring, "current", ring(*names))  # noqa: SLF001  undone after
        yield


def _value(column: Column[Any], n: int) -> Any:  # noqa: ANN401  whatever the column takes
    kind = column.type
    if isinstance(kind, Sealed):
        return f"{column.name} {n}"
    if column.nullable:
        return None
    if isinstance(kind, Uuid):
        return new_id()
    if isinstance(kind, Enum):
        return kind.enums[0]
    return next((value for cls, value in _KINDS if isinstance(kind, cls)), f"{column.name} {n}")


def _row(table: Table, n: int) -> dict[str, Any]:
    told = {one.name: one for one in table.columns if not one.server_default}
    return {name: _value(one, n) for name, one in told.items()}


def everything(databases: Databases, url: str) -> str:
    """Give the address by which the server's owner reaches a database."""
    whole = make_url(databases.superuser).set(database=str(make_url(url).database))
    return whole.render_as_string(hide_password=False)


def owned(databases: Databases, url: str) -> Sessions:
    """Give sessions of a database in which nothing is guarded."""
    address = everything(databases, url)
    return Sessions(db.engine(address, pool_size=1), url=address, service="owner")


async def fill(sessions: Sessions, service: Service, rows: int) -> dict[str, list[Any]]:
    """Write rows into each table that has sealed columns; give what is in these, by table."""
    said: dict[str, list[Any]] = {}
    async with sessions.begin("test") as session:
        await session.execute(text("SET LOCAL session_replication_role = replica"))
        for table, columns in rotation.sealed_columns(service.metadata).items():
            for one in (each for each in table.constraints if isinstance(each, CheckConstraint)):
                await session.execute(DropConstraint(one, if_exists=True))
            made = [_row(table, n) for n in range(rows)]
            await session.execute(insert(table), made)
            told = [[row[one.name] for one in columns] for row in made]
            said[table.name] = sorted(told, key=repr)
    await sessions.close()
    return said


async def kept(sessions: Sessions, service: Service) -> dict[str, list[Any]]:
    """Give what the sealed columns hold, opened, by table."""
    found: dict[str, list[Any]] = {}
    async with sessions.begin("test") as session:
        for table, columns in rotation.sealed_columns(service.metadata).items():
            rows = (await session.execute(select(*columns))).all()
            found[table.name] = sorted((list(row) for row in rows), key=repr)
    return found
