"""A real single-node Apache Kafka: one JVM, KRaft, loopback only, from its jars, no Docker."""

import fcntl
import hashlib
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
COORDINATES = Path(__file__).with_name("jgo.toml")
CACHE = ROOT / ".cache" / "kafka"
JVM = ("-Xms64m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xlog:cds=off")
LOG = "-Dorg.slf4j.simpleLogger."  # slf4j-simple writes to stderr
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


def jars_folder() -> Path:
    """Give the folder of Kafka's jars; it is there when they were fetched."""
    return CACHE / f"jars-{hashlib.sha256(COORDINATES.read_bytes()).hexdigest()[:12]}"


def fetch_jars() -> Path:
    """Give the folder of Kafka's jars; fetch them first where they are not, which takes seconds.

    One at a time: two that fetch at once write the same files of the user's cache, and one fails.
    """
    jars = jars_folder()
    if jars.exists():
        return jars
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "fetch.lock").open("w") as turn, tempfile.TemporaryDirectory(dir=CACHE) as folder:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not jars.exists():
            shutil.copy(COORDINATES, folder)
            jgo = (sys.executable, "-m", "jgo", "--resolver", "python", "--quiet", "sync")
            subprocess.run(jgo, cwd=folder, check=True, timeout=300)  # noqa: S603  our own tool
            Path(folder, ".jgo").rename(jars)
    return jars


def _move(source: Path, target: Path) -> None:
    """Put a finished folder in its place, unless another run was quicker."""
    try:
        source.rename(target)
    except OSError:
        if not target.exists():
            raise


class Broker:
    """A broker's folder: its settings, its data, and the command that starts it."""

    def __init__(self, jars: Path, home: Path, *, java: Path, port: int, controller: int) -> None:
        """Take Kafka's jars, a folder that is made if missing, and the ports to listen on."""
        self.port, self.address = port, f"127.0.0.1:{port}"
        self._logs, self._config = home / "logs", home / "properties"
        runtime = java.resolve()
        release = (runtime.parent.parent / "release").read_text()
        files = sorted(jars.rglob("*.jar"))
        path = ":".join(map(str, files))
        log = (f"{LOG}defaultLogLevel=warn", f"{LOG}showDateTime=true")
        self._java = [str(runtime), *JVM, *log, "-cp", path]
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
            PROPERTIES.format(port=port, controller=controller, logs=self._logs), "utf-8"
        )

    def command(self, *, write_down: bool = False) -> list[str]:
        """Give the command that starts the broker; make its folder ready if it is new.

        With `write_down` the first broker on a machine notes what it loads, at its clean stop;
        `keep` then keeps that, and later ones start sooner.
        """
        if not self._logs.exists():
            self._format()
        if self._archive.exists():
            flags = [self._load + str(self._archive)]
        else:
            flags = [self._save + str(self._draft)] if write_down else []
        return [*self._java, *flags, "kafka.Kafka", str(self._config)]

    def keep(self) -> None:
        """Keep what a broker wrote down that has ended in order."""
        if self._draft.exists():
            draft = self._cache / f"draft-{os.getpid()}"
            shutil.move(self._draft, draft)
            draft.replace(self._archive)

    def answers(self) -> bool:
        """Ask for metadata: ready once it lists a broker, itself. An open port is not enough."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as peer:
                peer.sendall(METADATA)
                answer = peer.recv(12, socket.MSG_WAITALL)
        except OSError:
            return False
        return len(answer) == 12 and struct.unpack(">iii", answer)[2] > 0  # noqa: PLR2004  three numbers

    def _format(self) -> None:
        """Format once, and copy from then on: it saves a whole start of Java."""
        template = self._cache / "formatted"
        if not template.exists():
            tool = ("kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(self._config))
            made = subprocess.run(  # noqa: S603  Kafka's own tool
                [*self._java, *tool], capture_output=True, text=True, check=False, timeout=60
            )
            if made.returncode:
                raise RuntimeError(f"Kafka did not format:\n{made.stdout}{made.stderr}")
            draft = self._cache / f"formatted-{os.getpid()}"
            shutil.copytree(self._logs, draft)
            _move(draft, template)
            return
        # A crash in the middle must not leave half a folder that looks whole.
        draft = self._logs.with_name("formatted")
        shutil.rmtree(draft, ignore_errors=True)
        shutil.copytree(template, draft)
        draft.rename(self._logs)
