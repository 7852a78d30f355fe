"""The AsyncAPI document is the recorded one, valid, and true: what it says is what is sent.

No package in reach of Python ships the schema of AsyncAPI 3.0, so the part of it that the document
uses is written down here from the specification, closed: a member that is not named is refused.
"""

import copy
import json
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from jsonschema import (  # type: ignore[import-untyped]  # it ships no types
    Draft7Validator,
    Draft202012Validator,
    SchemaError,
    ValidationError,
)

from shared import asyncapi
from shared.db import new_id
from shared.events.base import Event
from shared.events.payroll import BankFeedCompleted
from shared.outbox import message
from tests.contracts import record
from tests.fixtures.database import load, names

SERVICES = [load(name) for name in names()]
DOCUMENT = record.asyncapi()


def closed(required: str = "", **properties: Any) -> dict[str, Any]:
    """Give the schema of an object with these members, and extensions, and no others."""
    return {
        "type": "object",
        "required": required.split(),
        "properties": properties,
        "patternProperties": {"^x-[\\w\\d.\\-_]+$": True},
        "additionalProperties": False,
    }


def named(schema: dict[str, Any], pattern: str = "^.+$") -> dict[str, Any]:
    """Give the schema of a map from names to something."""
    return {"type": "object", "patternProperties": {pattern: schema}, "additionalProperties": False}


TEXT = {"type": "string", "minLength": 1}
REFERENCE = {
    "type": "object",
    "required": ["$ref"],
    "properties": {"$ref": {"type": "string", "pattern": "^#/"}},
    "additionalProperties": False,
}
TAGS = {"type": "array", "uniqueItems": True, "items": closed("name", name=TEXT, description=TEXT)}
COMPONENT = "^[\\w\\d.\\-_]+$"
MESSAGE = closed(
    headers={"type": "object", "required": ["type"], "properties": {"type": {"const": "object"}}},
    payload={"type": "object"},
    contentType=TEXT,
    name=TEXT,
    title=TEXT,
    summary=TEXT,
    description=TEXT,
    tags=TAGS,
    bindings=named(closed(key={"type": "object"}, bindingVersion=TEXT), "^kafka$"),
)
CHANNEL = closed(
    address={"type": ["string", "null"]},
    messages=named(REFERENCE),
    title=TEXT,
    summary=TEXT,
    description=TEXT,
    tags=TAGS,
    bindings=named(
        closed(topic=TEXT, partitions={"type": "integer", "minimum": 1}, bindingVersion=TEXT),
        "^kafka$",
    ),
)
OPERATION = closed(
    "action channel",
    action={"enum": ["send", "receive"]},
    channel=REFERENCE,
    messages={"type": "array", "items": REFERENCE},
    title=TEXT,
    summary=TEXT,
    description=TEXT,
    tags=TAGS,
)
SERVER = closed(
    "host protocol",
    host=TEXT,
    protocol=TEXT,
    description=TEXT,
    variables=named(closed(default=TEXT, description=TEXT), COMPONENT),
)
SCHEMA = closed(
    "asyncapi info",
    asyncapi={"const": "3.0.0"},
    info=closed(
        "title version",
        title=TEXT,
        version=TEXT,
        description=TEXT,
        license=closed("name", name=TEXT, url=TEXT),
    ),
    defaultContentType=TEXT,
    servers=named(SERVER, COMPONENT),
    channels=named(CHANNEL),
    operations=named(OPERATION),
    components=closed(
        messages=named(MESSAGE, COMPONENT), schemas=named({"type": "object"}, COMPONENT)
    ),
)


def at(document: dict[str, Any], reference: str) -> Any:  # noqa: ANN401  a JSON value
    """Follow a reference from the document's root; raises KeyError where it leads nowhere."""
    part: Any = document
    for step in reference.removeprefix("#/").split("/"):
        part = part[step.replace("~1", "/").replace("~0", "~")]
    return part


def references(part: Any) -> Iterator[str]:  # noqa: ANN401  a JSON value
    """Give all references in a part of the document."""
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for inner in part.values():
            yield from references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from references(inner)


