"""Bodies of persons in charge of areas, and of posts in units."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from services.registry.rules.persons import PersonRole, UnitRole
from services.registry.schemas.fields import AreaCode, Body, Filter, Name, Row
from shared import clock
from shared.areas import Reach
from shared.clock import Day


class AreaAssignmentIn(Body):
    """A person in charge of a part of an area; both days are included, no `until_on`: open."""

    area_code: AreaCode
    reach: Reach
    """`towns` (those named), `other_towns` (those that nobody is named for), `area` (all)."""
    towns: list[AreaCode] = Field(default=[], max_length=200)
    name: Name
    post: Name
    unit_id: UUID
    role: PersonRole = PersonRole.RESPONSIBLE_PERSON
    from_on: Day
    until_on: Day | None = None


class EndIn(Body):
    """The last day of somebody in office."""

    version: int
    until_on: Day


class HandOverIn(Body):
    """Who takes over, from which day on; the day before is the last of the one in office."""

    version: int
    from_on: Day
    name: Name
    post: Name
    unit_id: UUID


class AreaAssignmentFilter(Filter):
    """Which assignments of areas a list shows."""

    area_code: AreaCode | None = None
    """This area and what lies in it."""
    on: clock.Day | None = None
    """Those in force on this day; all if left out."""
    role: PersonRole | None = None


class AreaAssignmentOut(Row):
    """A person in charge of a part of an area."""

    id: UUID
    area_code: str
    reach: Reach
    towns: list[str]
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


class InChargeFilter(Filter):
    """Of which day, and of which role."""

    on: clock.Day | None = None
    """Today if left out."""
    role: PersonRole = PersonRole.RESPONSIBLE_PERSON


class InChargeOut(Row):
    """A person in charge of a project, for it alone or for the part of an area it lies in."""

    assignment_id: UUID
    reach: str
    """`project`, `towns`, `other_towns` or `area`."""
    area_code: str
    person_id: UUID
    name: str
    post: str
    unit_id: UUID
    from_on: date
    until_on: date | None


class UnitPostIn(Body):
    """A person in a dated role of a unit; both days are included, no `until_on`: open."""

    name: Name
    post: Name
    unit_id: UUID
    """The unit that the person belongs to; it may be another one."""
    role: UnitRole
    from_on: Day
    until_on: Day | None = None


class UnitPostFilter(Filter):
    """Which posts of a unit a list shows."""

    on: clock.Day | None = None
    """Those in force on this day; all if left out."""
    role: UnitRole | None = None


class UnitPostOut(Row):
    """A person in a dated role of a unit."""

    id: UUID
    organisation_id: UUID
    person_id: UUID
    name: str
    post: str
    unit_id: UUID
    role: UnitRole
    from_on: date
    until_on: date | None
    version: int
    registered_at: datetime
    changed_at: datetime
