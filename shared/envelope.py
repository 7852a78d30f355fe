"""The CloudEvents headers of a message, as the inbox keeps them."""

from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from shared import clock
from shared.bus.base import Message
from shared.problems import Problem
from shared.wording import Text

LONGEST_KEY = 200


class EnvelopeUnreadable(Problem):
    """A message of a known type whose CloudEvents headers are missing or wrong."""

    title = Text("事件信封无法识别", "The event's envelope cannot be read")


def read(message: Message) -> dict[str, Any]:
    """Read the envelope; what is incomplete or wrong raises Key-, Value- or OverflowError."""
    headers = message.headers
    occurred_at = datetime.fromisoformat(headers["ce_time"])
    traceparent = headers.get("traceparent", "")
    if occurred_at.tzinfo is None or "\0" in message.key + traceparent:
        raise ValueError("an instant without offset, or text that no column holds")
    if len(message.key) > LONGEST_KEY:
        raise ValueError("a key that no index holds")
    return {
        "id": UUID(headers["ce_id"]),
        "topic": message.topic,
        "key": message.key,
        "type": headers["ce_type"],
        "occurred_at": occurred_at.astimezone(UTC),
        "received_at": clock.wall(),
        "traceparent": traceparent,
        "body": message.value,
        "replayed": headers.get("replayed") == "true",
    }


def unreadable(message: Message) -> dict[str, Any]:
    """Keep a message without a proper envelope under an id made of its content."""
    seed = f"{message.topic}:{message.key}:{message.value.hex()}"
    headers = {
        "ce_id": str(uuid5(NAMESPACE_URL, seed)),
        "ce_time": clock.wall().isoformat(),
        "ce_type": message.headers["ce_type"],
    }
    key = message.key.replace("\0", "")[:LONGEST_KEY]
    return read(Message(message.topic, key, message.value, headers))
