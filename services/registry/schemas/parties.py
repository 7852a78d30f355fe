"""Bodies of those who take part in a project."""

from datetime import date, datetime
from uuid import UUID

from services.registry.rules.parties import PartyRole
from services.registry.schemas.fields import Body, Code, Filter, Name, Row
from shared import clock
from shared.clock import Day


class PartyIn(Body):
    """An organisation in a role at a project; both days are included, no `until_on`: open.

    Of developer, contractor and sector authority there is one at a time: the one before ends on
    the day before.
    """

    role: PartyRole
    organisation_id: UUID
    participant_type: Code | None = None
    """参建单位类型, a code of MOHURD's table."""
    from_on: Day
    until_on: Day | None = None
    gap_reason: Name | None = None
    """Why nobody held the role before or after these days; a gap without reason is refused."""


class PartyPatch(Body):
    """The last day of a role."""

    version: int
    until_on: Day
    gap_reason: Name | None = None


class PartyFilter(Filter):
    """Which parties of a project a list shows."""

    on: clock.Day | None = None
    """Those who held their role on this day; all if left out."""
    role: PartyRole | None = None


class PartyOut(Row):
    """An organisation in a role at a project."""

    id: UUID
    project_id: UUID
    role: PartyRole
    organisation_id: UUID
    organisation_name: str
    participant_type: str | None
    from_on: date | None
    """None: since the project began."""
    until_on: date | None
    gap_reason: str | None
    version: int
    registered_at: datetime
    changed_at: datetime


class RoleGapOut(Row):
    """Days on which nobody held a role that a project needs."""

    role: PartyRole
    from_on: date
    until_on: date | None
    """None: it goes on."""
    reason: str | None
    """What was said of it; None: nobody knows why."""
