"""Bodies of payroll sheets."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Self, TypeAlias
from uuid import UUID

from pydantic import (
    Field,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from services.payroll.rules.sheet_lines import Entry, Reading
from services.payroll.rules.sheets import ArchiveCause, Change, Origin, Severity, SheetStatus
from services.payroll.schemas.feeds import KeptTextOut
from services.payroll.schemas.fields import Body, Filter, Reason, Row
from shared import clock
from shared.pii import MaskedCard, MaskedIdNumber, MaskedName, MaskedPhone
from shared.problems import TextError
from shared.wording import Text

# Of a file: ten thousand workers come to 1 MB as xlsx, and to 3 MB as JSON.
MOST_BYTES = 16 * 1024 * 1024
MOST_LINES = 20_000


def _month(value: object, inner: ValidatorFunctionWrapHandler) -> str:
    """Say how a month is written, where it is not."""
    try:
        month: str = inner(value)
    except ValidationError:
        raise TextError(
            "month_unreadable",
            Text("月份应写作 2023-03 这样的年月", "A month is written like 2023-03"),
        ) from None
    return month


Month: TypeAlias = Annotated[
    str,
    StringConstraints(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$"),
    Field(description="YYYY-MM, from 2000 on"),
    WrapValidator(_month),
]
Run: TypeAlias = Annotated[int, Field(ge=1, le=99)]
_Printed: TypeAlias = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]*$"
    ),
]
_Item: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,39}$")]
_Amount: TypeAlias = Annotated[
    Decimal, Field(max_digits=12, decimal_places=2, description="Yuan, at most two decimals")
]
_Count: TypeAlias = Annotated[Decimal, Field(ge=0, le=999, max_digits=5, decimal_places=2)]
_Items: TypeAlias = Annotated[dict[_Item, _Amount], Field(max_length=20)]


class SheetLineIn(Body):
    """One worker's line, as programs send it."""

    id_type: Annotated[str, StringConstraints(pattern=r"^[0-9]{2}$")] = "01"
    """Code of the kind of document; 01 is the ID card."""
    id_number: _Printed
    name: _Printed
    phone: _Printed | None = None
    card_no: _Printed | None = None
    bank_name: _Printed | None = None
    bank_code: _Printed | None = None
    crew: _Printed | None = None
    trade: _Printed | None = None
    days: _Count | None = None
    hours: _Count | None = None
    earned: _Items = {}
    """Items of gross by a name of code (`base_pay`, `overtime_pay` …)."""
    withheld: _Items = {}
    """Items of deductions by a name of code (`advance`, `insurance` …)."""
    gross: _Amount
    deductions: _Amount | None = None
    net: _Amount
    unpaid: _Amount | None = None
    """What of it is left for later."""
    paid_on: clock.Day | None = None


_ENTRY = tuple(SheetLineIn.model_fields)


class SheetIn(Body):
    """A payroll sheet as programs send it."""

    period: Month
    run: Run = 1
    """1 for the month's sheet; further ones pay what was left (补发)."""
    employer_id: UUID | None = None
    """Whose workers they are; left out: the sender's own."""
    lines: Annotated[list[SheetLineIn], Field(min_length=1, max_length=MOST_LINES)]

    def read(self) -> Reading:
        """Give it as the same thing that is read of a file; a line's row is its number."""
        entries = [
            Entry(sheet="", row=number, **{name: getattr(line, name) for name in _ENTRY})
            for number, line in enumerate(self.lines, start=1)
        ]
        return Reading(entries, counts={"data": len(entries)})


class SheetFormIn(Body):
    """What is said beside a file."""

    period: Month
    run: Run = 1
    employer_id: UUID | None = None


class SheetTemplateIn(Body):
    """Of which month and whose workers a template is, and why it is taken: it names people."""

    period: Month
    employer_id: UUID | None = None
    """Whose workers; left out: one's own, else the contractor's."""
    purpose: Reason


class SheetFilter(Filter):
    """Which sheets a list shows."""

    project_id: UUID | None = None
    employer_id: UUID | None = None
    period: Month | None = None
    run: Run | None = None
    status: SheetStatus | None = None


class SheetFindingFilter(Filter):
    """Which findings a list shows."""

    severity: Severity | None = None
    code: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,60}$")] | None = None
    row: Annotated[int, Field(ge=0, le=2_000_000)] | None = None


class SheetReasonIn(Body):
    """Why it is done."""

    reason: Reason


class SheetMoveIn(Body):
    """Where a sheet belongs; what is left out stays as it is."""

    project_id: UUID | None = None
    employer_id: UUID | None = None
    period: Month | None = None
    run: Run | None = None
    reason: Reason

    @model_validator(mode="after")
    def _moves(self) -> Self:
        if not self.model_fields_set & {"project_id", "employer_id", "period", "run"}:
            raise TextError("moves_nowhere", Text("没有说明移到哪里", "It says nothing of a place"))
        return self


class SheetOut(Row):
    """A payroll sheet, without its lines; accepted and rejected sum to its rows of data."""

    id: UUID
    project_id: UUID
    employer_id: UUID
    period: str
    run: int
    version: int
    status: SheetStatus
    file_id: UUID | None
    size: int
    """In bytes."""
    rows: int
    accepted: int
    rejected: int
    row_counts: dict[str, int]
    """All rows of the file that are not blank, by class."""
    gross: Decimal
    net: Decimal
    errors: int
    """While one stands, the sheet cannot be submitted."""
    warnings: int
    hints: int
    checks: int
    checked_at: datetime
    rules: dict[str, Any]
    """Area and version of the rows of policy that it was checked by."""
    made_by: str
    made_at: datetime
    submitted_by: str | None
    submitted_at: datetime | None
    reviewed_by: str | None
    reviewed_at: datetime | None
    approved_by: str | None
    approved_at: datetime | None
    sent_at: datetime | None
    archived_by: str | None
    archived_at: datetime | None
    archive_cause: ArchiveCause | None
    archive_reason: str | None
    replaces_id: UUID | None
    """The version before."""
    moved_from_id: UUID | None


class SheetFindingOut(Row):
    """Something found, with its place, what to do, and the rule that found it."""

    position: int
    place: str
    """As spreadsheets name it, `明细!E12`."""
    origin: Origin
    code: str
    severity: Severity
    rule: dict[str, Any]
    """Area and version of the row of policy; empty of what the reader found by itself."""
    line: int | None
    sheet: str
    row: int
    """In the file; 0 where it is about the sheet as a whole."""
    column: str
    field: str
    detail: KeptTextOut
    remedy: KeptTextOut | None
    compared: dict[str, Any]
    """Amounts in yuan, days and ids that were compared."""


class CheckedSheetOut(Row):
    """A sheet with all that was found in it."""

    sheet: SheetOut
    findings: list[SheetFindingOut]


class SheetLineOut(Row):
    """A worker's line; personal values are masked."""

    position: int
    sheet: str
    row: int
    id_type: str | None
    id_number: MaskedIdNumber | None
    name: MaskedName | None
    phone: MaskedPhone | None
    card_no: MaskedCard | None
    bank_name: str | None
    bank_code: str | None
    crew: str | None
    trade: str | None
    days: Decimal | None
    hours: Decimal | None
    items: dict[str, Decimal]
    gross: Decimal | None
    deductions: Decimal | None
    net: Decimal | None
    unpaid: Decimal | None
    paid_on: date | None


class SheetDifferenceOut(Row):
    """How a line differs from the version before."""

    position: int
    change: Change
    row: int | None
    former_row: int | None
    fields: dict[str, list[str | None] | None]
    """By field what it was and is; null of a personal value, which changed and is not told."""
