"""What cases tells: watch items opened, raised and closed; proposals and arrears cases."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from shared.events.base import Event
from shared.events.registry import ProjectCard


class _ItemEvent(Event):
    """What every event of a watch item says, so that alerts can route it without asking."""

    watch_item_id: UUID
    kind: str
    subject_id: UUID
    project_id: UUID | None = None
    project: ProjectCard | None = None
    area_code: str
    period: str
    level: str
    level_rank: int
    """Place of the level in the area's order, lowest 1."""
    level_label: str
    """What the area calls it, 红."""
    unit_id: UUID | None = None
    """The assignee: the unit that answers for it (developer, bank, …)."""
    person_id: UUID | None = None
    """The responsible person in force, if there is one."""
    lacking: Decimal | None = None
    waiting_for: str | None = None
    """The party that holds the period's money (`developer`, `bank`): others' clocks stand still."""
    due_on: date | None = None
    opened_at: datetime
    policy_version: int
    calendar_version: str
    passed: list[str] = []
    """Rungs passed on the way to `level`, in order (late data, downtime, or a jump by rule)."""
    by_rule: str | None = None
    """`two_in_a_row`, `three_in_total`, `works_started` … when it was not time alone."""


class WatchItemOpened(_ItemEvent, type="cases.watch_item_opened.v1", key="watch_item_id"):
    """Something must be put right."""

    reopened: bool = False
    """It had been closed, and the proof that closed it holds no longer."""


class WatchItemRaised(_ItemEvent, type="cases.watch_item_raised.v1", key="watch_item_id"):
    """It was not put right; its level is higher now."""

    previous_level: str


class WatchItemLowered(_ItemEvent, type="cases.watch_item_lowered.v1", key="watch_item_id"):
    """The value that it is about was measured anew and is better; its level is lower now."""

    previous_level: str


class WatchItemClosed(_ItemEvent, type="cases.watch_item_closed.v1", key="watch_item_id"):
    """It was put right, with proof."""

    closed_at: datetime
    close_reason: str


class WatchItemStepReached(
    _ItemEvent, type="cases.watch_item_step_reached.v1", key="watch_item_id"
):
    """Something fell due that people are told of without the level being any other."""

    step: str
    """A step of the item's ladder; or `report_overdue`, a limit that runs beside every ladder."""


class WatchItemDecided(Event, type="cases.watch_item_decided.v1", key="watch_item_id"):
    """Somebody decided something about an item by hand; what he wrote beside it is not told.

    Words may tell of people. A restored cases hears it back from whoever heard it.
    """

    watch_item_id: UUID
    area_code: str
    decision: str
    """`answered`, `verifying`, `reopened`, `assigned`, `evidence_added`, `extension_asked`,
    `extension_granted`, `extension_refused`, `closing_asked`, `closing_refused`, `closed`,
    `closing_reopened`, `case_refused`, `order_proof_brought`, `order_proof_refused`,
    `order_put_right_late`."""
    decided_by: str
    """The caller's subject: an id, never a name."""
    paper_id: UUID | None = None
    """Of the closing, the extension, the evidence, the proposal or the order."""
    org_id: UUID | None = None
    """For which organisation he spoke."""
    day: date | None = None
    """Until when: promised, asked for, or granted."""
    proof: str | None = None
    """What the documents prove, the code of the reason."""
    evidence_ids: list[UUID] = []
    unit_id: UUID | None = None
    person_id: UUID | None = None
    """Whom the item was handed to."""
    file: dict[str, str | int] | None = None
    """Of an evidence: `kind`, `sha256`, `size`, `scan`."""


class CorrectionOrderMoved(_ItemEvent, type="cases.correction_order_moved.v1", key="watch_item_id"):
    """A correction order about an item was drafted, signed, served, obeyed, overdue or decided on.

    `stalled`: it lies unsigned or unserved for longer than its terms allow.
    """

    order_id: UUID
    order_state: str
    """`draft`, `signed`, `served`, `fulfilled`, `overdue`, `penalised`, `spared`, `withdrawn`."""
    order_number: str | None = None
    order_due_on: date | None = None
    """The last day on which it is obeyed in time."""
    stalled: bool = False
    moved_by: str | None = None
    """The caller's subject, an id; None: time moved it, or the proof that closed its item."""
    matter: str | None = None
    length: int | None = None
    """Days that it gives, in the unit of its terms."""
    sequence: int | None = None
    """The place of its number among its office's of the year."""
    served_on: date | None = None
    served_how: str | None = None
    evidence_ids: list[UUID] = []
    """What shows that it was served."""
    decision_number: str | None = None
    """Of the penalty decision."""


class FundingOrderMoved(_ItemEvent, type="cases.funding_order_moved.v1", key="watch_item_id"):
    """Government money that is not in place was reported, ordered, is overdue, or was paid."""

    order_id: UUID
    order_state: str
    """`reported`, `refused`, `approved`, `ordered`, `overdue`, `interviewed`, `notified`,
    `disciplined`, `funded`."""
    order_due_on: date | None = None
    """The last day on which the order is obeyed in time."""


class CaseProposed(Event, type="cases.case_proposed.v1", key="project_id"):
    """A project is red: an arrears case is proposed to the wage office, one per project."""

    project_id: UUID
    project: ProjectCard
    proposal_id: UUID
    area_code: str
    watch_item_id: UUID


class ArrearsCaseOpened(Event, type="cases.arrears_case_opened.v1", key="project_id"):
    """A proposal was confirmed, or stood until D+30 working days of the oldest open miss."""

    project_id: UUID
    project: ProjectCard
    arrears_case_id: UUID
    proposal_id: UUID
    area_code: str
    opened_at: datetime
    by_rule: bool


class RestrictionChanged(Event, type="cases.restriction_changed.v1", key="restriction_id"):
    """A unit that owes wages is restricted, or no longer is."""

    restriction_id: UUID
    arrears_case_id: UUID
    area_code: str
    kind: str
    """`key_control`, `bid_restriction`, `veto`, `market_removal`."""
    state: str
    """`in_force`, `lifted`, `ended`."""
    credit_code: str
    """Of the unit; it is public."""
    basis: str
    from_on: date | None = None
    to_on: date | None = None
    """The last day of it."""


class IncidentRecorded(Event, type="cases.incident_recorded.v1", key="incident_id"):
    """A mass or extreme incident over unpaid wages was recorded: what is open about it is red."""

    incident_id: UUID
    area_code: str
    kind: str
    """`mass_incident`, `extreme_incident`."""
    grade: str
    """`ordinary`, `major`: by the sizes of its area."""
    persons: int
    project_id: UUID | None = None
    name: str | None = None
    """Of the project, as registry tells it; never what somebody typed."""
    happened_at: datetime


class RetaliationTold(Event, type="cases.retaliation_told.v1", key="arrears_case_id"):
    """Somebody suffers because unpaid wages were told of. Nothing here names employer or site."""

    arrears_case_id: UUID
    area_code: str
    kind: str
    """`threat`, `dismissal`, `work_denied`, `violence`."""


class RetaliationSettled(Event, type="cases.retaliation_settled.v1", key="arrears_case_id"):
    """Whatever retaliation was told of in a case has been dealt with."""

    arrears_case_id: UUID
    area_code: str


class IncidentEnded(Event, type="cases.incident_ended.v1", key="incident_id"):
    """An incident is over."""

    incident_id: UUID
    area_code: str
    kind: str
