"""Who takes part in a project, as what, from when until when; and days on which nobody does."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Protocol, TypeVar

from services.registry.rules.organisations import OrganisationRole
from shared.problems import Finding
from shared.wording import Text

_DAY = timedelta(days=1)


class PartyRole(StrEnum):
    """As what an organisation takes part in a project."""

    DEVELOPER = "developer"
    CONTRACTOR = "contractor"
    SECTOR_AUTHORITY = "sector_authority"
    SUBCONTRACTOR = "subcontractor"
    SUPERVISING_ENGINEER = "supervising_engineer"
    PARTICIPANT = "participant"


# Of these a project has one at a time, and its column of the project is the one in force today.
COLUMNS = {
    PartyRole.DEVELOPER: "developer_id",
    PartyRole.CONTRACTOR: "contractor_id",
    PartyRole.SECTOR_AUTHORITY: "sector_authority_id",
}
# What the organisation must be registered as; anybody may be another participant.
REGISTERED_AS = {
    PartyRole.DEVELOPER: OrganisationRole.DEVELOPER,
    PartyRole.CONTRACTOR: OrganisationRole.CONTRACTOR,
    PartyRole.SECTOR_AUTHORITY: OrganisationRole.SECTOR_AUTHORITY,
    PartyRole.SUBCONTRACTOR: OrganisationRole.SUBCONTRACTOR,
    PartyRole.SUPERVISING_ENGINEER: OrganisationRole.SUPERVISING_ENGINEER,
}
# Without these nobody owes a transfer or pays wages: a day without one needs a reason.
NEEDED = (PartyRole.DEVELOPER, PartyRole.CONTRACTOR)


class Span(Protocol):
    """Days of a role, both included; no first day: since the project began, no last one: open."""

    from_on: date | None
    until_on: date | None


_Span = TypeVar("_Span", bound=Span)


@dataclass(frozen=True, slots=True)
class Gap:
    """Days on which nobody holds a role, both included; no last day: it goes on."""

    from_on: date
    until_on: date | None


def holds(one: Span, day: date) -> bool:
    """Say whether a span holds a day; one that was ended before it began holds none."""
    return (one.from_on is None or one.from_on <= day) and (
        one.until_on is None or day <= one.until_on
    )


def holder(spans: Iterable[_Span], day: date) -> _Span | None:
    """Give who holds a single role on a day."""
    return next((one for one in spans if holds(one, day)), None)


def _begin(one: Span) -> date:
    return one.from_on or date.min


def _never(one: Span) -> bool:
    return one.until_on is not None and one.until_on < _begin(one)


def gaps(spans: Iterable[Span]) -> list[Gap]:
    """Give the days on which nobody holds a single role, after the first who held it."""
    found: list[Gap] = []
    covered: date | None = None
    first = True
    for one in sorted((each for each in spans if not _never(each)), key=_begin):
        if not first and covered is not None and _begin(one) > covered + _DAY:
            found.append(Gap(covered + _DAY, _begin(one) - _DAY))
        first = False
        covered = one.until_on if one.until_on is None else max(covered or date.min, one.until_on)
        if covered is None:
            return found
    if covered is not None:
        found.append(Gap(covered + _DAY, None))
    return found


def predecessor(spans: Iterable[_Span], from_on: date) -> _Span | None:
    """Give whose role ends because somebody else takes it on a day."""
    return next(
        (one for one in spans if holds(one, from_on) and (one.from_on or date.min) < from_on), None
    )


def check_entry(
    from_on: date, until_on: date | None, spans: Sequence[Span], *, gap_explained: bool
) -> list[Finding]:
    """Give the findings of somebody who takes a single role: held by another one, or a gap.

    `spans` are the others, the predecessor among them, whose role ends the day before.
    """
    if until_on is not None and until_on < from_on:
        return [
            Finding(
                "until_on",
                "EndsBeforeStart",
                Text("终止日期早于起始日期", "It ends before it begins"),
            )
        ]
    before = predecessor(spans, from_on)
    for one in spans:
        if one is before or _never(one):
            continue
        begins_in = until_on is None or _begin(one) <= until_on
        if begins_in and (one.until_on is None or one.until_on >= from_on):
            return [_held_already(_begin(one))]
    if gap_explained:
        return []
    return _check_gaps(from_on, until_on, [one for one in spans if one is not before], before)


def _check_gaps(
    from_on: date, until_on: date | None, others: Sequence[Span], before: Span | None
) -> list[Finding]:
    found = []
    ends = [one.until_on for one in others if one.until_on and one.until_on < from_on]
    if before is None and ends and max(ends) + _DAY < from_on:
        found.append(role_gap("from_on", Gap(max(ends) + _DAY, from_on - _DAY)))
    if until_on is not None and not any(_begin(one) == until_on + _DAY for one in others):
        after = [_begin(one) for one in others if _begin(one) > until_on]
        found.append(
            role_gap("until_on", Gap(until_on + _DAY, min(after) - _DAY if after else None))
        )
    return found


def check_end(
    one: Span, until_on: date, spans: Sequence[Span], *, gap_explained: bool
) -> list[Finding]:
    """Give the findings of a single role's end: before its beginning, into another's, a gap."""
    if until_on < _begin(one):
        return [
            Finding(
                "until_on",
                "EndsBeforeStart",
                Text("终止日期早于起始日期", "It ends before it begins"),
            )
        ]
    others = [each for each in spans if each is not one and not _never(each)]
    for each in others:
        if _begin(one) <= _begin(each) <= until_on:
            return [_held_already(_begin(each))]
    return [] if gap_explained else _check_gaps(date.max, until_on, others, one)


def _held_already(day: date) -> Finding:
    return Finding(
        "from_on",
        "HeldAlready",
        Text("自 {day} 起已由其他单位担任", "Another one has this role from {day} on").fill(
            day=day.isoformat()
        ),
        Text("请先核对其任期", "Look at its days first"),
    )


def role_gap(place: str, gap: Gap) -> Finding:
    """Say that nobody would hold a role on some days."""
    until = gap.until_on.isoformat() if gap.until_on else "…"
    return Finding(
        place,
        "RoleGap",
        Text(
            "{first} 至 {last} 无单位担任此角色",
            "Nobody would have this role from {first} to {last}",
        ).fill(first=gap.from_on.isoformat(), last=until),
        Text(
            "请使前后任期衔接；确有空缺的，请填写空缺原因",
            "Let one follow the other; if there really is a gap, say why in `gap_reason`",
        ),
    )
