"""Watches: looks at whether the rest of a process works, apart from all that they look at."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from shared.db import Sessions
from shared.service import Service, Watch

# Seconds between two looks.
EVERY = 10.0


class Watches:
    """The watches of a process's services, with what each said last.

    Each has a task of its own that waits for nothing else, and each service's a connection apart.
    """

    def __init__(self, served: Sequence[tuple[Service, Sessions]]) -> None:
        """Make them; nothing is opened yet."""
        self.words: dict[str, str] = {}
        """What does not work, by the watch that says so; empty words where all is well."""
        self.loops: list[tuple[str, Callable[[], Awaitable[None]]]] = []
        self._apart: list[Sessions] = []
        for service, sessions in served:
            if service.watches:
                self._apart.append(apart := sessions.apart())
            for name, make in service.watches.items():
                if watch := make(apart):
                    place = f"{service.name}.{name}"
                    self.loops.append((place, self._looking(place, watch)))

    def _looking(self, name: str, watch: Watch) -> Callable[[], Awaitable[None]]:
        async def loop() -> None:
            while True:
                self.words[name] = await watch()
                await asyncio.sleep(EVERY)

        return loop

    async def close(self) -> None:
        """Let go of the connections."""
        for sessions in self._apart:
            await sessions.close()
