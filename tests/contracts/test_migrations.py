"""Each service's migrations make the tables that its models ask for."""

import pytest

from shared import migrations
from tests.fixtures.database import Databases, load, names


@pytest.mark.parametrize("name", names())
async def test_models_and_migrated_tables_agree(name: str, databases: Databases) -> None:
    assert await migrations.check(load(name), await databases.clone(name)) == []
