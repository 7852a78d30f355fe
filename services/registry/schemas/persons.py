"""Bodies of responsible persons."""

from datetime import date, datetime
from uuid import UUID

from services.registry.rules.persons import PersonRole
from services.registry.schemas.fields import Body, Filter, Name, Row
from shared import clock


class AssignmentIn(Body):
    """A person in a role at a project; both days are included, no `until_on`: open."""

    name: Name
    post: Name
    unit_id: UUID
    role: PersonRole
    from_on: clock.Day
    until_on: clock.Day | None = None


class AssignmentPatch(Body):
    """The end of an assignment."""

    version: int
    until_on: clock.Day


class AssignmentFilter(Filter):
    """Which assignments of a project a list shows."""

    on: clock.Day | None = None
    """Those in force on this day; all if left out."""
    role: PersonRole | None = None


class AssignmentOut(Row):
    """A person in a role at a project, as on the site's notice board."""

    id: UUID
    project_id: UUID
    person_id: UUID
    name: str
    post: str
    unit_id: UUID
    role: PersonRole
    from_on: date
    until_on: date | None
    version: int
    registered_at: datetime
    changed_at: datetime
