"""Why an item stands on its level, and how it gets out."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.cases.rules.history import Told
from services.cases.rules.items import ItemState, WatchKind
from services.cases.rules.next_steps import Who
from services.cases.rules.policies import Certainty
from services.cases.rules.why import Cause
from services.cases.schemas.delay import DelayOut
from services.cases.schemas.fields import OutBody, WordsOut
from services.cases.schemas.items import AssigneeOut, PauseOut
from shared.workdays import Unit


class RuleOut(OutBody):
    """The version of the policy by which an item climbs, and whose it is."""

    id: UUID
    area_code: str
    kind: WatchKind
    version: int
    valid_from: date
    unit: Unit
    """What its steps count unless one says otherwise."""
    basis: str
    certainty: Certainty


class ReasonOut(OutBody):
    """A rung that was reached, and by what."""

    step: str
    level: str
    at: datetime
    cause: Cause
    rule: str | None
    """The jump's code, where a rule raised it at once."""
    value: Decimal | None
    """What had been measured, where a value decides."""
    should_have_been_at: datetime | None
    """When time reached it, where that was found out later (late data)."""
    passed: bool
    """Passed on the way to another rung; nobody was told of it alone."""
    why: WordsOut


class ToldOut(OutBody):
    """A piece of news that the item rests on, as it was told."""

    id: UUID
    """The event's."""
    what: Told
    at: datetime
    known_at: datetime
    """When it was taken in, among the rungs."""
    body: dict[str, Any]


class CountedMissOut(OutBody):
    """A miss of the same project that counts with this one."""

    watch_item_id: UUID
    works_contract_id: UUID
    period: str
    due_on: date
    state: ItemState


class StandingOut(OutBody):
    """How many misses in a row end with this one, and its place among all of its project."""

    in_a_row: int
    in_total: int


class ProofOut(OutBody):
    """What closes the item: the word with which it is told, and what it is."""

    code: str
    text: WordsOut
    by_document: bool
    """An officer may close it by documents that show this."""
    second_person: bool
    """Another officer has to confirm such a closing."""


class RungOut(OutBody):
    """The rung that time reaches next."""

    step: str
    level: str | None
    """Null: people are told again, and the level stays."""
    at: datetime


class LeftOut(OutBody):
    """How much time is left; today is not counted."""

    at: datetime
    """Up to this instant, which is not part of it any more."""
    last_on: date
    """The last day on which it is in time."""
    workdays: int
    days: int
    """Calendar days."""
    over: bool
    provisional: bool
    """The working days of that year are not settled by a notice yet: it may move."""


class NextStepOut(OutBody):
    """What has to be done, by whom, until when."""

    code: str
    who: Who
    unit_id: UUID | None
    person_id: UUID | None
    due_at: datetime | None
    text: WordsOut


class WhyItemOut(OutBody):
    """The item itself: where it stands, and the rows it rests on."""

    id: UUID
    kind: WatchKind
    subject_id: UUID
    project_id: UUID | None
    works_contract_id: UUID | None
    area_code: str
    period: str
    previous_period: str | None
    state: ItemState
    level: str
    level_rank: int
    level_label: str
    level_since: datetime
    step: str
    step_at: datetime
    assignee: AssigneeOut
    due_on: date
    """D: the day from which the ladder counts."""
    due_amount: Decimal | None
    credited: Decimal | None
    """What has come in against it."""
    lacking: Decimal | None
    bank_serials: list[str]
    """The bank's lines that came in against it."""
    facts: list[str]
    value: Decimal | None
    opened_at: datetime
    paused: list[PauseOut]
    muted_by: str | None
    muted_at: datetime | None
    promised_on: date | None
    closed_at: datetime | None
    close_reason: str | None
    calendar_version: str


class WhyOut(OutBody):
    """Why an item stands where it stands and how it gets out."""

    as_of: datetime
    item: WhyItemOut
    policy: RuleOut
    subject: str
    """What `item.subject_id` is: `obligation`, `bank_feed`, `wage_account`, `requirement` …"""
    rungs: list[ReasonOut]
    """Each rung that was reached, in order."""
    told: list[ToldOut]
    """The newest news that it rests on, at most 20, in order."""
    counted: list[CountedMissOut]
    """Missed transfers only: the misses of its project up to this one."""
    standing: StandingOut | None
    delay: DelayOut | None
    """Missed transfers only: where the period's money is, and whose each day of delay is."""
    closes_by: list[ProofOut]
    """Each of these closes it; a text never does."""
    next_rung: RungOut | None
    """Null while its clock stands still, and once it is closed."""
    rung_left: LeftOut | None
    answer_left: LeftOut | None
    """Null where no answer is waited for."""
    next_steps: list[NextStepOut]
    """What puts it right comes first; empty once it is closed."""
    waiting: WordsOut | None
    """What those read who wait for another party; the one that is waited for reads null."""
