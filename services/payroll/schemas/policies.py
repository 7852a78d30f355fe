"""Bodies of what areas decide: one form of values for each kind."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self, TypeAlias
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    RootModel,
    StringConstraints,
    ValidationError,
    model_validator,
)

from services.payroll.rules.periods import TransferMonth
from services.payroll.rules.policies import Certainty, PolicyKind
from services.payroll.rules.roster import GateMode
from services.payroll.rules.sheet_checks import NUMBERS
from services.payroll.rules.sheets import Severity
from services.payroll.schemas.fields import AreaCode, Body, Filter, Name, Row
from services.payroll.schemas.sources import HourMinute
from shared import clock
from shared.expectations import Every
from shared.problems import TextError
from shared.wording import Text

_Word: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=20)]
_Days: TypeAlias = Annotated[int, Field(ge=0, le=366)]
_CheckCode: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,60}$")]
_Decimal: TypeAlias = Annotated[Decimal, Field(ge=0, lt=10**9, decimal_places=2)]
_Ahead: TypeAlias = Annotated[int, Field(ge=1, le=60)]


class _Values(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Allowed(_Values):
    allowed: bool


class _DayCount(_Values):
    days: _Days


class _Purpose(_Values):
    words: Annotated[list[_Word], Field(min_length=1, max_length=50)]
    not_words: Annotated[list[_Word], Field(max_length=50)] = []


class _Months(_Values):
    months: Annotated[int, Field(ge=1, le=60)]


class _Workday(_Values):
    workdays: _Ahead


class _Workdays(_Values):
    workdays: Annotated[list[_Ahead], Field(min_length=1, max_length=10)]


class _Rhythm(_Values):
    """Within one day at most after `by` it is still in time."""

    every: Annotated[Every, Field(strict=False)]
    by: HourMinute
    workday: Annotated[int, Field(ge=1, le=23)] = 1
    grace_minutes: Annotated[int, Field(ge=0, le=1440)] = 0


class _Check(BaseModel):
    """A severity, and the numbers of those checks that have some."""

    model_config = ConfigDict(extra="forbid")

    severity: Severity
    tolerance: _Decimal | None = None
    days: _Decimal | None = None
    full_days: Annotated[Decimal, Field(gt=0, le=31, decimal_places=2)] | None = None
    per_day: _Decimal | None = None
    per_month: _Decimal | None = None
    share: Annotated[Decimal, Field(ge=0, le=1, decimal_places=4)] | None = None
    months: Annotated[int, Field(ge=0, le=240)] | None = None


class _Checks(RootModel[dict[_CheckCode, _Check]]):
    """By code; a check that has numbers names each of them, a code that nobody knows is refused."""

    @model_validator(mode="after")
    def _named(self) -> Self:
        for code, entry in self.root.items():
            numbers = entry.model_fields_set - {"severity"}
            if numbers != NUMBERS.get(code, frozenset()):
                raise ValueError(f"{code} needs {sorted(NUMBERS.get(code, ()))}")
        return self


_YUAN = r"^[0-9]{1,9}\.[0-9]{2}$"


class _Monthly(_Values):
    monthly: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,6}\.[0-9]{2}$")]


_Age: TypeAlias = Annotated[int | None, Field(ge=14, le=100)]


class _Ages(_Values):
    refuse_under: _Age = None
    warn_under: _Age = None
    warn_from_male: _Age = None
    warn_from_female: _Age = None
    refuse_from_male: _Age = None
    refuse_from_female: _Age = None


class _Gate(_Values):
    mode: Annotated[GateMode, Field(strict=False)]
    ahead_days: Annotated[int, Field(ge=0, le=366)]


class _Hours(_Values):
    hours: Annotated[int, Field(ge=0, le=720)]


class _Order(_Values):
    order: Annotated[
        list[Literal["gate_vendor", "contractor", "sheet"]], Field(min_length=1, max_length=3)
    ]
    sheet_confidence: Annotated[str, StringConstraints(pattern=r"^(0\.[0-9]{3}|1\.000)$")]
    differ_days: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,2}\.[0-9]{2}$")]


class _Implausible(_Values):
    per_month: Annotated[str, StringConstraints(pattern=_YUAN)]
    per_year: Annotated[str, StringConstraints(pattern=_YUAN)]
    cards: Annotated[int, Field(ge=2, le=100)]
    same_workers: Annotated[int, Field(ge=2, le=10_000)]
    same_share: Annotated[str, StringConstraints(pattern=r"^(0\.[0-9]{2}|1\.00)$")]
    months: Annotated[int, Field(ge=1, le=24)]


class _PayDay(_Values):
    day: Annotated[int, Field(ge=1, le=31)]
    month: Annotated[TransferMonth, Field(strict=False)]


class _Years(_Values):
    years: Annotated[int, Field(ge=1, le=100)]


FORMS: dict[PolicyKind, type[BaseModel]] = {
    PolicyKind.SUB_LEDGERS: _Allowed,
    PolicyKind.CLOSING_NOTICE: _DayCount,
    PolicyKind.PAYROLL_PURPOSE: _Purpose,
    PolicyKind.LUMP_PAYEES: _Purpose,
    PolicyKind.COVER_WINDOW: _Months,
    PolicyKind.TRANSFERS_DUE: _DayCount,
    PolicyKind.FORECAST: _Workday,
    PolicyKind.REMINDERS: _Workdays,
    PolicyKind.CONTRACTOR_REPORT: _Workday,
    PolicyKind.TREASURY_FEED: _Rhythm,
    PolicyKind.CONTRACTOR_FEED: _Rhythm,
    PolicyKind.GATE_VENDOR_FEED: _Rhythm,
    PolicyKind.SHEET_CHECKS: _Checks,
    PolicyKind.MINIMUM_WAGE: _Monthly,
    PolicyKind.WORKER_AGE: _Ages,
    PolicyKind.REGISTRATION_GATE: _Gate,
    PolicyKind.ATTENDANCE_SOURCES: _Order,
    PolicyKind.SITE_WATCH: _DayCount,
    PolicyKind.IMPLAUSIBLE_PAY: _Implausible,
    PolicyKind.PAY_DAY: _PayDay,
    PolicyKind.PAYEE_HOLD: _Hours,
    PolicyKind.WAGE_RECORDS_KEPT: _Years,
    PolicyKind.ATTENDANCE_KEPT: _Years,
}


class PolicyIn(Body):
    """What an area decides. Area, kind and version name it; the same again changes nothing."""

    area_code: AreaCode
    kind: PolicyKind
    version: Annotated[int, Field(ge=1, le=1_000_000)]
    valid_from: clock.Day
    values: dict[str, Any]
    """By kind: `{"allowed": …}`, `{"days": …}`, `{"words": […]}`, `{"every": …, "by": …}` …"""
    basis: Name
    """Document and article, or whose practice it is."""
    certainty: Certainty

    @model_validator(mode="after")
    def _has_its_form(self) -> Self:
        try:
            FORMS[self.kind].model_validate(self.values)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            raise TextError(
                "policy_values",
                Text(
                    f"{self.kind} 的取值不合要求：{place}",
                    f"These values do not fit {self.kind}: {place}: {first['msg']}",
                ),
            ) from error
        return self


class PolicyFilter(Filter):
    """Which rows a list shows."""

    area_code: AreaCode | None = None
    kind: PolicyKind | None = None


class PolicyOut(Row):
    """What an area decides of a kind, from a day on."""

    id: UUID
    area_code: str
    kind: PolicyKind
    version: int
    valid_from: date
    values: dict[str, Any]
    basis: str
    certainty: Certainty
    created_at: datetime
    created_by: str
