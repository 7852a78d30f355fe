"""What the house's database holds after a test's work."""

from sqlalchemy import func, select

from shared.db import AuditRow, Sessions
from tests.shared.house import Stone


async def audited(sessions: Sessions) -> list[AuditRow]:
    async with sessions.begin() as session:
        return list((await session.scalars(select(AuditRow).order_by(AuditRow.position))).all())


async def stones(sessions: Sessions) -> int:
    async with sessions.begin() as session:
        return await session.scalar(select(func.count()).select_from(Stone)) or 0
