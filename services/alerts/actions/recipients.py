"""Recipients and duty rosters: entered, changed, revealed."""

from datetime import datetime
from uuid import UUID

from services.alerts import queries
from services.alerts.models import DutyRoster, Recipient
from services.alerts.rules.deliveries import Channel
from services.alerts.schemas.recipients import (
    DutyRosterIn,
    RecipientFind,
    RecipientIn,
    RecipientPatch,
    RevealIn,
)
from shared import clock, db, pii
from shared.auth import Caller
from shared.db import Session, new_id
from shared.paging import Found
from shared.problems import Stale


async def enter_recipient(
    session: Session, caller: Caller, wanted: RecipientIn, now: datetime
) -> Recipient:
    """Enter a person, post or group of the caller's areas; raises AreaUnknown, RobotUnknown."""
    await queries.areas.areas_in_scope(session, [wanted.area_code], caller.scope)
    recipient = Recipient(
        id=new_id(), title=wanted.title, roles=[role.value for role in wanted.roles],
        area_code=wanted.area_code, org_id=wanted.org_id, person_id=wanted.person_id,
        subject=wanted.subject, channels=list(wanted.channels),
        quiet=[each.model_dump(mode="json") for each in wanted.quiet],
        from_on=wanted.from_on or clock.day_of(now), until_on=wanted.until_on,
        language=wanted.language, digest=wanted.digest, failing={}, version=1,
        created_at=now, changed_at=now,
    )  # fmt: skip
    _set_phone(recipient, wanted.phone)
    _set_mail(recipient, wanted.mail)
    await _set_robot(session, caller, recipient, wanted.robot_id)
    session.add(recipient)
    return recipient


async def change_recipient(
    session: Session, caller: Caller, recipient_id: UUID, patch: RecipientPatch, now: datetime
) -> Recipient:
    """Change what the patch names; raises RecipientUnknown, RobotUnknown, Stale."""
    recipient = await queries.recipients.locked_recipient(session, recipient_id, caller.scope)
    if recipient.version != patch.version:
        raise Stale
    named = patch.model_fields_set
    if "phone" in named:
        _set_phone(recipient, patch.phone)
    if "mail" in named:
        _set_mail(recipient, patch.mail)
    if "roles" in named:
        recipient.roles = [role.value for role in patch.roles]
    if "channels" in named:
        recipient.channels = list(patch.channels)
    if "robot_id" in named:
        await _set_robot(session, caller, recipient, patch.robot_id)
    if "quiet" in named:
        recipient.quiet = [each.model_dump(mode="json") for each in patch.quiet]
    for plain in named & {"title", "person_id", "subject", "until_on", "language", "digest"}:
        setattr(recipient, plain, getattr(patch, plain))
    recipient.version, recipient.changed_at = recipient.version + 1, now
    return recipient


async def reveal_recipient(
    session: Session, caller: Caller, recipient_id: UUID, asked: RevealIn
) -> Recipient:
    """Show a recipient's clear addresses; who looked and why is recorded."""
    recipient = await queries.recipients.recipient(session, recipient_id, caller.scope)
    shown = [name for name in ("phone", "mail") if getattr(recipient, name)]
    db.record(session, "reveal", "recipients", recipient.id,
              after={"purpose": asked.purpose, "fields": shown})  # fmt: skip
    return recipient


async def find_recipients(
    session: Session, caller: Caller, sought: RecipientFind
) -> Found[Recipient]:
    """Find recipients by a whole phone number or mail address; that somebody looked is recorded."""
    by = [name for name in ("phone", "mail") if getattr(sought, name)]
    db.record(session, "search", "recipients", "", after={"by": by})
    return await queries.recipients.recipients_by_index(
        session, caller.scope,
        phone_index=pii.blind_index(sought.phone, "phone") if sought.phone else None,
        mail_index=pii.blind_index(sought.mail, "mail") if sought.mail else None,
    )  # fmt: skip


async def enter_duty(
    session: Session, caller: Caller, wanted: DutyRosterIn, now: datetime
) -> DutyRoster:
    """Put a recipient on duty for an area in a span; raises AreaUnknown, RecipientUnknown."""
    await queries.areas.areas_in_scope(session, [wanted.area_code], caller.scope)
    recipient = await queries.recipients.recipient(session, wanted.recipient_id, caller.scope)
    duty = DutyRoster(
        id=new_id(), area_code=wanted.area_code, from_at=wanted.from_at,
        until_at=wanted.until_at, recipient_id=recipient.id, created_at=now,
    )  # fmt: skip
    session.add(duty)
    return duty


def _set_phone(recipient: Recipient, phone: str | None) -> None:
    recipient.phone = phone
    recipient.reached(Channel.SMS)
    recipient.phone_index = pii.blind_index(phone, "phone") if phone else None


def _set_mail(recipient: Recipient, mail: str | None) -> None:
    recipient.mail = mail
    recipient.reached(Channel.MAIL)
    recipient.mail_index = pii.blind_index(mail, "mail") if mail else None


async def _set_robot(
    session: Session, caller: Caller, recipient: Recipient, robot_id: UUID | None
) -> None:
    if recipient.robot_kind:
        recipient.reached(recipient.robot_kind)
    robot = await queries.robots.robot(session, robot_id, caller.scope) if robot_id else None
    recipient.robot_id = robot.id if robot else None
    recipient.robot_kind = robot.kind if robot else None
