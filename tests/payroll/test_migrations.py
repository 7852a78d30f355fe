"""What a database knew before it could tell of the past is dated by what tells of it."""

import json
from datetime import UTC, date, datetime
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg
from alembic import command

from services.payroll.service import service
from shared import migrations
from tests.fixtures.database import Databases, connected

PROJECT, CONTRACT, LOST, OWED, ORPHAN, ACCOUNT, SOURCE, FEED, LINE = (UUID(int=n) for n in range(9))
Database: TypeAlias = "asyncpg.Connection[Any]"


def at(month: int, day: int) -> datetime:
    return datetime(2023, month, day, 4, tzinfo=UTC)


async def write(to: Database, table: str, **row: object) -> None:
    places = ", ".join(f"${n}" for n in range(1, len(row) + 1))
    statement = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})"  # noqa: S608  our own names
    await to.execute(statement, *row.values())


async def tell(to: Database, number: int, kind: str, when: datetime, **body: Any) -> None:
    await write(
        to, "inbox", id=UUID(int=100 + number), topic="registry.events", key="k", type=kind,
        occurred_at=when, received_at=when, traceparent="", body=json.dumps(body).encode(),
        replayed=False, attempts=1, state="handled",
    )  # fmt: skip


def card(status: str) -> dict[str, str]:
    return {"project_id": str(PROJECT), "status": status}


async def half_a_year(to: Database) -> None:
    """Write what payroll kept of a project when it kept only the present."""
    parties = {"area_code": "422828", "developer_id": UUID(int=50), "contractor_id": UUID(int=51)}
    for n, (kind, when, status) in enumerate(
        [
            ("registered", at(1, 3), "002"),
            ("changed", at(2, 1), "003"),
            ("changed", at(6, 1), "004"),
        ]
    ):
        kept = card(status)
        await tell(to, n, f"registry.project_{kind}.v1", when, project=kept)
    await write(
        to, "projects", id=PROJECT, status="004", card=json.dumps(kept), told_at=at(6, 1), **parties
    )
    signed = {"works_contract_id": str(CONTRACT), "project": card("003")}
    await tell(to, 9, "registry.works_contract_signed.v1", at(3, 5), **signed)
    for contract_id, owed_id in ((CONTRACT, OWED), (LOST, ORPHAN)):
        await write(
            to, "works_contracts", id=contract_id, project_id=PROJECT, contractor_id=UUID(int=51),
            signed_on=date(2023, 2, 20), contract_amount=9, basis="per_period",
            first_period="2023-03", last_period="2023-03", transfer_day=25, transfer_month="same",
            due_shift="backwards",
        )  # fmt: skip
        await write(
            to, "obligations", id=owed_id, project_id=PROJECT, works_contract_id=contract_id,
            account_id=ACCOUNT, source_id=SOURCE, period="2023-03", due_on=date(2023, 3, 24),
            due_amount=9, credited_amount=9, on_time_amount=9, status="full", calendar_version="v",
            changed_at=at(4, 1), **parties,
        )  # fmt: skip
    await _bank(to, parties)


async def _bank(to: Database, parties: dict[str, Any]) -> None:
    first, at_bank = date(2023, 3, 1), {"bank_id": UUID(int=52), "area_code": "422828"}
    await write(
        to, "sources", id=SOURCE, code="S1", name="S1", expected_by="10:00", expected_after_wd=1,
        from_day=first, expected_until=first, fed_until=first, **at_bank,
    )  # fmt: skip
    await write(
        to, "bank_feeds", id=FEED, source_id=SOURCE, day=first, expected_at=at(3, 2),
        calendar_version="v", status="complete", changed_at=at(3, 2), **at_bank,
    )  # fmt: skip
    await write(
        to, "wage_accounts", id=ACCOUNT, project_id=PROJECT, source_id=SOURCE, account_no=b"",
        account_index="x", account_name="n", bank_name="b", opened_on=first, changed_at=at(5, 1),
        **parties,
    )  # fmt: skip
    await write(
        to, "audit", id=UUID(int=60), at=at(3, 10), actor="anna", action="insert",
        table_name="wage_accounts", row_id=str(ACCOUNT),
    )  # fmt: skip
    await write(
        to, "bank_lines", account_index="x", id=LINE, source_id=SOURCE, feed_id=FEED, day=first,
        account_id=ACCOUNT, serial="L1", at=at(3, 1), direction="in", amount=18, balance=18,
        left_amount=0, received_at=at(3, 2),
    )  # fmt: skip
    for n, owed_id in enumerate((OWED, ORPHAN)):
        await write(
            to, "credits", id=UUID(int=70 + n), obligation_id=owed_id, account_index="x",
            line_id=LINE, serial="L1", at=at(3, 1), credited_on=first, amount=9,
        )  # fmt: skip


async def test_what_was_kept_before_is_dated_by_what_tells_of_it(databases: Databases) -> None:
    address = await migrations.ensure_database(databases.superuser, "payroll_before")
    databases.made.append(address)
    await migrations._within(  # noqa: SLF001  only history stops on the way
        address,
        lambda to: command.upgrade(migrations._config(service, to), "0001"),  # noqa: SLF001
    )
    async with connected(address) as to:
        async with to.transaction():
            await half_a_year(to)
        await migrations.upgrade(service, address)
        states = await to.fetch(
            "SELECT told_at, card ->> 'status' FROM project_states ORDER BY told_at"
        )
        # The contract told the card of its day; the present one stays with the project.
        assert [tuple(row) for row in states] == [
            (at(1, 3), "002"), (at(2, 1), "003"), (at(3, 5), "003"),
        ]  # fmt: skip
        since = dict(await to.fetch("SELECT id, due_since FROM obligations"))
        assert since == {OWED: at(3, 5), ORPHAN: datetime(2023, 2, 19, 16, tzinfo=UTC)}
        assert await to.fetchval("SELECT registered_at FROM wage_accounts") == at(3, 10)
        counted = dict(await to.fetch("SELECT obligation_id, counted_at FROM credits"))
        assert counted == {OWED: at(3, 10), ORPHAN: at(3, 10)}
