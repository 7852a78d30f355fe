"""Fixtures for all tests; each of the named modules tells its own."""

pytest_plugins = [
    "tests.fixtures.database",
    "tests.fixtures.kafka",
    "tests.fixtures.processes",
    "tests.fixtures.service",
]
