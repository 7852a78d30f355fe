"""The day by which an arrears case has to be cleared (两清零), and the news that it is near."""

from datetime import date, datetime

from services.cases import queries
from services.cases.actions import conditions
from services.cases.models import ArrearsCase
from services.cases.rules import case_clocks as rules
from services.cases.rules.case_clocks import Investment
from services.cases.rules.conditions import Ended, Found
from services.cases.rules.items import CaseState, WatchKind, key_of
from shared import known
from shared.db import Session, same_id

CLEAR_BY = "clear_by"
_KIND = WatchKind.CASE_LIMIT_NEAR


async def set_clearing_day(session: Session, case: ArrearsCase, at: datetime) -> None:
    """Say by when a case is to be cleared, and count the days before it down as any limit's."""
    # Asked before the case is another one, which is then written once.
    told = await queries.conditions.standing_keys(session, [key_of(_KIND, case.id, CLEAR_BY)])
    if case.investment is None and case.project_id is not None:
        paid_by = await queries.arrears.investment_of(session, case.project_id)
        case.investment = next((one for one in Investment if one == paid_by), None)
    calendar = await known.calendar(session, case.area_code)
    day = rules.clear_by(case.arisen_on, case.investment, calendar)
    if day == case.clear_by and (day is None or told):
        return
    case.clear_by = day
    if day is not None:
        await _tell(session, case, day, at)


async def recompute_clearing(session: Session, area_code: str, at: datetime) -> None:
    """Count the days of open cases anew: a make-up day before the festival moves them."""
    for row in await queries.arrears.to_clear_within(session, area_code):
        calendar = await known.calendar(session, row.area_code)
        if row.counted and rules.clear_by(row.arisen_on, row.investment, calendar) == row.clear_by:
            continue
        case = await queries.arrears.locked_find_case(session, row.id)
        if case is not None and case.state is CaseState.OPEN:
            await set_clearing_day(session, case, at)


async def _tell(session: Session, case: ArrearsCase, day: date, at: datetime) -> None:
    key = key_of(_KIND, case.id, CLEAR_BY)
    news = Found(
        id=same_id(at, key, day), kind=_KIND, key=key, subject_id=case.id,
        area_code=case.area_code, period="", unit_id=case.answerable_id or case.id, since=day,
        at=at, facts=(CLEAR_BY,),
    )  # fmt: skip
    await conditions.learn_condition(session, news)


async def end_clearing(session: Session, case: ArrearsCase, at: datetime) -> None:
    """Count no more: the case has ended."""
    key = key_of(_KIND, case.id, CLEAR_BY)
    if not await queries.conditions.standing_keys(session, [key]):
        return
    ended = Ended(
        id=same_id(at, key, "ended"), kind=_KIND, key=key, subject_id=case.id, project_id=None,
        area_code=case.area_code, period="", at=at, reason="case_moved",
        proof={"arrears_case_id": str(case.id), "stage": case.stage},
    )  # fmt: skip
    await conditions.end_condition(session, ended)
