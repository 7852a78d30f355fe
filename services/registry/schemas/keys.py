"""Bodies of API keys."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from services.registry.schemas.fields import AreaCode, Body, Code, Name, Row
from shared import clock


class ApiKeyIn(Body):
    """A machine that may call: for whom, where, and as what."""

    name: Name
    org_id: UUID | None = None
    """The organisation it belongs to; roles that see only their own rows need one."""
    areas: list[AreaCode] = Field(min_length=1, max_length=50)
    roles: list[Code] = Field(min_length=1, max_length=20)
    valid_until: clock.Instant | None = None


class ApiKeyOut(Row):
    """A key as it is listed: never the key itself."""

    id: UUID
    name: str
    org_id: UUID | None
    areas: list[str]
    roles: list[str]
    valid_until: datetime | None
    revoked_at: datetime | None


class ApiKeyShown(ApiKeyOut):
    """A new key: `key` is shown this once."""

    key: str
