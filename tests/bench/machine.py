"""The machine that figures were measured on: they mean nothing without it."""

import os
import platform
from collections.abc import Mapping
from pathlib import Path

import psutil

from tests.bench.ground import Ground, connected


async def machine(ground: Ground) -> dict[str, str]:
    """Give processor, memory, and the versions of what benches ran on."""
    async with connected(ground.templates.server.url()) as bare:
        postgres = await bare.fetchval("SHOW server_version")
    load = os.getloadavg()[0]
    return {
        "cpu": f"{_model()}, {os.cpu_count()} cores",
        "memory": f"{psutil.virtual_memory().total / 2**30:.1f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "postgresql": f"{postgres} (fsync on)",
        "kafka": _kafka(ground),
        "load before": f"{load:.2f}",
    }


def words(found: Mapping[str, str]) -> str:
    """Give the machine in a line."""
    return "; ".join(f"{name} {value}" for name, value in found.items())


def _model() -> str:
    """Give the processor's name, where the system tells it."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text().splitlines() if told.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def _kafka(ground: Ground) -> str:
    """Give Kafka's version by the name of its jar, and the Java that runs it."""
    (jar,) = ground.jars.rglob("kafka_2.13-*.jar")
    return f"{jar.stem.rpartition('-')[2]}, one broker"
