"""Plays a folder against a town."""

from pathlib import Path

from services.demo.facts import read
from services.demo.player import Player
from services.demo.stage import Client


async def play(folder: Path, client: Client) -> Player:
    """Play a folder from its beginning to its end."""
    player = Player(read(folder), client, _nothing)
    await player.enter()
    await player.play()
    return player


def _nothing(_: str) -> None:
    return
