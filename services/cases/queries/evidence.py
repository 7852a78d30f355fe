"""Evidence: the files of a matter that a caller may see."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select

from services.cases.errors import EvidenceUnknown
from services.cases.models import ArrearsCase, Evidence, WatchItem
from services.cases.queries import arrears, items, rows
from shared import known, paging
from shared.areas import Scope
from shared.db import Session
from shared.files import Scan
from shared.paging import Found


def _visible(scope: Scope) -> ColumnElement[bool]:
    """Whoever sees the item or the case sees what was brought for it."""
    items = select(WatchItem.id).where(
        known.in_scope(
            WatchItem.area_code,
            scope,
            WatchItem.unit_id,
            WatchItem.developer_id,
            WatchItem.contractor_id,
        )
    )
    cases = arrears.seen(select(ArrearsCase), scope).with_only_columns(ArrearsCase.id)
    seen = Evidence.subject_id.in_(items) | Evidence.subject_id.in_(cases)
    # What complainants bring shows who they are: no company sees it, whatever case it joined.
    return seen if scope.org is None else seen & Evidence.report_id.is_(None)


async def evidence_page(
    session: Session, subject_id: UUID, scope: Scope, *, cursor: str | None, limit: int
) -> Found[Evidence]:
    """Give a page of what was brought about an item, the oldest first; raise WatchItemUnknown."""
    await items.watch_item(session, subject_id, scope)
    statement = select(Evidence).where(Evidence.subject_id == subject_id, _visible(scope))
    return await paging.page(session, statement, by=(Evidence.id,), cursor=cursor, limit=limit)


async def case_evidence_page(
    session: Session, case_id: UUID, scope: Scope, *, cursor: str | None, limit: int
) -> Found[Evidence]:
    """Give a page of what was brought for an arrears case; raise CaseUnknown."""
    await arrears.arrears_case(session, case_id, scope)
    statement = select(Evidence).where(Evidence.subject_id == case_id, _visible(scope))
    return await paging.page(session, statement, by=(Evidence.id,), cursor=cursor, limit=limit)


async def evidence(session: Session, evidence_id: UUID, scope: Scope) -> Evidence:
    """Give one evidence, or raise EvidenceUnknown."""
    statement = select(Evidence).where(Evidence.id == evidence_id, _visible(scope))
    found = (await session.scalars(statement)).one_or_none()
    if found is None:
        raise EvidenceUnknown
    return found


async def locked_evidence_of(session: Session, **values: Any) -> Evidence:
    """Give the evidence of a file, written as given unless the same was brought before."""
    await rows.insert_new(session, Evidence, **values)
    same = [getattr(Evidence, name) == values[name] for name in ("subject_id", "sha256", "kept_by")]
    return (await rows.locked_all(session, select(Evidence).where(*same)))[0]


async def missing_evidence(session: Session, subject_id: UUID, ids: Collection[UUID]) -> list[UUID]:
    """Give which of some ids name no evidence about a matter; what a scanner found is none."""
    statement = select(Evidence.id).where(
        Evidence.subject_id == subject_id, Evidence.id.in_(ids), Evidence.scan != Scan.INFECTED
    )
    found = set(await session.scalars(statement))
    return [one for one in ids if one not in found]


async def attachments(session: Session, report_id: UUID) -> Sequence[Evidence]:
    """Give what came with a report, the oldest first."""
    statement = select(Evidence).where(Evidence.report_id == report_id)
    return (await session.scalars(statement.order_by(Evidence.id))).all()
