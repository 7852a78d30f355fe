"""`make cluster`: start, look, stop, begin afresh; restart or kill one process."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import httpx
import typer

from deploy.cluster.folder import PROCESSES, ROOT, SERVICES, Folder, PortTaken
from deploy.cluster.kafka import fetch_jars, jars_folder
from deploy.cluster.postgres import Supervised
from deploy.cluster.watch import NotInTime, NotRunning, Supervisor, wait

cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
PATIENCE = 120.0
"""Seconds in which broker, database and services must be ready."""


class Refused(RuntimeError):
    """A command cannot be done now; the words say what to do instead."""


Name = Annotated[str, typer.Argument(help=f"A process: {', '.join(PROCESSES)}.")]


@cli.callback()
def cluster(
    context: typer.Context,
    folder: Annotated[Path, typer.Option(help="Where the cluster's data lie.")] = ROOT / ".cluster",
) -> None:
    """Broker, database and four services, each a process that is started again when it ends."""
    context.obj = Folder(folder)


@cli.command()
def start(
    context: typer.Context,
    port: Annotated[
        int | None,
        typer.Option(help="Where the first service listens, the others behind it; 0: free ports."),
    ] = None,
) -> None:
    """Start what is not running, wait until all is ready, say where it is."""
    folder: Folder = context.obj
    supervisor = Supervisor(folder)
    if not supervisor.running:
        _launch(folder, supervisor, port)
    elif port is not None:
        raise Refused("this cluster runs already, on the ports of its start: ARGS=stop first")
    for name in ("postgres", "kafka"):
        supervisor.begin(name)
    database, broker = Supervised(folder.postgres), folder.broker()
    wait(database.answers, PATIENCE, "PostgreSQL does not come up: see logs/postgres.log")
    wait(broker.answers, PATIENCE, "Kafka does not come up: see logs/kafka.log")
    typer.echo("数据库、消息系统已就绪 database and broker are up; making databases and topics …")
    _services(folder, "setup")
    for name in SERVICES:
        supervisor.begin(name)
    wait(lambda: all(_ready(folder, name) for name in SERVICES), PATIENCE, "not all are ready")
    _show(folder, supervisor)


def _launch(folder: Folder, supervisor: Supervisor, port: int | None) -> None:
    if not jars_folder().exists():
        typer.echo("下载消息系统 fetching Kafka's jars, the first time only …")
        fetch_jars()
    try:
        folder.prepare(port)
    except PortTaken as taken:
        raise Refused(f"{taken}. Choose others: make cluster ARGS='start --port 8101'") from taken
    typer.echo(f"启动 starting in {folder.path} …")
    supervisor.start()


@cli.command()
def status(context: typer.Context) -> None:
    """Say how each process is; exit 1 unless all are ready."""
    if not _show(context.obj, _running(context.obj)):
        raise typer.Exit(1)


@cli.command()
def stop(context: typer.Context) -> None:
    """End everything in order; the data stay."""
    supervisor = Supervisor(context.obj)
    if supervisor.running:
        supervisor.stop()
    typer.echo("已停止 stopped")


@cli.command()
def fresh(context: typer.Context, port: int | None = None) -> None:
    """End everything, forget all data (not settings and keys), and start anew."""
    stop(context)
    context.obj.forget()
    start(context, port)


@cli.command()
def restart(context: typer.Context, name: Name) -> None:
    """End one process in order and start it again, alone."""
    supervisor = _running(context.obj)
    before = _pid(supervisor, name)
    supervisor.end(name)
    supervisor.begin(name)
    _again(context.obj, supervisor, name, before)


@cli.command()
def kill(context: typer.Context, name: Name) -> None:
    """End one process by -9; the supervisor starts it again, alone."""
    supervisor = _running(context.obj)
    before = _pid(supervisor, name)
    supervisor.kill(name)
    _again(context.obj, supervisor, name, before)


@cli.command()
def logs(context: typer.Context, name: Name, lines: int = 40) -> None:
    """Print the last lines that a process wrote."""
    for line in context.obj.tail(_known(name), lines):
        typer.echo(line)


@cli.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def services(context: typer.Context) -> None:
    """Run `python -m services …` with this cluster's settings: `services parked cases list`."""
    if not context.obj.known:
        raise Refused(f"没有这个集群 no cluster was ever started in {context.obj.path}")
    raise typer.Exit(_services(context.obj, *context.args, check=False))


def _running(folder: Folder) -> Supervisor:
    supervisor = Supervisor(folder)
    if not supervisor.running:
        raise Refused(f"集群未运行 no cluster runs in {folder.path}; `make cluster` starts one")
    return supervisor


def _known(name: str) -> str:
    if name not in PROCESSES:
        raise typer.BadParameter(f"{name} is none of {', '.join(PROCESSES)}")
    return name


def _pid(supervisor: Supervisor, name: str) -> int:
    return supervisor.states()[_known(name)].pid


def _again(folder: Folder, supervisor: Supervisor, name: str, before: int) -> None:
    """Wait until a process that was ended has another id and can be used; say so."""
    answers = {"postgres": Supervised(folder.postgres).answers, "kafka": folder.broker().answers}
    usable = answers.get(name, lambda: _ready(folder, name))
    started = time.monotonic()

    def anew() -> bool:
        found = supervisor.states()[name]
        return found.state == "RUNNING" and found.pid != before and usable()

    wait(anew, PATIENCE, f"{name} does not come back: make cluster ARGS='logs {name}'")
    seconds = time.monotonic() - started
    typer.echo(f"{name}: pid {before} → {_pid(supervisor, name)}, {seconds:.1f} s")


def _services(folder: Folder, *arguments: str, check: bool = True) -> int:
    command = (sys.executable, "-m", "services", *arguments)
    done = subprocess.run(  # noqa: S603  our own command
        command, cwd=ROOT, env=folder.settings(), check=False
    )
    if check and done.returncode:
        raise Refused(f"`services {' '.join(arguments)}` failed")
    return done.returncode


def _ready(folder: Folder, name: str) -> bool:
    """Say whether a service takes requests and can send events."""
    try:
        answer = httpx.get(f"{folder.bases[name]}/readyz", timeout=10, trust_env=False)
    except httpx.TransportError:
        return False
    checks = {check["name"]: check["state"] for check in answer.json()["checks"]}
    return answer.is_success and checks["bus"] == "ok"


def _show(folder: Folder, supervisor: Supervisor) -> bool:
    """Print a line for each process, and how to go on; say whether all are ready."""
    states, well = supervisor.states(), True
    for name in PROCESSES:
        one = states[name]
        ready = one.state == "RUNNING" and (name not in SERVICES or _ready(folder, name))
        well &= ready
        where = f"{folder.bases[name]}/{name}/docs" if name in SERVICES else ""
        word = "就绪 ready" if ready else "未就绪 not ready"
        typer.echo(f"  {name:<9} {one.state:<9} {one.words:<28} {word}  {where}".rstrip())
    typer.echo(
        "\n演示 play a scenario     make demo TARGET=cluster\n"
        "查看 look               make cluster ARGS=status    ARGS='logs payroll'\n"
        "单个进程 one process     make cluster ARGS='restart payroll'    ARGS='kill payroll'\n"
        "命令 commands           make cluster ARGS='services token --role operator --area 0'\n"
        "停止 stop               make cluster ARGS=stop    (ARGS=fresh: begin anew, without data)"
    )
    return well


def main() -> None:
    """Run a command; what may rightly fail is said in its own words, without a traceback."""
    try:
        cli()
    except (Refused, NotInTime, NotRunning) as refused:
        typer.echo(str(refused), err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
