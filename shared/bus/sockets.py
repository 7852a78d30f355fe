"""The bus between processes of one machine: as inside one, over a folder of Unix sockets."""

import asyncio
import json
from collections.abc import Collection, Sequence
from contextlib import AsyncExitStack, suppress
from functools import partial
from itertools import count
from pathlib import Path

import structlog

from shared.bus.base import BusAway, Handle, Message
from shared.bus.lanes import Lanes

LINE = 1024 * 1024
"""Bytes of a line, at most: a key and headers, or the topics of a group."""

log = structlog.get_logger()


class SocketBus:
    """At least once, in order per key, to every group; keeps nothing itself.

    Each group has a socket of its name in the folder, where the process that serves it takes
    messages and tells when one is handled. The outbox row is the durable copy until then.
    """

    at_once = True

    def __init__(self, folder: Path, elsewhere: Collection[str]) -> None:
        """Take the folder, which only we may open, and the groups that other processes serve."""
        self._folder = folder
        self._own: dict[str, _Own] = {}
        self._peers = {group: _Peer(folder / f"{group}.sock") for group in elsewhere}

    def subscribe(self, group: str, topics: Collection[str], handle: Handle) -> None:
        """Name a reader of this process. Raises ValueError for one that is served already."""
        if group in self._own or group in self._peers:
            raise ValueError(f"The group {group} is subscribed already")
        self._own[group] = _Own(frozenset(topics), Lanes(group, handle))

    @property
    def under_way(self) -> int:
        """How many messages went to other processes that have not told yet."""
        return sum(len(peer.waiting) for peer in self._peers.values())

    async def publish(self, messages: Sequence[Message]) -> None:
        """Return once every group, here and elsewhere, has handled every message of its topics.

        Raises `BusAway` when a process that serves one of them is not there, or went; what is
        here is handled nevertheless. Cancelled, it gives up what is here and not handled.
        """
        async with asyncio.TaskGroup() as tasks:
            for own in self._own.values():
                for message in messages:
                    if message.topic in own.topics:
                        own.lanes.begin(message, tasks)
            sent = asyncio.gather(
                *(peer.send(messages) for peer in self._peers.values()), return_exceptions=True
            )
            failures = [one for one in await sent if isinstance(one, BaseException)]
        if failures:
            raise failures[0]

    async def run(self) -> None:
        """Take messages from other processes until cancelled."""
        async with AsyncExitStack() as closing:
            for peer in self._peers.values():
                closing.push_async_callback(peer.close)
            tasks = await closing.enter_async_context(asyncio.TaskGroup())
            for group, own in self._own.items():
                path = self._folder / f"{group}.sock"
                # One that a killed process left would be in the way.
                path.unlink(missing_ok=True)
                server = await asyncio.start_unix_server(partial(own.meet, tasks), path, limit=LINE)
                closing.callback(path.unlink, missing_ok=True)
                closing.callback(server.close)
            await asyncio.Event().wait()

    async def lag(self, group: str) -> int:
        """Say how many messages the group has in hand; what waits in an outbox is not here yet."""
        return len(self._own[group].lanes)

    async def newest(
        self, topics: Collection[str], number: int, group: str | None = None
    ) -> list[Message]:
        """Give nothing: nothing is kept."""
        return []

    async def ready(self) -> bool:
        """Say whether every group that is served elsewhere takes messages."""
        try:
            await asyncio.gather(*(peer.reached() for peer in self._peers.values()))
        except BusAway:
            return False
        return True


class _Own:
    """A group of this process: its topics, and what it has in hand."""

    def __init__(self, topics: frozenset[str], lanes: Lanes) -> None:
        self.topics, self.lanes = topics, lanes

    def meet(
        self,
        tasks: asyncio.TaskGroup,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        """Serve one other process, as a child of `tasks`."""
        # A server's own task would tell of its cancellation as of a failure.
        tasks.create_task(self._serve(reader, writer))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(_line(sorted(self.topics)))
        try:
            # What was taken is handled to its end even if the sender goes; it sends it again then.
            async with asyncio.TaskGroup() as tasks:
                while line := await reader.readline():
                    number, message = await _read(line, reader)
                    task = self.lanes.begin(message, tasks)
                    task.add_done_callback(partial(_tell, writer, number))
        except (OSError, ValueError, asyncio.IncompleteReadError) as gone:
            log.warning("bus.sender_gone", reason=type(gone).__name__)
        finally:
            writer.close()


def _tell(writer: asyncio.StreamWriter, number: int, done: "asyncio.Task[bool]") -> None:
    if not done.cancelled() and done.result() and not writer.is_closing():
        writer.write(b"%d\n" % number)


class _Peer:
    """A group that another process serves: the connection to it, made when it is needed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._numbers = count()
        self.waiting: dict[int, asyncio.Future[None]] = {}
        self._topics: frozenset[str] = frozenset()
        self._writer: asyncio.StreamWriter | None = None
        self._listening: asyncio.Task[None] | None = None
        self._connecting = asyncio.Lock()

    async def send(self, messages: Sequence[Message]) -> None:
        """Return once the group has handled those of its topics; raises `BusAway`."""
        writer = await self.reached()
        told: list[asyncio.Future[None]] = []
        for message in messages:
            if message.topic in self._topics:
                number, future = next(self._numbers), asyncio.get_running_loop().create_future()
                self.waiting[number] = future
                told.append(future)
                writer.write(_written(number, message))
        if told:
            await asyncio.gather(*told)

    async def reached(self) -> asyncio.StreamWriter:
        """Give the connection; raises `BusAway` if nobody takes messages there."""
        async with self._connecting:
            if self._writer is None:
                try:
                    reader, writer = await asyncio.open_unix_connection(self._path, limit=LINE)
                    self._topics = frozenset(json.loads(await reader.readline()))
                except (OSError, ValueError) as away:
                    raise BusAway(f"{self._path.stem} takes no messages") from away
                self._writer = writer
                self._listening = asyncio.create_task(self._listen(reader, writer))
            return self._writer

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while line := await reader.readline():
                told = self.waiting.pop(int(line))
                if not told.done():  # Whoever waited for it may have been cancelled.
                    told.set_result(None)
        self._lost(writer)

    def _lost(self, writer: asyncio.StreamWriter) -> None:
        """Forget the connection; who waits for what went over it is told."""
        self._writer = None
        writer.close()
        for future in self.waiting.values():
            if not future.done():
                future.set_exception(BusAway(f"{self._path.stem} went"))
        self.waiting.clear()

    async def close(self) -> None:
        """Let the connection go."""
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.wait([self._listening])
        if self._writer is not None:
            self._lost(self._writer)


def _line(said: object) -> bytes:
    return json.dumps(said, ensure_ascii=False).encode() + b"\n"


def _written(number: int, message: Message) -> bytes:
    """Give a message as a line of what it bears, and its bytes."""
    head = [number, message.topic, message.key, dict(message.headers), len(message.value)]
    return _line(head) + message.value


async def _read(line: bytes, reader: asyncio.StreamReader) -> tuple[int, Message]:
    number, topic, key, headers, size = json.loads(line)
    return number, Message(topic, key, await reader.readexactly(size), headers)
