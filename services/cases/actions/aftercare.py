"""A project that was red stays on watch until its periods are clean again (domain P7)."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from services.cases import queries
from services.cases.actions import conditions
from services.cases.models import WatchItem
from services.cases.rules import aftercare as rules
from services.cases.rules.aftercare import Course
from services.cases.rules.conditions import Ended, Found
from services.cases.rules.items import WatchKind, key_of
from shared import clock
from shared.db import Session, same_id

_KIND = WatchKind.WATCHED_AFTER_RED


async def review_watch(session: Session, project_id: UUID, at: datetime) -> None:
    """Count anew how many clean periods a project has had since it was red, if it was.

    The count is the value of a condition that cases tells itself: the policy says how many it
    takes, opens the item and closes it. By state: what changes nothing tells nothing.
    """
    await session.flush()  # What was just opened, closed or credited is read from the rows.
    found = await queries.aftercare.misses_with_levels(session, project_id)
    misses = [_course(item, top) for item, top in found]
    since = rules.watched_since(misses)
    if since is None:
        return
    clean = await queries.aftercare.clean_periods(session, project_id, since)
    missed = [one.due_on for one in misses if one.due_on >= since]
    value = Decimal(rules.longest_row(clean, missed))
    key = key_of(_KIND, project_id)
    there = await queries.conditions.locked_find_condition(session, key)
    if there and (there.since, there.value) == (since, value):
        return
    if there is None and await queries.tellings.was_ended(session, key):
        return  # The project is complete: money that comes later is watched by nobody.
    last, _ = found[0]
    same = ("area_code", "unit_id", "project_id", "project", "developer_id", "contractor_id")
    said = {name: getattr(last, name) for name in same}
    news = Found(
        id=same_id(at, key, since, value), kind=_KIND, key=key, subject_id=project_id, period="",
        since=since, at=at, value=value, **said,
    )  # fmt: skip
    await conditions.learn_condition(session, news)


def _course(item: WatchItem, top: int) -> Course:
    closed_on = clock.day_of(item.closed_at) if item.closed_at else None
    return Course(item.due_on, closed_on, was_red=item.level_rank >= top)


async def end_watch(session: Session, project_id: UUID, area_code: str, at: datetime) -> None:
    """Watch a project no longer, or never: it is complete, so that no period follows.

    Its money may be told of later than that, so the end is kept in any case.
    """
    key = key_of(_KIND, project_id)
    ended = Ended(
        id=same_id(at, key, "ended"),
        kind=_KIND,
        key=key,
        subject_id=project_id,
        project_id=project_id,
        area_code=area_code,
        period="",
        at=at,
        reason="project_closed",
        proof={"project_id": str(project_id)},
    )
    await conditions.end_condition(session, ended)
