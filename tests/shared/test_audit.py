"""The audit: every change a row, every row sealed, and no change to them goes unseen."""

import asyncio
import base64
import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import Table, func, select
from sqlalchemy.orm import Session as SyncSession
from structlog.testing import capture_logs

from shared import audit, clock, plain, sets
from shared.audit import AuditHead, AuditSeal, AuditUnsealed, seal, verify
from shared.auth import own_key
from shared.config import Runtime
from shared.db import AuditRow, Sessions, new_id, record, write_audit
from shared.partitions import keep_partitions
from tests.fixtures.database import Templates, connected
from tests.shared.house import Stone
from tests.shared.kept import audited


async def lay(sessions: Sessions, number: int = 1) -> None:
    for _ in range(number):
        async with sessions.begin("mason") as session:
            session.add(Stone(id=new_id(), area_code="42"))


async def seal_all(sessions: Sessions) -> int:
    done = 0
    while found := await seal(sessions):
        done += found
    return done


async def tamper(url: str, statement: str) -> None:
    """Do what only the owner of the tables can: switch the guards off, then change something."""
    async with connected(url) as owner, owner.transaction():
        await owner.execute("SET LOCAL session_replication_role = replica")
        await owner.execute(statement)


@pytest.fixture
def as_owner(sessions: Sessions, templates: Templates) -> Callable[[str], Awaitable[None]]:
    """Give what changes rows behind the application's back."""
    superuser = templates.server.url()
    url = superuser.replace("/postgres?", f"/{sessions.url.rsplit('/', 1)[1].split('?')[0]}?")

    async def change(statement: str) -> None:
        await tamper(url, statement)

    return change


