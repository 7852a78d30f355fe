"""OpenAPI documents are the recorded ones, valid, explained, and free of personal data in paths."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it ships no types

from shared.problems import MEDIA_TYPE
from tests.contracts import record
from tests.contracts.test_events import PERSONAL
from tests.fixtures.database import load, names

NAMES = names()
DOCUMENTS = {name: record.openapi(load(name)) for name in NAMES}
METHODS = ("get", "put", "post", "patch", "delete")


def operations(name: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Give method, path and operation of each route of a service."""
    for path, methods in DOCUMENTS[name]["paths"].items():
        for method in METHODS:
            if method in methods:
                yield method, path, methods[method]


@pytest.mark.parametrize("name", NAMES)
def test_the_document_is_the_recorded_one(name: str) -> None:
    path = record.OPENAPI / f"{name}.json"
    assert path.exists(), "run `make contracts`"
    assert path.read_text() == record.dump(DOCUMENTS[name]), "run `make contracts`"


def test_nothing_else_is_recorded() -> None:
    assert {path.stem for path in record.OPENAPI.glob("*.json")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_document_is_openapi_3_1_with_valid_schemas(name: str) -> None:
    document = DOCUMENTS[name]
    assert document["openapi"].startswith("3.1.")
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("name", NAMES)
def test_paths_are_versioned_plural_and_snake_or_kebab(name: str) -> None:
    for _, path, _ in operations(name):
        assert re.fullmatch(r"(/mohurd)?/v\d+(/[a-z]+(-[a-z]+)*|/\{[a-z_]+\})+", path), path


@pytest.mark.parametrize("name", NAMES)
def test_every_route_has_a_summary_and_a_described_answer(name: str) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(name)]
    assert len(set(ids)) == len(ids)
    for method, path, operation in operations(name):
        assert operation.get("summary"), f"{method} {path}"
        assert any(status.startswith(("2", "3")) for status in operation["responses"])


@pytest.mark.parametrize("name", NAMES)
def test_failures_are_problem_documents(name: str) -> None:
    for method, path, operation in operations(name):
        for status, answer in operation["responses"].items():
            if status.startswith(("4", "5")):
                assert list(answer["content"]) == [MEDIA_TYPE], f"{method} {path}: {status}"


@pytest.mark.parametrize("name", NAMES)
def test_what_is_the_same_at_every_door_is_told(name: str) -> None:
    document = DOCUMENTS[name]
    assert document["servers"] == [{"url": f"/{name}"}]
    assert document["security"] == [{"bearer": []}]
    assert "HTTPValidationError" not in json.dumps(document)
    for method, path, operation in operations(name):
        told = {"401", "403", "422", "503"}
        if method != "get":
            told |= {"400", "409", "413"}
            headers = [one["name"] for one in operation["parameters"] if one["in"] == "header"]
            assert headers == ["Idempotency-Key"], f"{method} {path}"
        assert told <= set(operation["responses"]), f"{method} {path}"


def test_what_is_pushed_asks_for_no_token_of_ours() -> None:
    pushed = DOCUMENTS["alerts"]["paths"]["/v1/endpoints"]["post"]["callbacks"]["push"]
    (operation,) = pushed["{$request.body#/url}"].values()
    assert operation["security"] == []
    assert set(operation["responses"]) == {"200"}


@pytest.mark.parametrize("name", NAMES)
def test_nothing_personal_is_part_of_an_address(name: str) -> None:
    for _, path, operation in operations(name):
        parameters = [one["name"] for one in operation.get("parameters", ())]
        for said in (*re.findall(r"\{(\w+)\}", path), *parameters):
            assert not PERSONAL.search(said), f"{path}: {said}"


@pytest.mark.parametrize("name", NAMES)
def test_names_in_bodies_are_snake_case(name: str) -> None:
    for schema_name, schema in DOCUMENTS[name]["components"]["schemas"].items():
        for field in schema.get("properties", {}):
            assert re.fullmatch(r"[a-z][a-z0-9_]*", field), f"{schema_name}.{field}"


def test_an_operation_that_is_taken_away_is_refused(tmp_path: Path) -> None:
    old: dict[str, Any] = {"paths": {"/v1/a": {"get": {}, "post": {}}, "/v1/b": {"get": {}}}}
    new: dict[str, Any] = {"paths": {"/v1/a": {"get": {}}, "/v1/c": {"get": {}}}}
    assert record.lost_operations(old, new) == ["GET /v1/b", "POST /v1/a"]
    assert record.record_openapi("a", old, tmp_path) == []
    assert len(record.record_openapi("a", new, tmp_path)) == 2
    assert json.loads((tmp_path / "a.json").read_text()) == old
    assert record.record_openapi("a", {"paths": old["paths"] | new["paths"]}, tmp_path)
    assert record.record_openapi("b", new, tmp_path) == []
