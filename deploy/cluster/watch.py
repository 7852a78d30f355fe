"""The supervisor of a cluster: started, asked, told what to do with one process."""

import hashlib
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from xmlrpc.client import Fault, ServerProxy

from supervisor.xmlrpc import SupervisorTransport

from deploy.cluster.folder import ROOT, SERVICES, Folder

CONF = Path(__file__).with_name("supervisord.conf")
_PAUSE = 0.05


class NotInTime(RuntimeError):
    """What was waited for did not come true."""


class NotRunning(RuntimeError):
    """A process was to be killed that does not run."""


class State(NamedTuple):
    """A process as its supervisor sees it."""

    name: str
    state: str
    pid: int
    words: str


class Supervisor:
    """The supervisor of one folder, over the unix socket that only we can reach."""

    def __init__(self, folder: Folder) -> None:
        """Take a cluster's folder; nothing is started."""
        self._folder = folder
        self._socket = _private_folder(folder.path) / "supervisor.sock"
        self._pid_file = folder.path / "supervisord.pid"

    def _ask(self, method: str, *values: object) -> Any:  # noqa: ANN401  whatever it answers
        # A connection for each question: a proxy would keep a dead one.
        transport = SupervisorTransport(None, None, f"unix://{self._socket}")
        with ServerProxy("http://localhost", transport=transport) as proxy:
            return getattr(proxy.supervisor, method)(*values)

    @property
    def running(self) -> bool:
        """Say whether the supervisor answers."""
        try:
            return bool(self._ask("getState"))
        except OSError:
            return False

    def start(self) -> None:
        """Start it; broker and database start with it."""
        setpriv = shutil.which("setpriv") if sys.platform == "linux" else None
        environment = {
            **self._folder.settings(),
            **{f"{name.upper()}_PORT": str(port) for name, port in self._folder.ports.items()},
            "CLUSTER_FOLDER": str(self._folder.path),
            "CLUSTER_SOCKET": str(self._socket),
            "CLUSTER_PYTHON": sys.executable,
            # On Linux the services end with the supervisor, however that ends.
            "CLUSTER_GUARD": f"{setpriv} --pdeathsig TERM" if setpriv else "/usr/bin/env",
        }
        self._socket.unlink(missing_ok=True)
        done = subprocess.run(  # noqa: S603  the supervisor that we installed
            (sys.executable, "-m", "supervisor.supervisord", "-c", str(CONF)),
            cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
            capture_output=True, check=False, text=True,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"the supervisor does not start:\n{done.stdout}{done.stderr}")
        wait(lambda: self.running, 10, "the supervisor does not answer")

    def states(self) -> dict[str, State]:
        """Give how each process is, by its name."""
        return {
            one["name"]: State(one["name"], one["statename"], one["pid"], one["description"])
            for one in self._ask("getAllProcessInfo")
        }

    def begin(self, name: str) -> None:
        """Start a process that is not running."""
        try:
            self._ask("startProcess", name, False)  # noqa: FBT003  the interface has no names
        except Fault as fault:
            if "ALREADY_STARTED" not in fault.faultString:
                raise

    def end(self, name: str, *, wait_for_it: bool = True) -> None:
        """End a process in order, by default and wait for its end."""
        try:
            self._ask("stopProcess", name, wait_for_it)
        except Fault as fault:
            if "NOT_RUNNING" not in fault.faultString:
                raise

    def kill(self, name: str) -> None:
        """End a process at once, by -9, as a crash does; raises NotRunning if it is not there."""
        try:
            self._ask("signalProcess", name, "KILL")
        except Fault as fault:
            raise NotRunning(f"{name} does not run now: {fault.faultString}") from fault

    def stop(self) -> None:
        """End all processes in order, then the supervisor; return when nothing runs."""
        pid = int(self._pid_file.read_text())
        for name in SERVICES:
            self.end(name, wait_for_it=False)
        ended = {"STOPPED", "EXITED", "FATAL"}
        wait(
            lambda: all(self.states()[name].state in ended for name in SERVICES),
            60,
            "the services do not end",
        )
        self._ask("shutdown")
        wait(lambda: not _lives(pid), 180, "the supervisor does not end")
        shutil.rmtree(self._socket.parent, ignore_errors=True)


def wait(true: Callable[[], bool], seconds: float, otherwise: str) -> None:
    """Return once something is true; raise NotInTime with the words if it is not in time."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise NotInTime(otherwise)
        time.sleep(_PAUSE)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _private_folder(cluster: Path) -> Path:
    """Give a short folder for a socket, the same each time: its path has room for 100 bytes."""
    name = f"xinqing-cluster-{hashlib.sha256(os.fsencode(cluster)).hexdigest()[:10]}"
    folder = Path(tempfile.gettempdir()) / name
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise RuntimeError(f"{folder} belongs to another user (uid {found.st_uid})")
    folder.chmod(0o700)
    return folder
