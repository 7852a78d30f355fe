"""Searches for clear personal data wherever something lies: tables, topics, files, logs, traces.

What is looked for is taken from the sealed columns themselves, opened with the keys: whatever a
story enters, nobody has to name it here. What is searched is bytes, as they lie, and what comes of
them when they are unpacked, in the encodings that people's files have.
"""

import bz2
import gzip
import io
import re
import zipfile
import zlib
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from sqlalchemy import select

from shared import pii, rotation
from shared.db import Sessions, engine
from shared.pii import Keyring
from tests.fixtures.database import connected, load

NUMBERS = frozenset({"id_number", "phone", "card_no", "account_no", "counterparty_account"})
NAMES = frozenset({"name", "counterparty_name"})
_RUNS = re.compile(r"[㐀-鿿·]{2,}")
_DIGITS = re.compile(r"[0-9]{11,}[0-9Xx]?")
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
_LONGEST = 4
"""Signs of a person's name in Chinese; longer ones are of organisations, which are public."""
_SHORT = 2
"""Names so short are words, too: they count where they stand alone."""

Blobs = Iterable[tuple[str, bytes]]


@dataclass
class Wanted:
    """Clear values that must be nowhere."""

    numbers: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)

    @classmethod
    async def of(cls, urls: Mapping[str, str]) -> "Wanted":
        """Open the sealed columns of all services."""
        wanted = cls()
        for name, url in urls.items():
            sessions = Sessions(engine(url, pool_size=1), url=url, service=name)
            async with sessions.begin("test") as session:
                for columns in rotation.sealed_columns(load(name).metadata).values():
                    for column in columns:
                        if column.name in NUMBERS | NAMES:
                            found = await session.scalars(select(column).distinct())
                            wanted.want(column.name, found)
            await sessions.close()
        return wanted

    @classmethod
    async def by(cls, keyring: Keyring, urls: Mapping[str, str]) -> "Wanted":
        """Open the sealed columns of services that other processes serve."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pii._Ring, "current", keyring)  # noqa: SLF001  undone after
            return await cls.of(urls)

    def want(self, column: str, values: Iterable[str | None]) -> None:
        """Look for the values of a column, too."""
        said = {value for value in values if value}
        if column in NUMBERS:
            self.numbers |= said
        else:
            # Who is paid may be an organisation; who works is not.
            mine = column == "name"
            self.names |= {n for n in said if mine or n.isascii() or len(n) <= _LONGEST}

    def within(self, text: str) -> Iterator[str]:
        """Give what a text holds of it."""
        sizes = {len(number) for number in self.numbers}
        for one in {text, re.sub(r"(?<=\d)[ -](?=\d)", "", text)}:
            for run in _DIGITS.findall(one):
                for size in sizes:
                    parts = (run[at : at + size].upper() for at in range(len(run) - size + 1))
                    yield from self.numbers.intersection(parts)
        longest = max(map(len, self.names), default=0)
        for run in _RUNS.findall(text):
            if run in self.names:
                yield run
            for size in range(_SHORT + 1, min(longest, len(run) - 1) + 1):
                parts = (run[at : at + size] for at in range(len(run) - size + 1))
                yield from self.names.intersection(parts)
        yield from (name for name in self.names if name.isascii() and name in text)


def check(wanted: Wanted, blobs: Blobs) -> None:
    """Hold that nothing of it lies anywhere, and that it would be found if it did."""
    number, name = min(wanted.numbers), min(wanted.names)
    planted = [("planted", gzip.compress(number.encode())), ("planted", name.encode("gb18030"))]
    found = search(wanted, [*blobs, *planted])
    assert found == {("planted", number), ("planted", name)}


def search(wanted: Wanted, blobs: Blobs) -> set[tuple[str, str]]:
    """Give where what was found: `payroll.audit`, `110101199003077379`."""
    return {
        (where, found)
        for where, content in blobs
        for text in _texts(content)
        for found in wanted.within(text)
    }


def _texts(content: bytes) -> Iterator[str]:
    for one in (content, *_unpacked(content)):
        plain = one.decode("utf-8", "ignore")
        yield plain
        if "\\u" in plain:
            yield _ESCAPED.sub(lambda sign: chr(int(sign[1], 16)), plain)
        # Neither is what random bytes are.
        for encoding in ("gb18030", "utf-16"):
            with suppress(UnicodeError):
                yield one.decode(encoding)


def _unpacked(content: bytes) -> Iterator[bytes]:
    for unpack in (gzip.decompress, zlib.decompress, bz2.decompress):
        with suppress(OSError, zlib.error, EOFError, ValueError):
            yield unpack(content)
    with suppress(zipfile.BadZipFile), zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            yield name.encode()
            yield archive.read(name)


# ---- where things lie ------------------------------------------------------------------------

_TABLES = """
    SELECT c.oid::regclass::text AS name, array_agg(quote_ident(a.attname)
        || CASE WHEN a.atttypid = 'bytea'::regtype THEN '' ELSE '::text' END) AS columns
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    GROUP BY c.oid
"""


async def dumped(urls: Mapping[str, str]) -> AsyncIterator[tuple[str, bytes]]:
    """Give every table of every database, parts of tables too, each value as it is written."""
    for service, url in urls.items():
        async with connected(url) as connection:
            for table in await connection.fetch(_TABLES):
                wanted = f"SELECT {', '.join(table['columns'])} FROM {table['name']}"  # noqa: S608
                content = io.BytesIO()
                await connection.copy_from_query(wanted, output=content, format="binary")
                yield f"{service}.{table['name']}", content.getvalue()


async def topics(brokers: str, *names: str) -> AsyncIterator[tuple[str, bytes]]:
    """Give all messages of topics: key, headers and value."""
    consumer = AIOKafkaConsumer(bootstrap_servers=brokers, enable_auto_commit=False)
    admin = AIOKafkaAdminClient(bootstrap_servers=brokers)
    try:
        await consumer.start()
        await admin.start()
        parts = [
            TopicPartition(topic["topic"], part["partition"])
            for topic in await admin.describe_topics([*names])
            for part in topic["partitions"]
        ]
        consumer.assign(parts)
        await consumer.seek_to_beginning()
        ends: dict[TopicPartition, int] = await consumer.end_offsets(parts)
        while any([await consumer.position(part) < end for part, end in ends.items()]):
            for part, messages in (await consumer.getmany(timeout_ms=500)).items():
                for one in messages:
                    said = [one.key or b"", one.value or b"", *(value for _, value in one.headers)]
                    yield part.topic, b"\n".join(said)
    finally:
        await consumer.stop()
        await admin.close()


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Give all files of a folder, and what they are called."""
    for path in folder.rglob("*"):
        if path.is_file():
            yield str(path), path.read_bytes()
            yield str(path), str(path).encode()


class Collector:
    """Takes traces in the place of an OpenTelemetry collector."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, bytes]] = []
        taken = self.taken

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                taken.append(("traces", self.rfile.read(int(self.headers["content-length"]))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()
