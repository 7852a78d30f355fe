"""The duty to report a project (应报尽报): who must, what a report holds, and what is missing."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from shared.problems import Finding
from shared.wording import Text

_HALF = re.compile(r"(19|20|21)[0-9]{2}H[12]")
JULY = 7


class WorksKind(StrEnum):
    """What is built, as duties to report tell it apart: 乡村振兴项目, 村级道路, 其他."""

    RURAL_REVITALISATION = "rural_revitalisation"
    VILLAGE_ROAD = "village_road"
    OTHER = "other"


WORKS_KINDS: Mapping[WorksKind, Text] = {
    WorksKind.RURAL_REVITALISATION: Text("乡村振兴项目", "rural revitalisation"),
    WorksKind.VILLAGE_ROAD: Text("村级道路", "village road"),
    WorksKind.OTHER: Text("其他工程", "other works"),
}

# What a duty may ask for, each with its name. What an area does ask for are rows.
REPORT_FIELDS: Mapping[str, Text] = {
    "area_code": Text("行政区划", "area"),
    "investment_type": Text("投资类型", "investment type"),
    "funding_source": Text("资金来源", "funding source"),
    "contractor": Text("施工总承包单位", "contractor"),
    "sector_authority": Text("行业主管部门", "sector authority"),
    "category": Text("工程类别", "project category"),
    "size": Text("项目规模", "project size"),
    "investment_amount": Text("投资额", "amount invested"),
    "approval_number": Text("立项文号", "approval number"),
    "permit_number": Text("施工许可证号", "number of the construction permit"),
    "address": Text("建设地点", "address"),
    "started_on": Text("开工日期", "day on which works started"),
    "works_contract": Text("施工合同", "works contract"),
    "responsible_person": Text("包保责任人", "responsible person"),
}


class GapReason(StrEnum):
    """Why a project counts as 应报未报."""

    NOT_REGISTERED = "not_registered"
    """Seen by others (an approval, an inspection), and nobody registered it."""
    FIELDS_MISSING = "fields_missing"
    """Reported, but not with all that its duty asks for."""
    NOT_REPORTED = "not_reported"
    """Registered, and the half-year went by without a report."""


class Verdict(StrEnum):
    """Whether a project must be reported."""

    DUE = "due"
    NOT_STARTED = "not_started"
    BELOW = "below"
    """Its amount does not reach that of the duty, or the area asks for no report of its kind."""
    AMOUNT_UNKNOWN = "amount_unknown"
    """The duty goes by amount, and nobody told it: absent data are no fact."""


@dataclass(frozen=True, slots=True)
class Half:
    """Half a year, `2023H1`; both its days are included."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> "Half":
        """Give the half-year in which a day lies."""
        return cls(day.year, 2 if day.month >= JULY else 1)

    @classmethod
    def read(cls, said: str) -> "Half":
        """Read `2023H1`; raise ValueError for anything else."""
        if not _HALF.fullmatch(said):
            raise ValueError(f"{said} is no half-year")
        return cls(int(said[:4]), int(said[5]))

    @property
    def first(self) -> date:
        """Give its first day."""
        return date(self.year, JULY if self.number == 2 else 1, 1)  # noqa: PLR2004  the second half

    @property
    def last(self) -> date:
        """Give its last day."""
        return self.after.first - timedelta(days=1)

    @property
    def after(self) -> "Half":
        """Give the next one."""
        return Half(self.year, 2) if self.number == 1 else Half(self.year + 1, 1)

    @property
    def before(self) -> "Half":
        """Give the one before."""
        return Half(self.year - 1, 2) if self.number == 1 else Half(self.year, 1)

    def __str__(self) -> str:
        """Write it as people do."""
        return f"{self.year}H{self.number}"


@dataclass(frozen=True, slots=True)
class Duty:
    """A row of the duty to report: works of a kind, in an area, from a day on.

    `above` in yuan, not included; None: at any amount. `required` are codes of `REPORT_FIELDS`.
    """

    area_code: str
    works_kind: WorksKind
    version: int
    valid_from: date
    above: Decimal | None
    required: Sequence[str]


@dataclass(frozen=True, slots=True)
class Works:
    """What decides whether works must be reported; `amount` in yuan."""

    works_kind: WorksKind
    amount: Decimal | None
    started_on: date | None


def duty_in_force(
    rows: Iterable[Duty], lineage: Sequence[str], works_kind: WorksKind, today: date
) -> Duty | None:
    """Give the row that counts for a kind of works on a day.

    The nearest area of `lineage` (nearest first) that has a row in force counts alone; of its rows
    the one of the highest version.
    """
    for code in lineage:
        here = [
            row
            for row in rows
            if (row.area_code, row.works_kind) == (code, works_kind) and row.valid_from <= today
        ]
        if here:
            return max(here, key=lambda row: row.version)
    return None


def verdict(duty: Duty | None, works: Works, today: date) -> Verdict:
    """Say whether works must be reported on a day."""
    if works.started_on is None or works.started_on > today:
        return Verdict.NOT_STARTED
    if duty is None:
        return Verdict.BELOW
    if duty.above is None:
        return Verdict.DUE
    if works.amount is None:
        return Verdict.AMOUNT_UNKNOWN
    return Verdict.DUE if works.amount > duty.above else Verdict.BELOW


def missing(duty: Duty | None, given: Mapping[str, object]) -> list[str]:
    """Give the fields that a duty asks for and that are empty, in the duty's order."""
    return [name for name in (duty.required if duty else ()) if given.get(name) in {None, ""}]


def gap_of(
    *, due: bool, reported_on: date | None, lacks: Sequence[str], overdue: bool
) -> GapReason | None:
    """Say why a registered project is a gap, if it is one.

    `reported_on` of the half-year, or of the one that was missed; `overdue`: a half-year in which
    the platform knew the project as due went by, and no report came since.
    """
    if not due:
        return None
    if reported_on and lacks:
        return GapReason.FIELDS_MISSING
    if reported_on is None and overdue:
        return GapReason.NOT_REPORTED
    return None


def check_duty(required: Sequence[str], above: Decimal | None) -> list[Finding]:
    """Give all findings of a duty that is to be entered."""
    found = [
        Finding(
            f"required[{at}]",
            "FieldUnknown",
            Text("没有此项报送内容", "No report has this field"),
            Text("可选：{codes}", "One of: {codes}").fill(codes=", ".join(REPORT_FIELDS)),
        )
        for at, code in enumerate(required)
        if code not in REPORT_FIELDS
    ]
    if above is not None and above < 0:
        found.append(
            Finding("above", "AmountNegative", Text("金额不得为负", "An amount is not negative"))
        )
    return found


def check_half(said: str) -> list[Finding]:
    """Give the finding of what is no half-year."""
    if _HALF.fullmatch(said):
        return []
    return [
        Finding(
            "half_year",
            "HalfYearMalformed",
            Text("半年度应为 YYYYH1 或 YYYYH2，如 2023H1", "A half-year is YYYYH1 or YYYYH2"),
        )
    ]


def names(fields: Iterable[str]) -> list[Text]:
    """Give what fields are called."""
    return [REPORT_FIELDS.get(each, Text(each, each)) for each in fields]
