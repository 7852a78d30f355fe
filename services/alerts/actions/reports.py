"""What the SMS gateway reports, or never does."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from services.alerts import actions, queries
from services.alerts.rules.deliveries import Channel, DeliveryState
from services.alerts.rules.sms import OF_THE_RECEIVER, Fate
from services.alerts.schemas.sms import ReportIn
from services.alerts.settings import settings
from shared import sets
from shared.db import Session

MOST = 500


async def take_reports(session: Session, reports: Sequence[ReportIn], now: datetime) -> int:
    """Write down what became of SMS; give how many of the reports were news.

    A report may come before we have recorded that the gateway took it. The same again, or one of
    an SMS that has ended, changes nothing.
    """
    fates = {report.id: report.status for report in reports}
    rows = await queries.deliveries.locked_sms(session, list(fates))
    ways: dict[tuple[UUID, Channel], str | None] = {}
    for delivery in rows:
        fate = fates[delivery.id]
        delivery.report_fate(fate, now)
        if delivery.notice_id and fate is Fate.DELIVERED:
            ways[delivery.notice_id, Channel.SMS] = None
        elif delivery.notice_id and fate in OF_THE_RECEIVER:
            ways[delivery.notice_id, Channel.SMS] = fate.value
        else:
            await actions.deliveries.exhaust(session, delivery, now, DeliveryState.REFUSED)
    await sets.change(session, rows)
    await actions.delivered.tell_delivered(session, rows)
    if ways:
        await actions.ways.note_ways(session, ways, now)
    return len(rows)


async def give_up_unreported(session: Session, now: datetime, wall: datetime) -> int:
    """Give up SMS of which the gateway has said nothing for too long; give how many."""
    before = wall - timedelta(seconds=settings().sms_report_after)
    found = await queries.deliveries.locked_unreported(session, before, MOST)
    for delivery in found:
        await actions.deliveries.exhaust(session, delivery, now)
    await sets.change(session, found)
    return len(found)
