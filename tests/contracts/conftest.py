"""All services in one process, as a machine serves them, on databases of which nothing stays."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from shared.app import create_app
from shared.config import Runtime
from shared.db import Sessions
from tests.fixtures.database import Templates, load, names
from tests.fixtures.service import kept_files, vanishing


@dataclass(frozen=True)
class Process:
    """A process of all services: its app, a client, and each service's sessions."""

    app: FastAPI
    http: AsyncClient
    sessions: Mapping[str, Sessions]


@pytest.fixture(scope="session")
def _composed() -> dict[str, FastAPI]:
    """Keep the app for the whole run: a hundred routes take a second to make."""
    return {}


@pytest.fixture
async def process(
    templates: Templates,
    runtime: Runtime,
    _composed: dict[str, FastAPI],
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Process]:
    """Give the process; a scenario may move its clock, so that those routes are there, too.

    Nothing falls due in it: jobs work on what is committed, and would wait for a test's rows.
    """
    urls = {name: await templates.kept(name) for name in names()}
    for name, url in urls.items():
        monkeypatch.setenv(f"{name.upper()}_DATABASE_URL", url)
    monkeypatch.setenv("EGRESS_ALLOW", "127.0.0.1/32:*")
    if not _composed:
        played = runtime.model_copy(update={"scenario_clock": True})
        doors = [replace(load(name), jobs=[], polls=[], timers={}) for name in urls]
        _composed["app"] = create_app(doors, played)
    app, sessions = _composed["app"], {}
    async with AsyncExitStack() as stack:
        for one in app.state.running:
            stack.push_async_callback(one.sessions.close)
            opened = vanishing(urls[one.service.name], one.service)
            sessions[one.service.name] = await stack.enter_async_context(opened)
            one.app.state.sessions = sessions[one.service.name]
            one.app.state.files = kept_files()
        http = AsyncClient(transport=ASGITransport(app), base_url="http://tests")
        yield Process(app, await stack.enter_async_context(http), sessions)
