"""The catalogue of event types: of each its meaning, schema, and a sample of what is pushed."""

from datetime import date
from typing import Any
from uuid import UUID

from services.alerts.rules.catalogue import CATALOGUE, TEST, Listed, found_at, thin
from services.alerts.schemas.forms import OutBody
from shared.events.alerts import SupervisionProposed
from shared.events.base import Event
from shared.events.cases import (
    ArrearsCaseOpened,
    CaseProposed,
    CorrectionOrderMoved,
    FundingOrderMoved,
    RestrictionChanged,
    WatchItemClosed,
    WatchItemLowered,
    WatchItemOpened,
    WatchItemRaised,
    WatchItemStepReached,
)

EVENTS: dict[str, type[Event]] = {
    made.type: made
    for made in (
        ArrearsCaseOpened, CaseProposed, CorrectionOrderMoved, FundingOrderMoved,
        RestrictionChanged, SupervisionProposed, WatchItemClosed, WatchItemLowered,
        WatchItemOpened, WatchItemRaised, WatchItemStepReached,
    )
}  # fmt: skip
_PLUMBING = ("id", "occurred_at")
# By which a sample is read as what it is; all else follows from the schema alone.
_WORDS = {
    "kind": "transfer_missed", "area_code": "422828", "period": "2023-05", "level": "orange",
    "level_label": "橙", "level_rank": 3, "previous_level": "yellow", "step": "notice",
    "name": "集镇供水改造工程", "developer_name": "太平镇", "contractor_name": "某建筑公司",
    "close_reason": "transfer_received", "order_state": "served", "lacking": "126000.00",
    "order_number": "劳监令字〔2023〕第7号", "calendar_version": "0:2023", "status": "003",
    "investment_type": "government",
}  # fmt: skip


class EndingOut(OutBody):
    """When a type is no longer to be used, when it is sent no more, and what follows it."""

    deprecated_on: date
    sunset_on: date
    replaced_by: str | None


class EventTypeOut(OutBody):
    """A type of event: what it means, what its data look like, and a message as it is pushed."""

    name: str
    zh: str
    en: str
    data_schema: dict[str, Any]
    """JSON Schema (2020-12) of `data` of full messages; thin ones have some of it."""
    sample: dict[str, Any]
    """A full message."""
    thin_sample: dict[str, Any]
    ending: EndingOut | None


def event_types() -> list[EventTypeOut]:
    """Give the catalogue."""
    return [_shown(one) for one in CATALOGUE.values() if one.name != TEST]


def _shown(one: Listed) -> EventTypeOut:
    schema = EVENTS[one.name].model_json_schema(mode="serialization")
    for name in _PLUMBING:
        schema["properties"].pop(name, None)
    data = _sample(schema, schema.get("$defs", {}))
    message = {
        "specversion": "1.0", "id": str(UUID(int=1)), "source": f"/{one.name.partition('.')[0]}",
        "type": one.name, "time": "2023-06-08T16:00:00Z", "subject": data.get("project_id"),
        "datacontenttype": "application/json", "dataref": found_at(one.name, data),
        "sequence": "0000000042",
    }  # fmt: skip
    return EventTypeOut(
        name=one.name, zh=one.meaning.zh, en=one.meaning.en, data_schema=schema,
        sample=message | {"data": data}, thin_sample=message | {"data": thin(data)},
        ending=EndingOut.model_validate(one.ending) if one.ending else None,
    )  # fmt: skip


_BY_FORMAT = {
    "uuid": "01868000-0000-7000-8000-000000000007",
    "date": "2023-05-25",
    "date-time": "2023-05-25T16:00:00Z",
}
_BY_TYPE: dict[str, Any] = {"integer": 1, "number": 1, "boolean": False, "array": []}


def _sample(schema: dict[str, Any], parts: dict[str, Any], name: str = "") -> Any:  # noqa: ANN401  JSON
    if name in _WORDS:
        return _WORDS[name]
    if "$ref" in schema:
        return _sample(parts[schema["$ref"].rpartition("/")[2]], parts, name)
    if "anyOf" in schema:
        return _sample(next(one for one in schema["anyOf"] if one != {"type": "null"}), parts, name)
    if "properties" in schema:
        return {key: _sample(each, parts, key) for key, each in schema["properties"].items()}
    said = schema.get("type", "string")
    return _BY_FORMAT.get(schema.get("format", ""), _BY_TYPE.get(said, name))