async def test_a_transaction_tells_once_in_order_and_not_what_a_savepoint_gave_up(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    stone_id, told, write = new_id(), [], plain.write

    def count(session: SyncSession, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        told.append(table.name)
        write(session, table, rows)

    monkeypatch.setattr(plain, "write", count)
    async with sessions.begin("mason") as session:
        stone = Stone(id=stone_id, area_code="42", colour="grey")
        session.add(stone)
        await session.flush()
        stone.colour = "red"
        await session.flush()
        with suppress(ArithmeticError):
            async with session.begin_nested():
                stone.colour = "black"
                await sets.change(session, [stone])  # It writes what was told before, too.
                record(session, "weigh", "stones", stone_id)
                raise ArithmeticError
        await session.refresh(stone)
        async with session.begin_nested():
            stone.colour = "blue"
        record(session, "look", "stones", stone_id)
    assert told == ["audit", "audit"]  # Within the savepoint, and at the end.
    assert [(row.action, row.after and row.after["colour"]) for row in await audited(sessions)] == [
        ("insert", "grey"),
        ("update", "red"),
        ("update", "blue"),
        ("look", None),
    ]


async def test_what_is_changed_in_a_set_is_told_behind_what_was_before_it(
    sessions: Sessions,
) -> None:
    async with sessions.begin("mason") as session:
        stone = Stone(id=new_id(), area_code="42", colour="grey")
        session.add(stone)
        await session.flush()
        stone.colour = "red"
        await sets.change(session, [stone])
    assert [row.action for row in await audited(sessions)] == ["insert", "update"]


async def test_rows_are_chained_in_order(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "BATCH", 3)
    await lay(sessions, 10)
    assert await seal_all(sessions) == 10
    assert await seal(sessions) == 0
    async with sessions.begin() as session:
        positions = (await session.scalars(select(AuditSeal.position))).all()
        assert sorted(positions) == list(range(1, 11))
        assert await session.scalar(select(func.count()).select_from(AuditUnsealed)) == 0
    verdict = await verify(sessions)
    assert (verdict.sealed, verdict.waiting, verdict.broken) == (10, 0, None)


async def test_a_row_that_commits_late_is_sealed_too(sessions: Sessions) -> None:
    async with sessions.begin() as slow:
        slow.add(Stone(id=new_id(), area_code="42"))
        await slow.flush()
        await slow.run_sync(write_audit)  # Its place is taken here, before those that commit first.
        await lay(sessions, 3)
        assert await seal_all(sessions) == 3
    assert await seal_all(sessions) == 1
    assert (await verify(sessions)).broken is None
    async with sessions.begin() as session:
        ordered = await session.scalars(
            select(AuditRow.position)
            .join(AuditSeal, AuditSeal.audit_id == AuditRow.id)
            .order_by(AuditSeal.position)
        )
    assert ordered.all() == [2, 3, 4, 1]


async def test_two_replicas_make_one_chain(sessions: Sessions) -> None:
    async def work() -> None:
        for _ in range(20):
            await lay(sessions)
            await seal(sessions)

    await asyncio.gather(work(), work(), work())
    await seal_all(sessions)
    verdict = await verify(sessions)
    assert (verdict.sealed, verdict.broken) == (60, None)


async def test_an_interrupted_sealing_is_done_again(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lay(sessions, 5)

    def crash(*_: object) -> str:
        raise RuntimeError("crash")

    with monkeypatch.context() as patch:
        patch.setattr(audit, "link", crash)
        with pytest.raises(RuntimeError):
            await seal(sessions)
    assert await seal_all(sessions) == 5
    assert (await verify(sessions)).broken is None


async def test_thousands_are_sealed_in_a_few_statements(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        session.add_all(Stone(id=new_id(), area_code="42") for _ in range(6000))
    assert await seal(sessions) == 5000
    assert await seal(sessions) == 1000
    assert (await verify(sessions)).sealed == 6000


CHANGES = [
    ("UPDATE audit SET actor = 'nobody' WHERE position = 3", "link 3: audit row .* was changed"),
    ("""UPDATE audit SET after = '{"weight": 1.0}' WHERE position = 3""", "link 3: .* changed"),
    ("UPDATE audit SET at = at + interval '1 us' WHERE position = 3", "link 3: .* changed"),
    ("DELETE FROM audit WHERE position = 3", "link 3: audit row .* is missing"),
    ("TRUNCATE audit", "link 1: audit row .* is missing"),
    ("DELETE FROM audit_seals WHERE position = 3", "link 3 is missing"),
    ("DELETE FROM audit_seals WHERE position = 5", "neither sealed nor waiting"),
    ("DELETE FROM audit_seals WHERE position > 2", "neither sealed nor waiting"),
    ("UPDATE audit_seals SET hash = 'x' WHERE position = 2", "link 2: audit row .* was changed"),
]


@pytest.mark.parametrize(("statement", "expected"), CHANGES)
async def test_a_change_is_found_and_named(
    statement: str,
    expected: str,
    sessions: Sessions,
    as_owner: Callable[[str], Awaitable[None]],
) -> None:
    await lay(sessions, 5)
    await seal_all(sessions)
    await as_owner("DELETE FROM audit_heads")
    await as_owner(statement)
    verdict = await verify(sessions)
    assert verdict.broken is not None
    assert re.search(expected, verdict.broken), verdict.broken


CUT = (
    "DELETE FROM audit_seals WHERE position > 3",
    "DELETE FROM audit WHERE position > 3",
    "DELETE FROM audit_heads",
)


async def test_a_cut_tail_shows_by_the_head_that_was_published(
    sessions: Sessions, as_owner: Callable[[str], Awaitable[None]], tmp_path: Path
) -> None:
    await lay(sessions, 5)
    with capture_logs() as logged:
        await seal_all(sessions)
    (said,) = [line for line in logged if line["event"] == "audit_head"]
    head = tmp_path / "head.json"
    head.write_text(f"{json.dumps(said)}\n{json.dumps({**said, 'service': 'other'})}\n")
    for statement in CUT:
        await as_owner(statement)
    assert (await verify(sessions)).broken is None, "the database alone cannot know"
    verdict = await verify(sessions, head)
    assert verdict.broken == "the chain ends at 3, but 5 was published"
    # A chain that was written anew from some row on does not lead to the head either.
    await lay(sessions, 2)
    await seal_all(sessions)
    assert (await verify(sessions, head)).broken == "link 5 is not the one that was published"


async def test_a_head_is_published_once_an_hour_and_signed(
    sessions: Sessions, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign = audit.signer(runtime)

    async def heads() -> list[int]:
        await seal(sessions, sign)
        await seal(sessions, sign)
        async with sessions.begin() as session:
            found = await session.scalars(select(AuditHead.position).order_by(AuditHead.position))
            return list(found.all())

    assert await heads() == []
    await lay(sessions)
    assert await heads() == [1]
    await lay(sessions)
    assert await heads() == [1], "the hour is not over"
    now = clock.wall()
    monkeypatch.setattr(clock, "wall", lambda: now + timedelta(minutes=61))
    assert await heads() == [1, 2]
    monkeypatch.setattr(clock, "wall", lambda: now + timedelta(minutes=123))
    assert await heads() == [1, 2], "nothing was added"
    assert (await verify(sessions, key=audit.verifier(runtime))).broken is None
    other = own_key(Runtime(data_dir=runtime.data_dir / "other")).public_key()
    assert (await verify(sessions, key=other)).broken == "the head at 1 is not signed by this key"


def test_heads_are_checked_by_the_key_that_signs_them(tmp_path: Path) -> None:
    own = tmp_path / "own.pem"
    for settings, signed in (({}, True), ({"token_key": own}, True), ({"oidc_issuer": "x"}, False)):
        runtime = Runtime(data_dir=tmp_path, **settings)
        assert bool(audit.signer(runtime)) is bool(audit.verifier(runtime)) is signed
    both = Runtime(data_dir=tmp_path, oidc_issuer="https://issuer.example", token_key=own)
    key, sign = audit.verifier(both), audit.signer(both)
    assert key
    assert sign
    key.verify(base64.b64decode(sign(b"head")), b"head", ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize("table", ["audit", "audit_seals", "audit_heads"])
async def test_nobody_changes_the_record_by_the_way(sessions: Sessions, table: str) -> None:
    await lay(sessions)
    await seal_all(sessions)
    await seal(sessions)
    first = {"audit": "actor", "audit_seals": "hash", "audit_heads": "hash"}[table]
    async with connected(sessions.url) as other:
        tree = "SELECT relid::regclass::text FROM pg_partition_tree($1) WHERE isleaf"
        leaves = [row[0] for row in await other.fetch(tree, table)]
        for name in {table, *leaves}:
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="refused"):
                await other.execute(f"TRUNCATE {name}")
            # A part that holds no row has nothing to refuse.
            if not await other.fetchval(f"SELECT count(*) FROM {name}"):  # noqa: S608  our own names
                continue
            for statement in (f"UPDATE {name} SET {first} = ''", f"DELETE FROM {name}"):  # noqa: S608  our own names
                with pytest.raises(asyncpg.InsufficientPrivilegeError, match="refused"):
                    await other.execute(statement)


async def test_a_new_part_of_the_record_is_guarded_too(sessions: Sessions) -> None:
    async with connected(sessions.url) as other:
        part = "CREATE TABLE audit_old PARTITION OF audit FOR VALUES FROM ('{}') TO ('{}')"
        await other.execute(part.format(UUID(int=0), UUID(int=1)))
        assert await keep_partitions(sessions) == 0
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="refused"):
            await other.execute("TRUNCATE audit_old")


def test_chains_of_two_services_cannot_be_swapped() -> None:
    assert audit.genesis("payroll") != audit.genesis("cases")