def validate(document: dict[str, Any]) -> None:
    """Raise where a document is not an AsyncAPI 3.0 document of the parts that ours has."""
    Draft7Validator(SCHEMA).validate(document)
    for reference in references(document):
        at(document, reference)
    for operation in document["operations"].values():
        prefix = f"{operation['channel']['$ref']}/messages/"
        for one in operation["messages"]:
            if not one["$ref"].startswith(prefix):
                raise ValidationError(f"{one['$ref']} is no message of {prefix}")
    parts = document["components"]
    for schema in (
        *parts["schemas"].values(),
        *(one[name] for one in parts["messages"].values() for name in ("headers", "payload")),
    ):
        Draft7Validator.check_schema(schema)


def test_the_document_is_the_recorded_one() -> None:
    assert record.ASYNCAPI.read_text() == record.dump(DOCUMENT), "run `make contracts`"


def test_the_document_is_valid() -> None:
    validate(DOCUMENT)


def test_the_order_of_services_changes_nothing() -> None:
    assert asyncapi.document(SERVICES[::-1]) == DOCUMENT


SPOILED: list[Callable[[dict[str, Any]], object]] = [
    lambda told: told.pop("info"),
    lambda told: told.update(asyncapi="2.6.0"),
    lambda told: told.update(more={}),
    lambda told: told["channels"]["payroll.events"].update(publish={}),
    lambda told: told["operations"]["payroll.send.payroll.events"].update(action="publish"),
    lambda told: told["operations"]["payroll.send.payroll.events"].pop("channel"),
    lambda told: told["operations"]["payroll.send.payroll.events"]["messages"].append(
        {"$ref": "#/channels/cases.events/messages/cases.watch_item_opened.v1"}
    ),
    lambda told: told["components"]["schemas"].pop("ProjectCard"),
    lambda told: told["components"]["messages"]["payroll.transfer_missed.v1"]["payload"].update(
        type="objekt"
    ),
    lambda told: told["servers"]["kafka"].pop("protocol"),
]


@pytest.mark.parametrize("spoil", SPOILED)
def test_a_document_that_is_not_valid_is_refused(
    spoil: Callable[[dict[str, Any]], object],
) -> None:
    spoiled = copy.deepcopy(DOCUMENT)
    spoil(spoiled)
    with pytest.raises((ValidationError, SchemaError, KeyError)):
        validate(spoiled)


def test_operations_are_the_manifests() -> None:
    told = DOCUMENT["operations"]
    for service in SERVICES:
        for action, events in (("send", service.publishes), ("receive", service.handles)):
            said = {
                one["$ref"].rpartition("/")[2]
                for name, operation in told.items()
                if name.startswith(f"{service.name}.{action}.")
                for one in operation["messages"]
            }
            assert said == {event.type for event in events}


def schema_of(kind: type[Event], part: str) -> dict[str, Any]:
    """Give the schema of a message's headers or payload, with what it refers to."""
    found = DOCUMENT["components"]["messages"][kind.type][part]
    return {**found, "components": DOCUMENT["components"]}


def test_what_is_sent_is_what_the_document_says() -> None:
    event = BankFeedCompleted(
        source_id=new_id(), area_code="42", feed_id=new_id(), day=date(2026, 3, 2)
    )
    row = {
        "id": event.id,
        "type": event.type,
        "key": event.key_value,
        "occurred_at": event.occurred_at,
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "body": event.body(),
    }
    sent = message("payroll", row)
    for part, value in (("headers", dict(sent.headers)), ("payload", json.loads(sent.value))):
        schema = schema_of(BankFeedCompleted, part)
        Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(
            value
        )
    with pytest.raises(ValidationError):
        Draft202012Validator(schema_of(BankFeedCompleted, "payload")).validate({"day": 1})


def test_two_classes_of_one_name_are_not_mixed_up(monkeypatch: pytest.MonkeyPatch) -> None:
    other = BankFeedCompleted.schema_of_body() | {"$defs": {"ProjectCard": {"type": "string"}}}
    monkeypatch.setattr(BankFeedCompleted, "schema_of_body", classmethod(lambda _: other))
    with pytest.raises(ValueError, match="ProjectCard"):
        asyncapi.document(SERVICES)
