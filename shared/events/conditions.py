"""What a watch rule looks at: a condition that somebody must put right, told by its finder.

The finder says since when, about what and whose it is; how long that may last, and on which level
it then stands, is policy and belongs to cases (domain 6.2). So no finder knows a number of days.
"""

from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.events.base import Event
from shared.events.registry import ProjectCard


class _Condition(Event):
    """What every telling of a condition says; `kind`, subject and period are its identity."""

    kind: str
    """The code of the watch item it may open: `account_not_opened`, `deposit_missing` …"""
    subject_id: UUID
    """What it is about: a requirement, an account, a deposit, a gap, a project."""
    project_id: UUID | None = None
    project: ProjectCard | None = None
    area_code: str
    period: str = ""
    """YYYY-MM or a day where the condition comes again each period; else empty."""


class _ConditionFound(_Condition):
    """It holds. Told again, it replaces what was told: another basis day, more facts."""

    unit_id: UUID
    """Who has to put it right."""
    since: date
    """The basis day from which the rungs count; an expiry day may lie ahead."""
    facts: list[str] = []
    """What else is so and may raise the level at once: `works_started`, `payroll_due` …"""
    value: Decimal | None = None
    """The measured value, for the kinds whose policy turns a value into a level."""
    muted_by: str | None = None
    """Why its clock stands still (`project_stopped`, `account_frozen`); it stays visible."""


class _ConditionEnded(_Condition):
    """It holds no longer."""

    reason: str
    """The proof in one word: `account_opened`, `evidence_filed`, `exempted`, `project_closed` …"""
    proof: dict[str, str] = {}
    """What a reader can look up: ids, digests, bank serials; nothing personal."""


class RegistryConditionFound(_ConditionFound, type="registry.condition_found.v1", key="subject_id"):
    """Registry found something that must be put right, or more of it."""


class RegistryConditionEnded(_ConditionEnded, type="registry.condition_ended.v1", key="subject_id"):
    """What registry found was put right."""


class PayrollConditionFound(_ConditionFound, type="payroll.condition_found.v1", key="subject_id"):
    """Payroll found something that must be put right, or measured it anew."""


class PayrollConditionEnded(_ConditionEnded, type="payroll.condition_ended.v1", key="subject_id"):
    """What payroll found was put right."""
