"""The command line: serve, set up, operate. `python -m services COMMAND --help` says more."""

import asyncio
import json
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from socket import socket
from typing import Annotated, Any
from uuid import UUID

import typer
import uvicorn
from pydantic import ValidationError
from sqlalchemy.engine import make_url

from services import checking, keeping, recovery, rehearsing, several
from services import demo as theatre
from services.opening import chosen, database, load, meant, names, opened, settle
from shared import asyncapi, audit, auth, clock, migrations, parked, pii, tables, telemetry, turns
from shared.app import create_app, service_app, url_of
from shared.areas import is_area_code
from shared.bus.kafka import create_topics, security
from shared.config import Runtime
from shared.db import Session
from shared.problems import Problem
from shared.roles import KNOWN_ROLES
from shared.service import Service
from shared.tables import words
from shared.uploads import MEBIBYTE

HERE = Path(__file__).parent
MOST_READ = 32 * MEBIBYTE
SCENARIO = HERE.parent / "scenarios" / "hefeng"

cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
parked_cli = typer.Typer(no_args_is_help=True, help="Events that could not be handled.")
audit_cli = typer.Typer(no_args_is_help=True, help="The append-only record of changes.")
cli.add_typer(parked_cli, name="parked")
cli.add_typer(audit_cli, name="audit")
cli.add_typer(keeping.cli, name="keys")
cli.add_typer(recovery.cli)
cli.add_typer(rehearsing.cli)
cli.add_typer(checking.cli)

Name = Annotated[str, typer.Argument(help="A service: registry, payroll, cases or alerts.")]


async def _topics(brokers: str, runtime: Runtime) -> None:
    wanted = [f"{name}.events" for name in names()]
    await create_topics(brokers, ["platform.events", *wanted], secured=security(runtime))


async def _setup(services: list[Service], runtime: Runtime) -> None:
    """Create databases, tables and topics, where they are missing."""
    for service in services:
        url = url_of(service, runtime)
        if not service.settings().database_url:
            own = make_url(str(runtime.database_url)).password is None
            await migrations.ensure_database(str(runtime.database_url), service.name, own_role=own)
        await migrations.upgrade(service, url)
    if runtime.kafka_brokers:
        await _topics(runtime.kafka_brokers, runtime)
    if not runtime.oidc_issuer:
        auth.own_key(runtime)


Port = Annotated[int, typer.Option(min=0, max=65535, help="Where to serve; 0: a free port.")]


@cli.command()
def serve(
    name: Annotated[str, typer.Argument(help="One service, or `all` for all in one process.")],
    host: str = "127.0.0.1",
    port: Port = 8000,
    processes: Annotated[
        int,
        typer.Option(
            min=1,
            max=several.MOST,
            help="Of `all`: at ports one after the other, without a broker.",
        ),
    ] = 1,
    *,
    made: Annotated[bool, typer.Option("--setup", hidden=True)] = False,
    beside: Annotated[bool, typer.Option("--beside", hidden=True)] = False,
) -> None:
    """Serve one service (Kafka and a database must be set), or all of them."""
    runtime = Runtime()
    if name != "all" and not runtime.kafka_brokers and not beside:
        raise typer.BadParameter(
            f"serve {name} needs KAFKA_BROKERS: without it {name}'s events would go nowhere. "
            "`serve all` needs nothing."
        )
    if processes > 1 and (name != "all" or runtime.kafka_brokers):
        raise typer.BadParameter(
            "--processes is for `serve all` without KAFKA_BROKERS: with a broker each service is "
            "served by processes of its own, as many as you like"
        )
    # The server that serves raises a signal again once it has ended; what the signal does by
    # itself would leave the embedded database running. Beside others there is none, and who is
    # told to end while tables are made ends without a word.
    if not beside:
        signal.signal(signal.SIGTERM, _leave)
    if processes > 1:
        asyncio.run(several.serve(runtime, processes, host, port, typer.echo))
        return
    telemetry.configure(runtime, personal=pii.looks_personal)
    with asyncio.Runner(loop_factory=turns.loop) as runner:
        runner.run(_serve(meant(name), runtime, host, port, setup=made, beside=beside))


def _leave(number: int, _frame: object) -> None:
    """End by an exception, which everything that was opened hears."""
    raise SystemExit(128 + number)


