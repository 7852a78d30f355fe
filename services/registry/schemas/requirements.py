"""Bodies of required systems: lists by area, requirements, evidence, exemptions, the summary."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from services.registry.rules.projects import InvestmentType
from services.registry.rules.requirements import (
    Answerer,
    Certainty,
    ConditionKind,
    ExemptionType,
    Kind,
    RequirementStatus,
    Trigger,
)
from services.registry.rules.systems import Grouping
from services.registry.schemas.fields import AreaCode, Body, Code, Filter, Name, Row
from shared import clock
from shared.problems import TextError
from shared.wording import Text
from shared.workdays import Unit

MOST_AT_ONCE = 500


class KindIn(Body):
    """One required system of a list."""

    code: Code
    """`wage_account`, `roster`, `disbursement`, `deposit`, `notice_board` or one of your own."""
    zh: Name
    en: Name
    triggers: Annotated[list[Trigger], Field(max_length=len(Trigger))]
    """From which event its limit counts; the first one that is known."""
    length: Annotated[int, Field(ge=0, le=3650)]
    """How many days after it; 0: it must be there by that day."""
    unit: Unit = Unit.CD
    """`wd` or `cd`."""
    answerer: Answerer = Answerer.CONTRACTOR
    exempt_months: Annotated[int, Field(ge=1, le=120)] = 12
    """For how many months it may be exempted at most."""
    condition: ConditionKind | None = None
    """What watch item its lack may open, of those that are about one system."""
    basis: Name
    """Document and article."""
    certainty: Certainty

    def kind(self) -> Kind:
        """Give it as the rules take it."""
        return Kind.of(self.model_dump(mode="json"))


class RequirementListIn(Body):
    """A version of the systems that an area asks for."""

    area_code: AreaCode
    version: Annotated[int, Field(ge=1, le=1_000_000)]
    valid_from: clock.Day
    kinds: Annotated[list[KindIn], Field(max_length=100)]
    basis: Name
    certainty: Certainty


class RequirementListFilter(Filter):
    """Which lists are shown."""

    area_code: AreaCode | None = None


class KindOut(Row):
    """One required system of a list."""

    code: str
    zh: str
    en: str
    triggers: list[Trigger]
    length: int
    unit: Unit
    answerer: Answerer
    exempt_months: int
    condition: ConditionKind | None
    basis: str
    certainty: Certainty


class RequirementListOut(Row):
    """A version of the systems that an area asks for."""

    id: UUID
    area_code: str
    version: int
    valid_from: date
    kinds: list[KindOut]
    basis: str
    certainty: Certainty
    created_at: datetime


class RequirementFilter(Filter):
    """Which requirements a list shows."""

    project_id: UUID | None = None
    kind: Code | None = None
    status: RequirementStatus | None = None
    developer_id: UUID | None = None
    contractor_id: UUID | None = None
    area_code: AreaCode | None = None
    """This area and what lies in it."""


class RequirementOut(Row):
    """One required system at one project."""

    id: UUID
    project_id: UUID
    kind: str
    status: RequirementStatus
    """`not_required`, `not_done`, `done`, `exempt`, `overdue`."""
    triggered_on: date | None
    """The day from which its limit counts; null: nothing has set it going yet."""
    due_on: date | None
    done_on: date | None
    valid_until: date | None
    """The last day of its evidence; null: there is none, or it does not end."""
    exempt_until: date | None
    answerer: Answerer
    version: int
    changed_at: datetime


class EvidenceIn(Body):
    """A reference to what shows that a system is in place."""

    done_on: clock.Day
    """Since which day it is."""
    reference: Name
    """Where the paper lies: its number, a register, a place on the site."""
    valid_until: clock.Day | None = None
    """Its last day; left out: it does not end."""


class ProjectEvidenceIn(EvidenceIn):
    """The same, for a system of a project."""

    project_id: UUID
    kind: Code


class EvidenceBatchIn(Body):
    """Evidence of many projects at once: all of it is taken, or none."""

    items: Annotated[list[ProjectEvidenceIn], Field(min_length=1, max_length=MOST_AT_ONCE)]


class EvidenceBatchOut(Row):
    """What became of a batch."""

    filed: int
    """New evidence."""
    unchanged: int
    """Evidence that stood already."""


class WithdrawalIn(Body):
    """Why an evidence shows nothing after all."""

    reason: Name


class EvidenceOut(Row):
    """What shows that a system is in place."""

    id: UUID
    requirement_id: UUID
    project_id: UUID
    done_on: date
    valid_until: date | None
    reference: str | None
    file_id: UUID | None
    """A kept file; `GET …/evidence/{id}/file` gives it."""
    file_kind: str | None
    file_size: int | None
    digest: str
    """sha256 of the file, or of the reference."""
    recorded_by: str
    recorded_at: datetime
    withdrawn_by: str | None
    withdrawn_at: datetime | None
    withdrawn_why: str | None


class ExemptionIn(Body):
    """Why a system need not be in place, and until when; another person decides."""

    type: ExemptionType
    reason: Name
    until_on: clock.Day
    """The last day, included."""


class ExemptionOut(Row):
    """A time for which a system need not be in place."""

    id: UUID
    requirement_id: UUID
    project_id: UUID
    type: ExemptionType
    reason: str
    until_on: date
    proposed_by: str
    proposed_at: datetime
    confirmed_by: str | None
    """Null: nobody has decided yet, and nothing is exempted."""
    confirmed_at: datetime | None
    ended_at: datetime | None


def _not_ahead(day: date) -> date:
    if day > clock.today():
        raise TextError(
            "day_in_future", Text("日期不得晚于今天", "A day that has not come cannot be told of")
        )
    return day


AsOf = Annotated[clock.Day, AfterValidator(_not_ahead)]


class SystemFilter(Filter):
    """Which supervised in-progress projects are looked at, and when; list and count alike.

    What a project is like is what it was like on that day.
    """

    as_of: AsOf | None = None
    """The end of this day in China time; today, as far as it has gone, if it is left out."""
    area_code: AreaCode | None = None
    """This area and what lies in it."""
    developer_id: UUID | None = None
    contractor_id: UUID | None = None
    sector_authority_id: UUID | None = None
    investment_type: InvestmentType | None = None


class SystemSummaryFilter(SystemFilter):
    """Which requirements a summary counts, and by what it tells them apart."""

    by: Grouping


class SystemListFilter(SystemFilter):
    """Which of the same requirements a list shows."""

    kind: Code | None = None
    status: Annotated[list[RequirementStatus], Field(max_length=len(RequirementStatus))] = []
    """May be given more than once: `status=not_done&status=overdue` are the gaps."""


class SystemTallyOut(Row):
    """Of one system: at how many projects it is asked for and in place."""

    kind: str
    required: int
    done: int
    exempt: int
    overdue: int
    share: Decimal | None
    """done / required in per cent, one decimal, half up; null where nothing is required."""


class TallyOut(Row):
    """How many requirements are done. Exempted ones are not among the required."""

    projects: int
    all_done: int
    """Projects at which all that is asked for is in place."""
    all_share: Decimal | None
    none_done: int
    """Projects at which nothing is."""
    required: int
    done: int
    share: Decimal | None
    systems: list[SystemTallyOut]


class GroupOut(Row):
    """The projects of a unit, an area, an investment type."""

    id: str
    name: str
    tally: TallyOut


class SystemSummaryOut(Row):
    """How the required systems of supervised projects in progress stand at the end of a day."""

    as_of: date
    by: Grouping
    items: list[GroupOut]
    """Most gaps first."""
    total: TallyOut


class SystemStandingOut(Row):
    """One required system at a project, as it stood on that day."""

    id: UUID
    """The requirement."""
    project_id: UUID
    project_name: str
    area_code: str
    developer_id: UUID
    developer_name: str
    contractor_id: UUID | None
    kind: str
    status: RequirementStatus
