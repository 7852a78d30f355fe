"""Bundles: opened by the first notice that waits, joined by others, sealed when they leave."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.alerts import queries
from services.alerts.errors import VersionNotLater
from services.alerts.models import Alert, Bundle, BundleTerms, Carried, Delivery, Notice, Recipient
from services.alerts.rules import bundles, notices, templates
from services.alerts.rules.bundles import BUNDLE, Digest, Fold
from services.alerts.rules.deliveries import ROBOTS, Channel, DeliveryState
from services.alerts.schemas.bundles import BundleTermsIn
from shared import clock, known, sets, timers
from shared.auth import Caller
from shared.db import Session, new_id

_Wanted = Sequence[tuple[Recipient, Mapping[str, Any], Mapping[str, Any]]]
"""A recipient, his notice, and what would be sent of it by one way."""


async def fold(
    session: Session, alert: Alert, wanted: _Wanted, at: datetime
) -> list[Mapping[str, Any]]:
    """Give what goes by itself; what is to go with others is put into its bundle.

    Whatever is told is carried by one delivery for each way: its own, or its bundle's.
    """
    leaving = [each for each in wanted if each[2]["channel"] is not Channel.INBOX]
    if not leaving:
        return [sent for *_, sent in wanted]
    await session.flush()  # What was told before counts, and what is carried refers to it.
    kept = [sent for *_, sent in wanted if sent["channel"] is Channel.INBOX]
    terms = await _terms(session, [person for person, *_ in leaving], at)
    gone = await _sent(session, leaving, terms, at)
    rows = []
    # In one order, so that two who open bundles for the same people do not wait for each other.
    for person, notice, sent in sorted(leaving, key=lambda each: (each[0].id, each[2]["channel"])):
        held, way = terms.get(person.area_code), (person.id, sent["channel"])
        calendar = None
        if person.digest is Digest.MORNING:
            calendar = await known.calendar(session, person.area_code)
        group = notice["trace"].get("group")
        found = held and bundles.fold(alert, group, held, at=at, sent=gone[way], calendar=calendar)
        if not found:
            gone[way] += 1
            kept.append(sent)
            continue
        bundle = await _bundle(session, person, sent["channel"], found, at)
        rows.append(
            {"id": new_id(), "bundle_id": bundle.id, "notice_id": notice["id"],
             "channel": sent["channel"]}
        )  # fmt: skip
    await sets.add(session, Carried, rows)
    return kept


async def _terms(
    session: Session, people: Sequence[Recipient], at: datetime
) -> dict[str, BundleTerms]:
    areas = {person.area_code for person in people}
    lineages = [await known.lineage(session, area) for area in sorted(areas)]
    return await queries.bundles.terms_in_force(session, lineages, clock.day_of(at))


async def _sent(
    session: Session, leaving: _Wanted, terms: Mapping[str, BundleTerms], at: datetime
) -> Counter[tuple[UUID, Channel]]:
    """Count what went lately by itself, to each by each way."""
    sent: Counter[tuple[UUID, Channel]] = Counter()
    for minutes in {each.flood_minutes for each in terms.values()}:
        people = [
            person.id
            for person, *_ in leaving
            if person.area_code in terms and terms[person.area_code].flood_minutes == minutes
        ]
        since = at - timedelta(minutes=minutes)
        sent.update(await queries.bundles.sent_since(session, people, since, at))
    return sent


async def _bundle(
    session: Session, person: Recipient, channel: Channel, found: Fold, at: datetime
) -> Bundle:
    """Give the open bundle for a notice, opened now if there is none."""
    about: dict[str, Any] = {"kind": found.kind, "group_key": found.key, "at": at}
    row = await queries.bundles.locked_open_bundle(session, person.id, channel, **about)
    if row is None:
        await queries.bundles.lock_opening(session, person.id, channel)
        row = await queries.bundles.locked_open_bundle(session, person.id, channel, **about)
    if row is None:
        row = Bundle(
            id=new_id(), recipient_id=person.id, channel=channel, kind=found.kind,
            group_key=found.key, opened_at=at, due_at=found.due_at, total=0, counts=[], titles=[],
        )  # fmt: skip
        session.add(row)
        timers.arm(session, BUNDLE, row.id, found.due_at, entered_at=at)
        await session.flush()  # The next notice of this telling finds it.
    return row


async def send_bundle(session: Session, bundle_id: UUID, due: datetime) -> None:
    """Let a bundle leave: it takes no more, and one delivery carries what it has."""
    row = await queries.bundles.locked_bundle(session, bundle_id)
    if row is None or row.sealed_at:
        return
    row.sealed_at = due
    row.counts = await queries.bundles.counts(session, row.id)
    row.total = sum(each["count"] for each in row.counts)
    first = await queries.bundles.first_carried(session, row.id, bundles.SHOWN)
    if not first:
        return
    row.titles = [_title(alert, notice) for notice, alert in first]
    person = await queries.recipients.recipient_of_timer(session, row.recipient_id)
    robot_id = person.robot_id if row.channel in ROBOTS else None
    session.add(
        Delivery(
            id=new_id(), key=f"bundle:{row.id}", channel=row.channel, type=row.kind.value,
            lane=str(robot_id) if robot_id else row.channel.value, robot_id=robot_id,
            area_code=person.area_code, org_id=person.org_id, notice_id=first[0][0].id,
            bundle_id=row.id, state=DeliveryState.WAITING, created_at=due,
        )
    )  # fmt: skip


def _title(alert: Alert, notice: Notice) -> dict[str, str]:
    """Give the line by which people tell a notice from others, in both languages."""
    said = notices.fields(alert, notice.reason)
    return {
        "zh": templates.filled(templates.TITLE.zh, {name: each.zh for name, each in said.items()}),
        "en": templates.filled(templates.TITLE.en, {name: each.en for name, each in said.items()}),
    }


async def enter_terms(
    session: Session, caller: Caller, wanted: BundleTermsIn, now: datetime
) -> BundleTerms:
    """Enter the next version of an area's terms; raises AreaUnknown, VersionNotLater."""
    await queries.areas.areas_in_scope(session, [wanted.area_code], caller.scope)
    newest = await queries.bundles.locked_newest_terms(session, wanted.area_code)
    if newest and wanted.valid_from < newest.valid_from:
        raise VersionNotLater
    row = BundleTerms(
        id=new_id(), version=newest.version + 1 if newest else 1, created_at=now,
        created_by=caller.subject, **wanted.model_dump(),
    )  # fmt: skip
    session.add(row)
    return row
