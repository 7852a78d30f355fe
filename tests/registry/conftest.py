"""What several tests of registry's routes need: areas, organisations, a project, by HTTP."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient

from tests.fixtures.service import Token
from tests.registry import factories
from tests.registry.factories import TREE, Post


@pytest.fixture
def post(client: AsyncClient, token: Token) -> Post:
    """Give a way to enter what a test needs, as an operator and a wage office in one."""

    async def sent(path: str, body: dict[str, Any]) -> dict[str, Any]:
        headers = token("operator", "wage_office")
        answer = await client.post(f"/registry/v1/{path}", json=body, headers=headers)
        assert answer.is_success, answer.text
        made: dict[str, Any] = answer.json()
        return made

    return sent


@pytest.fixture
async def tree(post: Post) -> None:
    """Enter the areas."""
    items = [
        {"code": code, "name": name, "parent_code": parent, "valid_from": "2000-01-01"}
        for code, name, parent in TREE
    ]
    assert await post("areas", {"items": items}) == {"entered": 8, "changed": 0, "unchanged": 0}


@pytest.fixture
async def developer(tree: None, post: Post) -> dict[str, Any]:
    """Register a developer."""
    return await post("organisations", factories.organisation_body(1, "developer"))


@pytest.fixture
async def contractor(tree: None, post: Post) -> dict[str, Any]:
    """Register a contractor from the neighbouring county."""
    body = factories.organisation_body(2, "contractor", area_code="422822")
    return await post("organisations", body)


@pytest.fixture
async def project(developer: dict[str, Any], post: Post) -> dict[str, Any]:
    """Register a project."""
    return await post("projects", factories.project_body(UUID(developer["id"])))
