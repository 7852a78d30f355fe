"""A service's database: its connections, opened when needed, followed when they are gone."""

import math
import time
from typing import Any

import asyncpg
from pydantic_core import from_json
from sqlalchemy import Connection, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from shared.connections import Learned

# What a server says that starts, ends or is full (SQLSTATE classes 08, 53 and 57).
_NOT_NOW = (
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
)
ASK_AFTER = 1.0
"""Seconds that a connection may lie idle before it is asked whether it lives."""


class DatabaseAway(ConnectionError):
    """No connection can be had now: answered with 503, and to be tried again."""


async def _open(*place: Any, **options: Any) -> "asyncpg.Connection[Any]":
    try:
        return await asyncpg.connect(*place, connection_class=Learned, **options)
    except (OSError, asyncpg.InterfaceError, *_NOT_NOW) as error:
        raise DatabaseAway(type(error).__name__) from error


def engine(url: str, *, pool_size: int = 8) -> AsyncEngine:
    """Open a service's database. A transaction that lasts over 60 s is ended by the server."""
    made = create_async_engine(
        "postgresql+asyncpg://",
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=30,
        # The one last used is used next: it holds what was prepared and planned, and the others,
        # which only a rush asked for, need not learn it.
        pool_use_lifo=True,
        # It reads the same in a fifth of the time, and rows have much of it.
        json_deserializer=from_json,
        hide_parameters=True,  # what a statement was to write must not stand in a log
        connect_args={
            "async_creator_fn": _open,
            # The driver reads the address: it knows `sslmode` and its kin, SQLAlchemy does not.
            "dsn": url,
            # A service has some hundreds of statements; one that is not kept is planned each time.
            "prepared_statement_cache_size": 1000,
            "timeout": 10,
            "server_settings": {
                "transaction_timeout": "60000",
                "timezone": "UTC",
                "application_name": "xinqing",
            },
        },
    )
    end_undone_savepoints(made)
    event.listen(made.sync_engine, "checkin", _left)
    event.listen(made.sync_engine, "checkout", _taken)
    return made


def end_undone_savepoints(engine: AsyncEngine) -> None:
    """Let a savepoint end when it is rolled back to; PostgreSQL itself keeps it until the commit.

    Each later one would lie within all of those, and the first row written then locks the number
    of every one of them: some thousands refused rows of a file fill the server's table of locks
    ("out of shared memory", 53200), and everybody gets 503.
    """
    dialect = engine.sync_engine.dialect
    go_back = dialect.do_rollback_to_savepoint

    def undo(connection: Connection, name: str) -> None:
        go_back(connection, name)
        dialect.do_release_savepoint(connection, name)

    dialect.do_rollback_to_savepoint = undo  # type: ignore[method-assign]  # it has no hook for this


def _left(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info["left_at"] = time.monotonic()


def _taken(connection: Any, record: ConnectionPoolEntry, _: object) -> None:  # noqa: ANN401  the adapter of asyncpg has no public name
    """Ask a connection that lay idle; one that was in use a moment ago knows that it was ended.

    To ask each time (`pool_pre_ping`) is three messages to the server, of the eight that a short
    transaction takes.
    """
    idle = time.monotonic() - record.info.get("left_at", math.inf)
    try:
        if idle > ASK_AFTER:
            connection.ping()
    except Exception as error:
        raise InvalidatePoolError from error
    if connection.driver_connection.is_closed():
        raise InvalidatePoolError
