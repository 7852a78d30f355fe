"""The command that replays the past under another policy, and what it prints for people."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from services.opening import opened
from shared.problems import Problem

cli = typer.Typer()
_MINUTES = len("2023-05-30T09:00")


@cli.command()
def rehearse(
    policy: Annotated[Path, typer.Option(help="The JSON of /cases/v1/policies.", exists=True)],
    from_on: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")],
    to_on: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole difference.")] = False,
) -> None:
    """Replay the past under another policy and print what would have gone otherwise.

    Nothing is changed and nobody is told. Under the policy that was in force nothing differs.
    """
    if to_on < from_on:
        raise typer.BadParameter("--to lies before --from")

    async def work() -> None:
        async with opened("cases") as (one,):
            if one.service.rehearse is None:
                raise typer.BadParameter("cases rehearses nothing")
            try:
                said = await one.service.rehearse(
                    one.sessions, policy.read_text("utf-8"), from_on.date(), to_on.date()
                )
            except Problem as refused:
                for finding in refused.errors:
                    typer.echo(f"{finding.place}: {finding.detail.en}", err=True)
                raise
        if as_json:
            typer.echo(json.dumps(said, ensure_ascii=False, indent=2, sort_keys=True))
        for line in () if as_json else lines(said):
            typer.echo(line)

    asyncio.run(work())


def lines(said: Mapping[str, Any]) -> Iterator[str]:
    """Give the difference as people read it; instants are Beijing's."""
    yield (
        f"{said['recorded']} recorded, {said['rehearsed']} rehearsed, {said['same']} the same, "
        f"{len(said['changed'])} otherwise, {len(said['only_recorded'])} only recorded, "
        f"{len(said['only_rehearsed'])} only rehearsed"
    )
    for one in said["changed"]:
        yield f"~ {one['key']}"
        yield from _differences(one["recorded"], one["rehearsed"])
    for mark, name in (("-", "only_recorded"), ("+", "only_rehearsed")):
        for one in said[name]:
            yield f"{mark} {one['key']}: {_whole(one)}"


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    old, new = _steps(before), _steps(after)
    for step in dict.fromkeys([*old, *new]):
        if old.get(step) != new.get(step):
            yield f"    {step}: {_times(old.get(step, ()))} -> {_times(new.get(step, ()))}"


def _steps(course: Mapping[str, Any]) -> dict[str, list[str]]:
    """Give each step with the instants at which it was reached, the closing last."""
    found: dict[str, list[str]] = defaultdict(list)
    for one in course["reached"]:
        found[f"{one['step']} ({one['level']})"].append(_at(one["at"]))
    if course["closed_at"]:
        found["closed"].append(_at(course["closed_at"]))
    return found


def _times(instants: Sequence[str]) -> str:
    """Give the instants of a step: a repeated one has its first, its last, and how many."""
    if not instants:
        return "never"
    if len(instants) == 1:
        return instants[0]
    return f"{instants[0]} … {instants[-1]} ({len(instants)} times)"


def _whole(course: Mapping[str, Any]) -> str:
    steps = _steps(course)
    return ", ".join(f"{step} {_times(instants)}" for step, instants in steps.items())


def _at(instant: str) -> str:
    return instant[:_MINUTES].replace("T", " ")
