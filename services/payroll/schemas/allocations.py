"""Bodies of what persons decide of a line's money."""

from datetime import datetime
from decimal import Decimal
from typing import Self
from uuid import UUID

from pydantic import model_validator

from services.payroll.rules.matching import AllocationKind, AllocationState, Step
from services.payroll.schemas.fields import Body, Filter, Money, Reason, Row
from shared.problems import TextError
from shared.wording import Text


class AllocationIn(Body):
    """What an amount of a line is to count for: an obligation, or nothing."""

    line_id: UUID
    """The credit."""
    amount: Money
    obligation_id: UUID | None = None
    """Of whichever project; without it, and without a return, the money is set aside."""
    returning_line_id: UUID | None = None
    """The line by which the bank took the money back."""
    reason: Reason

    @property
    def kind(self) -> AllocationKind:
        """Say what is to be decided."""
        if self.obligation_id:
            return AllocationKind.COUNTED
        return AllocationKind.RETURNED if self.returning_line_id else AllocationKind.SET_ASIDE

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if self.obligation_id and self.returning_line_id:
            raise TextError(
                "two_decisions",
                Text(
                    "退回的款项不能同时计入拨付",
                    "What was returned cannot count for an obligation as well",
                ),
            )
        return self


class DecisionIn(Body):
    """Why."""

    reason: Reason


class AllocationFilter(Filter):
    """Which decisions a list shows."""

    state: AllocationState | None = None
    kind: AllocationKind | None = None
    line_id: UUID | None = None
    obligation_id: UUID | None = None
    project_id: UUID | None = None
    """Into whose account the money came, or for which it counts."""


class AllocationStepOut(Row):
    """What somebody did, and why."""

    what: Step
    by: str
    at: datetime
    reason: str | None


class AllocationOut(Row):
    """What was decided of an amount of a line, with all that happened to it."""

    id: UUID
    kind: AllocationKind
    line_id: UUID
    serial: str
    obligation_id: UUID | None
    returning_line_id: UUID | None
    amount: Decimal
    state: AllocationState
    by_rule: bool
    """Found by the bank's return itself; nobody proposed it."""
    asked_by: str
    reason: str
    proposed_at: datetime
    confirmed_at: datetime | None
    ended_at: datetime | None
    steps: list[AllocationStepOut]
