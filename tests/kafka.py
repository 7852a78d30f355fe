"""A real single-node Apache Kafka for tests: one JVM, KRaft, loopback only, no Docker."""

import hashlib
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Self

ROOT = Path(__file__).parents[1]
COORDINATES = ROOT / "tests" / "jgo.toml"
CACHE = ROOT / ".cache" / "kafka"
JVM = ("-Xms64m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xlog:cds=off")
LOG = "-Dorg.slf4j.simpleLogger."  # slf4j-simple writes to stderr, and so to kafka.log
GUARD = ("setpriv", "--pdeathsig", "KILL") if shutil.which("setpriv") else ()  # ends with us
ANY = ("127.0.0.1", 0)  # a free port on loopback
CLUSTER_ID = "AAAAAAAAAAAAAAAAAAAAAQ"  # 16 bytes in base64; any will do on loopback
METADATA = struct.pack(">ihhih4si", 18, 3, 1, 7, 4, b"test", 0)  # version 1, of no topics
# One of everything, nothing waits for company, a dead broker or member is missed soon.
PROPERTIES = """\
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
controller.quorum.voters=1@127.0.0.1:{controller}
controller.listener.names=CONTROLLER
log.dirs={logs}
auto.create.topics.enable=false
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=200
controller.quorum.append.linger.ms=0
log.cleaner.dedupe.buffer.size=4194304
"""


def fetch_jars() -> Path:
    """Give the folder of Kafka's jars; fetch them first where they are not, which takes seconds."""
    wanted = hashlib.sha256(COORDINATES.read_bytes()).hexdigest()[:12]
    jars = CACHE / f"jars-{wanted}"
    if not jars.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            shutil.copy(COORDINATES, folder)
            jgo = (sys.executable, "-m", "jgo", "--resolver", "python", "--quiet", "sync")
            subprocess.run(jgo, cwd=folder, check=True, timeout=300)
            _move(Path(folder, ".jgo"), jars)
    return jars


def _move(source: Path, target: Path) -> None:
    """Put a finished folder in its place, unless another run was quicker."""
    try:
        source.rename(target)
    except OSError:
        if not target.exists():
            raise


class KafkaBroker:
    """One broker over one folder: start, stop, kill, start again, on the same port."""

    def __init__(self, jars: Path, home: Path, *, java: Path) -> None:
        self.log, self._logs, self._config = home / "kafka.log", home / "logs", home / "properties"
        with socket.create_server(ANY) as one, socket.create_server(ANY) as two:
            self._port, controller = one.getsockname()[1], two.getsockname()[1]
        self.address = f"127.0.0.1:{self._port}"
        self._process: subprocess.Popen[bytes] | None = None
        runtime = java.resolve()
        release = (runtime.parent.parent / "release").read_text()
        files = sorted(jars.rglob("*.jar"))
        path = ":".join(map(str, files))
        log = (f"{LOG}defaultLogLevel=warn", f"{LOG}showDateTime=true")
        self._java = [*GUARD, str(runtime), *JVM, *log, "-cp", path]
        # An archive of loaded classes fits one Java, one set of jars and flags. It and the
        # formatted folder save most of a start.
        state = f"{release}{JVM}{[(str(file), file.stat().st_mtime_ns) for file in files]}"
        self._cache = CACHE / f"start-{hashlib.sha256(state.encode()).hexdigest()[:12]}"
        self._cache.mkdir(parents=True, exist_ok=True)
        self._load, self._save = (  # Java 25 has the AOT cache; before it, class data sharing
            ("-XX:AOTCache=", "-XX:AOTCacheOutput=")
            if 'JAVA_VERSION="25' in release
            else ("-XX:SharedArchiveFile=", "-XX:ArchiveClassesAtExit=")
        )
        self._archive, self._draft = self._cache / "classes", home / "classes"
        home.mkdir(parents=True, exist_ok=True)
        self._config.write_text(
            PROPERTIES.format(port=self._port, controller=controller, logs=self._logs)
        )

    @property
    def running(self) -> bool:
        """Whether the process is there; it need not answer yet."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> Self:
        """Start it and wait until it answers."""
        self.launch()
        return self.wait()

    def launch(self) -> None:
        """Start the process, from the main thread: the broker ends with the thread it came from."""
        if not self._logs.exists():
            self._format()
        known = self._archive.exists()  # the first clean stop writes it, later starts map it
        flag = self._load + str(self._archive) if known else self._save + str(self._draft)
        self._process = self._run(flag, "kafka.Kafka", str(self._config))

    def wait(self, seconds: float = 60) -> Self:
        """Wait until it answers, in any thread."""
        deadline = time.monotonic() + seconds
        while not self._answers():
            if not self.running or time.monotonic() > deadline:
                self.stop(signal.SIGKILL)
                raise RuntimeError(f"Kafka did not start:\n{self.log.read_text()[-3000:]}")
            time.sleep(0.02)
        return self

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End our own process and wait for it: SIGTERM shuts down cleanly, SIGKILL is a crash."""
        if self._process:
            self._process.send_signal(how)
            self._process.wait(60)
            self._process = None
        if how is signal.SIGTERM and self._draft.exists():
            draft = self._cache / f"draft-{os.getpid()}"
            shutil.move(self._draft, draft)
            draft.replace(self._archive)

    def _run(self, *arguments: str) -> "subprocess.Popen[bytes]":
        with self.log.open("ab") as log:  # its own session: a Ctrl-C at the tests is not for it
            return subprocess.Popen(
                [*self._java, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _format(self) -> None:
        """Format once, and copy from then on: it saves a whole start of Java."""
        template = self._cache / "formatted"
        if not template.exists():
            tool = ("kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(self._config))
            if self._run(*tool).wait(60):
                raise RuntimeError(f"Kafka did not format:\n{self.log.read_text()[-3000:]}")
            draft = self._cache / f"formatted-{os.getpid()}"
            shutil.copytree(self._logs, draft)
            _move(draft, template)
            return
        shutil.copytree(template, self._logs)

    def _answers(self) -> bool:
        """Ask for metadata: ready once it lists a broker, itself. An open port is not enough."""
        try:
            with socket.create_connection(("127.0.0.1", self._port), 1) as peer:
                peer.sendall(METADATA)
                answer = peer.recv(12, socket.MSG_WAITALL)
        except OSError:
            return False
        return len(answer) == 12 and struct.unpack(">iii", answer)[2] > 0
