"""What synced lists have in common: rows that left the caller's areas are told once."""

from sqlalchemy import ColumnElement

from shared import known
from shared.areas import Scope
from shared.moves import Left, SyncMove


def gone(scope: Scope, seen: ColumnElement[bool]) -> Left | None:
    """Give how to tell of rows that left; nothing for a caller limited to its organisation.

    Such a caller never saw all rows of its areas, so ids of those that left are not his to know.
    """
    if scope.org is not None:
        return None
    return Left(known.in_scope(SyncMove.area_code, scope), seen)
