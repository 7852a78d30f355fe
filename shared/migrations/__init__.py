"""Alembic for every service, without an ini file: one line of history each, forward only."""

import importlib.util
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, NullPool, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from shared import (
    audit,
    db,
    history,
    idempotency,
    inbox,
    jobs,
    known,
    limits,
    outbox,
    paging,
    timers,
)
from shared.migrations import drift
from shared.service import Service

# Their tables must be declared before models and a database are compared.
PLUMBING = (audit, history, idempotency, inbox, jobs, known, limits, outbox, paging, timers)

_HERE = Path(__file__).parent
_Result = TypeVar("_Result")


class UnknownHead(RuntimeError):
    """The database and this code do not stand at the same migration."""

    def __init__(self, words: str, *, newer: bool) -> None:
        super().__init__(words)
        self.newer = newer
        """Newer code has migrated the database."""


def folder(service: Service) -> Path:
    """Give the folder of a service's migrations, `services/<name>/migrations`."""
    found = importlib.util.find_spec(f"services.{service.name}")
    if not found or not found.submodule_search_locations:
        raise LookupError(f"there is no folder services/{service.name}")
    return Path(next(iter(found.submodule_search_locations))) / "migrations"


def head(service: Service) -> str | None:
    """Give the last migration that this code knows (`0003`); None if there is none yet."""
    return _scripts(service).get_current_head()


async def current(url: str) -> str | None:
    """Give the migration at which a database stands; None if it has none."""
    return await _within(
        url, lambda connection: MigrationContext.configure(connection).get_current_revision()
    )


async def upgrade(service: Service, url: str) -> None:
    """Bring a database to the last migration: all of the way in one transaction, or nothing.

    Several processes may ask at once; they wait for each other.
    """

    def step(connection: Connection) -> None:
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('migrate', 0))"))
        command.upgrade(_config(service, connection), "head")

    await _within(url, step)


async def revise(service: Service, url: str, message: str) -> Path | None:
    """Write the next migration from what the models have and the database lacks.

    The database must stand at the last migration. Gives the new file, to be read and completed
    by hand (partitions, triggers, grants); None if there is nothing to change.
    """
    folder(service).mkdir(exist_ok=True)

    def skip_empty(_context: object, _revision: object, directives: list[Any]) -> None:
        if directives[0].upgrade_ops.is_empty():
            directives.clear()

    def step(connection: Connection) -> Path | None:
        script = command.revision(
            _config(service, connection),
            message,
            autogenerate=True,
            rev_id=f"{int(head(service) or 0) + 1:04d}",
            process_revision_directives=skip_empty,
        )
        return Path(script.path) if script and not isinstance(script, list) else None

    return await _within(url, step)


async def check(service: Service, url: str) -> list[str]:
    """Say in what a migrated database and the models differ; nothing is changed.

    Alembic's own comparison sees neither checks nor partition keys nor an index's condition, so
    the catalogue is compared as well with what the models would make in an empty schema.
    """

    def step(connection: Connection) -> list[str]:
        metadata = _metadata(service)
        context = MigrationContext.configure(connection, opts=drift.options(connection))
        found = [
            f"alembic: {drift.words(change)}" for change in compare_metadata(context, metadata)
        ]
        return found + drift.differences(connection, metadata)

    return await _within(url, step, keep=False)


async def verify_head(service: Service, url: str) -> None:
    """Raise UnknownHead, naming both, unless a database stands where this code does."""
    there, here = await current(url), head(service)
    if there == here:
        return
    known_here = there is None or there in {
        one.revision for one in _scripts(service).walk_revisions()
    }
    remedy = (
        f"run `python -m services migrate {service.name}`"
        if known_here
        else "the database was migrated by newer code"
    )
    raise UnknownHead(
        f"the database of {service.name} stands at migration {there or 'none'}, "
        f"this code at {here or 'none'}: {remedy}",
        newer=not known_here,
    )


async def ensure_database(server_url: str, name: str, *, own_role: bool = False) -> str:
    """Create a service's database on a server if it is missing; give its URL.

    With `own_role` (embedded server) it belongs to a role of its name, made without password;
    else to the user of `server_url`. Repeating it, also at the same time, does no harm.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", name):
        raise ValueError(f"not a name for a database: {name!r}")
    server = make_url(server_url).set(drivername="postgresql")
    wanted = server.set(database=name, username=name if own_role else server.username)
    address = wanted.render_as_string(hide_password=False)
    try:
        # A role that owns only its database may have no right to look anywhere else.
        await (await asyncpg.connect(address)).close()
    except (asyncpg.InvalidCatalogNameError, asyncpg.InvalidAuthorizationSpecificationError):
        await _create_database(
            server.render_as_string(hide_password=False), name, own_role=own_role
        )
    return address


async def _create_database(server_url: str, name: str, *, own_role: bool) -> None:
    connection = await asyncpg.connect(server_url)
    try:
        # The provider sorts alike on every machine, whatever its C library knows.
        create = (
            f'CREATE DATABASE "{name}" TEMPLATE template0 ENCODING UTF8 '
            "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'"
        )
        statements = [create]
        if own_role:
            statements = [f'CREATE ROLE "{name}" LOGIN', f'{create} OWNER "{name}"']
        for statement in statements:
            try:
                await connection.execute(statement)
            except (asyncpg.DuplicateObjectError, asyncpg.DuplicateDatabaseError):
                continue
            except asyncpg.UniqueViolationError:
                # Another process created it between the server's own look and its insert.
                continue
    finally:
        await connection.close()


def _metadata(service: Service) -> MetaData:
    """Give the tables of one database: the service's own and the plumbing's.

    Alembic takes the convention of names from one metadata only, not from a list.
    """
    both = MetaData(naming_convention=service.metadata.naming_convention)
    for tables in (service.metadata, db.Plumbing.metadata):
        for table in tables.tables.values():
            table.to_metadata(both)
    return both


def _config(service: Service, connection: Connection | None = None) -> Config:
    config = Config()
    options = {
        "script_location": str(_HERE),
        "version_locations": str(folder(service)),
        "path_separator": "newline",
        "file_template": "%(rev)s_%(slug)s",
    }
    for name, value in options.items():
        config.set_main_option(name, value.replace("%", "%%"))
    if importlib.util.find_spec("ruff"):
        # A developer's machine: what Alembic writes gets the form of all other code.
        hooks = {"fix": "check --fix-only --quiet", "form": "format --quiet"}
        config.set_section_option("post_write_hooks", "hooks", ",".join(hooks))
        for hook, arguments in hooks.items():
            ruff = {"type": "module", "module": "ruff"}
            ruff["options"] = f"{arguments} REVISION_SCRIPT_FILENAME"
            for name, value in ruff.items():
                config.set_section_option("post_write_hooks", f"{hook}.{name}", value)
    if connection is not None:
        config.attributes.update(connection=connection, metadata=_metadata(service))
    return config


def _scripts(service: Service) -> ScriptDirectory:
    return ScriptDirectory.from_config(_config(service))


async def _within(url: str, step: Callable[[Connection], _Result], *, keep: bool = True) -> _Result:
    """Run a step in a transaction of a connection of its own, without the 60 s of services."""
    # The driver reads the address: it knows `sslmode` and its kin, SQLAlchemy does not.
    reached = {"dsn": url}
    engine = create_async_engine("postgresql+asyncpg://", connect_args=reached, poolclass=NullPool)
    try:
        # A connection that is left without a commit rolls back.
        async with engine.begin() if keep else engine.connect() as connection:
            return await connection.run_sync(step)
    finally:
        await engine.dispose()
