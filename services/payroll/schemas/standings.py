"""Bodies of the summary: how supervised projects stand with their transfers on a day."""

from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from services.payroll.rules.standings import Grouping, InvestmentType, Standing
from services.payroll.schemas.fields import AreaCode, Filter, Name, Row
from shared import clock
from shared.problems import TextError
from shared.wording import Text


def _not_ahead(day: date) -> date:
    # Looked at here, so that it is told beside whatever else is wrong with the query.
    if day > clock.today():
        raise TextError(
            "day_in_future", Text("日期不得晚于今天", "A day that has not come cannot be told of")
        )
    return day


AsOf = Annotated[clock.Day, AfterValidator(_not_ahead)]


class StandingFilter(Filter):
    """Which supervised in-progress projects are looked at, and when; list and count alike.

    What a project is like (area, developer, investment type, funding source, status, supervised or
    not) is what it was like on that day.
    """

    as_of: AsOf | None = None
    """The end of this day in China time; today, as far as it has gone, if it is left out."""
    area_code: AreaCode | None = None
    """This area and what lies in it."""
    developer_id: UUID | None = None
    contractor_id: UUID | None = None
    investment_type: InvestmentType | None = None
    funding_source: Name | None = None


class SummaryFilter(StandingFilter):
    """Which projects a summary counts, and by what it tells them apart."""

    by: Grouping


class StandingListFilter(StandingFilter):
    """Which of the same projects a list shows: those that stand in one of some ways."""

    transfer: list[Standing] = Field(default=[], max_length=len(Standing))
    """May be given more than once: `transfer=none&transfer=short` are those that lack money."""


class TallyOut(Row):
    """How many projects stand how. Each is counted once; `projects` is the denominator."""

    projects: int
    """Supervised projects in progress on that day."""
    none: int
    """未拨付: nothing has come for what is open."""
    short: int
    """拨付不足: a part has come for what is open."""
    full: int
    """足额: nothing is open."""
    shortfall: Decimal
    """What is lacking in all, in yuan."""
    share: Decimal | None
    """(none + short) / projects in per cent, one decimal, half up; null where there is none."""


class DeveloperOut(Row):
    """A developer, by the name that its projects bore on that day."""

    id: UUID
    name: str


class DeveloperTallyOut(TallyOut):
    """A developer's projects."""

    developer: DeveloperOut


class InvestmentTallyOut(TallyOut):
    """The projects of an investment type."""

    investment_type: str
    """One of those that the filter takes."""


class FundingTallyOut(TallyOut):
    """The projects of a funding source; null: those that name none."""

    funding_source: str | None


class SummaryOut(Row):
    """How supervised projects in progress stand with their transfers at the end of a day."""

    as_of: date
    by: Grouping
    items: list[DeveloperTallyOut | InvestmentTallyOut | FundingTallyOut]
    """Most misses (none + short) first, then by what is lacking."""
    total: TallyOut


class ProjectStandingOut(Row):
    """A supervised project in progress, as it was on that day, and how it stands."""

    id: UUID
    name: str
    area_code: str
    developer_id: UUID
    developer_name: str
    contractor_id: UUID | None
    contractor_name: str | None
    investment_type: str
    funding_source: str | None
    supervised_since: date
    transfer: Standing
    shortfall: Decimal
    """What is lacking of its open obligations, in yuan."""
    open_obligations: int
    """How many are due and not paid in full."""
    oldest_due_on: date | None
    """The due day of the oldest of them."""
