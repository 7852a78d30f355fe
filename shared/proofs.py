"""What the audit says of some rows, each with its link in the chain and whether it holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from shared.audit import FIELDS, genesis, link
from shared.db import Session

_PROOFS = text(f"""
    SELECT {FIELDS}, s.position AS place, s.hash, before.hash AS previous
    FROM audit a
    JOIN unnest(CAST(:since AS uuid[]), CAST(:until AS uuid[])) AS span (since, until)
        ON a.id >= span.since AND a.id <= span.until
    LEFT JOIN audit_seals s ON s.audit_id = a.id
    LEFT JOIN audit_seals before ON before.position = s.position - 1
    WHERE a.row_id = ANY(CAST(:rows AS text[]))
    ORDER BY a.position LIMIT :most
""")  # noqa: S608  built of constants
_HEAD = text("SELECT position, hash, at, signature FROM audit_heads ORDER BY position DESC LIMIT 1")
_MINUTE = 60_000
"""Milliseconds: a transaction lasts no longer, so a row and its audit row are no further apart."""


@dataclass(frozen=True, slots=True)
class Proof:
    """An audit row about something, its link in the chain, and whether that link holds."""

    audit_id: UUID
    at: datetime
    actor: str
    action: str
    table: str
    row_id: str
    place: int | None
    """Its place in the chain; None while it is not sealed."""
    hash: str | None
    previous: str | None
    holds: bool | None


async def proofs(
    session: Session, row_ids: Sequence[UUID], most: int
) -> tuple[list[Proof], Mapping[str, Any] | None]:
    """Give the audit rows of some rows that were written with them, and the chain's last head.

    They are looked for by the time in the rows' own ids (version 7): a later change of a row is
    found if something else that is named was written with it.
    """
    spans = merged_minutes([one.int >> 80 for one in row_ids])
    asked = {
        "since": [UUID(int=first << 80) for first, _ in spans],
        "until": [UUID(int=(last + 1 << 80) - 1) for _, last in spans],
        "rows": [str(one) for one in row_ids],
        "most": most,
    }
    start = genesis(session.info["service"])
    found = []
    for said_of in (await session.execute(_PROOFS, asked)).mappings():
        row = {str(name): value for name, value in said_of.items()}
        previous = start if row["place"] == 1 else row["previous"]
        sealed = row["hash"] is not None and previous is not None
        holds = link(previous, row) == row["hash"] if sealed else None
        names = ("at", "actor", "action", "row_id", "place", "hash")
        said = {name: row[name] for name in names}
        found.append(
            Proof(
                audit_id=row["id"], table=row["table_name"], previous=previous, holds=holds, **said
            )
        )
    head = (await session.execute(_HEAD)).mappings().one_or_none()
    return found, dict(head) if head else None


def merged_minutes(instants: Sequence[int]) -> list[tuple[int, int]]:
    """Give the spans of milliseconds that lie within a minute of some instants, joined."""
    spans: list[tuple[int, int]] = []
    for one in sorted(instants):
        if spans and one - _MINUTE <= spans[-1][1]:
            spans[-1] = (spans[-1][0], one + _MINUTE)
        else:
            spans.append((max(one - _MINUTE, 0), one + _MINUTE))
    return spans
