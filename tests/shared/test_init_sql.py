"""The roles and databases of a real server, made by `deploy/postgres/init.sql`."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from shared import embedded
from shared.embedded import Server
from tests.fixtures.database import connected, names

INIT = Path(__file__).parents[2] / "deploy" / "postgres" / "init.sql"
FIRST_FOUR = {"registry", "payroll", "cases", "alerts"}


def run(server: Server, **passwords: str) -> None:
    psql = embedded._wheel() / "bin" / "psql"  # noqa: SLF001  the wheel has no other door to it
    command = [str(psql), "--no-psqlrc", "--quiet", "--file", str(INIT), server.url()]
    subprocess.run(command, check=True, env=passwords)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("real"), fast=True) as running:
        run(running, PAYROLL_DATABASE_PASSWORD="it's one")
        run(running, CASES_DATABASE_PASSWORD="another")
        yield running


async def test_every_service_has_a_database_and_a_role_that_owns_it(server: Server) -> None:
    async with connected(server.url()) as connection:
        owned = await connection.fetch(
            "SELECT datname FROM pg_database JOIN pg_roles ON datdba = pg_roles.oid "
            "WHERE datname = rolname AND NOT rolsuper AND NOT rolcreatedb AND NOT rolcreaterole "
            "AND datlocprovider = 'b' AND datlocale = 'C.UTF-8'"
        )
    assert {row["datname"] for row in owned} == FIRST_FOUR | set(names())


async def test_a_role_enters_no_database_but_its_own(server: Server) -> None:
    async with connected(server.url("payroll")) as connection:
        await connection.execute("CREATE TABLE mine (id int)")
    for other in ("cases", "postgres"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(server.url("payroll").replace("/payroll?", f"/{other}?"))


async def test_only_a_given_password_is_set(server: Server) -> None:
    async with connected(server.url()) as connection:
        found = await connection.fetch(
            "SELECT rolname FROM pg_authid WHERE rolpassword LIKE 'SCRAM-SHA-256$%'"
        )
    assert {row["rolname"] for row in found} == {"payroll", "cases"}
