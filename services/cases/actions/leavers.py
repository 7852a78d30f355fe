"""A complaint of somebody who left a site unpaid: the item of his leaving is red at once (P17)."""

from datetime import datetime

from services.cases import queries
from services.cases.actions import levels
from services.cases.models import WatchItem
from services.cases.rules import leavers as rules
from services.cases.rules.items import WatchKind
from services.cases.schemas.arrears import ReportIn
from shared.auth import Caller
from shared.db import Session


async def turn_red(session: Session, caller: Caller, body: ReportIn, now: datetime) -> None:
    """Raise the open items that a complaint of a leaver is about."""
    if body.left_on is None or body.project_id is None:
        return
    about = (body.project_id, body.employer_id, body.left_on, caller.scope)
    for item in await queries.leavers.locked_items_left(session, *about):
        await levels.raise_to_top(session, item, now, by_rule=rules.RULE)


async def open_red(session: Session, item: WatchItem, at: datetime) -> None:
    """Raise an item that has just opened, if who left has complained before its day came."""
    if item.kind is WatchKind.LEAVER_NOT_SETTLED and await queries.leavers.has_complaint(
        session, item
    ):
        await levels.raise_to_top(session, item, at, by_rule=rules.RULE)
