"""Fixtures for all tests; each of the named modules tells its own."""

import structlog

pytest_plugins = [
    "tests.fixtures.database",
    "tests.fixtures.kafka",
    "tests.fixtures.processes",
    "tests.fixtures.service",
]


def pytest_configure() -> None:
    """Log failures as plain tracebacks: to draw each frame with its variables takes seconds."""
    *before, _ = structlog.get_config()["processors"]
    plain = structlog.dev.ConsoleRenderer(
        colors=False, exception_formatter=structlog.dev.plain_traceback
    )
    structlog.configure(processors=[*before, plain])
