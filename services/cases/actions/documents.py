"""Documents of an arrears case: issued under a number, made once, served with proof, or void."""

import json
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.cases import queries
from services.cases.actions import case_clocks, case_history, document_facts, evidence
from services.cases.errors import DocumentNotThere, DocumentRefused, ServiceDayUnfit
from services.cases.models import ArrearsCase, CaseDocument, CaseReport, DocumentNumber, OrderNumber
from services.cases.rules import orders as order_rules
from services.cases.rules.case_clocks import ClockKind, runs
from services.cases.rules.documents import DocumentKind, DocumentState
from services.cases.schemas.documents import DocumentIn, DocumentServiceIn, VoidIn
from shared import clock, known
from shared.auth import Caller
from shared.db import Session, new_id, record
from shared.files import Kept
from shared.workdays import Unit


async def issue_document(
    session: Session, caller: Caller, case_id: UUID, body: DocumentIn, now: datetime
) -> CaseDocument:
    """Issue a document of a case under the next number of its office, kind and year.

    Raises CaseUnknown, or DocumentRefused with all fields that have no value.
    """
    case = await queries.arrears.locked_case(session, case_id, caller.scope)
    day = clock.day_of(now)
    template = await queries.documents.template_in_force(session, body.kind, case.area_code, day)
    content = await document_facts.content(session, case, template, body, now)
    if content.findings:
        raise DocumentRefused(errors=content.findings)
    office = case.office or order_rules.office_of(await known.lineage(session, case.area_code))
    numbers = await _numbers(session, office, body.kind, day.year)
    sequence = numbers.take()
    number = order_rules.number(template.prefix, numbers.year, sequence)
    said = {"values": content.values | {"number": number}, "rows": content.rows}
    document = CaseDocument(
        id=new_id(), case_id=case.id, kind=body.kind, template_id=template.id, office=office,
        year=numbers.year, sequence=sequence, number=number, report_id=body.report_id,
        state=DocumentState.ISSUED, issued_at=now, issued_by=caller.actor,
        correct_by=_correct_by(body),
        said=json.dumps(said, ensure_ascii=False),
    )  # fmt: skip
    session.add(document)
    if content.reporter_named:
        why = {"purpose": body.kind, "document_id": str(document.id)}
        record(session, "reveal", CaseReport.__tablename__, body.report_id, after=why)
    _note(session, case, document, "document_issued", now, by=caller.actor)
    return document


def _correct_by(body: DocumentIn) -> date | None:
    """Give the last day that an order gives; the fields were read before."""
    said = body.fields.get("correct_by")
    ordered = body.kind is DocumentKind.CORRECTION and said is not None
    return date.fromisoformat(said) if ordered and said else None


async def _numbers(
    session: Session, office: str, kind: DocumentKind, year: int
) -> DocumentNumber | OrderNumber:
    """Give the numbers of a kind; orders about watch items and about cases are in one row."""
    if kind is DocumentKind.CORRECTION:
        return await queries.orders.locked_order_number(session, office, year)
    return await queries.documents.locked_document_number(session, office, kind, year)


async def take_file(
    session: Session,
    caller: Caller,
    document_id: UUID,
    kept: Kept | None,
    *,
    purpose: str,
) -> UUID:
    """Give the file of a document; of several that were made at once one counts.

    Who took it and why is recorded: it names people. Raises DocumentUnknown.
    """
    _, document = await queries.documents.locked_document(session, document_id, caller.scope)
    if document.file_id is None:
        if kept is None:
            raise RuntimeError("a document's file is made before it is taken")
        # What the fields say stands in the file from now on, and nowhere else.
        document.file_id, document.sha256, document.said = kept.file_id, kept.sha256, None
    record(session, "reveal", CaseDocument.__tablename__, document.id, after={"purpose": purpose})
    return document.file_id


async def serve_document(
    session: Session, caller: Caller, document_id: UUID, body: DocumentServiceIn, now: datetime
) -> CaseDocument:
    """Write down how and when a document was served, on whom, and what shows it.

    Raises DocumentUnknown, DocumentNotThere, ServiceDayUnfit or EvidenceRefused.
    """
    case, document = await queries.documents.locked_document(session, document_id, caller.scope)
    if document.state is not DocumentState.ISSUED or not document.made:
        raise DocumentNotThere(state=document.state, made=document.made)
    if not clock.day_of(document.issued_at) <= body.served_on <= clock.day_of(now):
        raise ServiceDayUnfit
    await evidence.check_evidence(session, case.id, body.evidence_ids, needed=True)
    document.state, document.served_by = DocumentState.SERVED, caller.actor
    document.served_on, document.served_how = body.served_on, body.served_how
    document.served_to = body.served_to
    document.evidence_ids = [str(one) for one in body.evidence_ids]
    _note(
        session, case, document, "document_served", now, by=caller.actor,
        served_on=body.served_on, served_how=body.served_how, evidence_ids=body.evidence_ids,
    )  # fmt: skip
    if document.correct_by is not None:
        await _count_order(session, case, body.served_on, document.correct_by, now)
    return document


async def _count_order(
    session: Session, case: ArrearsCase, served_on: date, correct_by: date, now: datetime
) -> None:
    """Let the limit of a served order run, instead of what was to be paid until it was served."""
    kind = ClockKind.PAYMENT
    if correct_by <= served_on or not runs(kind, case.stage):
        return
    for running in await queries.case_clocks.locked_running(session, case.id):
        if running.kind is kind:
            await case_clocks.end_clock(session, case, running, now)
    await session.flush()  # The new limit is of the same kind.
    started = await case_clocks.start_clock(
        session, case, kind, await known.calendar(session, case.area_code), now,
        since=clock.at(served_on), unit=Unit.CD, length=(correct_by - served_on).days,
    )  # fmt: skip
    await case_clocks.keep_next(session, case, started)


async def void_document(
    session: Session, caller: Caller, document_id: UUID, body: VoidIn, now: datetime
) -> CaseDocument:
    """Declare a document void; its number is not given again.

    Raises DocumentUnknown or DocumentNotThere.
    """
    case, document = await queries.documents.locked_document(session, document_id, caller.scope)
    if document.state is DocumentState.VOID:
        raise DocumentNotThere(state=document.state, made=document.made)
    document.state, document.void_reason = DocumentState.VOID, body.reason
    document.voided_at, document.voided_by = now, caller.actor
    _note(session, case, document, "document_void", now, by=caller.actor, reason=body.reason)
    return document


def _note(
    session: Session,
    case: ArrearsCase,
    document: CaseDocument,
    what: str,
    now: datetime,
    *,
    by: str,
    **said: Any,
) -> None:
    case_history.note(
        session, case, what, now, actor=by, came_from=case.stage,
        document_id=document.id, kind=document.kind, number=document.number, **said,
    )  # fmt: skip
