"""Bodies are bounded before anything reads them, whatever they say of their length."""

from collections.abc import AsyncIterator
from io import BytesIO

import pytest
from fastapi import FastAPI, Request, UploadFile
from httpx import ASGITransport, AsyncClient
from starlette.types import Message, Receive, Scope, Send

from shared import problems
from shared.uploads import BodyLimit, BodyTooLarge, read_upload

READ: list[int] = []


async def _json(body: dict[str, str]) -> dict[str, int]:
    READ.append(1)
    return {"keys": len(body)}


async def _file(file: UploadFile) -> dict[str, str | int]:
    READ.append(1)
    upload = await read_upload(file, limit=1000)
    return {"name": upload.name, "size": len(upload.content)}


async def _raw(request: Request) -> dict[str, int]:
    READ.append(1)
    return {"size": len(await request.body())}


@pytest.fixture
async def client() -> AsyncIterator[AsyncClient]:
    READ.clear()
    service = FastAPI()
    for path, route in (("/json", _json), ("/file", _file), ("/raw", _raw)):
        service.post(path)(route)
    problems.install(service)
    root = FastAPI()
    root.mount("/house", service)
    root.add_middleware(BodyLimit, limits={"/house/file": 3000}, default=100)
    async with AsyncClient(transport=ASGITransport(root), base_url="http://tests") as made:
        yield made


async def dribble(size: int) -> AsyncIterator[bytes]:
    for _ in range(size):
        yield b"x"


async def test_a_declared_length_is_refused_before_it_is_read(client: AsyncClient) -> None:
    answer = await client.post("/house/json", json={"a": "x" * 100})
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["connection"] == "close"
    assert answer.json() == {
        "type": "/problems/body-too-large",
        "title": "请求内容过大",
        "status": 413,
        "detail": "最多 100 B；请分成几份再上传，表格可删去图片和无关的工作表",
        "limit": 100,
    }
    english = await client.post(
        "/house/json", json={"a": "x" * 100}, headers={"accept-language": "en"}
    )
    assert english.json()["title"] == "The request body is too large"
    assert READ == []


@pytest.mark.parametrize("path", ["/house/json", "/house/raw"])
async def test_a_stream_is_cut_where_it_grows_too_long(client: AsyncClient, path: str) -> None:
    answer = await client.post(path, content=dribble(101))
    assert answer.status_code == 413
    assert answer.json()["type"] == "/problems/body-too-large"


async def test_what_fits_exactly_passes(client: AsyncClient) -> None:
    assert (await client.post("/house/raw", content=dribble(100))).json() == {"size": 100}
    assert (await client.post("/house/raw", content=b"x" * 100)).json() == {"size": 100}


async def test_a_length_that_lies_does_not_help(client: AsyncClient) -> None:
    for said in ("5", "abc", "-1", "²"):
        answer = await client.post(
            "/house/raw", content=dribble(200), headers={b"content-length": said.encode()}
        )
        assert answer.status_code == 413


async def test_a_path_may_have_a_limit_of_its_own(client: AsyncClient) -> None:
    files = {"file": ("C:\\pay\\../四月.xlsx", b"PK\x03\x04" + b"x" * 900)}
    answer = await client.post("/house/file", files=files)
    assert answer.json() == {"name": "四月.xlsx", "size": 904}
    files = {"file": ("a", b"x" * 1001)}
    answer = await client.post("/house/file", files=files)
    assert (answer.status_code, answer.json()["limit"]) == (413, 1000)
    files = {"file": ("a", b"x" * 3000)}
    answer = await client.post("/house/file", files=files)
    assert (answer.status_code, answer.json()["limit"]) == (413, 3000)
    assert len(READ) == 2


async def test_an_answer_that_has_begun_is_left_unfinished() -> None:
    """The server then cuts the connection, so that nobody takes the part for the whole."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"x" * 60, "more_body": True}

    async def send(message: Message) -> None:
        sent.append(message)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while message := await receive():
            await send({"type": "http.response.body", "body": message["body"], "more_body": True})

    scope = {"type": "http", "path": "/", "headers": []}
    await BodyLimit(app, default=100)(scope, receive, send)
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert sent[0]["status"] == 200
    assert sent[1]["more_body"]


async def test_the_digest_is_of_the_whole_file() -> None:
    upload = await read_upload(UploadFile(BytesIO(b"abc"), filename="a.csv"))
    assert upload.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    with pytest.raises(BodyTooLarge):
        await read_upload(UploadFile(BytesIO(b"abc")), limit=2)
