"""Arrears cases: as they are told of, listed and shown."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.cases.rules.arrears import (
    Age,
    Cause,
    Channel,
    Conclusion,
    Nature,
    Relation,
    Speaker,
)
from services.cases.rules.case_clocks import ClockKind, Investment
from services.cases.rules.course import Act, Stage
from services.cases.rules.items import CaseState
from services.cases.rules.routing import GovernmentLevel
from services.cases.schemas.fields import AreaCode, Asked, Code, InBody, OutBody, Words
from services.cases.schemas.leads import ExternalId, Money, Workers
from shared import clock
from shared.pii import MaskedIdNumber, MaskedName, MaskedPhone
from shared.problems import TextError
from shared.wording import Text
from shared.workdays import Unit

Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\ufffe\uffff]*$")]
Phone = Annotated[str, Field(pattern=r"^\+?[0-9][0-9 -]{4,24}$")]
IdNumber = Annotated[str, Field(pattern=r"^[0-9A-Za-z]{5,30}$")]
Months = Annotated[
    str, Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])(\.\.20[0-9]{2}-(0[1-9]|1[0-2]))?$")
]
"""A month or a span of months: `2023-01`, `2023-01..2023-03`."""


def refuse_unreachable(
    speaker: Speaker, name: str | None, phone: str | None, *, anonymous: bool
) -> None:
    """Let someone be reachable, unless he wants to be named to nobody."""
    named = speaker in {Speaker.WORKER, Speaker.REPRESENTATIVE} and not anonymous
    if named and not (name and phone):
        raise TextError(
            "reporter_unreachable",
            Text(
                "实名反映须填写姓名和联系电话；不愿留名请选择匿名",
                "A report under a name needs name and phone; or make it anonymous",
            ),
        )


class ReportIn(InBody):
    """What somebody tells of unpaid wages; what he does not know is left out."""

    channel: Channel
    external_id: ExternalId | None = None
    """The number of the report where it comes from; the same again changes nothing."""
    speaker: Speaker
    anonymous: bool = False
    """Asked to be named to nobody; what he gave of himself is not kept then."""
    name: Line | None = None
    phone: Phone | None = None
    id_number: IdNumber | None = None
    text: Words
    """In his own words; kept sealed."""
    area_code: AreaCode
    """Of the place of work."""
    place: Line
    """The site or the shop, as a notice would name it; no person."""
    industry: Code | None = None
    """Where nobody says: that of the employer's trades, as registry tells them; else building."""
    employer_kind: Code | None = None
    """What else the area's table asks: `unionised`, `shop` …"""
    level: GovernmentLevel | None = None
    """Of the government whose works it is about, or which a petition was handed to."""
    project_id: UUID | None = None
    employer_id: UUID | None = None
    employer_name: Line | None = None
    investment: Investment | None = None
    """Whose money builds it; of a project that is watched it is known."""
    months: Months | None = None
    arisen_on: clock.Day | None = None
    """When the wages fell due; else the end of the last month that is owed."""
    left_on: clock.Day | None = None
    """When the worker left the site, if he did: what is open about that is red at once."""
    workers: Workers | None = None
    amount: Money | None = None
    received_at: clock.Instant | None = None
    """When it was told; else now."""
    own_case: bool = False
    """Whoever takes it in knows that it is another matter, however alike it reads."""

    @model_validator(mode="after")
    def _can_be_answered(self) -> Self:
        refuse_unreachable(self.speaker, self.name, self.phone, anonymous=self.anonymous)
        return self


class ReportOut(OutBody):
    """A report of a case; whoever spoke is masked, the words are revealed apart."""

    id: UUID
    case_id: UUID
    relation: Relation
    channel: Channel
    external_id: str | None
    speaker: Speaker
    anonymous: bool
    name: MaskedName | None
    phone: MaskedPhone | None
    id_number: MaskedIdNumber | None
    said: dict[str, Any]
    received_at: datetime
    told_at: datetime
    told_by: str
    answered_at: datetime | None
    board_id: UUID | None
    withdrawn_at: datetime | None
    """When whoever told has taken it back; the case goes on until its end is confirmed."""


class ClockOut(OutBody):
    """A clock of a case."""

    kind: ClockKind
    started_at: datetime
    unit: Unit
    length: int
    granted: int
    """In the same unit, on top."""
    pauses: list[dict[str, Any]]
    still_since: datetime | None
    due_at: datetime | None
    """The first instant at which it is not kept any more; None while it stands still."""
    over_at: datetime | None
    ended_at: datetime | None
    calendar_version: str


