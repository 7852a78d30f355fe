"""The audit's chain: rows are sealed by hash a moment after they were written, and verified."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from sqlalchemy import BigInteger, DateTime, Index, bindparam, select, text
from sqlalchemy.orm import Mapped, mapped_column

from shared import clock
from shared.auth import own_key
from shared.config import Runtime
from shared.db import Plumbing, Sessions

log = structlog.get_logger()

BATCH = 5000
HEAD_EVERY = timedelta(hours=1)

Sign = Callable[[bytes], str]


class AuditUnsealed(Plumbing):
    """An audit row that is not sealed yet, written by a trigger in the row's own transaction.

    So it is seen exactly when the audit row is, however late that commits, and nothing has to be
    concluded from positions, times or snapshots.
    """

    __tablename__ = "audit_unsealed"

    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    audit_id: Mapped[UUID]


class AuditSeal(Plumbing):
    """A link of the chain: the hash of one audit row and of the link before."""

    __tablename__ = "audit_seals"
    __table_args__ = (Index("uq_audit_seals_audit_id", "audit_id", unique=True),)

    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    """Place in the chain: 1, 2, 3 … without a gap."""
    audit_id: Mapped[UUID]
    hash: Mapped[str]


class AuditHead(Plumbing):
    """The end of the chain as it was published, so that a cut tail shows."""

    __tablename__ = "audit_heads"

    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hash: Mapped[str]
    at: Mapped[datetime]
    signature: Mapped[str | None]


def _kept(table: str) -> tuple[str, str]:
    """Give the triggers that refuse to change a table; those for rows hold in partitions too."""
    rows = f"""CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION refuse_change()"""
    whole = f"""CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"""
    return rows, whole


_REFUSE = """
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% of % is refused: the audit is kept', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END $$
"""
_NOTE = """
    CREATE FUNCTION note_unsealed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO audit_unsealed (position, audit_id) VALUES (NEW.position, NEW.id);
        RETURN NULL;
    END $$
"""
_NOTED = """
    CREATE TRIGGER audit_noted AFTER INSERT ON audit
    FOR EACH ROW EXECUTE FUNCTION note_unsealed()
"""
TRIGGERS = (
    _REFUSE,
    _NOTE,
    _NOTED,
    *_kept("audit"),
    *_kept("audit_seals"),
    *_kept("audit_heads"),
)
"""Statements of the first migration, after the tables."""

FIELDS = """
    a.id, a.at, a.actor, a.action, a.table_name, a.row_id,
    a.before::text AS before, a.after::text AS after, a.position
"""
_WAITING = "SELECT audit_id FROM audit_unsealed ORDER BY position LIMIT $1"
# Rows are asked for by the range of their ids beside the ids, so that partitions are pruned.
_ROWS = f"""
    SELECT {FIELDS} FROM audit a
    WHERE a.id = ANY($1::uuid[]) AND a.id >= $2 AND a.id <= $3 ORDER BY a.position
"""  # noqa: S608  built of constants
_LAST = "SELECT position, hash FROM audit_seals ORDER BY position DESC LIMIT 1"
_DONE = "DELETE FROM audit_unsealed WHERE position = ANY($1::bigint[])"
_LINKS = text(f"""
    SELECT s.position AS place, s.audit_id, s.hash, {FIELDS}
    FROM audit_seals s LEFT JOIN audit a ON a.id = s.audit_id
    WHERE s.position > :after ORDER BY s.position LIMIT :batch
""")  # noqa: S608  built of constants
_FORGOTTEN = text("""
    SELECT a.id FROM audit a
    WHERE NOT EXISTS (SELECT FROM audit_seals s WHERE s.audit_id = a.id)
    AND NOT EXISTS (SELECT FROM audit_unsealed u WHERE u.audit_id = a.id)
    ORDER BY a.position LIMIT 1
