"""Evidence packs: what is known of a matter, masked, gathered once and kept."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from pydantic import BaseModel, TypeAdapter

from services.cases import queries
from services.cases.models import EvidencePack
from services.cases.queries import packs as parts_of
from services.cases.rules.packs import AUDIT, MOST, About, Dossier
from services.cases.schemas import packs as schemas
from services.cases.schemas.arrears import ArrearsCaseOut, CaseStepOut, ReportOut
from services.cases.schemas.case_lines import ArrearsLineOut, PaymentOut, RecoveryOut
from services.cases.schemas.case_terms import ClockTermsOut
from services.cases.schemas.closings import ClosingOut
from services.cases.schemas.documents import DocumentOut
from services.cases.schemas.evidence import EvidenceOut
from services.cases.schemas.extensions import ExtensionOut
from services.cases.schemas.items import EntryOut, WatchItemOut
from services.cases.schemas.orders import OrderOut
from services.cases.schemas.policies import PolicyOut
from services.cases.schemas.proceedings import ProceedingOut
from shared.auth import Caller
from shared.db import Session, same_id
from shared.events.alerts import NoticesDelivered
from shared.files import Kept

_PAPERS: Sequence[tuple[str, type[BaseModel]]] = (
    ("orders", OrderOut), ("extensions", ExtensionOut), ("closings", ClosingOut),
)  # fmt: skip


def _one(shape: type[BaseModel], row: object) -> dict[str, Any]:
    return shape.model_validate(row, from_attributes=True).model_dump(mode="json")


def _all(shape: type[BaseModel], rows: Iterable[object]) -> list[dict[str, Any]]:
    return [_one(shape, row) for row in rows]


async def dossier_of_item(session: Session, caller: Caller, item_id: UUID) -> Dossier:
    """Gather what is known of a watch item. Raises WatchItemUnknown."""
    item = await queries.items.watch_item(session, item_id, caller.scope)
    told = Dossier(About.WATCH_ITEM, item.id, f"{item.kind} {item.period}".strip())
    timeline = item.timeline[:MOST]
    notices, more = await parts_of.notices_of_items(session, [item.id])
    versions = {entry.policy_version for entry in timeline} | {item.policy_version}
    calendars = {entry.calendar_version for entry in timeline} | {item.calendar_version}
    told.add("subject.json", _one(WatchItemOut, item))
    told.add("timeline.json", _all(EntryOut, timeline), max(len(item.timeline) - MOST, 0))
    told.add("notices.json", _all(schemas.NoticeProofOut, notices), more)
    told.add("money.json", _one(schemas.ItemMoneyOut, item))
    told.add("clocks.json", _one(schemas.ItemClocksOut, item))
    policies = await parts_of.policies_of(session, item, versions)
    told.add("terms.json", {
        "policies": _all(PolicyOut, policies), "calendar_versions": sorted(calendars),
    })  # fmt: skip
    papers: dict[str, Any] = {}
    for (name, shape), part in zip(_PAPERS, parts_of.PAPERS_OF_ITEM, strict=True):
        rows, _ = await parts_of.of_subject(session, part, item.id)
        papers[name] = _all(shape, rows)
        told.rows += [one.id for one in rows]
    told.add("papers.json", papers)
    await _with_evidence(session, told)
    told.rows += [item.id, *(entry.id for entry in timeline)]
    return told


async def dossier_of_case(session: Session, caller: Caller, case_id: UUID) -> Dossier:
    """Gather what is known of an arrears case. Raises CaseUnknown."""
    case = await queries.arrears.arrears_case(session, case_id, caller.scope)
    told = Dossier(About.ARREARS_CASE, case.id, case.number or str(case.id))
    steps = await queries.arrears.steps(session, case.id)
    items = await parts_of.items_of_case(session, case.id)
    notices, more = await parts_of.notices_of_items(session, items)
    told.add("subject.json", _one(ArrearsCaseOut, case))
    told.add("timeline.json", _all(CaseStepOut, steps[:MOST]), max(len(steps) - MOST, 0))
    told.add("notices.json", _all(schemas.NoticeProofOut, notices), more)
    await _money(session, told)
    clocks, _ = await parts_of.of_subject(session, parts_of.CLOCKS, case.id)
    told.add("clocks.json", _all(schemas.PackClockOut, clocks))
    terms = await parts_of.clock_terms_of(session, {one.terms_id for one in clocks if one.terms_id})
    told.add("terms.json", {
        "limits": _all(ClockTermsOut, terms),
        "calendar_versions": sorted({one.calendar_version for one in clocks}),
    })  # fmt: skip
    lines = await queries.case_lines.lines_of(session, case.id)
    told.add("lines.json", _all(ArrearsLineOut, lines[:MOST]), max(len(lines) - MOST, 0))
    parts: tuple[tuple[str, type[BaseModel], parts_of.Part], ...] = (
        ("papers.json", DocumentOut, parts_of.DOCUMENTS),
        ("reports.json", ReportOut, parts_of.REPORTS),
        ("proceedings.json", ProceedingOut, parts_of.PROCEEDINGS),
    )
    for name, shape, part in parts:
        rows, left = await parts_of.of_subject(session, part, case.id)
        told.add(name, _all(shape, rows), left)
        told.rows += [one.id for one in rows]
    await _with_evidence(session, told)
    told.rows += [case.id, *(one.id for one in steps[:MOST])]
    return told


async def _money(session: Session, told: Dossier) -> None:
    payments, left = await parts_of.of_subject(session, parts_of.PAYMENTS, told.subject_id)
    recoveries, more = await parts_of.of_subject(session, parts_of.RECOVERIES, told.subject_id)
    money = {
        "payments": _all(PaymentOut, payments), "recoveries": _all(RecoveryOut, recoveries),
        "bank_serials": [one.bank_serial for one in payments if one.bank_serial],
    }  # fmt: skip
    told.add("money.json", money, left + more)
    told.rows += [one.id for one in (*payments, *recoveries)]


async def _with_evidence(session: Session, told: Dossier) -> None:
    brought, left = await parts_of.of_subject(session, parts_of.EVIDENCE, told.subject_id)
    told.add("evidence.json", _all(EvidenceOut, brought), left)
    told.rows += [one.id for one in brought]


async def learn_notices(session: Session, event: NoticesDelivered) -> None:
    """Keep what alerts tells of notices that arrived: whom it reached, when, by which channel."""
    about = event.model_dump(include={"watch_item_id", "alert_id", "level"})
    arrived = [
        {
            "id": same_id(event.occurred_at, each.delivery_id, each.notice_id), **about,
            **each.model_dump(),
        }
        for each in event.notices
    ]  # fmt: skip
    await queries.packs.keep_notices(session, arrived)


def digest_of(told: Dossier) -> str:
    """Give the digest of what a dossier tells."""
    said = json.dumps([told.parts, told.left_out], sort_keys=True, ensure_ascii=False)
    return sha256(said.encode()).hexdigest()


async def with_audit(session: Session, told: Dossier) -> None:
    """Put in what the audit says of the rows of a dossier, each with its link in the chain."""
    rows, head = await parts_of.audit_of(session, told.rows)
    said = TypeAdapter(list[Any]).dump_python(rows, mode="json")
    told.add(AUDIT, {
        "rows": said,
        "sealed": sum(one.holds is True for one in rows),
        "unsealed": sum(one.place is None for one in rows),
        "broken": [str(one.audit_id) for one in rows if one.holds is False],
        "head": TypeAdapter(Any).dump_python(head, mode="json"),
    })  # fmt: skip


async def keep_pack(
    session: Session,
    caller: Caller,
    told: Dossier,
    kept: Kept,
    entries: Sequence[dict[str, Any]],
    *,
    digest: str,
    now: datetime,
) -> EvidencePack:
    """Write down a pack that was made; of two that tell the same the first counts.

    Raises WatchItemUnknown or CaseUnknown.
    """
    if told.about is About.WATCH_ITEM:
        await queries.items.locked_watch_item(session, told.subject_id, caller.scope)
    else:
        await queries.arrears.locked_case(session, told.subject_id, caller.scope)
    return await parts_of.locked_pack_of(
        session, id=kept.file_id, about=told.about, subject_id=told.subject_id, digest=digest,
        file_id=kept.file_id, sha256=kept.sha256, size=kept.size, entries=[*entries], made_at=now,
        made_by=caller.actor,
    )  # fmt: skip
