"""`python -m tests.bench [NAME …] [--json]`: measure, compare with floors, judge."""

import argparse
import asyncio
import json
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import TypeAlias

import structlog

from services.opening import settle
from tests.bench import (
    attendance,
    board,
    cases,
    export,
    fanout,
    inbox,
    relay,
    scan,
    sheet,
    statement,
    webhook,
)
from tests.bench.ground import Ground, ground
from tests.bench.judge import Line
from tests.bench.machine import machine, words

Lines: TypeAlias = Awaitable[list[Line]] | AsyncIterator[Line]
"""All lines of a bench at its end, or one after the other: then a run that is cut off told some."""
BENCHES: Mapping[str, Callable[[Ground], Lines]] = {
    "export": export.measure,
    "relay": relay.measure,
    "inbox": inbox.measure,
    "scan": scan.measure,
    "statement": statement.measure,
    "sheet": sheet.measure,
    "attendance": attendance.measure,
    "webhook": webhook.measure,
    "fanout": fanout.measure,
    "board": board.measure,
    "cases": cases.measure,
}


async def _lines(found: Lines) -> AsyncIterator[Line]:
    if isinstance(found, AsyncIterator):
        async for line in found:
            yield line
    else:
        for line in await found:
            yield line


async def _measured(names: list[str], place: Ground, *, quiet: bool) -> dict[str, object]:
    """Run benches one after the other, saying each line as soon as it is there."""
    began = time.monotonic()
    found = await machine(place)
    lines: list[Line] = []
    if not quiet:
        sys.stdout.write(f"{words(found)}\n{Line.heading()}\n")
        sys.stdout.flush()
    for name in names:
        async for line in _lines(BENCHES[name](place)):
            lines.append(line)
            if not quiet:
                sys.stdout.write(f"{line.text()}\n")
                sys.stdout.flush()
    return {
        "machine": found,
        "seconds": round(time.monotonic() - began),
        "benches": [line.document() for line in lines],
        "failed": sum(bool(line.failures()) for line in lines),
    }


def main() -> None:
    """Exit 1 if a goal is missed, or something is better than its floor."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHES)}; all")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    asked = parser.parse_args()
    if unknown := set(asked.names) - BENCHES.keys():
        parser.error(f"no such bench: {', '.join(sorted(unknown))}")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    # Whoever asks us to end leaves no server behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    settle()  # as a process that serves does, once it stands
    with ground() as place:
        told = asyncio.run(_measured(asked.names or [*BENCHES], place, quiet=asked.json))
    if asked.json:
        sys.stdout.write(f"{json.dumps(told, ensure_ascii=False, indent=1)}\n")
    sys.exit(1 if told["failed"] else 0)


if __name__ == "__main__":
    main()