""")


def genesis(service: str) -> str:
    """Give what the first link of a service is chained to, so that chains cannot be swapped."""
    return sha256(f"audit of {service}".encode()).hexdigest()


def _json(said: str | None) -> object:
    # A fraction is kept as it is written: two spellings of one number are two contents.
    return json.loads(said, parse_float=lambda number: f"\0{number}") if said else None


def link(previous: str, row: Mapping[str, Any]) -> str:
    """Give the hash of an audit row behind the hash before it."""
    said = {
        "id": str(row["id"]),
        "at": row["at"].astimezone(UTC).isoformat(),
        "actor": row["actor"],
        "action": row["action"],
        "table": row["table_name"],
        "row": row["row_id"],
        "before": _json(row["before"]),
        "after": _json(row["after"]),
        "position": row["position"],
    }
    canonical = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha256(f"{previous}\n{canonical}".encode()).hexdigest()


# Whether a row waits to be sealed; and whether the chain has grown since its last head, and that
# one is an hour old.
_TO_SEAL = text("""
    SELECT EXISTS (SELECT FROM audit_unsealed) AS waiting, coalesce(
        (SELECT at <= :old AND (SELECT max(position) FROM audit_seals) > position
         FROM audit_heads ORDER BY position DESC LIMIT 1),
        EXISTS (SELECT FROM audit_seals)) AS due
""").bindparams(bindparam("old", type_=DateTime(timezone=True)))


async def seal(sessions: Sessions, sign: Sign | None = None) -> int:
    """Chain rows that are not sealed yet, in order of position, at most a batch; give how many.

    One process at a time does it. A row that committed late is chained when it is seen, behind
    later ones. Once an hour the end of the chain is kept, logged and, with a key, signed.
    """
    told = await sessions.ask(_TO_SEAL, {"old": clock.wall() - HEAD_EVERY})
    waiting, due = (told["waiting"], told["due"]) if told else (False, False)
    if not waiting and not due:
        return 0
    async with sessions.keeper.alone(f"seal:{sessions.service}") as connection:
        if connection is None:
            return 0
        async with connection.transaction():
            last = await connection.fetchrow(_LAST)
            place, previous = (last[0], last[1]) if last else (0, genesis(sessions.service))
            links = await _chain(connection, place, previous)
            if links:
                place, _, previous = links[-1]
            if due:
                await _publish_head(connection, sessions.service, place, previous, sign)
    return len(links)


async def _chain(connection: Any, place: int, previous: str) -> list[tuple[int, UUID, str]]:  # noqa: ANN401  asyncpg ships no types
    ids = [row[0] for row in await connection.fetch(_WAITING, BATCH)]
    rows = await connection.fetch(_ROWS, ids, min(ids), max(ids)) if ids else []
    if len(rows) < len(ids):
        log.error("audit_rows_missing", missing=len(ids) - len(rows))
    links: list[tuple[int, UUID, str]] = []
    for place_of_row, row in enumerate(rows, place + 1):
        previous = link(previous, row)
        links.append((place_of_row, row["id"], previous))
    if links:
        await connection.copy_records_to_table(
            "audit_seals", records=links, columns=("position", "audit_id", "hash")
        )
        await connection.execute(_DONE, [row["position"] for row in rows])
    return links


async def _publish_head(
    connection: Any,  # noqa: ANN401  asyncpg ships no types
    service: str,
    position: int,
    head: str,
    sign: Sign | None,
) -> None:
    """Keep the end of the chain, and write it to the log, which others keep."""
    at = clock.wall()
    signature = sign(_head_bytes(service, position, head, at)) if sign else None
    await connection.execute(
        "INSERT INTO audit_heads (position, hash, at, signature) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT DO NOTHING",
        position,
        head,
        at,
        signature,
    )
    log.info(
        "audit_head",
        service=service,
        position=position,
        hash=head,
        at=at.isoformat(),
        signature=signature,
    )


def _head_bytes(service: str, position: int, head: str, at: datetime) -> bytes:
    return f"{service}\n{position}\n{head}\n{at.astimezone(UTC).isoformat()}".encode()


def _key(runtime: Runtime) -> ec.EllipticCurvePrivateKey | None:
    """Give the own key that signs heads (ECDSA P-256, SHA-256), or None where there is none."""
    return None if runtime.oidc_issuer and not runtime.token_key else own_key(runtime)


def signer(runtime: Runtime) -> Sign | None:
    """Give what signs heads."""
    if key := _key(runtime):
        return lambda said: base64.b64encode(key.sign(said, ec.ECDSA(SHA256()))).decode()
    return None


def verifier(runtime: Runtime) -> ec.EllipticCurvePublicKey | None:
    """Give the key by which the heads of an installation with these settings are checked."""
    key = _key(runtime)
    return key.public_key() if key else None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a walk along the chain found."""

    sealed: int
    """Links that are whole, from the first on."""
    waiting: int
    """Rows that are not sealed yet."""
    head: str
    """The hash of the last whole link."""
    broken: str | None
    """The first break, in words; None if there is none."""