async def _serve(
    wanted: list[str], runtime: Runtime, host: str, port: int, *, setup: bool, beside: bool
) -> None:
    """Serve until told to end; `beside` others of a machine, until whoever started them ends."""
    services = [load(name) for name in wanted]
    async with database(runtime, wanted) as ready:
        if setup or ready is not runtime:
            await _setup(services, ready)
        server = _Telling(
            uvicorn.Config(
                create_app(services, ready, [name for name in names() if name not in wanted]),
                host=host,
                port=port,
                log_config=None,
                access_log=False,
                forwarded_allow_ips=runtime.trusted_proxies,
                timeout_graceful_shutdown=10,
            )
        )
        settle()
        if beside:
            signal.signal(signal.SIGTERM, _leave)
            left = asyncio.create_task(several.orphaned())
            left.add_done_callback(lambda _: setattr(server, "should_exit", True))
        await server.serve()
        if not server.started:
            raise typer.Exit(1)


class _Telling(uvicorn.Server):
    """Says on standard output where it serves, once it does."""

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        for server in self.servers if self.started else ():
            host, port = server.sockets[0].getsockname()[:2]
            typer.echo(f"serving http://{host}:{port}")


@cli.command()
def demo(
    scenario: Annotated[
        Path, typer.Option(help="A folder of facts; its format: scenarios/README.md.")
    ] = SCENARIO,
    *,
    leave: Annotated[bool, typer.Option("--exit", help="End after the story.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    port: Port = 8000,
    processes: Annotated[
        int, typer.Option(min=1, max=several.MOST, help="How many serve.")
    ] = several.usual(),
    cluster: Annotated[Path | None, typer.Option(help="Play on the cluster of a folder.")] = None,
    ledger: Annotated[
        Path, typer.Option(help="Where the arrears ledger is written, as xlsx.")
    ] = theatre.LEDGER,
) -> None:
    """Play a scenario through the HTTP interfaces, show what came of it, then keep serving."""
    # What was started for it is ended with it.
    signal.signal(signal.SIGTERM, _leave)
    how = theatre.How(leave=leave, as_json=as_json, ledger=ledger, processes=processes)
    asyncio.run(theatre.perform(scenario, how, port=port, cluster=cluster))


@cli.command()
def setup(name: Annotated[str, typer.Argument()] = "all") -> None:
    """Create databases, tables, topics and the own token key, where they are missing."""

    async def work() -> None:
        async with database(Runtime(), meant(name)) as runtime:
            await _setup(chosen(name), runtime)

    asyncio.run(work())


@cli.command()
def migrate(name: Annotated[str, typer.Argument()] = "all") -> None:
    """Bring the tables of one service, or of all, to this version."""

    async def work() -> None:
        async with database(Runtime(), meant(name)) as runtime:
            for service in chosen(name):
                await migrations.upgrade(service, url_of(service, runtime))

    asyncio.run(work())


@cli.command()
def revise(name: Name, message: str) -> None:
    """Write a new migration of a service from the difference between models and tables."""

    async def work() -> None:
        async with database(Runtime(), [name]) as runtime:
            service = load(name)
            await _setup([service], runtime)
            await migrations.revise(service, url_of(service, runtime), message)

    asyncio.run(work())


@cli.command()
def topics() -> None:
    """Create the Kafka topics that are missing."""
    runtime = Runtime()
    if not runtime.kafka_brokers:
        raise typer.BadParameter("KAFKA_BROKERS is not set")
    asyncio.run(_topics(runtime.kafka_brokers, runtime))


@cli.command()
def job(
    name: Annotated[str, typer.Argument(help="A daily job, `payroll.expect_bank_feeds`.")],
    day: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The Beijing day.")],
) -> None:
    """Run a daily job for one day, now; it may be run again.

    The day is not marked as done: that is for the days that run by themselves, in order.
    """
    service, _, wanted = name.partition(".")
    if day.date() > clock.today():
        raise typer.BadParameter(f"{day:%Y-%m-%d} has not come yet")

    async def work() -> None:
        async with opened(service) as (one,):
            found = [each for each in one.service.jobs if each.name == wanted]
            if not found:
                known = ", ".join(each.name for each in one.service.jobs)
                raise typer.BadParameter(f"{service} has these jobs: {known}")
            await found[0].run(one.sessions, date(day.year, day.month, day.day))

    asyncio.run(work())


@parked_cli.callback()
def parked_events(context: typer.Context, name: Name) -> None:
    """Events of a service that could not be handled: `parked cases list`."""
    context.obj = name


@parked_cli.command("list")
def parked_list(context: typer.Context) -> None:
    """List the events that wait for a person, as JSON, one a line."""

    async def work() -> None:
        async with opened(context.obj) as (one,), one.sessions.begin("operator:cli") as session:
            for row in await parked.parked(session):
                typer.echo(parked.ParkedOut.model_validate(row).model_dump_json())

    asyncio.run(work())


def _settle(name: str, change: Callable[[Session], Awaitable[object]]) -> None:
    """Change what is parked, then handle what may go on."""

    async def work() -> None:
        async with opened(name) as (one,):
            async with one.sessions.begin("operator:cli") as session:
                await change(session)
            typer.echo(f"handled {await one.inbox.drain()}")

    asyncio.run(work())


@parked_cli.command("retry")
def parked_retry(context: typer.Context, event_id: UUID) -> None:
    """Try a parked event again; those behind it follow in order."""
    _settle(context.obj, lambda session: parked.retry(session, event_id))


@parked_cli.command("skip")
def parked_skip(
    context: typer.Context,
    event_id: UUID,
    reason: Annotated[str, typer.Option(help="Why; it is audited.")],
) -> None:
    """Leave a parked event unhandled for good; those behind it follow in order."""
    _settle(context.obj, lambda session: parked.skip(session, event_id, reason))


@audit_cli.command("verify")
def audit_verify(
    name: Name,
    head: Annotated[Path | None, typer.Option(help="A head published before.", exists=True)] = None,
) -> None:
    """Walk the hash chain of a service's audit; exit 1 and name the first break, if any."""

    async def work() -> audit.Verdict:
        async with opened(name) as (one,):
            return await audit.verify(one.sessions, head, audit.verifier(Runtime()))

    verdict = asyncio.run(work())
    typer.echo(
        verdict.broken
        or f"{name}: {verdict.sealed} links, all whole; {verdict.waiting} rows not sealed yet"
    )
    raise typer.Exit(1 if verdict.broken else 0)


@cli.command()
def token(
    role: Annotated[list[str], typer.Option(help="A role; may be given several times.")],
    area: Annotated[list[str], typer.Option(help="An area's code; `0` is the nation.")],
    subject: str = "local",
    org: Annotated[UUID | None, typer.Option(help="The caller's organisation.")] = None,
    hours: Annotated[int, typer.Option(min=1, max=8784)] = 12,
) -> None:
    """Print a token signed by the own key (embedded mode, demo, tests)."""
    unknown = set(role) - KNOWN_ROLES
    if unknown:
        raise typer.BadParameter(f"unknown: {unknown}; known: {sorted(KNOWN_ROLES)}")
    if strange := [code for code in area if not is_area_code(code)]:
        raise typer.BadParameter(f"no area codes: {strange}")
    typer.echo(
        auth.make_token(Runtime(), subject=subject, roles=role, areas=area, org=org, hours=hours)
    )


def _dump(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


@cli.command()
def read(
    file: Annotated[
        Path, typer.Argument(help="A file of a stranger.", exists=True, dir_okay=False)
    ],
    kind: Annotated[str, typer.Option(help="What it is: `statement` …")],
) -> None:
    """Print what is read of a file, rows and findings, as JSON; exit 1 if there are findings."""
    kinds = {name: told for service in chosen("all") for name, told in service.reads.items()}
    if kind not in kinds:
        raise typer.BadParameter(f"{kind} is none of these kinds: {', '.join(sorted(kinds))}")
    if file.stat().st_size > MOST_READ:
        large = words.refused(tables.Refusal("too_large"), limit=MOST_READ // MEBIBYTE)
        said: Mapping[str, Any] = {"rows": [], "findings": [words.printed(large)]}
    else:

        async def work() -> Mapping[str, Any]:
            return await kinds[kind](file.read_bytes())

        said = asyncio.run(work())
    typer.echo(json.dumps({"kind": kind, **said}, ensure_ascii=False, indent=1, default=str))
    raise typer.Exit(1 if said.get("findings") else 0)


@cli.command(name="asyncapi")
def asyncapi_document() -> None:
    """Print the AsyncAPI 3 document of all events."""
    typer.echo(_dump(asyncapi.document(chosen("all"))), nl=False)


@cli.command()
def openapi(name: Name) -> None:
    """Print a service's OpenAPI 3.1 document, as served but for the scenario's routes."""
    typer.echo(_dump(service_app(load(name)).openapi()), nl=False)


def main() -> None:
    """Run a command; what may rightly fail is said in its own words, without a traceback."""
    try:
        cli()
    except (Problem, ValidationError, theatre.NotServed, *theatre.REFUSALS) as refused:
        typer.echo(str(refused), err=True)
        sys.exit(2 if isinstance(refused, theatre.REFUSALS) else 1)


if __name__ == "__main__":
    main()
