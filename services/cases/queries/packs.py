"""What evidence packs are made of, and the packs themselves."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import Select, func, select

from services.cases.errors import PackUnknown
from services.cases.models import (
    ArrearsCase,
    ArrearsPayment,
    ArrearsRecovery,
    CaseClock,
    CaseDocument,
    CaseReport,
    ClockTerms,
    Closing,
    CorrectionOrder,
    Evidence,
    EvidencePack,
    Extension,
    NoticeProof,
    Policy,
    Proceeding,
    WatchItem,
)
from services.cases.queries import arrears, items, rows
from services.cases.rules.packs import MOST
from shared import asking, sets
from shared.areas import Scope
from shared.db import Session
from shared.proofs import Proof, proofs

Part: TypeAlias = tuple[Any, Any]
"""A table, and its column that names the matter."""
PAPERS_OF_ITEM: Sequence[Part] = (
    (CorrectionOrder, CorrectionOrder.watch_item_id),
    (Extension, Extension.watch_item_id),
    (Closing, Closing.watch_item_id),
)
PAYMENTS: Part = (ArrearsPayment, ArrearsPayment.case_id)
RECOVERIES: Part = (ArrearsRecovery, ArrearsRecovery.case_id)
CLOCKS: Part = (CaseClock, CaseClock.case_id)
REPORTS: Part = (CaseReport, CaseReport.case_id)
DOCUMENTS: Part = (CaseDocument, CaseDocument.case_id)
PROCEEDINGS: Part = (Proceeding, Proceeding.case_id)
EVIDENCE: Part = (Evidence, Evidence.subject_id)


_THERE = select(NoticeProof.id).where(asking.one_of(NoticeProof.id, "ids"))


async def keep_notices(session: Session, told: Sequence[Mapping[str, Any]]) -> None:
    """Write down notices that arrived; those that are there change nothing."""
    ids = [one["id"] for one in told]
    there = {each[0] for each in await asking.told(session, _THERE, {"ids": ids})}
    fresh = [dict(one) for one in told if one["id"] not in there]
    if fresh:
        await sets.add(session, NoticeProof, fresh)


async def _some(session: Session, statement: Select[Any], *by: Any) -> tuple[Sequence[Any], int]:
    """Give the first rows of a part in their order, and how many are left out."""
    found = (await session.scalars(statement.order_by(*by).limit(MOST))).all()
    if len(found) < MOST:
        return found, 0
    counted = select(func.count()).select_from(statement.subquery())
    return found, ((await session.scalar(counted)) or 0) - MOST


async def notices_of_items(
    session: Session, item_ids: Collection[UUID]
) -> tuple[Sequence[NoticeProof], int]:
    """Give the notices of some items that arrived, the first first."""
    statement = select(NoticeProof).where(NoticeProof.watch_item_id.in_(item_ids))
    return await _some(session, statement, NoticeProof.delivered_at, NoticeProof.id)


async def items_of_case(session: Session, case_id: UUID) -> Sequence[UUID]:
    """Give the watch items that tell of a case's limits."""
    statement = select(WatchItem.id).where(WatchItem.subject_id == case_id)
    return (await session.scalars(statement.order_by(WatchItem.opened_at, WatchItem.id))).all()


async def policies_of(
    session: Session, item: WatchItem, versions: Collection[int]
) -> Sequence[Policy]:
    """Give the policy of an item, and the versions of it that its timeline names."""
    own = await session.get(Policy, item.policy_id)
    if own is None:
        return []
    statement = select(Policy).where(
        Policy.kind == own.kind, Policy.area_code == own.area_code, Policy.version.in_(versions)
    )
    return (await session.scalars(statement.order_by(Policy.version))).all()


async def of_subject(session: Session, part: Part, subject_id: UUID) -> tuple[Sequence[Any], int]:
    """Give the rows of a part that belong to a matter, the first first."""
    model, column = part
    return await _some(session, select(model).where(column == subject_id), model.id)


async def clock_terms_of(session: Session, ids: Collection[UUID]) -> Sequence[ClockTerms]:
    """Give the terms under which clocks were started."""
    statement = select(ClockTerms).where(ClockTerms.id.in_(ids))
    return (await session.scalars(statement.order_by(ClockTerms.kind, ClockTerms.version))).all()


async def find_pack(session: Session, subject_id: UUID, digest: str) -> EvidencePack | None:
    """Give the pack that tells just this of a matter, or None."""
    statement = select(EvidencePack).where(
        EvidencePack.subject_id == subject_id, EvidencePack.digest == digest
    )
    return (await session.scalars(statement)).one_or_none()


async def locked_pack_of(session: Session, **values: Any) -> EvidencePack:
    """Give a pack of a matter, written as given unless the same was made before."""
    await rows.insert_new(session, EvidencePack, **values)
    same = [getattr(EvidencePack, name) == values[name] for name in ("subject_id", "digest")]
    return (await rows.locked_all(session, select(EvidencePack).where(*same)))[0]


async def pack(session: Session, pack_id: UUID, scope: Scope) -> EvidencePack:
    """Give a pack of a matter that the caller sees, or raise PackUnknown."""
    seen_items = items.seen(select(WatchItem), scope).with_only_columns(WatchItem.id)
    seen_cases = arrears.seen(select(ArrearsCase), scope).with_only_columns(ArrearsCase.id)
    statement = select(EvidencePack).where(
        EvidencePack.id == pack_id,
        EvidencePack.subject_id.in_(seen_items) | EvidencePack.subject_id.in_(seen_cases),
    )
    found = (await session.scalars(statement)).one_or_none()
    if found is None:
        raise PackUnknown
    return found


async def audit_of(
    session: Session, ids: Sequence[UUID]
) -> tuple[list[Proof], Mapping[str, Any] | None]:
    """Give what the audit says of some rows, each link checked, and the chain's last head."""
    return await proofs(session, ids, MOST)
