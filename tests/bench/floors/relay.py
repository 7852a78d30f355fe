"""The least that a relay can be: rows out, messages in, rows marked, one batch after the other."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import asyncpg
from aiokafka import AIOKafkaProducer

Heard = Callable[[list[str]], None]

TOPIC = "payroll.events"
UNSENT = """
    SELECT id, type, key, occurred_at, traceparent, body FROM outbox
    WHERE sent_at IS NULL ORDER BY position LIMIT 1000
"""
MARK = """
    UPDATE outbox SET sent_at = clock_timestamp()
    WHERE id = ANY($1::uuid[]) AND id >= $2 AND id <= $3
"""
VERSION, SOURCE = ("ce_specversion", b"1.0"), ("ce_source", b"/payroll")
CONTENT = ("content-type", b"application/json")


def headers(row: Mapping[str, Any]) -> list[tuple[str, bytes]]:
    """Give a row's CloudEvents headers."""
    return [
        VERSION,
        ("ce_id", str(row["id"]).encode()),
        ("ce_type", row["type"].encode()),
        SOURCE,
        ("ce_time", row["occurred_at"].isoformat().encode()),
        CONTENT,
        ("traceparent", row["traceparent"].encode()),
    ]


async def send(bare: asyncpg.Connection, producer: AIOKafkaProducer, heard: Heard) -> int:
    """Send a batch; give how many rows it had."""
    rows = await bare.fetch(UNSENT)
    sent = [
        await producer.send(TOPIC, row["body"], row["key"].encode(), headers=headers(row))
        for row in rows
    ]
    for each in sent:
        await each
    if ids := [row["id"] for row in rows]:
        heard([str(row_id) for row_id in ids])
        await bare.execute(MARK, ids, min(ids), max(ids))
    return len(ids)


async def follow(
    bare: asyncpg.Connection, producer: AIOKafkaProducer, woken: asyncio.Event, heard: Heard
) -> None:
    """Send whenever somebody has written."""
    while await woken.wait():
        woken.clear()
        while await send(bare, producer, heard):
            pass
