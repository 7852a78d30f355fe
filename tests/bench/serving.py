"""`python -m tests.bench.serving NAME PORT`: serve one service alone, its events in the process."""

import asyncio
import sys

from services.__main__ import _serve
from shared import pii, telemetry, turns
from shared.config import Runtime

if __name__ == "__main__":
    name, port = sys.argv[1:]
    runtime = Runtime()
    telemetry.configure(runtime, personal=pii.looks_personal)
    with asyncio.Runner(loop_factory=turns.loop) as runner:
        runner.run(_serve([name], runtime, "127.0.0.1", int(port), setup=False, beside=False))
