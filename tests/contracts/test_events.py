"""Events are contracts: recorded, never broken within a version, told, heard, and not personal."""

import copy
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given
from hypothesis import strategies as st

from shared.db import new_id
from shared.events.base import Event
from shared.events.payroll import BankFeedLate
from shared.events.platform import PLATFORM
from shared.outbox import message
from shared.service import Service
from tests.contracts import graph, record
from tests.fixtures.database import load, names

ROOT = Path(__file__).parents[2]
SERVICES = [load(name) for name in names()]
KINDS = {kind.type: kind for service in SERVICES for kind in (*service.publishes, *service.handles)}

TOLD = record.events()

# Told to others than our own services; the reason stands beside each.
OUTWARD = {
    "alerts.delivery_exhausted.v1",  # subscribers' operators read it; nobody here can help
    # Payroll's own conditions follow from its sheets; subscribers hear of the steps.
    "payroll.sheet_submitted.v1",
    "payroll.sheet_reviewed.v1",
    "payroll.sheet_approved.v1",
    "payroll.disbursement_sent.v1",
    "payroll.disbursement_settled.v1",
    "payroll.disbursement_reopened.v1",
}


def test_every_event_is_recorded_as_it_is_told() -> None:
    kept = {path.stem: json.loads(path.read_text()) for path in record.EVENTS.glob("*.json")}
    assert set(kept) == set(TOLD), "run `make contracts`"
    for kind, recorded in kept.items():
        assert recorded == TOLD[kind], f"{kind} was changed: run `make contracts`"


# ---- what others rely on -------------------------------------------------------------------

Change = Callable[[dict[str, Any]], object]


def contract() -> dict[str, Any]:
    told: dict[str, Any] = {"type": BankFeedLate.type, "key": BankFeedLate.key}
    told["schema"] = BankFeedLate.schema_of_body() | {
        "$defs": {"Card": {"type": "object", "properties": {"name": {"type": "string"}}}}
    }
    fields = told["schema"]["properties"]
    fields["card"] = {"$ref": "#/$defs/Card"}
    fields["cards"] = {"type": "array", "items": {"$ref": "#/$defs/Card"}}
    fields["note"] = {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}
    return told


