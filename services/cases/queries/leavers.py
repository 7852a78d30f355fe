"""Items of workers who left unpaid, and the complaints of such workers."""

from datetime import date
from uuid import UUID

from sqlalchemy import exists, or_, select

from services.cases.models import ArrearsCase, CaseReport, WatchItem
from services.cases.queries import rows
from services.cases.rules.items import CaseState, ItemState, WatchKind
from shared import asking, known
from shared.areas import Scope
from shared.db import Session


async def locked_items_left(
    session: Session, project_id: UUID, employer_id: UUID | None, left_on: date, scope: Scope
) -> list[WatchItem]:
    """Give the open items of who left a site on a day, else of all who left it, for changing.

    Whoever complains may not remember the day; of a named employer only its own people count,
    whose wages its contractor answers for as well.
    """
    mine = [
        WatchItem.kind == WatchKind.LEAVER_NOT_SETTLED,
        WatchItem.state != asking.code(ItemState.CLOSED),
        WatchItem.project_id == project_id,
        known.in_scope(WatchItem.area_code, scope),
    ]
    if employer_id is not None:
        mine.append(or_(WatchItem.unit_id == employer_id, WatchItem.contractor_id == employer_id))
    found = await rows.locked_all(session, select(WatchItem).where(*mine).order_by(WatchItem.id))
    return [one for one in found if one.period == left_on.isoformat()] or found


async def has_complaint(session: Session, item: WatchItem) -> bool:
    """Say whether somebody who left on the item's day has told of it, and it is not over."""
    employer = CaseReport.said["employer_id"].astext
    parties = [str(one) for one in (item.unit_id, item.contractor_id) if one]
    told = exists().where(
        CaseReport.case_id == ArrearsCase.id,
        CaseReport.withdrawn_at.is_(None),
        CaseReport.said["left_on"].astext == item.period,
        or_(employer.is_(None), employer.in_(parties)),
        ArrearsCase.project_id == item.project_id,
        ArrearsCase.state == CaseState.OPEN,
    )
    return bool(await session.scalar(select(told)))
