"""Areas as registry told them."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, false, or_, select
from sqlalchemy.orm import aliased

from services.alerts.errors import AreaUnknown
from shared import known
from shared.areas import CANARY, NATION, Scope
from shared.db import Session
from shared.known import KnownArea


async def is_known(session: Session, code: str) -> bool:
    """Say whether an area can be placed in the tree; the nation, and the canary's place, can."""
    return code in {NATION, CANARY} or await known.area(session, code) is not None


async def areas_in_scope(session: Session, codes: Iterable[str], scope: Scope) -> list[str]:
    """Give areas back, each once; raise AreaUnknown unless all lie in the caller's."""
    wanted = list(dict.fromkeys(codes))
    if NATION in scope.areas:
        return wanted
    inside = known.in_scope(KnownArea.code, Scope(scope.areas))
    found = await session.scalars(select(KnownArea.code).where(KnownArea.code.in_(wanted), inside))
    if set(found) != set(wanted):
        raise AreaUnknown
    return wanted


def concerns(area_code: known.Column, scope: Scope) -> ColumnElement[bool]:
    """Policy is shown of the caller's areas, and of those above, as it applies there too."""
    if not scope.areas:
        return false()
    root = aliased(KnownArea)
    above = (
        select(KnownArea.code)
        .join(root, root.path.like(KnownArea.path + "%"))
        .where(root.code.in_(scope.areas))
    )
    own = known.in_scope(area_code, Scope(scope.areas))
    return or_(own, area_code == NATION, area_code.in_(above))
