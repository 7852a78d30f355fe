"""Bodies of attendance."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from operator import itemgetter
from typing import Annotated, Any, TypeAlias
from uuid import UUID

import pydantic_core
from pydantic import Field, StringConstraints, ValidationError
from pydantic_core import core_schema

from services.payroll.rules.attendance import AttendType, Batch, Passage, Seen
from services.payroll.schemas.feeds import KeptTextOut
from services.payroll.schemas.fields import Body, Filter, Row
from services.payroll.schemas.sheets import Month
from shared import clock
from shared.pii import MaskedIdNumber
from shared.problems import Finding, Invalid, findings

MOST_RECORDS = 100_000
# A record with all that may be said comes to some 250 bytes.
MOST_BYTES = 32 * 1024 * 1024

SourceCode: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9._-]{0,19}$")]
_Key: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,64}$")]
_IdNumber: TypeAlias = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=4, max_length=40, pattern=r"^\w[\w \-()（）]*$"
    ),
]
_RECORDS = "records"


class AttendanceRecordIn(Body):
    """Somebody passed a gate, or was marked as present."""

    record_key: _Key
    """The sender's number of it; the same number of the same day is the same record."""
    id_type: Annotated[str, StringConstraints(pattern=r"^[0-9]{2}$")] = "01"
    """Code of the kind of document; 01 is the ID card."""
    id_number: _IdNumber
    at: clock.Instant
    direction: Passage | None = None
    """01 in, 02 out."""
    attend_type: AttendType | None = None
    """By what the person was known, `001` face to `011` other."""
    units: Annotated[Decimal, Field(ge=0, le=3, max_digits=3, decimal_places=2)] | None = None
    """How much of a day counts, where the sender says so: 1, 0.5."""
    confidence: Annotated[Decimal, Field(ge=0, le=1, max_digits=4, decimal_places=3)] | None = None
    """How sure the device is of the person."""


class AttendanceIn(Body):
    """A batch of records of one system at a project; late ones are welcome."""

    source: SourceCode
    """The code of the system or device that it comes from; record keys are unique within it."""
    records: Annotated[list[AttendanceRecordIn], Field(max_length=MOST_RECORDS)]
    """None: nobody passed; it is heard of none the less."""


def _form(model: type[Body], **other: Any) -> core_schema.TypedDictSchema:
    """Give the form of a body whose fields come as a dictionary, some of them as others.

    What it takes and refuses is the same; a hundred thousand objects take a third longer.
    """
    form: Any = model.__pydantic_core_schema__
    fields = {name: field["schema"] for name, field in form["schema"]["fields"].items()} | other
    return core_schema.typed_dict_schema(
        {
            name: core_schema.typed_dict_field(one, required=one["type"] != "default")
            for name, one in fields.items()
        },
        config=form["config"],
        extra_behavior="forbid",
    )


_BATCH = pydantic_core.SchemaValidator(
    _form(
        AttendanceIn,
        records=core_schema.list_schema(_form(AttendanceRecordIn), max_length=MOST_RECORDS),
    )
)


def read(body: bytes) -> Batch:
    """Read a batch; a record that has not the form asked for is a finding, and is left out.

    It takes long; call it in a thread. Raises Invalid where the batch itself has not that form.
    """
    digest = hashlib.sha256(body).hexdigest()
    try:
        said = _BATCH.validate_json(body)
    except ValidationError:
        return _sifted(body, digest)
    records = said[_RECORDS]
    return Batch(said["source"], _seen(records, range(len(records))), (), len(records), digest)


def _errors(body: bytes) -> Sequence[Any]:
    """Say what is wrong in the words of bodies: a record that is no object is no dictionary."""
    try:
        AttendanceIn.model_validate_json(body)
    except ValidationError as error:
        return error.errors(include_url=False, include_input=False)
    raise RuntimeError("a batch is refused in one form, and taken in another")


def _sifted(body: bytes, digest: str) -> Batch:
    errors = _errors(body)
    found: list[Finding] = findings(errors)
    if any(len(error["loc"]) < 2 or error["loc"][0] != _RECORDS for error in errors):  # noqa: PLR2004
        raise Invalid(errors=found)
    wrong = {error["loc"][1] for error in errors}
    raw: Mapping[str, Any] = pydantic_core.from_json(body)
    kept = [place for place in range(len(raw[_RECORDS])) if place not in wrong]
    # As JSON again: from Python's values the same rules would take other forms.
    rest = {**raw, _RECORDS: [raw[_RECORDS][place] for place in kept]}
    said = _BATCH.validate_json(pydantic_core.to_json(rest))
    return Batch(said["source"], _seen(said[_RECORDS], kept), found, len(raw[_RECORDS]), digest)


def _seen(records: Sequence[Mapping[str, Any]], places: Sequence[int]) -> list[Seen]:
    told = map(itemgetter(*Seen._fields[1:]), records)
    return [Seen(place, *one) for place, one in zip(places, told, strict=True)]


class RecordFindingOut(Row):
    """What is wrong with a record, at its place in the batch."""

    place: str
    code: str
    detail: KeptTextOut
    remedy: KeptTextOut | None


class AttendanceTakenOut(Row):
    """What became of a batch; new, known and refused sum to what was sent."""

    project_id: UUID
    source: str
    sent: int
    new: int
    known: int
    """There already, as they are: sent before."""
    refused: int
    """Records with findings; nothing of them was taken."""
    findings: list[RecordFindingOut]
    """All of them, up to ten thousand."""
    more_findings: int
    """How many are not shown."""


class AttendanceFilter(Filter):
    """Of which month a list tells."""

    period: Month


class AttendedMonthOut(Row):
    """What a person attended in a month; whoever is on no roster is shown, too."""

    attendee_id: UUID
    id_type: str
    id_number: MaskedIdNumber
    worker_id: UUID | None
    """Null: nobody of this number is registered on the platform."""
    days: int
    """Days on which anything was seen of the person."""
    unregistered_days: int
    """Those of them on which the person was not on the project's roster."""
    units: Decimal | None
    """Days by the units that were told; null where none were. Of a day told twice the most."""
    records: int
    first_on: date
    last_on: date
    told: dict[str, str]
    """Days by who told of them, `gate_vendor`, `contractor`, `sheet`: each as he told them."""


class AttendedDayOut(Row):
    """How many people were seen on a day."""

    day: date
    people: int
    records: int


class AttendedDaysOut(Row):
    """The days of a month on which anybody was seen."""

    period: str
    days: list[AttendedDayOut]


class RevealedAttendeeOut(Row):
    """Whom gates saw. The reading is recorded."""

    id: UUID
    id_type: str
    id_number: str
