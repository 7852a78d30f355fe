"""Units are told of their own transfers that lie ahead; nobody is alerted."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select

from services.alerts import handlers
from services.alerts.models import Alert, Reminder
from shared import clock
from shared.db import Session, new_id
from shared.events.payroll import TransferAhead, TransfersReminded
from tests.alerts import factories as make
from tests.alerts.factories import CONTRACTOR, COUNTY, DEVELOPER

OTHER = new_id()


def ahead(period: str, developer: UUID = DEVELOPER) -> TransferAhead:
    return TransferAhead(
        obligation_id=new_id(), project_id=new_id(), name="某项目", developer_id=developer,
        contractor_id=CONTRACTOR, period=period, due_on=date(2023, 5, 25),
        due_amount=Decimal(100), lacking=Decimal(100), projected=Decimal(100), basis="total",
    )  # fmt: skip


async def test_each_unit_hears_once_of_its_own_transfers_and_no_alert_is_raised(
    session: Session,
) -> None:
    await make.areas(session)
    post = await make.recipient(session, "developer", org_id=DEVELOPER, channels=["inbox"])
    event = TransfersReminded(
        area_code=COUNTY, step="reminder", workdays=3,
        transfers=[ahead("2023-05"), ahead("2023-06", OTHER)],
        occurred_at=clock.at(date(2023, 5, 22), 9),
    )  # fmt: skip
    for _ in range(2):
        await handlers.on_transfers_reminded(session, event)
        await session.flush()
    rows = (await session.scalars(select(Reminder))).all()
    told = {
        row.unit_id: ([each["period"] for each in row.transfers], row.recipient_ids) for row in rows
    }
    assert told == {
        DEVELOPER: (["2023-05"], [str(post.id)]),
        OTHER: (["2023-06"], []),
        CONTRACTOR: (["2023-05", "2023-06"], []),
    }
    assert len(rows) == 3
    assert await session.scalar(select(func.count()).select_from(Alert)) == 0


async def test_nobody_is_told_of_history(session: Session) -> None:
    await make.areas(session)
    event = TransfersReminded(
        area_code=COUNTY, step="forecast", workdays=7, transfers=[ahead("2023-05")],
        occurred_at=clock.at(date(2023, 5, 16), 9),
    )  # fmt: skip
    session.info["replayed"] = True
    await handlers.on_transfers_reminded(session, event)
    assert await session.scalar(select(func.count()).select_from(Reminder)) == 0
