"""What a bus is: messages in, every group handles each at least once, in order per key."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Message:
    """One event on the wire: CloudEvents 1.0 in binary mode."""

    topic: str
    key: str
    value: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


Handle = Callable[[Message], Awaitable[None]]


class BusAway(Exception):
    """The bus did not take the messages, or did not answer: ask again later."""


class Bus(Protocol):
    """At least once, in order per key, to every group."""

    at_once: bool
    """Whether what `publish` has taken is handled by every group when it returns."""

    def subscribe(self, group: str, topics: Collection[str], handle: Handle) -> None:
        """Name a reader before anybody publishes; `handle` is called again after a failure."""
        ...

    async def publish(self, messages: Sequence[Message]) -> None:
        """Return once a crash loses none of them.

        Raises `BusAway`: publish them again later, from the first of them, in the same order.
        """
        ...

    async def run(self) -> None:
        """Deliver until cancelled."""
        ...

    async def lag(self, group: str) -> int:
        """Say how many messages of the group's topics it has not yet handled; raises `BusAway`."""
        ...

    async def newest(
        self, topics: Collection[str], number: int, group: str | None = None
    ) -> list[Message]:
        """Give what the bus still holds: of each part of its topics the newest messages.

        With a group, of those alone that it has handled. Raises `BusAway`.
        """
        ...

    async def ready(self) -> bool:
        """Say whether messages can be sent now."""
        ...


@asynccontextmanager
async def running(bus: Bus) -> AsyncIterator[None]:
    """Run a bus for as long as the block lasts; its end lets the brokers go.

    A process that only publishes needs it too: what was published keeps connections open.
    """
    task = asyncio.create_task(bus.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.result()
