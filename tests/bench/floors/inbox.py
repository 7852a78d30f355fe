"""The least that an inbox can be: the same rows, in as many transactions, by one loop."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from uuid_utils.compat import uuid7

KEEP = """
    INSERT INTO inbox (id, topic, key, type, occurred_at, received_at, traceparent, body, replayed,
        state, attempts, handled_at)
    VALUES ($1, 'registry.events', $2, $3, $4, now(), $5, $6, false, 'handled', 0, now())
    ON CONFLICT DO NOTHING
"""
WRITE = "INSERT INTO organisations (id, name, area_code, roles, told_at) VALUES ($1,$2,$3,$4,$5)"
RECORD = """
    INSERT INTO audit (id, at, actor, action, table_name, row_id, before, after)
    VALUES ($1, now(), $2, 'insert', 'organisations', $3, 'null', $4)
"""


@dataclass(frozen=True, slots=True)
class Said:
    """What came: an event's envelope and body."""

    id: UUID
    key: str
    type: str
    at: datetime
    trace: str
    body: bytes


async def handle(bare: "asyncpg.Connection[Any]", events: Sequence[Said], size: int = 1) -> None:
    """Keep, write and record events, so many in a transaction."""
    for first in range(0, len(events), size):
        async with bare.transaction():
            for event in events[first : first + size]:
                body = json.loads(event.body)
                told = {name: body[name] for name in ("name", "area_code", "roles")}
                at = event.at.isoformat().replace("+00:00", "Z")
                after = json.dumps(told | {"id": event.key, "told_at": at})
                kept = (event.id, event.key, event.type, event.at, event.trace, event.body)
                await bare.execute(KEEP, *kept)
                values = (body["name"], body["area_code"], json.dumps(body["roles"]), event.at)
                await bare.execute(WRITE, UUID(event.key), *values)
                await bare.execute(RECORD, uuid7(), f"event:{event.type}", event.key, after)
