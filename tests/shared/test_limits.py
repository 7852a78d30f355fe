"""Rate limits hold over all replicas, and let the patient through."""

import asyncio
from datetime import datetime, timedelta

import pytest
from fastapi import APIRouter
from httpx import AsyncClient
from sqlalchemy import select

from shared import clock, idempotency
from shared.auth import may
from shared.db import Sessions
from shared.limits import Rate, RateLimit, TooManyRequests, forget, limited, take
from shared.service import Service
from tests.shared import house

RATE = Rate(3, timedelta(minutes=1))


class Wall:
    """The machine's clock, moved by hand."""

    def __init__(self) -> None:
        self.now = clock.wall()

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    made = Wall()
    monkeypatch.setattr(clock, "wall", made)
    return made


def router() -> APIRouter:
    routes = idempotency.router("house")

    @routes.get("/v1/public/look-up", dependencies=[may("public"), limited("look_up", RATE)])
    async def look_up() -> str:
        return "found"

    return routes


@pytest.fixture
async def service(service: Service) -> Service:
    return house.service(router())


async def taken(sessions: Sessions, calls: int, who: str = "a") -> int:
    """Make calls; give how many were let through."""
    done = 0
    for _ in range(calls):
        try:
            await take(sessions, "look_up", who, RATE)
        except TooManyRequests:
            continue
        done += 1
    return done


async def test_a_burst_is_taken_and_then_refilled_evenly(sessions: Sessions, wall: Wall) -> None:
    assert await taken(sessions, 5) == 3
    wall.pass_by(19)
    assert await taken(sessions, 1) == 0
    wall.pass_by(1)
    assert await taken(sessions, 2) == 1
    wall.pass_by(3600)
    assert await taken(sessions, 10) == 3


async def test_others_are_not_limited_by_one(sessions: Sessions, wall: Wall) -> None:
    assert await taken(sessions, 5, "a") == 3
    assert await taken(sessions, 5, "b") == 3


async def test_the_wait_that_is_told_is_the_wait_that_helps(sessions: Sessions, wall: Wall) -> None:
    await taken(sessions, 3)
    wall.pass_by(7.5)
    with pytest.raises(TooManyRequests) as refused:
        await take(sessions, "look_up", "a", RATE)
    assert refused.value.headers == {"retry-after": "13"}
    wall.pass_by(13)
    assert await taken(sessions, 1) == 1


async def test_calls_at_the_same_time_share_one_limit(sessions: Sessions, wall: Wall) -> None:
    done = await asyncio.gather(*(taken(sessions, 2) for _ in range(6)))
    assert sum(done) == 3


async def test_rows_that_limit_nobody_are_forgotten(sessions: Sessions, wall: Wall) -> None:
    await taken(sessions, 1, "10.0.0.7")
    async with sessions.begin() as session:
        (row,) = (await session.scalars(select(RateLimit))).all()
        assert "10.0.0.7" not in row.key
    assert await forget(sessions) == 0
    wall.pass_by(61)
    assert await forget(sessions) == 1


async def test_a_public_route_answers_429_with_its_wait(
    sessions: Sessions, client: AsyncClient
) -> None:
    answers = [await client.get("/house/v1/public/look-up") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[3].json()["type"] == "/problems/too-many-requests"
    assert 1 <= int(answers[3].headers["retry-after"]) <= 20
