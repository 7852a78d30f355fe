"""Mails that come back: matched with what was sent, kept whatever they are."""

from dataclasses import dataclass
from datetime import datetime

from services.alerts import actions, adapters, queries
from services.alerts.errors import BounceUnmatched, BounceUnreadable
from services.alerts.models import Bounce, Delivery
from services.alerts.rules import bounces
from services.alerts.rules.bounces import Action, BounceState, Fate, Report
from services.alerts.rules.deliveries import Channel, DeliveryState
from shared.auth import Caller
from shared.db import Session, new_id
from shared.files import Kept
from shared.problems import Problem

_OPEN = (DeliveryState.WAITING, DeliveryState.DELIVERED)


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A mail as it came, kept, and what it says where it is a report."""

    kept: Kept
    report: Report | None


async def take_bounce(session: Session, caller: Caller, came: HandedIn, now: datetime) -> Bounce:
    """Write down a report of a mail of ours, and let the mail have bounced if it says so.

    The same bytes again give what was written. Raises BounceUnreadable, BounceUnmatched: what
    they refuse is kept, and changes nothing.
    """
    bounce = await queries.bounces.locked_bounce(session, came.kept.sha256)
    if bounce is None:
        bounce = Bounce(
            id=new_id(), state=BounceState.UNREADABLE, digest=came.kept.sha256,
            file_id=came.kept.file_id, file_size=came.kept.size, received_at=now,
            received_from=caller.subject,
        )  # fmt: skip
        session.add(bounce)
        if came.report:
            await _match(session, bounce, came.report, now)
    if refusal := _refusal(bounce):
        raise refusal
    return bounce


def _refusal(bounce: Bounce) -> Problem | None:
    if bounce.state is BounceState.UNREADABLE:
        return BounceUnreadable(bounce_id=str(bounce.id))
    if bounce.state is BounceState.UNMATCHED:
        return BounceUnmatched(bounce_id=str(bounce.id))
    return None


async def _match(session: Session, bounce: Bounce, report: Report, now: datetime) -> None:
    """Find the mail that a report tells of, by what only we can have written into it."""
    bounce.state, fate = BounceState.UNMATCHED, report.fate
    bounce.action, bounce.status = fate.action, fate.status
    bounce.said = bounces.words(report.fates)
    named = adapters.bounces.named(report.tokens)
    mail = await queries.bounces.locked_mail(session, named.delivery_id) if named else None
    if named is None or mail is None:
        return
    bounce.state, bounce.delivery_id = BounceState.NOTED, mail.id
    if fate.action is Action.FAILED and mail.state in _OPEN:
        bounce.state = BounceState.BOUNCED
        mail.bounce(fate.status, now)
        await _follow(session, mail, fate, named.address, now)


async def _follow(
    session: Session, mail: Delivery, fate: Fate, address: str, now: datetime
) -> None:
    """Mark the address if it is that; else operators hear, as of any mail that is given up."""
    notice = mail.notice
    if notice is None or not fate.is_the_receivers:
        await actions.deliveries.exhaust(session, mail, now, DeliveryState.BOUNCED)
        return
    now_has = notice.recipient.mail
    # A report may come days later: it says nothing of an address that was entered since.
    if now_has and adapters.bounces.address_mark(now_has) == address:
        ways = {(notice.id, Channel.MAIL): bounces.BOUNCED}
        await actions.ways.note_ways(session, ways, now)
