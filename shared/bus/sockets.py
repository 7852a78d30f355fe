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
from shared.bus.local import GroupReader, LocalBus

LINE = 1024 * 1024
"""Bytes of a line, at most: a key and headers, or the topics of a group."""

log = structlog.get_logger()


class SocketBus(LocalBus):
    """The bus inside one process, and to the groups that other processes serve.

    Each group has a socket of its name in the folder, where the process that serves it takes
    messages and tells when one is handled. The outbox row is the durable copy until then.
    """

    def __init__(self, folder: Path, elsewhere: Collection[str]) -> None:
        """Take the folder, which only we may open, and the groups that other processes serve."""
        super().__init__()
        self._folder = folder
        self._peers = {group: _Peer(folder / f"{group}.sock") for group in elsewhere}

    def subscribe(self, group: str, topics: Collection[str], handle: Handle) -> None:
        """Name a reader of this process. Raises ValueError for one that is served already."""
        if group in self._peers:
            raise ValueError(f"The group {group} is subscribed already")
        super().subscribe(group, topics, handle)

    @property
    def under_way(self) -> int:
        """How many messages went to other processes that have not told yet."""
        return sum(len(peer.waiting) for peer in self._peers.values())

    async def publish(self, messages: Sequence[Message]) -> None:
        """Return once every group, here and elsewhere, has handled every message of its topics.

        Raises `BusAway` when a process that serves one of them is not there, or went; what is
        here is handled nevertheless. Cancelled, it gives up what is here and not handled.
        """
        sending = (peer.send(messages) for peer in self._peers.values())
        ends = await asyncio.gather(super().publish(messages), *sending, return_exceptions=True)
        for end in ends:
            if isinstance(end, BaseException):
                raise end

    async def run(self) -> None:
        """Take messages from other processes until cancelled."""
        async with AsyncExitStack() as closing:
            for peer in self._peers.values():
                closing.push_async_callback(peer.close)
            tasks = await closing.enter_async_context(asyncio.TaskGroup())
            for group, reader in self._readers.items():
                path = self._folder / f"{group}.sock"
                # One that a killed process left would be in the way.
                path.unlink(missing_ok=True)
                meet = partial(_meet, tasks, reader)
                server = await asyncio.start_unix_server(meet, path, limit=LINE)
                closing.callback(path.unlink, missing_ok=True)
                closing.callback(server.close)
            await super().run()

    async def ready(self) -> bool:
        """Say whether every group that is served elsewhere takes messages."""
        try:
            await asyncio.gather(*(peer.reached() for peer in self._peers.values()))
        except BusAway:
            return False
        return True


def _meet(
    tasks: asyncio.TaskGroup,
    served: GroupReader,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    """Serve one other process, as a child of `tasks`."""
    # A server's own task would tell of its cancellation as of a failure.
    tasks.create_task(_serve(served, reader, writer))


async def _serve(
    served: GroupReader, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Handle for a group what one other process sends, as long as it is there."""
    writer.write(_line(sorted(served.topics)))
    try:
        # What was taken is handled to its end even if the sender goes; it sends it again then.
        async with asyncio.TaskGroup() as tasks:
            while line := await reader.readline():
                number, message = await _read(line, reader)
                task = served.lanes.begin(message, tasks)
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