class CaseStepOut(OutBody):
    """A line of a case's history."""

    at: datetime
    actor: str
    what: str
    stage_from: Stage | None
    stage_to: Stage
    details: dict[str, Any]


class ArrearsCaseOut(OutBody):
    """An arrears case."""

    id: UUID
    version: int
    number: str | None
    area_code: str
    place: str
    industry: str
    employer_kind: str | None
    level: GovernmentLevel | None
    project_id: UUID | None
    employer_id: UUID | None
    employer_name: str | None
    proposal_id: UUID | None
    related_id: UUID | None
    """A case of the same employer, site or person that was there before."""
    channel: Channel
    nature: Nature
    cause: Cause | None
    investment: Investment | None
    arisen_on: date | None
    clear_by: date | None
    """The day by which it has to be cleared; none while nobody said when it arose."""
    workers_told: int | None
    amount_told: Decimal | None
    workers: int
    claimed: Decimal
    verified: Decimal
    paid: Decimal
    owed: Decimal
    workers_owed: int
    state: CaseState
    stage: Stage
    stage_since: datetime
    unit_id: UUID | None
    """The body that it was routed or handed to."""
    receiver_id: UUID | None
    """The body that it came from."""
    answerable_id: UUID | None
    """Of the two the one that answers for it now: the first until the other has signed."""
    hand_overs: int
    copied_to_id: UUID | None
    copied_at: datetime | None
    copy_taken_at: datetime | None
    received_at: datetime | None
    accepted_at: datetime | None
    opened_at: datetime
    opened_by: str
    by_rule: bool
    next_at: datetime | None
    """When the next of its clocks runs out."""
    incident_id: UUID | None
    """The last mass or extreme incident over it: it is red since."""
    retaliations_open: int
    """Of what whoever complained suffers for it, so much nobody has dealt with yet."""
    conclusion: Conclusion | None
    ended_at: datetime | None
    changed_at: datetime


class ActOut(OutBody):
    """Something that can be done with a case now, by whoever asks."""

    act: Act
    zh: str
    en: str


class WholeCaseOut(ArrearsCaseOut):
    """A case with its clocks, its history, and what the caller can do with it."""

    clocks: list[ClockOut]
    steps: list[CaseStepOut]
    acts: list[ActOut]


class ArrearsCaseFilter(Asked):
    """Which arrears cases."""

    state: CaseState | None = None
    stage: Stage | None = None
    channel: Channel | None = None
    nature: Nature | None = None
    cause: Cause | None = None
    industry: Code | None = None
    project_id: UUID | None = None
    employer_id: UUID | None = None
    unit_id: UUID | None = None
    conclusion: Conclusion | None = None
    area_code: AreaCode | None = None
    """This area and all below it."""
    clear_by_until: clock.Day | None = None
    """That have to be cleared by this day at the latest."""
    red: bool | None = None
    """Whether an incident has turned it red."""
    retaliation: bool | None = None
    """Whether somebody suffers for it, and nobody has dealt with that yet."""
    overdue: bool | None = None
    """Whether one of its clocks has run out unkept."""
    opened_from: clock.Day | None = None
    opened_until: clock.Day | None = None
    """The last day, included; each is a day in China."""
    ended_from: clock.Day | None = None
    ended_until: clock.Day | None = None
    year: Annotated[int, Field(ge=1990, le=2190)] | None = None
    """On the books of this year: opened before it was over, and not ended before it began."""
    age: Age | None = None
    """How old beside `year`, which it needs."""

    @model_validator(mode="after")
    def _aged_beside_a_year(self) -> Self:
        if self.age and self.year is None:
            raise TextError(
                "year", Text("按存量、新增筛选须指明年份", "To tell old from new, name the year")
            )
        return self


class CaseCountsOut(OutBody):
    """What the cases of a filter come to; sums of yuan count wages alone."""

    total: int
    """In cases."""
    open: int
    overdue: int
    employers: int
    workers: int
    claimed: Decimal
    verified: Decimal
    paid: Decimal
    owed: Decimal
    workers_owed: int


class RevealedReportOut(OutBody):
    """Who reported and in which words. The reading is recorded."""

    id: UUID
    name: str | None
    phone: str | None
    id_number: str | None
    text: str


class ReportTakenOut(OutBody):
    """What a report has come to: the case that was opened, or the one it belongs to."""

    report: ReportOut
    case: ArrearsCaseOut
