"""Commands after a restore: what is missing, the past told again, what is lost for good."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Annotated

import typer

from services.opening import load, names, opened
from shared import clock, past
from shared.app import Running
from shared.config import Runtime
from shared.db import reach
from shared.journals import Books, gaps, note_lost, settle
from shared.standing import in_words

cli = typer.Typer()
Name = Annotated[str, typer.Argument(help="A service: registry, payroll, cases or alerts.")]
_FORMATS = ["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M%z"]


def _books(one: Running) -> Books:
    return Books(one.service, one.sessions)


async def _answers(one: Running) -> bool:
    """Say whether a database answers; if not, say so to the operator."""
    try:
        await reach(one.sessions, "operator:cli")
    except OSError as away:
        typer.echo(f"{one.service.name} is not compared: {away}", err=True)
        return False
    return True


def _run(work: Callable[[], Awaitable[int]]) -> None:
    """Run a command; what it gives is its exit code."""

    async def told() -> int:
        try:
            return await work()
        except (past.StillServed, past.Standstill, OSError) as refused:
            typer.echo(str(refused), err=True)
            return 1

    if code := asyncio.run(told()):
        raise typer.Exit(code)


@cli.command()
def compare() -> None:
    """Compare what each service said with what the others heard; exit 1 if anything is missing."""

    async def work() -> int:
        async with opened(*names()) as every:
            reached = [one for one in every if await _answers(one)]
            found = await gaps([_books(one) for one in reached])
        for (name, kind, other), gap in sorted(found.items()):
            typer.echo(f"{name} {in_words(kind, other, gap)}")
        whole = not found and len(reached) == len(every)
        if whole:
            typer.echo("what was said was heard, and what was heard was said")
        return 0 if whole else 1

    _run(work)


@cli.command()
def replay(
    name: Annotated[str, typer.Argument(help="Whose past; `all` for everybody's, in its order.")],
    to: Annotated[str, typer.Option(help="The service that learns the past; it must not run.")],
) -> None:
    """Tell a service the past of others, as history: what it holds is left out."""
    speakers = [each for each in names() if each != to] if name == "all" else [load(name).name]

    async def work() -> int:
        async with opened(*dict.fromkeys([*speakers, to])) as every:
            books = {one.service.name: _books(one) for one in every}
            async with past.stopped(books[to].sessions):
                telling = past.Retelling(books[to], await past.latest(list(books.values())))
                told = await telling.tell([books[each] for each in speakers])
        for speaker in speakers:
            typer.echo(f"{speaker} → {to}: {told.heard[speaker]} events")
        return _unfinished(to, told)

    _run(work)


def _unfinished(name: str, told: past.Told) -> int:
    if told.waiting:
        typer.echo(f"{told.waiting} keys wait: services parked {name} list")
    return 1 if told.waiting else 0


@cli.command()
def restored(
    name: Name,
    until: Annotated[
        datetime | None,
        typer.Option(help="When the lost one stopped; what follows is news.", formats=_FORMATS),
    ] = None,
) -> None:
    """Bring a service whose database was restored to where the lost one stood; it must not run."""
    load(name)
    if until and until.year <= 1:
        raise typer.BadParameter("--until lies before all that was ever said")

    async def work() -> int:
        async with opened(*names()) as every, AsyncExitStack() as held:
            books = {one.service.name: _books(one) for one in every}
            mine, others = books[name], [each for each in books.values() if each.name != name]
            await held.enter_async_context(past.stopped(mine.sessions))
            stopped = until or await _stopped_at(mine, others)
            if stopped > await past.latest(list(books.values())):
                raise typer.BadParameter(f"--until {stopped.isoformat()} has not come yet")
            typer.echo(f"{name} worked until {stopped.astimezone(clock.BEIJING).isoformat()}")
            await past.begin_anew(mine, stopped)
            telling = past.Retelling(mine, stopped, again=True)
            told = await telling.tell(list(books.values()), others)
            for speaker, number in sorted(told.heard.items()):
                typer.echo(f"{speaker} → {name}: {number} events")
            typer.echo(f"own words heard back: {told.relearned}; fell due meanwhile: {told.fired}")
            lost = await note_lost(mine, others)
            await past.end_anew(mine)
        typer.echo(f"to be entered anew, because others heard it: {lost.words()}")
        return _unfinished(name, told)

    _run(work)


async def _stopped_at(mine: Books, others: list[Books]) -> datetime:
    """Give when a lost database stopped, as far as others tell; else somebody must say it."""
    # Without a broker one process serves all of them.
    together = not Runtime().kafka_brokers
    known = await past.worked_until(mine, others, together=together)
    if known is None:
        raise typer.BadParameter("nobody has heard of it: say when it stopped by --until")
    return known


@cli.command("settle")
def settle_lost(
    name: Name, reason: Annotated[str, typer.Option(help="Why; it is audited.")]
) -> None:
    """Keep as known what others heard from a service and its database does not hold."""
    load(name)
    if not reason.strip() or not reason.isprintable():
        raise typer.BadParameter("--reason is for those who read the audit: give one that reads")

    async def work() -> int:
        async with opened(*names()) as every:
            books = {one.service.name: _books(one) for one in every}
            mine = books.pop(name)
            typer.echo(f"settled {await settle(mine, list(books.values()), reason)}")
        return 0

    _run(work)
