"""Bodies of organisations."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field, field_validator

from services.registry.rules.organisations import OrganisationRole
from services.registry.schemas.fields import AreaCode, Body, Code, Filter, Name, Row, Tag, given
from shared import clock


class Hardship(Body):
    """A dated tag of an employer: hardship, or what else it is watched for; both days included."""

    tag: Tag
    from_on: clock.Day
    until_on: clock.Day | None = None


class HardshipOut(Row):
    """A dated tag, with who gave it and when; none of what was tagged before that was kept."""

    tag: str
    from_on: date
    until_on: date | None = None
    tagged_by: str | None = None
    tagged_at: datetime | None = None


class OrganisationIn(Body):
    """An organisation of any trade."""

    name: Name
    credit_code: Code
    """统一社会信用代码, 18 characters; blanks and full-width characters are put right."""
    area_code: AreaCode
    roles: list[OrganisationRole] = Field(min_length=1, max_length=20)
    trades: list[Tag] = Field(default=[], max_length=50)
    hardship: list[Hardship] = Field(default=[], max_length=50)


class OrganisationPatch(Body):
    """An edit: what is left out stays; lists replace lists."""

    version: int
    name: Name | None = None
    area_code: AreaCode | None = None
    roles: list[OrganisationRole] | None = Field(default=None, min_length=1, max_length=20)
    trades: list[Tag] | None = Field(default=None, max_length=50)
    hardship: list[Hardship] | None = Field(default=None, max_length=50)

    _given = field_validator("name", "area_code", "roles", "trades", "hardship", mode="before")(
        given
    )


class OrganisationFilter(Filter):
    """Which organisations a list shows."""

    role: OrganisationRole | None = None
    trade: Tag | None = None
    hardship: Tag | None = None
    """Those with this tag in force."""
    on: clock.Day | None = None
    """The day on which `hardship` is looked at; today if left out."""
    area_code: AreaCode | None = None
    """This area and what lies in it."""
    name: Name | None = None
    """Part of the name."""
    credit_code: Code | None = None


class OrganisationOut(Row):
    """An organisation."""

    id: UUID
    credit_code: str
    name: str
    area_code: str
    roles: list[OrganisationRole]
    trades: list[str]
    hardship: list[HardshipOut]
    version: int
    registered_at: datetime
    changed_at: datetime
