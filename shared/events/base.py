"""What an event is: a fact in the past tense, frozen, that others may rely on."""

import json
from datetime import datetime
from typing import Any, ClassVar, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from shared import clock
from shared.db import new_id

# CloudEvents attributes of an event, not part of its body (binary mode puts them in headers).
ENVELOPE = ("id", "occurred_at")


class Event(BaseModel):
    """A contract. `class X(Event, type="payroll.x.v1", key="project_id")`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: ClassVar[str] = ""
    key: ClassVar[str] = ""

    id: UUID = Field(default_factory=new_id, exclude=True)
    """The event's id: the inbox counts by it, webhooks carry it."""
    occurred_at: AwareDatetime = Field(default_factory=clock.now, exclude=True)
    """When the fact became true, in the domain's time; what follows is dated by it."""

    def __init_subclass__(cls, *, type: str = "", key: str = "", **rest: Any) -> None:  # noqa: A002  class keywords, so that a body may say `type` (house, trap 13)
        """Take the type and the name of the key field as class keywords."""
        super().__init_subclass__(**rest)
        cls.type, cls.key = type, key

    @classmethod
    def topic(cls) -> str:
        """Give the one topic of its publisher: `payroll.events`, `platform.events`."""
        return f"{cls.type.split('.', maxsplit=1)[0]}.events"

    @property
    def waited_since(self) -> datetime:
        """Give since when people wait for this to be told; for measuring alone."""
        return self.occurred_at

    @property
    def key_value(self) -> str:
        """Give the value that orders this event among others."""
        return str(getattr(self, self.key))

    def body(self) -> bytes:
        """Give the JSON body, without the envelope."""
        return self.model_dump_json().encode()

    @classmethod
    def parse(cls, body: bytes | str, *, id: UUID, occurred_at: datetime) -> Self:  # noqa: A002  CloudEvents' name
        """Read a body; raises pydantic's ValidationError where the contract is broken."""
        fields = json.loads(body)
        if not isinstance(fields, dict):
            fields = {"": fields}
        return cls.model_validate(fields | {"id": id, "occurred_at": occurred_at})

    @classmethod
    def schema_of_body(cls) -> dict[str, Any]:
        """Give the JSON schema of the body as published (envelope left out)."""
        schema = cls.model_json_schema(mode="serialization")
        for name in ENVELOPE:
            schema.get("properties", {}).pop(name, None)
        schema["required"] = [n for n in schema.get("required", []) if n not in ENVELOPE]
        return schema
