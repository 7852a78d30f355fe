"""Bodies of how long workers' data are kept."""

from datetime import date, datetime
from uuid import UUID

from services.payroll.schemas.fields import Body, Reason, Row
from shared import clock


class EndingIn(Body):
    """That works are complete and all wages settled. A fact that is left out is not known."""

    completed_on: clock.Day | None = None
    settled_on: clock.Day | None = None
    basis: Reason
    """By what it is known: a record of completion, a settlement, a promise that was published."""


class EndingOut(Row):
    """What was told of a project's end."""

    id: UUID
    project_id: UUID
    completed_on: date | None
    settled_on: date | None
    basis: str
    told_at: datetime
    told_by: str
    blanked_at: datetime | None
    """Since when data of its people are blanked."""


class HoldIn(Body):
    """Why data are kept beyond their time."""

    reason: Reason


class HoldOut(Row):
    """A hold, with how it ended."""

    id: UUID
    project_id: UUID
    reason: str
    placed_at: datetime
    placed_by: str
    lifted_at: datetime | None
    lifted_by: str | None
    lift_reason: str | None


class RetentionOut(Row):
    """Until when data of a project are kept, as things stand."""

    project_id: UUID
    ending: EndingOut | None
    kept_until: date | None
    """The last day by facts and rule; null while a fact lacks: they are kept."""
    holds: list[HoldOut]
    open_cases: int
    """Arrears cases that are open; they hold, too."""
    unsettled_lines: int
    """Wages that went to the bank and are not settled, or are disputed; they hold, too."""
