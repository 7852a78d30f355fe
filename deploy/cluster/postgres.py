"""PostgreSQL out of the wheel as a supervisor's own child, which may be killed at any moment."""

import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from shared.embedded import Server, alone_in, runtime_folder

# Seconds: what is left of a killed server ends by itself within milliseconds. What does not, is
# ended by us; and a folder that others use is left alone.
_PATIENCE, _LIMIT, _PAUSE = 2.0, 20.0, 0.02


class Supervised(Server):
    """The server of a folder, started by a supervisor, and again whenever it ends."""

    def locate(self) -> str:
        """Give the superuser's URL, whether or not the server runs: it is the same each time."""
        self._sockets = runtime_folder(self._folder, self._account)
        return self.url()

    def answers(self) -> bool:
        """Say whether the server takes queries."""
        found = self._postmaster()
        return bool(found and found.ready)

    def become(self) -> NoReturn:
        """Turn this process into the server, so that the supervisor has it as its child.

        On Linux the server ends with the supervisor. Raises RuntimeError if another server
        runs in the folder; the supervisor tries again.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        users = (self._folder / "users.lock").open("w")
        begun = time.monotonic()
        while not alone_in(users):
            waited = time.monotonic() - begun
            if self.answers() or waited > _LIMIT:
                raise RuntimeError(f"another server, or whoever joined it, uses {self._folder}")
            for left in self._orphans() if waited > _PATIENCE else ():
                with suppress(ProcessLookupError):
                    os.kill(left, signal.SIGKILL)
            time.sleep(_PAUSE)
        program, runtime = self._made_ready()
        self._disown()
        # The server and all its processes hold this lock from here on, and so does what is left
        # of them after a crash: that is how the next server sees whom it has to outlive.
        fcntl.flock(users, fcntl.LOCK_SH)
        os.set_inheritable(users.fileno(), True)  # noqa: FBT003  the standard library's own form
        os.chdir(self._data)
        if self._account.changed:
            os.setgroups([])
            os.setgid(self._account.gid)
            os.setuid(self._account.uid)
        command = self._command(program, runtime, ends_with_us=True)
        os.execve(command[0], command, {"PATH": os.defpath})  # noqa: S606  the wheel's program

    def _orphans(self) -> Iterator[int]:
        """Find processes of this folder's server, which no longer runs (Linux tells, by /proc)."""
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                name, place = (process / "comm").read_text().strip(), (process / "cwd").readlink()
                if name == "postgres" and place == self._data:
                    yield int(process.name)
