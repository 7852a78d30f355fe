"""Files with a report: bounded, known by their bytes, sealed, scanned, given out on the record."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from sqlalchemy import select

from services.cases.adapters import scanner
from services.cases.models import Evidence
from services.cases.settings import Settings
from shared.db import AuditRow, Session
from shared.files import Scan
from tests.cases import factories as make
from tests.cases.factories import COUNTY, at
from tests.cases.test_arrears import CASES, MORNING
from tests.cases.test_public_door import PUBLIC, board, mailbox, office, stranger, tell
from tests.fixtures.service import Time, Token

FILES = f"{PUBLIC}/mailbox/files"
PNG = b"\x89PNG\r\n\x1a\n of a time sheet"
PIECE = 1024 * 1024


@pytest.fixture(autouse=True)
async def _world(session: Session, time: Time) -> None:
    time.move_to(at(MORNING))
    await make.world(session)
    await session.flush()  # The app's own transactions must see it.


async def send(http: AsyncClient, receipt: str, content: bytes, name: str = "张三.png") -> Response:
    return await http.post(FILES, data={"receipt": receipt}, files={"file": (name, content)})


@asynccontextmanager
async def clamd(found: bytes) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Listen as clamd does, and find something in what holds some bytes; give what was seen."""
    seen: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
        content = b""
        while length := int.from_bytes(await reader.readexactly(4), "big"):
            content += await reader.readexactly(length)
        seen.append(content)
        writer.write(b"stream: Eicar FOUND\0" if found in content else b"stream: OK\0")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        yield f"127.0.0.1:{port}", seen


@office
async def test_a_file_with_a_report_is_sealed_bounded_and_given_out_on_the_record(
    session: Session, client: AsyncClient, app: FastAPI, token: Token
) -> None:
    hung = await board(client)
    async with stranger(app) as http:
        receipt = (await tell(http, hung)).json()["receipt"]
        sent = await send(http, receipt, PNG)
        again = await send(http, receipt, PNG, "other.png")
        assert (sent.status_code, again.json()) == (201, sent.json()), sent.text
        assert (sent.json()["kind"], sent.json()["size"]) == ("png", len(PNG))
        for content, kind in ((b"MZ\x90\0 a program", "unknown"), (b"<html><script>", "html")):
            refused = await send(http, receipt, content, "photo.png")
            assert (refused.status_code, refused.json()["kind"]) == (415, kind)
        assert (await send(http, "A" * 20, PNG)).status_code == 404
        assert [one["kind"] for one in (await mailbox(http, receipt))["files"]] == ["png"]
    [case] = (await client.get(CASES)).json()["items"]
    [file] = (await client.get(f"{CASES}/{case['id']}/evidence")).json()["items"]
    assert (file["scan"], file["report_id"] is None) == ("not_scanned", False)
    path = f"/cases/v1/evidence/{file['id']}/file"
    given = await client.get(path)
    assert (given.content, given.headers["x-content-type-options"]) == (PNG, "nosniff")
    audited = select(AuditRow).where(AuditRow.row_id == file["id"], AuditRow.action == "download")
    assert (await session.scalars(audited)).one().actor == "office"
    for role in ("co_inspector", "sector_authority", "leading_group"):
        other = await client.get(path, headers=token(role, areas=[COUNTY], subject=role))
        assert other.status_code == 404, role
    # The area takes less from now on.
    terms = {
        "area_code": COUNTY, "version": 1, "valid_from": "2023-05-01", "stages": [], "places": [],
        "conclusion": False, "basis": "县治欠办", "certainty": "C", "file_kinds": ["pdf"],
        "most_files": 2, "most_bytes": 1024,
    }  # fmt: skip
    assert (await client.post("/cases/v1/terms/public", json=terms)).status_code == 201
    async with stranger(app) as http:
        answers = [
            (await send(http, receipt, content)).status_code
            for content in (PNG + b"2", b"%PDF-1", b"%PDF-" + b"2" * 1024, b"%PDF-3")
        ]
    assert answers == [415, 201, 413, 409]


@office
async def test_500_mb_are_refused_before_they_are_read(client: AsyncClient, app: FastAPI) -> None:
    whole, read = 500 * PIECE, 0

    async def content() -> AsyncIterator[bytes]:
        nonlocal read
        yield (b'--b\r\ncontent-disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n')
        while read < whole:
            read += PIECE
            yield bytes(PIECE)

    multipart = {"content-type": "multipart/form-data; boundary=b"}
    hung = await board(client)
    async with stranger(app) as http:
        await tell(http, hung)
        [case] = (await client.get(CASES)).json()["items"]
        declared = multipart | {"content-length": str(whole)}
        said = await http.post(FILES, content=content(), headers=declared)
        assert (said.status_code, said.json()["limit"]) == (413, 21 * PIECE)
        assert read == 0
        undeclared = await http.post(FILES, content=content(), headers=multipart)
        assert (undeclared.status_code, read) == (413, 21 * PIECE)
        read = 0
        by_staff = await client.post(
            f"{CASES}/{case['id']}/evidence", content=content(), headers=multipart
        )
        assert (by_staff.status_code, by_staff.json()["title"], read) == (
            413, "请求内容过大", 10 * PIECE,
        )  # fmt: skip


@office
async def test_what_a_scanner_finds_is_kept_apart_and_given_to_nobody(
    session: Session, client: AsyncClient, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    hung = await board(client)
    async with stranger(app) as http, clamd(b"EICAR") as (address, seen):
        chosen = Settings(scanner=address)
        monkeypatch.setattr("services.cases.adapters.evidence_file.settings", lambda: chosen)
        receipt = (await tell(http, hung)).json()["receipt"]
        assert (await send(http, receipt, PNG)).status_code == 201
        assert (await send(http, receipt, PNG + b"EICAR" + bytes(PIECE))).status_code == 201
    assert [len(one) for one in seen] == [len(PNG), len(PNG) + 5 + PIECE]
    clean, infected = (await session.scalars(select(Evidence).order_by(Evidence.id))).all()
    assert (clean.scan, infected.scan) == ("clean", "infected")
    [case] = (await client.get(CASES)).json()["items"]
    assert (await client.get(f"/cases/v1/evidence/{clean.id}/file")).status_code == 200
    refused = await client.get(f"/cases/v1/evidence/{infected.id}/file")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/file-infected")
    step = {"act": "sign", "version": case["version"], "evidence_ids": [str(infected.id)]}
    named = await client.post(f"{CASES}/{case['id']}/steps", json=step)
    assert (named.status_code, named.json()["errors"][0]["code"]) == (422, "evidence_unknown")


async def test_a_scanner_that_is_away_or_mute_leaves_a_file_not_scanned() -> None:
    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async def full(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"INSTREAM size limit exceeded. ERROR\0")
        writer.close()

    for told in (mute, full):
        async with await asyncio.start_server(told, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            assert await scanner.scan(PNG, f"127.0.0.1:{port}", 0.2) is Scan.NOT_SCANNED
    assert await scanner.scan(PNG, f"127.0.0.1:{port}", 1) is Scan.NOT_SCANNED
    assert await scanner.scan(PNG, "unix:/nowhere", 1) is Scan.NOT_SCANNED
    assert await scanner.scan(PNG, None, 1) is Scan.NOT_SCANNED
