"""Fixtures for all tests; each of the named modules tells its own."""

import gc
from collections.abc import Iterator

import pytest
import structlog

pytest_plugins = [
    "tests.fixtures.database",
    "tests.fixtures.kafka",
    "tests.fixtures.processes",
    "tests.fixtures.service",
    "tests.fixtures.slowest",
    "tests.fixtures.statements",
]


def pytest_configure() -> None:
    """Log failures as plain tracebacks: to draw each frame with its variables takes seconds."""
    *before, _ = structlog.get_config()["processors"]
    plain = structlog.dev.ConsoleRenderer(
        colors=False, exception_formatter=structlog.dev.plain_traceback
    )
    structlog.configure(processors=[*before, plain])


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[object]:
    """Look for garbage among what tests make; all that is imported before them stays anyway."""
    gc.disable()
    collected = yield
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)
    gc.enable()
    return collected
