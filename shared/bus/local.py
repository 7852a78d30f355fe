"""The bus inside one process: what is published is handled before `publish` returns."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from shared.bus.base import Handle, Message
from shared.bus.lanes import Lanes


@dataclass(frozen=True, slots=True)
class GroupReader:
    """A group of this process: its topics, and what it has in hand."""

    topics: frozenset[str]
    lanes: Lanes


class LocalBus:
    """At least once, in order per key, to every group; keeps nothing itself.

    The outbox row is the durable copy until `publish` returns. A handler never waits for a later
    `publish` (its events leave through the outbox), so any number of relays may publish at once.
    """

    at_once = True

    def __init__(self) -> None:
        """Begin with no reader."""
        self._readers: dict[str, GroupReader] = {}

    def subscribe(self, group: str, topics: Collection[str], handle: Handle) -> None:
        """Name a reader; a group has one handler. Raises ValueError for a second one."""
        if group in self._readers:
            raise ValueError(f"The group {group} is subscribed already")
        self._readers[group] = GroupReader(frozenset(topics), Lanes(group, handle))

    async def publish(self, messages: Sequence[Message]) -> None:
        """Return once every group has handled every message of its topics.

        A message whose handler raises is handled again, with growing pauses, until it succeeds;
        later ones of its key wait, other keys go on. Cancelled, it cancels the handlers and gives
        up what they have not handled: the relay sends it again.
        """
        async with asyncio.TaskGroup() as tasks:
            for message in messages:
                for reader in self._readers.values():
                    if message.topic in reader.topics:
                        reader.lanes.begin(message, tasks)

    async def run(self) -> None:
        """Live until cancelled: it is `publish` that delivers."""
        await asyncio.Event().wait()

    async def lag(self, group: str) -> int:
        """Say how many messages the group has in hand; what waits in an outbox is not here yet."""
        return len(self._readers[group].lanes)

    async def newest(
        self, topics: Collection[str], number: int, group: str | None = None
    ) -> list[Message]:
        """Give nothing: nothing is kept."""
        return []

    async def ready(self) -> bool:
        """Say that messages can be sent: nothing stands in between."""
        return True
