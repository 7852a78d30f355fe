"""Migrations: one line of history for each service, and a database that agrees with its models."""

import importlib
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from textwrap import dedent

import asyncpg
import pytest
from sqlalchemy import make_url

import services
from shared import db, migrations
from shared.embedded import Server
from shared.service import Service
from tests.fixtures.database import Databases, Templates, connected, load, names

FIRST = '''
"""First tables."""

import sqlalchemy as sa
from alembic import op

from shared.migrations import plumbing

revision = "0001"
down_revision = None


def upgrade() -> None:
    plumbing.create_first()
    plumbing.note_restores()
    plumbing.keep_versions((), ())
    op.create_table(
        "stones",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("colour", sa.Text(), nullable=False),
        sa.Column("weight", sa.Numeric(14, 2), nullable=False),
        sa.CheckConstraint("colour IN ('grey', 'red')", name="colour"),
        sa.PrimaryKeyConstraint("id", "colour", name="pk_stones"),
        postgresql_partition_by="LIST (colour)",
    )
    op.execute("CREATE TABLE stones_grey PARTITION OF stones FOR VALUES IN ('grey')")
'''

MODEL = """
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import CheckConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared import db, pii
from shared.config import ServiceSettings
from shared.service import Service


class Base(DeclarativeBase):
    metadata = db.metadata()
    type_annotation_map = db.COLUMN_TYPES


class Stone(Base):
    __tablename__ = "stones"
    __table_args__ = (
        CheckConstraint("colour IN ('grey', 'red')", name="colour"),
        {"postgresql_partition_by": "LIST (colour)"},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    colour: Mapped[str] = mapped_column(primary_key=True)
    weight: Mapped[Decimal]
"""

MANIFEST = """

service = Service(name=NAME, settings=ServiceSettings, metadata=Base.metadata, router=APIRouter())
"""

SECOND_TABLE = """

class Shape(StrEnum):
    ROUND = "round"
    FLAT = "flat"


class Heap(Base):
    __tablename__ = "heaps"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    shape: Mapped[Shape]
    secret: Mapped[str] = mapped_column(pii.Sealed())
"""


class Quarry:
    """A tiny service in a folder of its own, whose models a test can change."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name, self.folder = name, folder / name
        (self.folder / "migrations").mkdir(parents=True)
        (self.folder / "__init__.py").touch()
        (self.folder / "migrations" / "0001_first_tables.py").write_text(FIRST)

    def model(self, source: str = MODEL) -> Service:
        """Write the models and load the manifest anew."""
        manifest = MANIFEST.replace("NAME", repr(self.name))
        (self.folder / "service.py").write_text(source + manifest)
        shutil.rmtree(self.folder / "__pycache__", ignore_errors=True)
        self.forget()
        return load(self.name)

    def forget(self) -> None:
        """Take the service's modules out of the interpreter."""
        for module in [one for one in sys.modules if one.startswith(f"services.{self.name}")]:
            del sys.modules[module]
        importlib.invalidate_caches()


@pytest.fixture
def quarry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Quarry]:
    monkeypatch.setattr(services, "__path__", [*services.__path__, str(tmp_path)])
    made = Quarry(tmp_path, "quarry")
    yield made
    made.forget()


@pytest.fixture
def service(quarry: Quarry) -> Service:
    return quarry.model()


@pytest.fixture
async def empty(postgres: Server) -> AsyncIterator[str]:
    """Give an empty database of the tiny service."""
    url = await migrations.ensure_database(postgres.url(), "quarry", own_role=True)
    yield url
    async with connected(postgres.url()) as connection:
        await connection.execute("DROP DATABASE quarry WITH (FORCE)")


async def say(url: str, statement: str) -> None:
    async with connected(url) as connection:
        await connection.execute(statement)


async def test_a_database_is_brought_to_the_last_migration(service: Service, empty: str) -> None:
    assert await migrations.current(empty) is None
    await migrations.upgrade(service, empty)
    assert await migrations.current(empty) == migrations.head(service) == "0001"
    await migrations.upgrade(service, empty)
    await migrations.verify_head(service, empty)


async def test_a_migrated_database_and_the_models_agree(service: Service, empty: str) -> None:
    await migrations.upgrade(service, empty)
    assert await migrations.check(service, empty) == []


async def test_a_check_leaves_nothing_behind(service: Service, empty: str) -> None:
    await migrations.upgrade(service, empty)
    await migrations.check(service, empty)
    async with connected(empty) as connection:
        schemas = await connection.fetch("SELECT nspname FROM pg_namespace WHERE nspname ~ 'only'")
    assert schemas == []


async def test_partitions_that_come_with_the_months_are_no_drift(
    service: Service, empty: str
) -> None:
    await migrations.upgrade(service, empty)
    await say(empty, "CREATE TABLE stones_red PARTITION OF stones FOR VALUES IN ('red')")
    await say(empty, "CREATE INDEX ON stones_red (weight)")
    assert await migrations.check(service, empty) == []


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("ALTER TABLE stones DROP COLUMN weight", "only in the models: column stones.weight"),
        ("ALTER TABLE stones ADD size integer", "only in the database: column stones.size"),
        ("ALTER TABLE stones ALTER weight DROP NOT NULL", "column stones.weight numeric(14,2)"),
        ("ALTER TABLE stones ALTER weight SET DEFAULT 1", "default 1"),
        ("ALTER TABLE stones DROP CONSTRAINT ck_stones_colour", "constraint stones.ck_stones"),
        ("CREATE INDEX odd ON stones (id) WHERE weight > 7", "only in the database: index"),
        ("CREATE TABLE strangers (id int)", "only in the database: table strangers"),
        ("DROP TABLE timers", "only in the models: table timers"),
    ],
)
async def test_drift_is_found(service: Service, empty: str, statement: str, told: str) -> None:
    await migrations.upgrade(service, empty)
    await say(empty, statement)
    assert told in "\n".join(await migrations.check(service, empty))


