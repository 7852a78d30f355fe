"""Parcels: a claimed delivery with its address, its words and what signs it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from services.alerts import actions, queries
from services.alerts.models import Delivery, Notice, Template
from services.alerts.rules import bundles, notices, routing, sms, templates
from services.alerts.rules.deliveries import Channel, EndpointState, Parcel, Payload
from services.alerts.settings import settings
from shared import clock, known
from shared.db import Session
from shared.wording import Language, Text


async def pack(session: Session, claimed: Sequence[Delivery], now: datetime) -> dict[UUID, Parcel]:
    """Pack deliveries at the machine's instant; one is left out that has no address or words now.

    What is sent of a message is made once, however many receive it.
    """
    made: dict[tuple[UUID, Payload], str] = {}
    lineages: dict[str, Sequence[str]] = {}
    for delivery in claimed:
        if delivery.notice and delivery.area_code not in lineages:
            lineages[delivery.area_code] = await known.lineage(session, delivery.area_code)
    areas = {area for lineage in lineages.values() for area in lineage}
    words = await queries.templates.in_force(session, areas, clock.today()) if areas else []
    packed = {}
    for delivery in claimed:
        parcel = _message(delivery, now, made)
        if delivery.notice:
            parcel = _notice(delivery, delivery.notice, words, lineages[delivery.area_code])
        if parcel:
            packed[delivery.id] = parcel
    return packed


def _message(
    delivery: Delivery, now: datetime, made: dict[tuple[UUID, Payload], str]
) -> Parcel | None:
    endpoint, message = delivery.endpoint, delivery.message
    if endpoint is None or message is None:
        return None
    form = message.id, endpoint.payload
    if form not in made:
        made[form] = actions.messages.said(message, endpoint.payload)
    return Parcel(
        delivery_id=delivery.id, lane=delivery.lane, channel=Channel.WEBHOOK,
        address=endpoint.url, secrets=endpoint.secrets_at(now), message_id=message.id,
        body=made[form], told_at=delivery.created_at, type=message.type,
        is_troubled=endpoint.failures > 0,
    )  # fmt: skip


def _notice(
    delivery: Delivery, notice: Notice, words: Sequence[Template], lineage: Sequence[str]
) -> Parcel | None:
    channel, alert, recipient = delivery.channel, notice.alert, notice.recipient
    address, secrets = _address(delivery, notice)
    if not address:
        return None
    language: Language = "en" if recipient.language == "en" else "zh"
    # A message that carries one notice reads as that one.
    many = delivery.bundle if delivery.bundle and delivery.bundle.total > 1 else None
    template = templates.choose(
        words, lineage, channel, kind=bundles.SUMMARY if many else alert.kind,
        level="" if many else alert.level, language=language,
    )  # fmt: skip
    fields = bundles.fields(many, notices.KINDS) if many else _fields(notice)
    said = _said(fields, template.language if template else language, channel)
    subject, body = templates.worded(channel, template, said, language)
    parameters: dict[str, str] = {}
    if channel is Channel.SMS:
        if template is None:
            return None
        parameters = templates.parameters(template.text, said)
        body = f"【{settings().sms_sign}】{templates.filled(template.text, parameters)}"
    return Parcel(
        delivery_id=delivery.id, lane=delivery.lane, channel=channel, address=address,
        message_id=delivery.id, told_at=delivery.created_at, subject=subject, body=body,
        language=language, secrets=secrets, parameters=parameters,
        template=template.provider_id if template else "", parts=sms.parts(body),
        is_troubled=channel in recipient.failing,
    )  # fmt: skip


def _address(delivery: Delivery, notice: Notice) -> tuple[str | None, tuple[str, ...]]:
    """Give where a notice goes now, and what signs it; nothing if there is no such place."""
    recipient, robot = notice.recipient, delivery.robot
    if robot:
        active = robot.state is EndpointState.ACTIVE
        return (robot.address if active else None), ((robot.secret,) if robot.secret else ())
    if delivery.channel is Channel.SMS:
        return sms.number(recipient.phone or ""), ()
    return recipient.mail, ()


def _fields(notice: Notice) -> Mapping[str, Text]:
    """Give what a template may name of a notice."""
    alert = notice.alert
    waits = alert.contractor_id is not None and notice.recipient.org_id == alert.contractor_id
    said = notices.fields(alert, notice.reason, alert.waiting if waits else None)
    if alert.kind == routing.WARNING_LETTER:
        return {**said, **notices.written(alert.details), "ask": notices.identity(alert)}
    return said


def _said(fields: Mapping[str, Text], language: str, channel: Channel) -> dict[str, str]:
    """Give what a template may name, in a language, for a channel."""
    said = {name: each.en if language == "en" else each.zh for name, each in fields.items()}
    if channel in templates.MARKED:
        return {name: templates.quiet(value) for name, value in said.items()}
    return said
