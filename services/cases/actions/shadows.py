"""Shadow policies run beside those in force: what they would have done is written down."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from services.cases import queries
from services.cases.actions import rehearsals
from services.cases.actions.rehearsals import Governing
from services.cases.models import Policy, ShadowStep, WatchItem
from services.cases.rules.items import Happening
from services.cases.rules.rehearsal import Course, Reached
from services.cases.schemas.shadows import DaysAsked
from shared import clock, known
from shared.areas import Scope
from shared.auth import Caller
from shared.db import Session, same_id

_SHOWN = 500


async def record_shadows(session: Session, today: date, now: datetime) -> None:
    """Write down what every running shadow policy would have done by the end of yesterday.

    Nothing is opened and nobody is told. What is written stays, as what a policy in force did
    would have stayed; news that came late is late here, too.
    """
    for policy in await queries.shadows.running(session, today):
        await _record(session, policy, clock.at(today), now)


async def _record(session: Session, policy: Policy, until: datetime, now: datetime) -> None:
    courses = await shadow_courses(session, policy, until)
    told = await queries.shadows.last_told(session, {one.key for one in courses})
    same = ("kind", "key", "subject_id", "project_id", "area_code", "period")
    made: dict[object, ShadowStep] = {}
    for course in courses:
        about = {name: getattr(told[course.key], name) for name in same}
        for moved in course.steps(policy.ladder()):
            # One instant has one spelling, whichever zone it was read in.
            instants = [one.astimezone(UTC).isoformat() for one in (course.opened_at, moved.at)]
            name = (policy.id, course.key, moved.what, moved.step, *instants)
            step_id = same_id(moved.at, *name)
            made[step_id] = ShadowStep(
                id=step_id,
                policy_id=policy.id,
                opened_at=course.opened_at,
                what=moved.what,
                step=moved.step,
                level=moved.level,
                at=moved.at,
                recorded_at=now,
                **about,
            )
    ids = [step.id for step in made.values()]
    stands = await queries.shadows.recorded_ids(session, ids)
    session.add_all(step for step in made.values() if step.id not in stands)


async def shadow_courses(session: Session, policy: Policy, until: datetime) -> list[Course]:
    """Give the items that a shadow policy would have opened by an instant, and how they went.

    What lies before its first day, and areas below with a policy of their own, are governed by
    the policies in force.
    """
    own = rehearsals.governing(policy)

    def rule(rows: Sequence[Policy]) -> list[Governing]:
        return [*_others(rows, own), own]

    found = await rehearsals.replay(session, policy.kind, policy.area_code, until, rule)
    return [one for one in found if one.governed_by is own and one.reached]


def _others(rows: Iterable[Policy], own: Governing) -> list[Governing]:
    """Give what governs beside a shadow policy: of its own area only what it would follow."""
    others = [rehearsals.governing(row) for row in rows]
    return [
        one for one in others if one.area_code != own.area_code or one.valid_from < own.valid_from
    ]


@dataclass(frozen=True, slots=True)
class Matter:
    """A matter that went otherwise than it would have."""

    key: str
    recorded: Course | None
    shadowed: Course | None


@dataclass(frozen=True, slots=True)
class Difference:
    """A shadow policy beside what really happened."""

    policy_id: UUID
    from_on: date
    to_on: date
    recorded: int
    shadowed: int
    same: int
    otherwise: Sequence[Matter]
    left_off: int


async def shadow_difference(
    session: Session, caller: Caller, policy_id: UUID, days: DaysAsked, today: date
) -> Difference:
    """Compare what opened on some days with what a shadow policy would have opened.

    Both as of the end of the last day, or of yesterday: the record goes no further. Raises
    PolicyUnknown.
    """
    scope = caller.scope
    policy = await queries.shadows.shadow_policy(session, policy_id, scope)
    first = max(days.from_on, rehearsals.governing(policy).valid_from)
    since, until = clock.at(first), min(clock.day_end(days.to_on), clock.at(today))
    lines = await queries.shadows.steps_of(session, policy, since, until, scope)
    shadowed = _courses(lines)
    recorded = {
        (one.key, one.opened_at): rehearsals.recorded_course(one, until)
        for one in await _governed(session, policy, since, until, scope)
    }
    keys = sorted(recorded.keys() | shadowed.keys(), key=lambda one: (one[1], one[0]))
    matters = [Matter(key[0], recorded.get(key), shadowed.get(key)) for key in keys]
    otherwise = [one for one in matters if not _is_same(one)]
    return Difference(
        policy_id=policy.id,
        from_on=days.from_on,
        to_on=days.to_on,
        recorded=len(recorded),
        shadowed=len(shadowed),
        same=len(matters) - len(otherwise),
        otherwise=otherwise[:_SHOWN],
        left_off=max(0, len(otherwise) - _SHOWN),
    )


def _courses(lines: Iterable[ShadowStep]) -> dict[tuple[str, datetime], Course]:
    """Give the courses that lines tell of."""
    found: dict[tuple[str, datetime], Course] = {}
    for line in lines:
        key = line.key, line.opened_at
        course = found.setdefault(key, Course(*key))
        if line.what in {Happening.CLOSED, Happening.REVERSED}:
            course.turn(line.what, line.at)
        else:
            course.reached.append(Reached(line.step, line.level, line.at))
    return found


async def _governed(
    session: Session, policy: Policy, since: datetime, until: datetime, scope: Scope
) -> list[WatchItem]:
    """Give what did open where a shadow policy would govern: areas below may have their own."""
    items = await queries.shadows.items_beside(session, policy, since, until, scope)
    by_id = await queries.policies.policies_by_id(session, {one.policy_id for one in items})
    below = {
        one.id
        for one in by_id.values()
        if one.area_code != policy.area_code
        and policy.area_code in await known.lineage(session, one.area_code)
    }
    return [one for one in items if one.policy_id not in below]


def _is_same(matter: Matter) -> bool:
    one, other = matter.recorded, matter.shadowed
    if one is None or other is None:
        return False
    in_order = sorted(one.reached, key=_place), sorted(other.reached, key=_place)
    return in_order[0] == in_order[1] and one.closed_at == other.closed_at


def _place(one: Reached) -> tuple[datetime, str]:
    """Several rungs of one instant are compared in whatever order they were written."""
    return one.at, one.step
