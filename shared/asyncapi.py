"""The AsyncAPI 3 document of all events, read off the manifests: who sends what, who hears it."""

import json
from collections.abc import Mapping, Sequence
from inspect import cleandoc
from typing import Any

from shared.events.base import Event
from shared.service import Service

_ABOUT = """
Events of Xinqing 薪清. Each service sends its own to one topic; a message is a CloudEvent 1.0 in
binary mode whose key orders it among others. Delivery is at least once: take `ce_id` to know a
repeat. Unknown types, versions and fields are to be passed over. No event holds personal data.
""".strip()

_HEADERS: dict[str, Any] = {
    "ce_specversion": {"type": "string", "const": "1.0"},
    "ce_id": {"type": "string", "format": "uuid", "description": "The event's id."},
    "ce_source": {"type": "string", "description": "The sending service, `/payroll`."},
    "ce_time": {
        "type": "string",
        "format": "date-time",
        "description": "When the fact became true, in the domain's time.",
    },
    "content-type": {"type": "string", "const": "application/json"},
    "traceparent": {"type": "string", "description": "W3C trace context."},
}


def _ref(*path: str) -> dict[str, str]:
    parts = [part.replace("~", "~0").replace("/", "~1") for part in path]
    return {"$ref": "#/" + "/".join(parts)}


def _hoisted(event: type[Event], schemas: dict[str, Any]) -> dict[str, Any]:
    """Give an event's body schema, its nested classes moved to where all events share them."""
    said = json.dumps(event.schema_of_body()).replace('"#/$defs/', '"#/components/schemas/')
    body: dict[str, Any] = json.loads(said)
    for name, schema in body.pop("$defs", {}).items():
        if schemas.setdefault(name, schema) != schema:
            raise ValueError(f"two different classes named {name} are part of events")
    return body


def _message(event: type[Event], schemas: dict[str, Any]) -> dict[str, Any]:
    about = cleandoc(event.__doc__ or "")
    headers = {"ce_type": {"type": "string", "const": event.type}, **_HEADERS}
    return {
        "name": event.type,
        "title": event.__name__,
        "summary": about.split("\n", maxsplit=1)[0],
        "description": about,
        "contentType": "application/json",
        "headers": {"type": "object", "required": sorted(headers), "properties": headers},
        "payload": _hoisted(event, schemas),
        "bindings": {
            "kafka": {"key": {"type": "string", "description": f"The event's `{event.key}`."}}
        },
    }


def _operations(service: Service) -> dict[str, Any]:
    """Give what a service sends and receives, one operation for each topic."""
    found: dict[str, Any] = {}
    for action, events in (("send", service.publishes), ("receive", service.handles)):
        for topic in sorted({event.topic() for event in events}):
            types = sorted(event.type for event in events if event.topic() == topic)
            found[f"{service.name}.{action}.{topic}"] = {
                "action": action,
                "channel": _ref("channels", topic),
                "messages": [_ref("channels", topic, "messages", kind) for kind in types],
                "tags": [{"name": service.name}],
            }
    return found


def _channels(events: Mapping[str, type[Event]]) -> dict[str, Any]:
    """Give each topic with the messages that are sent to it."""
    channels: dict[str, Any] = {}
    for kind, event in events.items():
        topic = event.topic()
        empty = {
            "address": topic,
            "title": f"Events of {topic.split('.', maxsplit=1)[0]}",
            "messages": {},
            "bindings": {"kafka": {"topic": topic}},
        }
        messages = channels.setdefault(topic, empty)["messages"]
        messages[kind] = _ref("components", "messages", kind)
    return channels


_INFO: dict[str, Any] = {
    "title": "Xinqing 薪清",
    "version": "1",
    "description": _ABOUT,
    "license": {"name": "Apache-2.0"},
}
_SERVERS: dict[str, Any] = {
    "kafka": {
        "host": "{brokers}",
        "protocol": "kafka",
        "description": "Apache Kafka; in embedded mode the process itself.",
        "variables": {"brokers": {"default": "localhost:9092"}},
    }
}


def document(services: Sequence[Service]) -> dict[str, Any]:
    """Give the document; the same manifests give the same one, whatever their order."""
    told = {
        event.type: event
        for service in services
        for event in (*service.publishes, *service.handles)
    }
    events = dict(sorted(told.items()))
    schemas: dict[str, Any] = {}
    messages = {kind: _message(event, schemas) for kind, event in events.items()}
    operations: dict[str, Any] = {}
    for service in sorted(services, key=lambda one: one.name):
        operations |= _operations(service)
    return {
        "asyncapi": "3.0.0",
        "info": _INFO,
        "defaultContentType": "application/json",
        "servers": _SERVERS,
        "channels": _channels(events),
        "operations": operations,
        "components": {"messages": messages, "schemas": dict(sorted(schemas.items()))},
    }
