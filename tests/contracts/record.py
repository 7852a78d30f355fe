"""Records the contracts as they are told: `make contracts`; refuses what others rely on.

Within a version of an event only a field with a default may be added. Anything else is a new
version beside the old one, and the old one's record goes, by hand, when nobody handles it any more.
"""

import importlib
import json
import pkgutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
EVENTS = ROOT / "tests" / "contracts" / "events"
ASYNCAPI = ROOT / "docs" / "asyncapi.json"
OPENAPI = ROOT / "docs" / "openapi"

# Words for people; they may be put better.
_WORDS = {"title", "description", "examples", "default"}
_METHODS = {"get", "put", "post", "delete", "patch"}


def dump(document: object) -> str:
    """Give a document as it is kept: readable, and the same for the same contents."""
    return json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def breaks(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Say what of an event others lose by a change: both as recorded (type, key, schema)."""
    found = [f"{name} was changed" for name in ("type", "key") if old[name] != new[name]]
    return found + list(_schema_breaks(_whole(old["schema"]), _whole(new["schema"]), place=""))


def _whole(schema: Mapping[str, Any]) -> Any:  # noqa: ANN401  a JSON value
    """Put the classes that a schema refers to in the places where it does, without words."""
    classes = schema.get("$defs", {})

    def put(part: Any) -> Any:  # noqa: ANN401  a JSON value
        if isinstance(part, list):
            return [put(one) for one in part]
        if not isinstance(part, dict):
            return part
        if "$ref" in part:
            return put(classes[part["$ref"].rpartition("/")[2]])
        # Below "properties" names are the contract's own, `title` and `default` among them.
        return {
            name: {field: put(inner) for field, inner in value.items()}
            if name == "properties"
            else put(value)
            for name, value in part.items()
            if name == "properties" or name not in _WORDS | {"$defs"}
        }

    return put(schema)


def _schema_breaks(old: Any, new: Any, place: str) -> Iterator[str]:  # noqa: ANN401  JSON values
    if old == new:
        return
    both = isinstance(old, dict) and isinstance(new, dict)
    if both and "properties" in old and "properties" in new:
        yield from _field_breaks(old, new, f"{place}." if place else "")
    elif both and "items" in old and "items" in new:
        yield from _schema_breaks(old["items"], new["items"], f"{place}[]")
    elif both and 0 < len(old.get("anyOf", ())) == len(new.get("anyOf", ())):
        for before, after in zip(old["anyOf"], new["anyOf"], strict=True):
            yield from _schema_breaks(before, after, place)
    else:
        yield f"{place or 'the body'} was retyped"


def _field_breaks(old: dict[str, Any], new: dict[str, Any], place: str) -> Iterator[str]:
    before, after = set(old.get("required", ())), set(new.get("required", ()))
    for name in sorted(after - before):
        yield f"{place}{name} is newly required"
    for name in sorted((before - after) & set(new["properties"])):
        yield f"{place}{name} is no longer certain to be there"
    for name, schema in old["properties"].items():
        if name not in new["properties"]:
            yield f"{place}{name} was removed"
        else:
            yield from _schema_breaks(schema, new["properties"][name], f"{place}{name}")


def lost_operations(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Name the HTTP operations of an OpenAPI document that are no longer there."""

    def named(document: Mapping[str, Any]) -> set[str]:
        return {
            f"{method.upper()} {path}"
            for path, methods in document.get("paths", {}).items()
            for method in methods
            if method in _METHODS
        }

    return sorted(named(old) - named(new))


def events() -> dict[str, Any]:
    """Give every contract of `shared.events` as it is recorded, by type."""
    from shared import events as package  # noqa: PLC0415  the rules above know no project
    from shared.events.base import Event  # noqa: PLC0415

    kinds: dict[str, Any] = {}
    for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        module = importlib.import_module(found.name)
        for kind in vars(module).values():
            if isinstance(kind, type) and issubclass(kind, Event) and kind.type:
                kinds[kind.type] = {
                    "type": kind.type,
                    "key": kind.key,
                    "schema": kind.schema_of_body(),
                }
    return dict(sorted(kinds.items()))


def services() -> list[Any]:
    """Give the manifests of all services."""
    folders = sorted(path.parent.name for path in (ROOT / "services").glob("*/service.py"))
    return [importlib.import_module(f"services.{name}.service").service for name in folders]


def asyncapi() -> dict[str, Any]:
    """Give the AsyncAPI document of all services."""
    from shared import asyncapi as writer  # noqa: PLC0415

    return writer.document(services())


def openapi(service: Any) -> dict[str, Any]:  # noqa: ANN401  a manifest, which this module does not know
    """Give a service's OpenAPI document, without the scenario's routes."""
    from shared.app import service_app  # noqa: PLC0415

    return service_app(service).openapi()


def record(kinds: Mapping[str, Any], folder: Path) -> list[str]:
    """Write events into a folder; give what was refused, and write nothing of that."""
    refused = []
    folder.mkdir(parents=True, exist_ok=True)
    for kind, told in kinds.items():
        path = folder / f"{kind}.json"
        if path.exists() and (lost := breaks(json.loads(path.read_text()), told)):
            refused += [f"{kind}: {what}; make it a new version" for what in lost]
        else:
            path.write_text(dump(told))
    gone = {path.stem for path in folder.glob("*.json")} - set(kinds)
    return refused + [f"{kind}: is gone; delete its record by hand" for kind in sorted(gone)]


def record_openapi(name: str, told: Mapping[str, Any], folder: Path) -> list[str]:
    """Write a service's document into a folder, unless it takes an operation away."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    lost = lost_operations(json.loads(path.read_text()), told) if path.exists() else []
    if not lost:
        path.write_text(dump(told))
    return [f"{name}: {what} is gone; a breaking change is a /v2 beside it" for what in lost]


def main(arguments: list[str]) -> int:
    """Record everything; `--anew` forgets what was recorded (nothing is released yet)."""
    if "--anew" in arguments:
        for path in [*EVENTS.glob("*.json"), *OPENAPI.glob("*.json")]:
            path.unlink()
    refused = record(events(), EVENTS)
    for service in services():
        refused += record_openapi(service.name, openapi(service), OPENAPI)
    ASYNCAPI.write_text(dump(asyncapi()))
    sys.stderr.write("".join(f"refused: {what}\n" for what in refused))
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