async def test_a_new_member_of_an_enum_is_drift(quarry: Quarry, empty: str) -> None:
    await migrations.upgrade(quarry.model(), empty)
    service = quarry.model(MODEL.replace("'grey', 'red'", "'grey', 'red', 'blue'"))
    assert "only in the models: constraint" in (await migrations.check(service, empty))[0]


async def test_a_revision_holds_what_the_models_have_and_the_database_lacks(
    quarry: Quarry, empty: str
) -> None:
    await migrations.upgrade(quarry.model(), empty)
    service = quarry.model(MODEL + SECOND_TABLE)
    written = await migrations.revise(service, empty, "Heaps of stones")
    assert written == quarry.folder / "migrations" / "0002_heaps_of_stones.py"
    source = written.read_text()
    assert "shared" not in source
    assert "stones_grey" not in source
    await migrations.upgrade(service, empty)
    assert await migrations.current(empty) == "0002"
    assert await migrations.check(service, empty) == []


async def test_nothing_to_revise_writes_no_file(service: Service, empty: str) -> None:
    await migrations.upgrade(service, empty)
    assert await migrations.revise(service, empty, "Nothing") is None
    assert migrations.head(service) == "0001"


async def test_a_database_behind_the_code_is_refused(quarry: Quarry, empty: str) -> None:
    service = quarry.model()
    with pytest.raises(migrations.UnknownHead, match=r"at migration none, this code at 0001"):
        await migrations.verify_head(service, empty)
    await migrations.upgrade(service, empty)
    second = quarry.folder / "migrations" / "0002_more.py"
    second.write_text(
        dedent("""
        revision = "0002"
        down_revision = "0001"


        def upgrade() -> None:
            pass
    """)
    )
    with pytest.raises(migrations.UnknownHead, match=r"0001, this code at 0002: run .*migrate"):
        await migrations.verify_head(service, empty)


async def test_a_database_ahead_of_the_code_is_refused(service: Service, empty: str) -> None:
    await migrations.upgrade(service, empty)
    await say(empty, "UPDATE alembic_version SET version_num = '0009'")
    newer = r"0009, this code at 0001: .* newer code"
    with pytest.raises(migrations.UnknownHead, match=newer) as told:
        await migrations.verify_head(service, empty)
    assert told.value.newer


async def test_a_migration_that_fails_leaves_the_database_as_it_was(
    quarry: Quarry, empty: str
) -> None:
    first = quarry.folder / "migrations" / "0001_first_tables.py"
    first.write_text(FIRST + '    op.execute("SELECT 1 / 0")\n')
    with pytest.raises(Exception, match="division by zero"):
        await migrations.upgrade(quarry.model(), empty)
    assert await migrations.current(empty) is None
    async with connected(empty) as connection:
        assert await connection.fetchval("SELECT to_regclass('stones')") is None


async def test_a_database_belongs_to_a_role_that_is_no_superuser(
    empty: str, postgres: Server
) -> None:
    assert make_url(empty).username == "quarry"
    async with connected(empty) as connection:
        assert await connection.fetchval("SHOW is_superuser") == "off"
    assert await migrations.ensure_database(postgres.url(), "quarry", own_role=True) == empty


async def test_without_a_role_of_its_own_a_database_is_the_server_user_s(postgres: Server) -> None:
    url = await migrations.ensure_database(postgres.url(), "plain")
    async with connected(url) as connection:
        assert await connection.fetchval("SELECT current_user") == "postgres"
    await say(postgres.url(), "DROP DATABASE plain")


async def test_a_name_that_is_no_identifier_is_refused(postgres: Server) -> None:
    with pytest.raises(ValueError, match="not a name"):
        await migrations.ensure_database(postgres.url(), 'x"; DROP')


def test_every_table_of_plumbing_is_declared_by_a_module_that_migrations_know() -> None:
    shared = Path(db.__file__).parent
    known = {Path(str(module.__file__)).name for module in migrations.PLUMBING}
    for source in shared.glob("*.py"):
        if "(Plumbing)" in source.read_text():
            assert source.name in known | {"db.py", "auth.py"}


async def test_each_clone_is_a_database_of_its_own(
    service: Service, quarry: Quarry, postgres: Server
) -> None:
    templates = Templates(postgres)
    databases = Databases(templates)
    assert quarry.name in names()
    one, other = await databases.clone("quarry"), await databases.clone("quarry")
    await say(one, "INSERT INTO stones VALUES (gen_random_uuid(), 'grey', 1)")
    for url, rows in ((one, 1), (other, 0)):
        await migrations.verify_head(service, url)
        async with connected(url) as connection:
            assert await connection.fetchval("SELECT count(*) FROM stones") == rows
        await templates.drop(url)
        with pytest.raises(asyncpg.InvalidCatalogNameError):
            await say(url, "SELECT 1")
    await say(postgres.url(), "DROP DATABASE quarry")
