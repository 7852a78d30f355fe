"""What must be true of cases' rows at rest."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import exists, or_, select, tuple_

from services.cases.models import WatchItem, WatchItemEntry
from services.cases.queries import (
    case_clocks,
    conditions,
    expectations,
    funding,
    items,
    orders,
    proceedings,
    proposals,
    restrictions,
)
from services.cases.rules.items import Happening
from services.cases.rules.proofs import ACCEPTED
from shared.db import Session
from shared.service import Offender


async def closed_without_proof(session: Session) -> Sequence[Offender]:
    """Give closed items whose reason is no proof of their kind, or whose timeline shows none."""
    proofs = [(kind.value, proof.code) for kind, taken in ACCEPTED.items() for proof in taken]
    shown = exists().where(
        WatchItemEntry.watch_item_id == WatchItem.id,
        WatchItemEntry.what == Happening.CLOSED,
        WatchItemEntry.at == WatchItem.closed_at,
    )
    proved = tuple_(WatchItem.kind, WatchItem.close_reason).in_(proofs)
    rows = await session.execute(
        select(WatchItem.id, WatchItem.kind, WatchItem.close_reason)
        .where(WatchItem.closed_at.is_not(None), ~(proved & shown))
        .order_by(WatchItem.closed_at, WatchItem.id)
    )
    return [Offender(row.id, f"{row.kind} closed by {row.close_reason}") for row in rows]


_WATCHED = (
    items, conditions, proposals, orders, funding, expectations, case_clocks, restrictions,
    proceedings,
)  # fmt: skip
WITHOUT_TIMER = or_(*(each.WITHOUT_TIMER.exists() for each in _WATCHED))
"""Whether anything is open that would stay silent; `without_timer` says what."""


async def without_timer(session: Session) -> Sequence[Offender]:
    """Give what is open and would stay silent, as the nightly look finds it."""
    silent: list[tuple[UUID, str]] = []
    latent = await conditions.conditions_without_timer(session)
    silent += [(one.id, f"condition {one.kind}") for one in latent]
    opened = await items.watch_items_without_timer(session)
    silent += [(one.id, f"item {one.kind}") for one in opened]
    for what, found in (
        ("proposal", await proposals.proposals_without_timer(session)),
        ("correction order", await orders.orders_without_timer(session)),
        ("funding order", await funding.funding_orders_without_timer(session)),
        ("expected feed", await expectations.expectations_without_timer(session)),
        ("arrears case", await case_clocks.cases_without_timer(session)),
        ("restriction", await restrictions.restrictions_without_timer(session)),
        ("proceeding", await proceedings.proceedings_without_timer(session)),
    ):
        silent += [(one.id, what) for one in found]
    return [Offender(*one) for one in silent]
