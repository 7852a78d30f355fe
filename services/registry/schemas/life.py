"""Bodies of what happens to a project: suspension, resumption, completion, settlement."""

from datetime import date, datetime
from uuid import UUID

from services.registry.rules.life import SuspensionReason, SuspensionState
from services.registry.schemas.fields import Body, Filter, Name, Row
from shared import clock
from shared.clock import Day


class SuspensionIn(Body):
    """A request to stop a project; both days are included."""

    reason: SuspensionReason
    explanation: Name
    from_on: Day
    until_on: Day


class DecisionIn(Body):
    """What another person decides about a request."""

    approved: bool


class ResumptionIn(Body):
    """The works go on before the suspension's end."""

    resumed_on: Day
    """The first day of works."""


class CompletionIn(Body):
    """The works are complete."""

    completed_on: Day


class SettlementIn(Body):
    """All wages of the project are settled."""

    settled_on: Day


class SuspensionFilter(Filter):
    """Which suspensions a list shows."""

    project_id: UUID | None = None
    state: SuspensionState | None = None
    on: clock.Day | None = None
    """Those that were approved and stop the works on this day."""


class SuspensionOut(Row):
    """Days on which a project is stopped, who asked and who decided."""

    id: UUID
    project_id: UUID
    reason: SuspensionReason
    explanation: str
    from_on: date
    until_on: date
    state: SuspensionState
    requested_by: str
    requested_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    resumed_on: date | None
    changed_at: datetime
