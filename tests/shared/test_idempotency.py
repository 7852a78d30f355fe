"""A repeat of a write gets the stored answer; a key is claimed with the work or not at all."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import func, select, update

from shared import auth, clock, idempotency
from shared.db import Sessions
from shared.idempotency import IdempotencyKey, forget
from shared.outbox import OutboxRow
from tests.fixtures.service import Token
from tests.shared.house import Stone

pytestmark = pytest.mark.caller("operator", "wage_office")


async def lay(client: AsyncClient, key: str | None = "k", **body: Any) -> Response:
    headers = {"idempotency-key": key} if key is not None else {}
    return await client.post("/house/v1/stones", json=body, headers=headers)


async def counted(sessions: Sessions) -> tuple[int, int, int]:
    """Give how many stones, events and keys there are."""
    async with sessions.begin() as session:
        stones, events, keys = [
            await session.scalar(select(func.count()).select_from(table)) or 0
            for table in (Stone, OutboxRow, IdempotencyKey)
        ]
    return stones, events, keys


async def test_a_repeat_gets_the_first_answer_and_does_nothing(
    client: AsyncClient, sessions: Sessions
) -> None:
    first = await lay(client, colour="grey")
    again = await lay(client, colour="grey")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["content-type"] == first.headers["content-type"]
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert await counted(sessions) == (1, 1, 1)


async def test_without_a_key_every_request_is_new(client: AsyncClient, sessions: Sessions) -> None:
    first, second = await lay(client, None), await lay(client, None)
    assert first.json()["id"] != second.json()["id"]
    assert await counted(sessions) == (2, 2, 0)


async def test_a_key_belongs_to_one_request(client: AsyncClient, sessions: Sessions) -> None:
    await lay(client, colour="grey")
    for answer in (
        await lay(client, colour="white"),
        await client.post(
            "/house/v1/stones?a=b", json={"colour": "grey"}, headers={"idempotency-key": "k"}
        ),
        await client.post("/house/v1/secrets", headers={"idempotency-key": "k"}),
    ):
        assert answer.status_code == 422
        assert answer.json()["type"] == "/problems/key-reused"
    assert await counted(sessions) == (1, 1, 1)


async def test_a_key_belongs_to_one_caller(
    client: AsyncClient, sessions: Sessions, token: Token
) -> None:
    await lay(client)
    client.headers.update(token("wage_office", subject="another"))
    assert "idempotency-replayed" not in (await lay(client)).headers
    assert await counted(sessions) == (2, 2, 2)


@pytest.mark.parametrize("key", ["", "x" * 201])
async def test_a_key_has_a_length(client: AsyncClient, key: str) -> None:
    assert (await lay(client, key)).status_code == 400


async def test_two_at_once_do_the_work_once(client: AsyncClient, sessions: Sessions) -> None:
    answers = await asyncio.gather(*(lay(client) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert await counted(sessions) == (1, 1, 1)


async def test_a_second_one_does_not_wait_for_ever(
    client: AsyncClient, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "PATIENCE", "50ms")
    async with sessions.begin() as slow:
        slow.add(
            IdempotencyKey(
                id=uuid4(),
                caller="tester",
                key="k",
                request_hash="of the first one",
                created_at=clock.wall(),
            )
        )
        await slow.flush()  # The first request holds the key in its open transaction.
        answer = await lay(client)
    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/key-busy"
    assert answer.headers["retry-after"] == "5"


@pytest.mark.parametrize("colour", ["red", "black"])
async def test_what_failed_may_be_tried_again(
    client: AsyncClient, sessions: Sessions, colour: str
) -> None:
    for _ in range(2):
        if colour == "black":
            with pytest.raises(RuntimeError, match="black"):
                await lay(client, colour=colour)
        else:
            answer = await lay(client, colour=colour)
            assert answer.status_code == 409
            assert "idempotency-replayed" not in answer.headers
    assert await counted(sessions) == (0, 0, 0)


async def test_an_invalid_body_does_not_use_the_key_up(
    client: AsyncClient, sessions: Sessions
) -> None:
    assert (await lay(client, weight="heavy")).status_code == 422
    assert (await lay(client, weight=2)).status_code == 201
    assert await counted(sessions) == (1, 1, 1)


async def test_a_problem_that_keeps_is_repeated_with_what_it_kept(
    client: AsyncClient, sessions: Sessions
) -> None:
    first, again = await lay(client, colour="blue"), await lay(client, colour="blue")
    assert (first.status_code, again.status_code) == (422, 422)
    assert again.content == first.content
    assert again.headers["content-type"] == "application/problem+json"
    assert await counted(sessions) == (1, 1, 1)


async def test_a_secret_is_not_kept_to_be_repeated(client: AsyncClient, sessions: Sessions) -> None:
    headers = {"idempotency-key": "k"}
    first = await client.post("/house/v1/secrets", headers=headers)
    assert first.status_code == 200
    again = await client.post("/house/v1/secrets", headers=headers)
    assert again.status_code == 422
    assert "secret" not in again.json()
    async with sessions.begin() as session:
        (row,) = (await session.scalars(select(IdempotencyKey))).all()
        assert (row.body, row.status) == (None, None)


async def test_the_caller_is_checked_before_the_body_and_the_key(
    client: AsyncClient, sessions: Sessions, token: Token
) -> None:
    client.headers.update(token("worker"))
    broken = await client.post("/house/v1/stones", content=b"{", headers={"idempotency-key": "k"})
    assert broken.status_code == 403
    del client.headers["authorization"]
    assert (await lay(client, weight="heavy")).status_code == 401
    assert await counted(sessions) == (0, 0, 0)


async def test_old_keys_are_forgotten(client: AsyncClient, sessions: Sessions) -> None:
    await lay(client, "old")
    await lay(client, "new")
    async with sessions.begin() as session:
        past = clock.wall() - timedelta(days=7, seconds=1)
        await session.execute(
            update(IdempotencyKey).where(IdempotencyKey.key == "old").values(created_at=past)
        )
    assert await forget(sessions) == 1
    assert await forget(sessions) == 0
    assert await counted(sessions) == (2, 2, 1)


@pytest.mark.parametrize(
    "asked",
    [
        [],
        [auth.may("cases:fly")],
        [auth.may("registry:read"), auth.may("payroll:read")],
    ],
)
def test_a_route_without_one_known_permission_does_not_start(asked: list[Any]) -> None:
    async def route() -> None: ...

    with pytest.raises(TypeError, match="must name one permission"):
        idempotency.router("house").get("/v1/stones", dependencies=asked)(route)
