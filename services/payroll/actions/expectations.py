"""Feeds that payroll expects: a finance bureau's payments, a project's attendance."""

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from services.payroll import queries, rules
from services.payroll.errors import ExpectationRefused, ExpectationTaken
from services.payroll.models import Expectation
from services.payroll.rules.policies import PolicyKind
from services.payroll.schemas.expectations import ExpectationIn
from shared import clock, expectations
from shared.auth import Caller
from shared.db import Session, same_id
from shared.events.conditions import PayrollConditionEnded, PayrollConditionFound
from shared.expectations import Every, FeedKind, Rhythm, RhythmOn, Watch
from shared.outbox import publish
from shared.problems import Finding
from shared.timers import Timer
from shared.wording import Text

# Whose arrivals are recorded here: of what cannot arrive, silence is no news. Beside each new one
# stands its call of `arrive`.
ARRIVING = frozenset({FeedKind.TREASURY, FeedKind.CONTRACTOR, FeedKind.GATE_VENDOR})
_OF_PROJECTS = frozenset({FeedKind.CONTRACTOR, FeedKind.GATE_VENDOR})
_KIND, _RHYTHM = "feed_silent", "_feed"


async def expect(
    session: Session, caller: Caller, body: ExpectationIn, now: datetime
) -> Expectation:
    """Expect a feed from now on; the same again gives the one that stands.

    Raises ExpectationRefused with all findings, or ExpectationTaken.
    """
    if found := [one async for one in _findings(session, caller, body)]:
        raise ExpectationRefused(errors=found)
    said = body.model_dump(exclude={"project_id"})
    source = str(body.project_id or body.area_code)
    row, _ = await expectations.expect(session, WATCH, now, source=source, **said)
    if any(getattr(row, name) != value for name, value in said.items()):
        raise ExpectationTaken
    return row


async def _findings(
    session: Session, caller: Caller, body: ExpectationIn
) -> AsyncIterator[Finding]:
    if body.kind not in ARRIVING:
        yield Finding("kind", "not_received", *_NOT_RECEIVED)
    if not await queries.sources.in_areas(session, body.area_code, caller.scope):
        yield Finding("area_code", "area_outside", *_AREA)
    if body.kind in _OF_PROJECTS:
        project = body.project_id and await queries.projects.find_project(session, body.project_id)
        if not project or project.area_code != body.area_code:
            yield Finding("project_id", "project_unknown", *_PROJECT)
    elif body.project_id:
        yield Finding("project_id", "project_unneeded", *_NO_PROJECT)
    if await queries.projects.find_organisation(session, body.unit_id) is None:
        yield Finding("unit_id", "organisation_unknown", *_UNIT)
    if body.valid_to and body.valid_to < body.valid_from:
        yield Finding("valid_to", "ends_before", *_ENDS)


async def end(
    session: Session, caller: Caller, expectation_id: UUID, reason: str, now: datetime
) -> Expectation:
    """Expect a feed no longer; a silence of it is over. Raises ExpectationUnknown."""
    row = await queries.expectations.locked_expectation(session, expectation_id, caller.scope)
    await expectations.end(session, WATCH, row, now, reason)
    return row


async def arrive(session: Session, kind: FeedKind, sources: Collection[str], now: datetime) -> None:
    """Record that a feed was heard of: the first thing that its door does."""
    await expectations.arrive(session, WATCH, kind, sources, now)


async def fall_due(session: Session, timer: Timer) -> None:
    """Let a feed be silent of which nothing was heard in time."""
    await expectations.fall_due(session, WATCH, timer)


async def hold(session: Session, area_code: str) -> Sequence[Expectation]:
    """Keep what is expected in an area from others, before anything else is changed."""
    return await expectations.hold(session, WATCH, area_code)


async def replan(session: Session, held: Sequence[Expectation]) -> None:
    """Work out anew by when feeds are expected."""
    await expectations.replan(session, WATCH, held)


async def follow_policy(session: Session, kind: PolicyKind, area_code: str) -> None:
    """Follow a new row, where it says how often a feed is expected."""
    if kind.endswith(_RHYTHM):
        await replan(session, await hold(session, area_code))


async def report_without_timer(session: Session, today: date) -> None:
    """Tell operators of what would be silent for ever, and told by nobody."""
    await expectations.report_without_timer(session, WATCH, today)


async def _rhythms(session: Session, kind: FeedKind, area_code: str) -> RhythmOn:
    rows, lineage = await queries.policies.policies_of(
        session, PolicyKind(f"{kind}{_RHYTHM}"), area_code
    )

    def on(day: date) -> Rhythm | None:
        row = rules.policies.in_force(rows, lineage, day)
        if row is None:
            return None
        return Rhythm(**row.values | {"version": row.version, "every": Every(row.values["every"])})

    return on


async def _tell_silent(session: Session, row: Expectation, since: datetime) -> None:
    publish(
        session,
        PayrollConditionFound(
            id=same_id(since, row.id, "silent"),
            occurred_at=since,
            kind=_KIND,
            subject_id=row.id,
            area_code=row.area_code,
            period=clock.day_of(since).isoformat(),
            unit_id=row.unit_id,
            since=clock.day_of(since),
            facts=[row.kind],
        ),
    )


async def _tell_heard(
    session: Session, row: Expectation, since: datetime, at: datetime, reason: str
) -> None:
    publish(
        session,
        PayrollConditionEnded(
            id=same_id(since, row.id, "heard"),
            occurred_at=at,
            kind=_KIND,
            subject_id=row.id,
            area_code=row.area_code,
            period=clock.day_of(since).isoformat(),
            reason=reason,
            proof={"expectation_id": str(row.id)},
        ),
    )


WATCH = Watch(Expectation, _rhythms, _tell_silent, _tell_heard)

_NOT_RECEIVED = (
    Text("本服务尚不接收此类数据", "Nothing of this kind arrives here yet"),
    Text(f"可选：{'、'.join(sorted(ARRIVING))}", f"It is one of: {', '.join(sorted(ARRIVING))}"),
)
_AREA = (
    Text("行政区划不在您的管辖范围内", "The area is unknown or outside yours"),
    Text("填写辖区内的行政区划代码", "Give the code of an area of yours"),
)
_PROJECT = (
    Text("该行政区划没有这一项目", "The area has no such project"),
    Text("填写报送考勤的项目及其行政区划", "Name the project that is to send, and its own area"),
)
_NO_PROJECT = (
    Text("此类数据不按项目报送", "Nothing of this kind is sent by project"),
    Text("请去掉项目", "Leave the project out"),
)
_UNIT = (
    Text("没有该单位，或其登记消息尚未到达", "No such organisation, or its news is under way"),
    Text("先登记该单位，稍后重试", "Register it first; try again"),
)
_ENDS = (
    Text("截止日期早于起始日期", "Its last day lies before its first"),
    Text("核对两个日期", "Check both days"),
)
