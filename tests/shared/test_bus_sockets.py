"""The bus between processes of one machine, when one of them is not there, or goes."""

import asyncio
from pathlib import Path

import pytest

from shared.bus.base import Bus, BusAway, Message, running
from shared.bus.sockets import SocketBus
from tests.buses import Place, Seen, lag_is
from tests.waiting import until

PLACE = Place(lambda: SocketBus(Path(), ()), ["one.events", "two.events"])


def reader(folder: Path, seen: Seen) -> Bus:
    """Make the bus of a process that serves the group."""
    bus = SocketBus(folder, ())
    bus.subscribe("payroll", PLACE.topics[:1], seen)
    return bus


def writer(folder: Path) -> SocketBus:
    """Make the bus of a process that serves others."""
    return SocketBus(folder, ["payroll"])


async def is_ready(bus: Bus) -> None:
    await until(bus.ready)


async def test_who_is_not_there_is_told_of_and_heard_by_when_it_comes(tmp_path: Path) -> None:
    here, mine, theirs = writer(tmp_path), Seen(), Seen()
    here.subscribe("cases", PLACE.topics, mine)
    async with running(here):
        with pytest.raises(BusAway, match="payroll takes no messages"):
            await here.publish(PLACE.messages("a:1"))
        assert mine.values == ["a:1"], "who is here has handled it"
        assert not await here.ready()
        async with running(reader(tmp_path, theirs)):
            await is_ready(here)
            await here.publish(PLACE.messages("a:1", "a:2"))
    assert theirs.values == ["a:1", "a:2"]


async def test_publish_waits_until_the_other_process_has_handled(tmp_path: Path) -> None:
    go = asyncio.Event()
    here, there = writer(tmp_path), reader(tmp_path, Seen(lambda _: go.wait()))
    async with running(there), running(here):
        await is_ready(here)
        publishing = asyncio.create_task(here.publish(PLACE.messages("a:1", "b:1")))
        await until(lambda: lag_is(there, "payroll", 2))
        assert not publishing.done()
        go.set()
        await publishing


async def test_who_goes_with_messages_in_hand_gets_them_again(tmp_path: Path) -> None:
    stuck = asyncio.Event()
    here, again = writer(tmp_path), Seen()
    async with running(here):
        async with running(reader(tmp_path, Seen(lambda _: stuck.wait()))):
            await is_ready(here)
            publishing = asyncio.create_task(here.publish(PLACE.messages("a:1")))
            await until(lambda: bool(here.under_way))
        with pytest.raises(BusAway, match="payroll went"):
            await publishing
        async with running(reader(tmp_path, again)):
            await is_ready(here)
            await here.publish(PLACE.messages("a:1"))
    assert again.values == ["a:1"]


async def test_a_socket_that_a_killed_process_left_is_not_in_the_way(tmp_path: Path) -> None:
    server = await asyncio.start_unix_server(lambda *_: None, tmp_path / "payroll.sock")
    server.close()
    await server.wait_closed()
    assert (tmp_path / "payroll.sock").exists()
    here, seen = writer(tmp_path), Seen()
    async with running(here), running(reader(tmp_path, seen)):
        await is_ready(here)
        await here.publish(PLACE.messages("a:1"))
    assert seen.values == ["a:1"]


async def test_only_its_topics_go_to_a_group_and_the_largest_message_arrives(
    tmp_path: Path,
) -> None:
    here, seen = writer(tmp_path), Seen()
    large = Message("one.events", "a", "薪".encode() * 300_000, {"ce_type": "large"})
    async with running(here), running(reader(tmp_path, seen)):
        await is_ready(here)
        await here.publish([Message("two.events", "a", b"not yours"), large])
    assert seen.messages == [large]


def test_what_others_serve_is_not_served_here(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="subscribed already"):
        writer(tmp_path).subscribe("payroll", ["one.events"], Seen())