def fields(told: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = told["schema"]["properties"]
    return found


BREAKS: list[tuple[Change, list[str]]] = [
    (lambda told: fields(told).pop("day"), ["day was removed"]),
    (lambda told: fields(told)["day"].update(type="integer"), ["day was retyped"]),
    (lambda told: fields(told)["day"].update(format="date-time"), ["day was retyped"]),
    (lambda told: told["schema"]["required"].append("note"), ["note is newly required"]),
    (
        lambda told: told["schema"]["required"].remove("day"),
        ["day is no longer certain to be there"],
    ),
    (
        lambda told: (
            fields(told).update(new={"type": "string"}),
            told["schema"]["required"].append("new"),
        ),
        ["new is newly required"],
    ),
    (
        lambda told: told["schema"]["$defs"]["Card"]["properties"].clear(),
        ["card.name was removed", "cards[].name was removed"],
    ),
    (lambda told: fields(told)["note"]["anyOf"].pop(), ["note was retyped"]),
    (lambda told: fields(told)["note"]["anyOf"][0].update(type="integer"), ["note was retyped"]),
    (lambda told: told.update(key="bank_id"), ["key was changed"]),
]
KEEPS: list[Change] = [
    lambda told: None,
    lambda told: fields(told).update(new={"type": "string", "default": ""}),
    lambda told: fields(told)["day"].update(title="Another", description="in other words"),
    lambda told: told["schema"]["$defs"]["Card"]["properties"].update(age={"type": "integer"}),
    lambda told: told["schema"].update(description="in other words"),
]


@pytest.mark.parametrize(("change", "lost"), BREAKS)
def test_what_others_would_lose_is_named(change: Change, lost: list[str]) -> None:
    old, new = contract(), contract()
    change(new)
    assert record.breaks(old, new) == lost


@pytest.mark.parametrize("change", KEEPS)
def test_what_is_added_with_a_default_is_the_same_version(change: Change) -> None:
    old, new = contract(), contract()
    change(new)
    assert record.breaks(old, new) == []


@given(st.data())
def test_no_field_of_any_event_can_be_taken_away(data: st.DataObject) -> None:
    told = data.draw(st.sampled_from(list(TOLD.values())))
    changed = copy.deepcopy(told)
    name = data.draw(st.sampled_from(sorted(changed["schema"]["properties"])))
    del changed["schema"]["properties"][name]
    assert f"{name} was removed" in record.breaks(told, changed)


def test_recording_refuses_what_breaks_and_keeps_the_rest(tmp_path: Path) -> None:
    first, second = contract(), contract()
    assert record.record({"a.v1": first, "b.v1": first}, tmp_path) == []
    del second["schema"]["properties"]["day"]
    added = contract()
    fields(added)["more"] = {"type": "string"}
    refused = record.record({"a.v1": second, "b.v1": added}, tmp_path)
    assert refused == ["a.v1: day was removed; make it a new version"]
    assert json.loads((tmp_path / "a.v1.json").read_text()) == first
    assert json.loads((tmp_path / "b.v1.json").read_text()) == added
    assert record.record({"a.v1": first}, tmp_path) == ["b.v1: is gone; delete its record by hand"]


# ---- names ---------------------------------------------------------------------------------


def type_of(kind: type[Event], publisher: str) -> str:
    """Give the type that a class's name asks for: `TransferMissedV2` → `….transfer_missed.v2`.

    What two publishers tell in one form says in its name whose it is; its type says so anyway.
    """
    stem, _, version = re.fullmatch(r"(.+?)(V(\d+))?", kind.__name__).groups()  # type: ignore[union-attr]
    stem = stem.removeprefix(publisher.capitalize())
    fact = re.sub(r"(?<!^)(?=[A-Z])", "_", stem).lower()
    return f"{publisher}.{fact}.v{version or 1}"


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_class_type_key_and_module_belong_together(kind: type[Event]) -> None:
    module = kind.__module__.rpartition(".")[2]
    publisher = kind.type.partition(".")[0] if module == "conditions" else module
    assert kind.type == type_of(kind, publisher)
    assert kind.topic() == f"{publisher}.events"
    field = kind.model_fields[kind.key]
    assert field.is_required(), f"{kind.key} orders its events and must be there"
    assert kind.__doc__


PERSONAL = re.compile(
    r"(?:^|_)(?:phones?|mobile|tel|e?mails?|cards?|passw(?:or)?d|secrets?|tokens?|address"
    r"|birth|gender|ethnic|photo|signature|salary|wages?)(?:_|$)"
    r"|(?:^|_)(?:id_(?:no|number|card)|account_(?:no|number)|counterparty|payee|holder)(?:_|$)"
    r"|(?:^|_)(?:person|worker|recipient|complainant|contact|manager|leader)_?name$"
)
# Names of what is public: organisations, areas, projects, banks' sources, machines' keys.
NAMED = {"name", "developer_name", "organisation_name", "contractor_name", "source_name"}


def properties(schema: dict[str, Any]) -> Iterator[str]:
    """Give the names of all fields of a schema, those of nested classes included."""
    for part in (schema, *schema.get("$defs", {}).values()):
        yield from part.get("properties", {})


def personal(schema: dict[str, Any]) -> list[str]:
    """Give the fields of a schema whose names say that they hold personal data."""
    return [
        name
        for name in properties(schema)
        if PERSONAL.search(name) or (name.endswith("name") and name not in NAMED)
    ]


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_no_event_has_a_field_for_personal_data(kind: type[Event]) -> None:
    assert personal(kind.schema_of_body()) == []


@pytest.mark.parametrize(
    "name", ["phone", "worker_name", "id_number", "bank_card", "account_no", "full_name", "e_mail"]
)
def test_a_field_for_personal_data_is_seen(name: str) -> None:
    assert personal({"properties": {name: {}, "project_id": {}}}) == [name]


# ---- the wire ------------------------------------------------------------------------------


def test_our_messages_are_read_by_the_library_of_the_specification() -> None:
    event = BankFeedLate(
        source_id=new_id(),
        source_name="工行恩施分行",
        bank_id=new_id(),
        area_code="422828",
        feed_id=new_id(),
        day=datetime(2026, 3, 2, tzinfo=UTC).date(),
        expected_at=datetime(2026, 3, 3, 2, tzinfo=UTC),
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
    headers = {name: value.encode() for name, value in sent.headers.items()}
    read = from_binary(KafkaMessage(headers, sent.key, sent.value), JSONFormat(), CloudEvent)
    assert read.get_id() == str(event.id)
    assert read.get_type() == "payroll.bank_feed_late.v1"
    assert read.get_source() == "/payroll"
    assert read.get_time() == event.occurred_at
    assert read.get_datacontenttype() == "application/json"
    again = BankFeedLate.parse(
        json.dumps(read.get_data()), id=event.id, occurred_at=event.occurred_at
    )
    assert again == event


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_unknown_fields_are_passed_over(kind: type[Event]) -> None:
    assert kind.model_config["extra"] == "ignore"
    assert kind.model_config["frozen"]


# ---- the graph -----------------------------------------------------------------------------


def test_every_event_that_is_handled_is_published_by_its_own_publisher() -> None:
    publishers = {kind.type: s.name for s in SERVICES for kind in s.publishes}
    for service in SERVICES:
        for kind in service.handles:
            assert kind.type in publishers, f"{service.name} waits for {kind.type} in vain"
    for name, publisher in publishers.items():
        assert KINDS[name] in PLATFORM or name.startswith(f"{publisher}.")


def test_every_event_that_is_published_is_heard_or_goes_outward() -> None:
    heard = {kind.type for service in SERVICES for kind in service.handles}
    told = {kind.type for service in SERVICES for kind in service.publishes}
    assert told - heard == OUTWARD
    assert set(TOLD) == told, "a contract that nobody tells"


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_every_service_may_tell_of_the_platform_itself(service: Service) -> None:
    assert set(PLATFORM) <= set(service.publishes)
    assert len(set(service.publishes)) == len(service.publishes)


def edges() -> dict[str, set[str]]:
    """Give for each event those that its handlers publish at once."""
    found: dict[str, set[str]] = {}
    for service in SERVICES:
        told = {kind.__name__ for kind in service.publishes}
        source = graph.read(ROOT / "services" / service.name)
        for kind, handler in service.handles.items():
            caused = graph.reached(source, handler.__name__) & told
            found.setdefault(kind.__name__, set()).update(caused)
    return found


def test_no_event_comes_back_to_itself_without_a_human_or_a_clock() -> None:
    """An acknowledgement that cases records is a person's; a level that climbs is a timer's."""
    assert graph.cycle(edges()) == ()


def test_the_main_flow_is_seen_in_the_source() -> None:
    """Else the test above would look at nothing."""
    assert "WatchItemOpened" in edges()["TransferMissed"]
    assert "WatchItemClosed" in edges()["TransferReceived"]


def test_a_cycle_is_found() -> None:
    assert graph.cycle({"a": ["b"], "b": ["c"], "c": ["b"]}) == ["b", "c", "b"]
    assert graph.cycle({"a": ["b", "c"], "b": ["c"], "c": []}) == ()


def test_names_are_followed_through_functions_but_not_annotations() -> None:
    source = """
async def on_a(session: Session, event: A) -> None:
    await actions.open(session)

async def open(session) -> None:
    kind: C = B if session else None
    publish(session, kind())

async def on_due(session, timer):
    publish(session, D())
"""
    assert graph.reached(graph.named([source]), "on_a") & {"A", "B", "C", "D"} == {"B"}
