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
    """A step of the ladder was reached that tells people something without changing the level."""

    step: str


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
