"""Claims of unpaid wages, and what payroll knows beside them."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.payroll.rules.wage_facts import Advice
from services.payroll.schemas.feeds import KeptTextOut
from services.payroll.schemas.fields import Body, Money, Period, Reason, Row
from services.payroll.schemas.roster import Number
from shared.problems import TextError
from shared.wording import Text

MOST, MOST_MONTHS = 5_000, 36


class ClaimIn(Body):
    """One worker's claim; by his number, or by his id where it is known."""

    worker_id: UUID | None = None
    id_number: Number | None = None
    from_period: Period
    to_period: Period | None = None
    """Left out: of one month."""
    claimed: Money | None = None

    @model_validator(mode="after")
    def _somebody_of_months(self) -> Self:
        if (self.worker_id is None) == (self.id_number is None):
            raise TextError(
                "who", Text("请填写人员编号或证件号码之一", "Give either his id or his number")
            )
        if not 1 <= self.months <= MOST_MONTHS:
            raise TextError(
                "months",
                Text(
                    f"月份须按先后填写，最多 {MOST_MONTHS} 个月",
                    f"Months go forward, {MOST_MONTHS} at most",
                ),
            )
        return self

    @property
    def months(self) -> int:
        """Count the months."""
        return _number(self.to_period or self.from_period) - _number(self.from_period) + 1

    @property
    def periods(self) -> list[str]:
        """Give the months, in their order."""
        first = _number(self.from_period)
        return [f"{n // 12:04d}-{n % 12 + 1:02d}" for n in range(first, first + self.months)]


def _number(period: str) -> int:
    return int(period[:4]) * 12 + int(period[5:]) - 1


class ClaimsIn(Body):
    """Claims of workers of a project, as they are told in a case."""

    purpose: Reason
    """Kept with who asked."""
    claims: Annotated[list[ClaimIn], Field(min_length=1, max_length=MOST)]

    @model_validator(mode="after")
    def _of_few_months(self) -> Self:
        if len({period for one in self.claims for period in one.periods}) > MOST_MONTHS:
            raise TextError(
                "months",
                Text(f"合计最多 {MOST_MONTHS} 个月", f"{MOST_MONTHS} months at most in all"),
            )
        return self


class SpellOut(Row):
    """A time on the project's roster."""

    employer_id: UUID
    entered_on: date
    left_on: date | None


class MonthFactsOut(Row):
    """What is known of a worker's month; amounts in yuan, null where nothing was told."""

    period: str
    days: dict[str, Decimal]
    """Attended, by who told of it."""
    sheet_days: Decimal | None
    gross: Decimal | None
    net: Decimal | None
    settled: Decimal
    under_way: Decimal
    returned: Decimal


class AdviceOut(Row):
    """What to look at, in words."""

    code: Advice
    words: KeptTextOut


class WorkerFactsOut(Row):
    """What is known beside one claim; who he is nobody is told who did not know."""

    place: int
    """Of the claim, from 0."""
    worker_id: UUID | None
    """Of whoever is on the project's roster."""
    spells: list[SpellOut]
    months: list[MonthFactsOut]
    owed: Decimal
    """What sheets say and no bank has settled, in yuan."""
    advice: list[AdviceOut]


class WageFactsOut(Row):
    """What is known beside some claims."""

    attendance_known: list[str]
    """Months of which anybody told any attendance of the project."""
    sheets_known: list[str]
    """Months of which a sheet of the project stands."""
    workers: list[WorkerFactsOut]
