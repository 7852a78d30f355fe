"""Workers' data are kept for their time, and blanked when it is over and nothing holds them."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from services.payroll import queries, rules
from services.payroll.errors import EndingRefused
from services.payroll.models import LegalHold, ProjectEnding
from services.payroll.rules.policies import PolicyKind
from services.payroll.schemas.retention import EndingIn
from shared import clock
from shared.areas import NATION, Scope
from shared.auth import Caller
from shared.db import Session, new_id
from shared.problems import Finding
from shared.wording import Text


@dataclass(frozen=True, slots=True)
class Retention:
    """How long data of a project are kept, as things stand."""

    project_id: UUID
    ending: ProjectEnding | None
    kept_until: date | None
    holds: Sequence[LegalHold]
    open_cases: int
    unsettled_lines: int


async def retention(session: Session, project_id: UUID, scope: Scope, today: date) -> Retention:
    """Say until when data of a project are kept, and what holds them. Raises ProjectUnknown."""
    project = await queries.projects.project_in_area(session, project_id, scope)
    ending = await queries.retention.ending(session, project_id)
    return Retention(
        project_id,
        ending,
        await _kept_until(session, project.area_code, ending, today),
        await queries.retention.holds(session, project_id),
        await queries.retention.open_cases(session, project_id),
        await queries.retention.unsettled_lines(session, project_id),
    )


async def tell_ending(
    session: Session, caller: Caller, project_id: UUID, body: EndingIn, now: datetime
) -> ProjectEnding:
    """Note that works are complete and wages settled, or are not after all.

    Raises ProjectUnknown, and EndingRefused with all findings.
    """
    project = await queries.projects.locked_project_in_area(session, project_id, caller.scope)
    cases = await queries.retention.open_cases(session, project.id)
    unsettled = await queries.retention.unsettled_lines(session, project.id)
    if found := list(_wrong(body, clock.day_of(now), cases, unsettled)):
        raise EndingRefused(errors=found)
    before = await queries.retention.locked_ending(session, project.id)
    said = (body.completed_on, body.settled_on, body.basis)
    if before and (before.completed_on, before.settled_on, before.basis) == said:
        return before
    if before:
        before.replaced_at = now
        await session.flush()  # Only one stands.
    made = ProjectEnding(
        id=new_id(), project_id=project.id, completed_on=body.completed_on,
        settled_on=body.settled_on, basis=body.basis, told_at=now, told_by=caller.subject,
        replaced_at=None, looked_on=None, blanked_at=None,
    )  # fmt: skip
    session.add(made)
    return made


def _wrong(body: EndingIn, today: date, cases: int, unsettled: int) -> Sequence[Finding]:
    found = []
    for name in ("completed_on", "settled_on"):
        day = getattr(body, name)
        if day and day > today:
            found.append(Finding(name, "in_future", *_AHEAD))
    if body.settled_on and cases:
        found.append(Finding("settled_on", "case_open", *_CASE))
    if body.settled_on and unsettled:
        found.append(Finding("settled_on", "wages_unsettled", *_UNSETTLED))
    return found


async def place_hold(
    session: Session, caller: Caller, project_id: UUID, reason: str, now: datetime
) -> LegalHold:
    """Keep data of a project beyond their time, for a reason. Raises ProjectUnknown."""
    project = await queries.projects.locked_project_in_area(session, project_id, caller.scope)
    # Whoever blanks meanwhile ends first, or sees the hold.
    await queries.retention.locked_ending(session, project.id)
    made = LegalHold(
        id=new_id(), project_id=project.id, reason=reason, placed_at=now,
        placed_by=caller.subject, lifted_at=None, lifted_by=None, lift_reason=None,
    )  # fmt: skip
    session.add(made)
    return made


async def lift_hold(
    session: Session, caller: Caller, hold_id: UUID, reason: str, now: datetime
) -> LegalHold:
    """Let a hold end; lifted twice it is lifted once. Raises NotFound."""
    hold = await queries.retention.locked_hold(session, hold_id, caller.scope)
    if hold.lifted_at is None:
        hold.lifted_at, hold.lifted_by, hold.lift_reason = now, caller.subject, reason
    return hold


async def projects_to_look_at(session: Session, today: date) -> Sequence[UUID]:
    """Give the projects whose end is known and of which nothing is held."""
    again = today - timedelta(days=rules.retention.LOOK_AGAIN_AFTER)
    return await queries.retention.ended_projects(session, today, again)


async def blank_project(session: Session, project_id: UUID, now: datetime) -> int:
    """Blank a project's people if the time of their data is over and nothing holds them.

    Give how many rows. What is asked here was asked before, without locks.
    """
    today = clock.day_of(now)
    project = await queries.projects.project(session, project_id)
    ending = await queries.retention.locked_ending(session, project_id)
    until = await _kept_until(session, project.area_code, ending, today)
    held = any(not one.lifted_at for one in await queries.retention.holds(session, project_id))
    open_ones = [
        await queries.retention.open_cases(session, project_id),
        await queries.retention.unsettled_lines(session, project_id),
    ]
    if ending is None or until is None or until >= today or held or any(open_ones):
        return 0
    ending.blanked_at = ending.blanked_at or now
    ending.looked_on = today
    await session.flush()  # Workers are asked whether all their projects are over.
    years = await _years(session, PolicyKind.ATTENDANCE_KEPT, project.area_code, today)
    counts = await queries.retention.blanked_rows(
        session, project_id, now, rules.retention.earlier(today, years)
    )
    return sum(counts.values())


async def discard_files(
    session: Session,
    discard: Callable[[UUID], Awaitable[None]],
    now: datetime,
    limit: int,
) -> int:
    """Discard kept files that nothing names any more; give how many."""
    waiting = await queries.retention.locked_discards(session, limit)
    for one in waiting:
        await discard(one.file_id)
        one.discarded_at = now
    return len(waiting)


async def _kept_until(
    session: Session, area_code: str, ending: ProjectEnding | None, today: date
) -> date | None:
    if ending is None:
        return None
    years = await _years(session, PolicyKind.WAGE_RECORDS_KEPT, area_code, today)
    return rules.retention.kept_until(ending.completed_on, ending.settled_on, years)


async def _years(session: Session, kind: PolicyKind, area_code: str, day: date) -> int:
    """Give an area's years: never fewer than the nation's, which are law."""
    rows = [
        await queries.policies.policy_in_force(session, kind, code, day)
        for code in (area_code, NATION)
    ]
    return max(int(row.values["years"]) for row in rows)


_AHEAD = (
    Text("日期在未来", "This day has not come"),
    Text("请填写已发生的日期", "Give a day that is over or today"),
)
_UNSETTLED = (
    Text("有工资未到账、被退回或有争议", "Wages are not settled, came back, or are disputed"),
    Text("请先发放完毕并处理争议", "Pay them and settle the disputes first"),
)
_CASE = (
    Text("有未结欠薪案件，工资尚未结清", "An arrears case is open: not all wages are settled"),
    Text("请先办结案件", "Close the case first"),
)