@dataclass(frozen=True, slots=True)
class _Head:
    position: int
    hash: str
    at: datetime
    signature: str | None


def _read_heads(path: Path, service: str) -> list[_Head]:
    """Read published heads, a JSON object a line (as logged); those of others are passed over."""
    said: Sequence[dict[str, Any]] = [
        json.loads(line) for line in path.read_text().splitlines() if line.strip()
    ]
    return [
        _Head(one["position"], one["hash"], datetime.fromisoformat(one["at"]), one.get("signature"))
        for one in said
        if one.get("service") == service and "hash" in one
    ]


async def verify(
    sessions: Sessions,
    head: Path | None = None,
    key: ec.EllipticCurvePublicKey | None = None,
) -> Verdict:
    """Walk the chain from its start and name the first break: changed, missing, cut or unsealed.

    `head` is a file of heads published earlier; without it those in the database count. With
    `key` their signatures are checked too.
    """
    async with sessions.begin("verify") as session:
        kept = (await session.scalars(select(AuditHead))).all()
    heads = [_Head(one.position, one.hash, one.at, one.signature) for one in kept]
    heads += _read_heads(head, sessions.service) if head else []
    place, previous, broken = await _walk(sessions, {one.position: one.hash for one in heads})
    broken = broken or _cut(heads, place) or _unsigned(sessions.service, heads, key)
    async with sessions.begin("verify") as session:
        forgotten = await session.scalar(_FORGOTTEN)
        waiting = await session.scalar(text("SELECT count(*) FROM audit_unsealed"))
    if forgotten and not broken:
        broken = f"audit row {forgotten} is neither sealed nor waiting to be"
    return Verdict(place, int(waiting or 0), previous, broken)


async def _walk(sessions: Sessions, heads: Mapping[int, str]) -> tuple[int, str, str | None]:
    """Give the last whole link, its hash, and what is wrong with the next one if there is one."""
    place, previous = 0, genesis(sessions.service)
    while True:
        async with sessions.begin("verify") as session:
            found = await session.execute(_LINKS, {"after": place, "batch": BATCH})
            rows = [row._asdict() for row in found]
        for row in rows:
            if row["place"] != place + 1:
                return place, previous, f"link {place + 1} is missing"
            if row["id"] is None:
                return place, previous, f"link {place + 1}: audit row {row['audit_id']} is missing"
            expected = link(previous, row)
            if row["hash"] != expected:
                return place, previous, f"link {place + 1}: audit row {row['id']} was changed"
            if heads.get(place + 1, expected) != expected:
                return place, previous, f"link {place + 1} is not the one that was published"
            place, previous = place + 1, expected
        if not rows:
            return place, previous, None


def _cut(heads: Sequence[_Head], place: int) -> str | None:
    last = max((one.position for one in heads), default=0)
    return f"the chain ends at {place}, but {last} was published" if last > place else None


def _unsigned(
    service: str, heads: Sequence[_Head], key: ec.EllipticCurvePublicKey | None
) -> str | None:
    for one in heads if key else ():
        said = _head_bytes(service, one.position, one.hash, one.at)
        try:
            assert key  # noqa: S101  the loop is empty without one
            key.verify(base64.b64decode(one.signature or ""), said, ec.ECDSA(SHA256()))
        except (InvalidSignature, ValueError):
            return f"the head at {one.position} is not signed by this key"
    return None
