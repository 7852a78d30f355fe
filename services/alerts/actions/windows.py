"""Maintenance windows: entered ahead, ended when the work is done. What waits is never dropped."""

from datetime import datetime, timedelta
from uuid import UUID

from services.alerts import queries
from services.alerts.errors import WindowOver, WindowRefused
from services.alerts.models import MaintenanceWindow
from services.alerts.schemas.windows import MaintenanceWindowEndIn, MaintenanceWindowIn
from services.alerts.settings import settings
from shared.auth import Caller
from shared.db import Session, new_id
from shared.problems import Finding, Stale
from shared.wording import Text

_OVER = Text("该时段已经过去", "This span is over")
_TOO_LONG = Text("超过允许的最长时段", "Longer than a window may last")
_AHEAD = Text("请填写将来的结束时间", "Give an end that lies ahead")


async def enter_window(
    session: Session, caller: Caller, wanted: MaintenanceWindowIn, wall: datetime
) -> MaintenanceWindow:
    """Let what some channels would send in a span wait for its end; instants of the machine.

    Raises AreaUnknown, WindowRefused.
    """
    await queries.areas.areas_in_scope(session, [wanted.area_code], caller.scope)
    longest = timedelta(seconds=settings().longest_maintenance)
    found = []
    if wanted.until_at <= wall:
        found.append(Finding("until_at", "over", _OVER, _AHEAD))
    if wanted.until_at - wanted.from_at > longest:
        hours = f"{longest / timedelta(hours=1):g}"
        remedy = Text("最长 {hours} 小时", "At most {hours} hours").fill(hours=hours)
        found.append(Finding("until_at", "too_long", _TOO_LONG, remedy))
    if found:
        raise WindowRefused(errors=found)
    window = MaintenanceWindow(
        id=new_id(), version=1, created_at=wall, created_by=caller.subject, **wanted.model_dump()
    )
    session.add(window)
    return window


async def end_window(
    session: Session,
    caller: Caller,
    window_id: UUID,
    said: MaintenanceWindowEndIn,
    wall: datetime,
) -> MaintenanceWindow:
    """End a window before its time; what waits for it goes at once.

    Raises NotFound, Stale, WindowOver.
    """
    window = await queries.windows.locked_window(session, window_id, caller.scope)
    if window.version != said.version:
        raise Stale
    if window.is_over(wall):
        raise WindowOver
    window.ended_by, window.version = caller.subject, window.version + 1
    return window
