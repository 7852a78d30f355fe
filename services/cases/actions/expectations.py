"""Feeds that cases expects: a provincial system's calls today; others join by their arrival."""

from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.cases import queries
from services.cases.actions import conditions
from services.cases.errors import ExpectationRefused, ExpectationTaken
from services.cases.models import Expectation
from services.cases.rules import policies as rules
from services.cases.rules.conditions import Ended, Found
from services.cases.rules.items import WatchKind, key_of
from services.cases.schemas.expectations import ExpectationIn
from shared import clock, expectations
from shared.auth import Caller
from shared.db import Session, same_id
from shared.expectations import FeedKind, Rhythm, RhythmOn, Watch
from shared.problems import Finding
from shared.timers import Timer
from shared.wording import Text

# Whose arrivals are recorded here: of what cannot arrive, silence is no news. Beside each new one
# stands its call of `expectations.arrive`.
ARRIVING = frozenset({FeedKind.PROVINCIAL_CLIENT})
_KIND = WatchKind.FEED_SILENT


async def expect(
    session: Session, caller: Caller, body: ExpectationIn, now: datetime
) -> Expectation:
    """Expect a feed from now on; the same again gives the one that stands.

    Raises AreaUnknown, ExpectationRefused with all findings, or ExpectationTaken.
    """
    area_code = await queries.policies.area_for_policy(session, body.area_code, caller.scope)
    if found := [one async for one in _findings(session, body)]:
        raise ExpectationRefused(errors=found)
    said = body.model_dump(exclude={"source_id"}) | {"area_code": area_code}
    source = str(body.source_id)
    row, _ = await expectations.expect(session, WATCH, now, source=source, **said)
    if any(getattr(row, name) != value for name, value in said.items()):
        raise ExpectationTaken
    return row


async def _findings(session: Session, body: ExpectationIn) -> AsyncIterator[Finding]:
    if body.kind not in ARRIVING:
        yield Finding("kind", "not_received", *_NOT_RECEIVED)
    elif not await queries.expectations.client_is_known(session, body.source_id):
        yield Finding("source_id", "client_unknown", *_CLIENT)
    if body.valid_to and body.valid_to < body.valid_from:
        yield Finding("valid_to", "ends_before", *_ENDS)


async def end(
    session: Session, caller: Caller, expectation_id: UUID, reason: str, now: datetime
) -> Expectation:
    """Expect a feed no longer; a silence of it is over. Raises ExpectationUnknown."""
    row = await queries.expectations.locked_expectation(session, expectation_id, caller.scope)
    await expectations.end(session, WATCH, row, now, reason)
    return row


async def hear_client(session: Session, caller: Caller, now: datetime) -> None:
    """Record that a provincial system's machine called: the first thing that the door does."""
    if caller.is_machine and "provincial_system" in caller.roles:
        _, _, key_id = caller.subject.partition(":")
        sources = {key_id, str(caller.org)}
        await expectations.arrive(session, WATCH, FeedKind.PROVINCIAL_CLIENT, sources, now)


async def fall_due(session: Session, timer: Timer) -> None:
    """Let a feed be silent of which nothing was heard in time."""
    await expectations.fall_due(session, WATCH, timer)


async def hold(session: Session, area_code: str) -> Sequence[Expectation]:
    """Keep what is expected in an area from others, before anything else is changed."""
    return await expectations.hold(session, WATCH, area_code)


async def replan(session: Session, held: Sequence[Expectation]) -> None:
    """Work out anew by when feeds are expected."""
    await expectations.replan(session, WATCH, held)


async def report_without_timer(session: Session, today: date) -> None:
    """Tell operators of what would be silent for ever, and told by nobody."""
    await expectations.report_without_timer(session, WATCH, today)


async def _rhythms(session: Session, kind: FeedKind, area_code: str) -> RhythmOn:
    rows, lineage = await queries.terms.feed_terms(session, kind, area_code)

    def on(day: date) -> Rhythm | None:
        row = rules.in_force(rows, lineage, day)
        names = ("version", "every", "by", "workday", "grace_minutes")
        return Rhythm(**{name: getattr(row, name) for name in names}) if row else None

    return on


def _about(row: Expectation, since: datetime) -> dict[str, Any]:
    period = clock.day_of(since).isoformat()
    key = key_of(_KIND, row.id, period)
    same = {"kind": _KIND, "key": key, "subject_id": row.id, "period": period}
    return same | {"area_code": row.area_code, "project_id": None}


async def _tell_silent(session: Session, row: Expectation, since: datetime) -> None:
    """Cases tells itself, as a finder would."""
    found = Found(
        id=same_id(since, row.id, "silent"),
        unit_id=row.unit_id,
        since=clock.day_of(since),
        at=since,
        facts=(row.kind.value,),
        **_about(row, since),
    )
    await conditions.learn_condition(session, found)


async def _tell_heard(
    session: Session, row: Expectation, since: datetime, at: datetime, reason: str
) -> None:
    ended = Ended(
        id=same_id(since, row.id, "heard"),
        at=at,
        reason=reason,
        proof={"expectation_id": str(row.id)},
        **_about(row, since),
    )
    await conditions.end_condition(session, ended)


WATCH = Watch(Expectation, _rhythms, _tell_silent, _tell_heard)

_NOT_RECEIVED = (
    Text("本服务不接收此类数据", "Nothing of this kind arrives here"),
    Text(f"可选：{'、'.join(sorted(ARRIVING))}", f"It is one of: {', '.join(sorted(ARRIVING))}"),
)
_CLIENT = (
    Text(
        "没有该接口密钥，或已吊销、无上级监管系统角色",
        "No such key of a provincial system, or it was revoked",
    ),
    Text("先签发密钥，稍后重试", "Issue the key first; try again"),
)
_ENDS = (
    Text("截止日期早于起始日期", "Its last day lies before its first"),
    Text("核对两个日期", "Check both days"),
)
