"""Bodies of what must be put right about wage accounts."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from services.payroll.rules.conditions import ConditionKind
from services.payroll.schemas.fields import Filter, Row


class ConditionFilter(Filter):
    """Which conditions a list shows."""

    project_id: UUID | None = None
    kind: ConditionKind | None = None
    ended: bool = False
    """Those that hold no longer, too."""


class ConditionOut(Row):
    """Something that must be put right: what, since when, by whom."""

    id: UUID
    kind: ConditionKind
    subject_id: UUID
    project_id: UUID
    unit_id: UUID
    area_code: str
    period: str
    """YYYY-MM where it comes again each period; else empty."""
    since: date
    facts: list[str]
    value: Decimal | None
    muted_by: str | None
    found_at: datetime
    told_at: datetime
    ended_at: datetime | None
    end_reason: str | None
