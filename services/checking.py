"""The command that checks, over all four databases, what must be true of them at rest."""

import asyncio
import json
from dataclasses import asdict
from typing import Annotated

import typer

from services.opening import names, opened
from shared import invariants
from shared.invariants import Verdict
from shared.journals import Books

cli = typer.Typer()


@cli.command("invariants")
def check(
    *, as_json: Annotated[bool, typer.Option("--json", help="Print one document.")] = False
) -> None:
    """Check that nothing is lost, unhandled, unproved or told twice; exit 1 if something is.

    Every due obligation is handled, what services told each other was heard, no item is closed
    without proof, no notice was sent twice, nothing open lacks a timer. Of each rule that is broken
    the first ten offenders are named. Ask while nothing is under way: what is on its way is
    counted as not heard yet.
    """

    async def work() -> list[Verdict]:
        async with opened(*names()) as made:
            books = [Books(one.service, one.sessions) for one in made]
            return [verdict async for verdict in invariants.everything(books)]

    verdicts = asyncio.run(work())
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in verdicts], default=str, indent=1))
    for line in () if as_json else (line for one in verdicts for line in lines(one)):
        typer.echo(line)
    raise typer.Exit(any(one.count for one in verdicts))


def lines(verdict: Verdict) -> list[str]:
    """Give a verdict as people read it."""
    said = "ok" if not verdict.count else f"BROKEN by {verdict.count}"
    return [f"{verdict.name:<44} {said}", *(f"  {one.id}  {one.said}" for one in verdict.first)]
