"""What is wrong on a site and in its payrolls: who was there, whether anybody is, what is paid.

Pure; how long and how much is too much is policy and belongs to cases, but what makes a payroll
implausible, which payroll's own rows say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import NamedTuple
from uuid import UUID

from services.payroll.rules.conditions import (
    COMPLETE,
    STARTED,
    STOPPED,
    ConditionKind,
    Found,
    ProjectFacts,
)
from services.payroll.rules.periods import first_day
from shared.workdays import months_after

_HUNDREDTH = Decimal("0.01")
_GAP = timedelta(days=2)
"""From the last day on which anybody was seen to one before which a whole day passed."""


class OnSite(NamedTuple):
    """How many people were seen of late, and how many of them without registration or contract."""

    seen: int
    unregistered: int


class Paid(NamedTuple):
    """Lines of a month with the same number of days: how many, what they come to net."""

    days: Decimal
    lines: int
    net: Decimal


@dataclass(frozen=True, slots=True)
class PayMonth:
    """A month of a project's standing payroll sheets."""

    period: str
    submitted_on: date
    """When the first of them was submitted."""
    paid: Sequence[Paid] = ()
    signs: frozenset[str] = frozenset()
    """What makes it implausible."""


@dataclass(frozen=True, slots=True)
class Site:
    """What is known of the people on a project's site."""

    on_site: OnSite | None = None
    last_seen_on: date | None = None
    """None: nobody ever told of attendance, so that none has stopped."""
    silent: bool = False
    """Whoever tells of attendance is not heard of."""


@dataclass(frozen=True, slots=True)
class Payroll:
    """What is known of a project's pay."""

    months: Sequence[PayMonth] = ()
    """In their order."""
    minimum: Mapping[str, Decimal] | None = None
    """The local minimum wage by period, where the area has a row."""
    full_days: Decimal = Decimal(0)
    """Days of a full month, to which a minimum wage is pro rata."""
    window: int = 1
    """So many months with payroll are looked at for what is implausible."""


def of_site(project: ProjectFacts, site: Site, today: date) -> list[Found]:
    """Give what holds of the site of a project that is supervised and not complete."""
    if not project.supervised or project.status == COMPLETE:
        return []
    unit = project.contractor_id or project.developer_id
    held = []
    if site.on_site and site.on_site.unregistered:
        kind, value = ConditionKind.UNREGISTERED_ON_SITE, weight(site.on_site)
        held.append(Found(kind, project.id, unit, today, value=value))
    last = site.last_seen_on
    if last and last <= today - _GAP and project.status in STARTED:
        stopped = "project_stopped" if project.status == STOPPED else None
        muted = stopped or ("feed_silent" if site.silent else None)
        kind = ConditionKind.ATTENDANCE_STOPPED
        held.append(Found(kind, project.id, unit, last, muted_by=muted))
    return held


def of_sheets(project: ProjectFacts, payroll: Payroll) -> list[Found]:
    """Give what holds of the pay of a project that is supervised and not complete."""
    if not project.supervised or project.status == COMPLETE:
        return []
    unit = project.contractor_id or project.developer_id
    held = (_below(project, unit, payroll), _implausible(project, unit, payroll))
    return [one for one in held if one]


def weight(on_site: OnSite) -> Decimal:
    """Give how many are unregistered, or of a hundred people how many, whichever is more.

    Five of five hundred, and one of twenty, are the same by the default rule (domain 6.2, P11).
    """
    share = Decimal(100 * on_site.unregistered) / max(on_site.seen, 1)
    return max(Decimal(on_site.unregistered), share.quantize(_HUNDREDTH))


def ratio(paid: Sequence[Paid], minimum: Decimal, full_days: Decimal) -> Decimal | None:
    """Give average pay as a share of the minimum wage of so many days; None where none are known.

    A full month is no more than a month, however many days were worked. Hundredths, rounded down:
    what is below stays below.
    """
    if not full_days:
        return None
    due = sum(
        (minimum * one.lines * min(one.days / full_days, Decimal(1)) for one in paid), Decimal(0)
    )
    net = sum((one.net for one in paid), Decimal(0))
    return (net / due).quantize(_HUNDREDTH, ROUND_DOWN) if due else None


def _below(project: ProjectFacts, unit: UUID, payroll: Payroll) -> Found | None:
    """Measure the last month with payroll; the month before it tells whether it is so again."""
    measured = {
        one.period: value
        for one in payroll.months
        if (least := (payroll.minimum or {}).get(one.period))
        and (value := ratio(one.paid, least, payroll.full_days)) is not None
    }
    if not measured:
        return None
    last = max(measured)
    before = f"{months_after(first_day(last), -1):%Y-%m}"
    again = measured[last] < 1 and measured.get(before, Decimal(1)) < 1
    told_on = next(one.submitted_on for one in payroll.months if one.period == last)
    return Found(
        ConditionKind.BELOW_MINIMUM_WAGE, project.id, unit, told_on,
        ("second_month",) if again else (), measured[last],
    )  # fmt: skip


def _implausible(project: ProjectFacts, unit: UUID, payroll: Payroll) -> Found | None:
    """Look at the last months with payroll; a correction puts right what was found."""
    strange = [one for one in payroll.months[-payroll.window :] if one.signs]
    if not strange:
        return None
    facts = sorted({sign for one in strange for sign in one.signs})
    repeated = len(strange) > 1
    return Found(
        ConditionKind.IMPLAUSIBLE_PAY, project.id, unit, strange[0].submitted_on,
        (*facts, "repeated") if repeated else tuple(facts),
    )  # fmt: skip
