"""A poison event parks its key and no other; after `retry` what waited runs in order."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import UUID

from sqlalchemy import update

from shared import clock
from shared.db import Session, Sessions, engine, new_id
from shared.events.registry import OrganisationChanged
from shared.outbox import OutboxRow, publish, write_published
from tests.fixtures.database import connected
from tests.fixtures.processes import Town
from tests.interrupting import rows_held
from tests.waiting import until

Retry = Callable[[Town, UUID], Awaitable[object]]


@asynccontextmanager
async def registry(town: Town) -> AsyncIterator[Session]:
    """Give a session in which registry publishes."""
    url = town.urls["registry"]
    bind = engine(url, pool_size=1)
    sessions = Sessions(bind, url=url, service="registry", publishes=[OrganisationChanged])
    async with sessions.begin("test") as session:
        yield session
    await sessions.close()


def called(key: UUID, name: str) -> OrganisationChanged:
    return OrganisationChanged(
        organisation_id=key, name=name, credit_code="", area_code="42", roles=["bank"], trades=[],
        occurred_at=clock.wall(),
    )  # fmt: skip


async def rename(town: Town, *names: tuple[UUID, str]) -> None:
    """Let registry tell what organisations are called now, in this order."""
    async with registry(town) as session:
        for key, name in names:
            publish(session, called(key, name))


async def poison(town: Town, key: UUID) -> UUID:
    """Let registry tell something that no schema takes; give the event's id."""
    event = called(key, "poison")
    async with registry(town) as session:
        publish(session, event)
        await session.run_sync(write_published)
        await session.execute(update(OutboxRow).where(OutboxRow.id == event.id).values(body=b"{}"))
    return event.id


async def mend(town: Town, event_id: UUID, key: UUID) -> None:
    """Make the event readable, as if a new version of the service could read it."""
    async with connected(town.urls["payroll"]) as connection:
        statement = "UPDATE inbox SET body = $2 WHERE id = $1"
        await connection.execute(statement, event_id, called(key, "mended").body())


async def handled(town: Town, *keys: UUID) -> list[str]:
    """Give the names that payroll has heard under some keys, in the order in which it took them."""
    async with connected(town.urls["payroll"]) as connection:
        rows = await connection.fetch(
            "SELECT convert_from(body, 'UTF8')::jsonb ->> 'name' AS name FROM inbox"
            " WHERE key = ANY($1) AND state = 'handled' ORDER BY handled_at, position",
            [str(key) for key in keys],
        )
    return [row["name"] for row in rows]


async def until_heard(town: Town, number: int, *keys: UUID, within: float = 10) -> None:
    """Return once payroll has handled so many events of some keys."""
    names = [str(key) for key in keys]
    async with connected(town.urls["payroll"]) as connection:

        async def heard() -> bool:
            count: int = await connection.fetchval(
                "SELECT count(*) FROM inbox WHERE key = ANY($1) AND state = 'handled'", names
            )
            return count == number

        await until(heard, within)


async def behind(town: Town, event_id: UUID) -> int:
    """Give how many events wait behind a parked one; -1 while it is not parked."""
    parked = await town.client.everything("/payroll/v1/parked")
    if str(event_id) not in {one["id"] for one in parked}:
        return -1
    return int((await town.client.call("GET", f"/payroll/v1/parked/{event_id}"))["behind"])


async def by_route(town: Town, event_id: UUID) -> object:
    return await town.client.call("POST", f"/payroll/v1/parked/{event_id}/retry")


async def by_command(town: Town, event_id: UUID) -> object:
    assert str(event_id) in await town.command("parked", "payroll", "list")
    return await town.command("parked", "payroll", "retry", str(event_id))


async def test_a_parked_key_holds_up_no_other_and_runs_on_in_order(town: Town) -> None:
    await _park_and_retry(town, by_route)
    await _park_and_retry(town, by_command)
    await until(lambda: _operators_heard(town))


async def _park_and_retry(town: Town, retry: Retry) -> None:
    key, others = new_id(), [new_id() for _ in range(50)]
    event_id = await _park(town, key)
    await rename(town, *((key, f"waiting {number}") for number in range(10)))
    await until(lambda: _stands(town, event_id, 10))

    await rename(town, *((other, str(number)) for number in range(4) for other in others))
    await until_heard(town, 200, *others, within=60)
    assert await handled(town, key) == ["before"]

    await mend(town, event_id, key)
    await _retry(town, event_id, key, retry)
    waiting = [f"waiting {number}" for number in range(10)]
    expected = ["before", "mended", *waiting, "new 0", "new 1"]
    await until_heard(town, len(expected), key)
    assert await handled(town, key) == expected


async def _park(town: Town, key: UUID) -> UUID:
    await rename(town, (key, "before"))
    event_id = await poison(town, key)
    await until(lambda: _stands(town, event_id, 0))
    return event_id


async def _retry(town: Town, event_id: UUID, key: UUID, retry: Retry) -> None:
    """Retry, and let new events of the key arrive while the first one is being handled."""
    held = "SELECT 1 FROM organisations WHERE id = $1 FOR UPDATE"
    async with rows_held(town.urls["payroll"], held, key) as waited:
        retried = asyncio.ensure_future(retry(town, event_id))
        waiting = asyncio.ensure_future(waited())
        await asyncio.wait({retried, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if retried.done():
            retried.result()  # If it failed, nothing will ever wait.
        await waiting
        await rename(town, (key, "new 0"), (key, "new 1"))
        # Both wait: the drain at the organisation, the arrival at the key.
        await waited(2)
    await retried


async def _stands(town: Town, event_id: UUID, number: int) -> bool:
    return await behind(town, event_id) == number


async def _operators_heard(town: Town) -> bool:
    alerts = await town.client.everything("/alerts/v1/alerts")
    return "event_parked" in {alert["kind"] for alert in alerts}
