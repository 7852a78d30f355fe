"""The real Apache Kafka of `deploy/cluster`, as tests have it: started, stopped, killed at will."""

import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Self

from deploy.cluster.kafka import Broker

GUARD = ("setpriv", "--pdeathsig", "KILL") if shutil.which("setpriv") else ()  # ends with us
ANY = ("127.0.0.1", 0)  # a free port on loopback


class KafkaBroker:
    """One broker over one folder: start, stop, kill, start again, on the same port."""

    def __init__(self, jars: Path, home: Path, *, java: Path) -> None:
        with socket.create_server(ANY) as one, socket.create_server(ANY) as two:
            port, controller = one.getsockname()[1], two.getsockname()[1]
        self._broker = Broker(jars, home, java=java, port=port, controller=controller)
        self.address, self.log = self._broker.address, home / "kafka.log"
        self._process: subprocess.Popen[bytes] | None = None

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
        with self.log.open("ab") as log:  # its own session: a Ctrl-C at the tests is not for it
            self._process = subprocess.Popen(
                [*GUARD, *self._broker.command(write_down=True)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait(self, seconds: float = 60) -> Self:
        """Wait until it answers, in any thread."""
        deadline = time.monotonic() + seconds
        while not self._broker.answers():
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
        if how is signal.SIGTERM:
            self._broker.keep()
