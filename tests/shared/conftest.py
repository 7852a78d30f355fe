"""The service of the tests of plumbing, which lies in no folder of `services`."""

import pytest

from shared import migrations
from shared.service import Service
from tests.fixtures.database import Templates
from tests.shared import house


@pytest.fixture
async def service(templates: Templates) -> Service:
    """Give the manifest of the house; its template is built when it is first needed."""
    made = templates._migrated  # noqa: SLF001  the house has no migrations that could be run
    if "house" not in made:
        url = await migrations.ensure_database(templates.server.url(), "house", own_role=True)
        await house.build(url)
        made["house"] = "house"
    return house.service()
