"""The clock door: areas whose first day has come."""

from datetime import date

from services.registry import actions
from shared.db import Sessions


async def put_areas_in_force(sessions: Sessions, today: date) -> None:
    """Tell of areas whose rows begin today: mergers and new names are entered beforehand."""
    async with sessions.begin("job:put_areas_in_force") as session:
        await actions.areas.put_areas_in_force(session, today)
