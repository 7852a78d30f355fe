"""Bundles, what they carry, and by which terms."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select

from services.alerts.models import Alert, Bundle, BundleTerms, Carried, Delivery, Notice
from services.alerts.queries import areas
from services.alerts.rules.bundles import BundleKind
from services.alerts.rules.deliveries import Channel
from services.alerts.schemas.bundles import BundleTermsFilter
from shared import asking, paging
from shared.areas import Scope
from shared.db import Session


async def terms(
    session: Session, scope: Scope, asked: BundleTermsFilter, *, cursor: str | None, limit: int
) -> paging.Found[Any]:
    """Give a page of all versions of the terms that concern a caller."""
    statement = select(BundleTerms).where(areas.concerns(BundleTerms.area_code, scope))
    if asked.area_code:
        statement = statement.where(BundleTerms.area_code == asked.area_code)
    by = (BundleTerms.area_code, BundleTerms.version)
    return await paging.page(session, statement, by=by, cursor=cursor, limit=limit)


async def terms_in_force(
    session: Session, lineages: Collection[Sequence[str]], day: date
) -> dict[str, BundleTerms]:
    """Give for the first area of each lineage the terms in force of the nearest that has some."""
    wanted = {area for lineage in lineages for area in lineage}
    found = await session.scalars(
        select(BundleTerms)
        .where(BundleTerms.area_code.in_(wanted), BundleTerms.valid_from <= day)
        .order_by(BundleTerms.version.desc())
    )
    by_area: dict[str, BundleTerms] = {}
    for row in found:
        by_area.setdefault(row.area_code, row)
    return {
        lineage[0]: next(by_area[area] for area in lineage if area in by_area)
        for lineage in lineages
        if any(area in by_area for area in lineage)
    }


async def locked_newest_terms(session: Session, area_code: str) -> BundleTerms | None:
    """Give the newest terms of an area; whoever enters the next version waits here."""
    await asking.wait_for(session, f"bundle_terms:{area_code}")
    return await session.scalar(
        select(BundleTerms)
        .where(BundleTerms.area_code == area_code)
        .order_by(BundleTerms.version.desc())
        .limit(1)
        .with_for_update()
    )


async def sent_since(
    session: Session, recipient_ids: Collection[UUID], since: datetime, until: datetime
) -> dict[tuple[UUID, Channel], int]:
    """Count what went by itself to recipients in a span (the beginning excluded), by channel."""
    rows = await session.execute(
        select(Notice.recipient_id, Delivery.channel, func.count())
        .join(Delivery, Delivery.notice_id == Notice.id)
        .where(
            Notice.recipient_id.in_(recipient_ids),
            Notice.told_at > since,
            Notice.told_at <= until,
            Delivery.bundle_id.is_(None),
            Delivery.channel != Channel.INBOX,
        )
        .group_by(Notice.recipient_id, Delivery.channel)
    )
    return {(row[0], row[1]): row[2] for row in rows}


async def locked_open_bundle(
    session: Session,
    recipient_id: UUID,
    channel: Channel,
    *,
    kind: BundleKind,
    group_key: str,
    at: datetime,
) -> Bundle | None:
    """Give the bundle that takes a notice told at an instant; who seals it waits for us."""
    statement = _open_bundle(recipient_id, channel, kind=kind, group_key=group_key, at=at)
    return await session.scalar(statement.with_for_update(read=True))


async def find_open_bundle(
    session: Session,
    recipient_id: UUID,
    channel: Channel,
    *,
    kind: BundleKind,
    group_key: str,
    at: datetime,
) -> Bundle | None:
    """Give the same for looking at: nothing is put into it."""
    return await session.scalar(
        _open_bundle(recipient_id, channel, kind=kind, group_key=group_key, at=at)
    )


def _open_bundle(
    recipient_id: UUID, channel: Channel, *, kind: BundleKind, group_key: str, at: datetime
) -> Select[Bundle]:
    return (
        select(Bundle)
        .where(
            Bundle.recipient_id == recipient_id,
            Bundle.channel == channel,
            Bundle.kind == kind,
            Bundle.group_key == group_key,
            Bundle.sealed_at.is_(None),
            Bundle.due_at > at,
        )
        .order_by(Bundle.due_at, Bundle.id)
        .limit(1)
    )


async def lock_opening(session: Session, recipient_id: UUID, channel: Channel) -> None:
    """Let whoever else opens a bundle for a recipient wait: two would be two messages."""
    await asking.wait_for(session, f"bundle:{recipient_id}:{channel}")


async def locked_bundle(session: Session, bundle_id: UUID) -> Bundle | None:
    """Give the bundle that is to leave; whoever still adds to it is waited for."""
    return await session.scalar(
        select(Bundle)
        .where(Bundle.id == bundle_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


async def counts(session: Session, bundle_id: UUID) -> list[dict[str, Any]]:
    """Count what a bundle carries by kind and level, the highest level first."""
    rows = await session.execute(
        select(Alert.kind, Alert.level_label, func.count())
        .join(Notice, Notice.alert_id == Alert.id)
        .join(Carried, Carried.notice_id == Notice.id)
        .where(Carried.bundle_id == bundle_id)
        .group_by(Alert.kind, Alert.level_rank, Alert.level_label)
        .order_by(Alert.level_rank.desc(), Alert.kind, Alert.level_label)
    )
    return [{"kind": row[0], "label": row[1], "count": row[2]} for row in rows]


async def first_carried(
    session: Session, bundle_id: UUID, most: int
) -> Sequence[tuple[Notice, Alert]]:
    """Give the first notices of a bundle, the highest level first, each with its alert."""
    rows = await session.execute(
        select(Notice, Alert)
        .join(Alert, Notice.alert_id == Alert.id)
        .join(Carried, Carried.notice_id == Notice.id)
        .where(Carried.bundle_id == bundle_id)
        .order_by(Alert.level_rank.desc(), Notice.told_at, Notice.id)
        .limit(most)
    )
    return [(row[0], row[1]) for row in rows]
