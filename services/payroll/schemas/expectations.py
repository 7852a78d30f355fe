"""Bodies of expected feeds."""

from datetime import date, datetime
from uuid import UUID

from services.payroll.schemas.fields import AreaCode, Body, Filter, Name, Reason, Row
from shared import clock
from shared.expectations import ExpectationState, FeedKind


class ExpectationIn(Body):
    """A feed that has to be heard of; the same again changes nothing.

    How often and by when, the rows of its area say (`/payroll/v1/policies`, kinds `treasury_feed`,
    `contractor_feed` and `gate_vendor_feed`).
    """

    kind: FeedKind
    area_code: AreaCode
    """Of a treasury: the finance bureau's own area, by which its payments name it. Else that of
    the project."""
    project_id: UUID | None = None
    """Whose attendance it is, of a contractor or a gate vendor."""
    name: Name
    """What people call it."""
    unit_id: UUID
    """The organisation that answers for its silence."""
    valid_from: clock.Day
    valid_to: clock.Day | None = None
    """The last day on which it is expected."""


class EndIn(Body):
    """Why it is expected no longer."""

    reason: Reason


class ExpectationFilter(Filter):
    """Which expected feeds a list shows."""

    kind: FeedKind | None = None
    state: ExpectationState | None = None
    area_code: AreaCode | None = None
    """This area itself."""


class ExpectationOut(Row):
    """An expected feed: when it was heard of last, and by when it has to be."""

    id: UUID
    kind: FeedKind
    source: str
    """Who is expected."""
    area_code: str
    name: str
    unit_id: UUID
    valid_from: date
    valid_to: date | None
    state: ExpectationState
    expected_by: datetime | None
    """The last instant in time; of a silent one that which passed; null: none lies ahead."""
    arrived_at: datetime | None
    """When it was heard of last, to the hour."""
    silent_since: datetime | None
    ended_at: datetime | None
    end_reason: str | None
