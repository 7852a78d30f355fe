"""The commands for keys of personal data: print one, and seal anew what older ones sealed."""

import asyncio
import base64
import secrets
from typing import Annotated

import typer

from services.opening import names, opened
from shared import clock, pii, rotation
from shared.config import Runtime
from shared.files import Files

cli = typer.Typer(invoke_without_command=True, help="Keys of personal data.")


@cli.callback()
def keys(
    context: typer.Context,
    *,
    first: Annotated[bool, typer.Option("--first", help="A whole PII_KEYS.")] = False,
) -> None:
    """Print a new key of personal data; put it in front of PII_KEYS to rotate.

    The look-up key `index` is made once, with `--first`, and never changes: blind indexes
    could not be found again.
    """
    if context.invoked_subcommand:
        return
    made, index = (base64.b64encode(secrets.token_bytes(32)).decode() for _ in range(2))
    label = f"{clock.wall():%Y%m%d}-{secrets.token_hex(3)}"
    typer.echo(f"{label}:{made}" + (f",index:{index}" if first else ""))


@cli.command()
def rotate() -> None:
    """Seal anew, with the first key of PII_KEYS, all that other keys sealed, in all services.

    Services may run, if all of them have the key in front. Ended in the middle, it is begun again.
    What is left under another key is named, and exit is 1; if nothing is, those keys may go.
    """
    left = asyncio.run(_rotate())
    for one in left:
        typer.echo(f"{one.where}: {one.count} under {one.key}")
    if not left:
        typer.echo(f"all is sealed by {next(iter(pii.keyring().keys))}")
    raise typer.Exit(1 if left else 0)


async def _rotate() -> list[rotation.Left]:
    async with opened(*names()) as made:
        files = Files.of(Runtime(), pii.keyring())
        left: list[rotation.Left] = []
        for one in made:
            rows = await rotation.reseal(one.sessions, one.service.metadata)
            typer.echo(f"{one.service.name}: {rows} rows")
        typer.echo(f"kept files: {await rotation.reseal_files(files, [o.sessions for o in made])}")
        for one in made:
            told = await rotation.left(one.sessions, one.service.metadata)
            left += [
                rotation.Left(f"{one.service.name}: {each.where}", each.key, each.count)
                for each in told
            ]
        return left + await rotation.files_left(files)
