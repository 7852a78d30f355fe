"""Documents of cases, their templates and numbers: for reading, and locked for changing."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from services.cases.errors import DocumentUnknown, TemplateUnknown
from services.cases.models import (
    ArrearsCase,
    CaseDocument,
    CaseReport,
    CaseStep,
    DocumentNumber,
    DocumentTemplate,
)
from services.cases.queries import arrears, policies, rows
from services.cases.rules import policies as rules
from services.cases.rules.course import Act
from services.cases.rules.documents import DocumentKind
from services.cases.schemas.documents import TemplateFilter
from shared import known, paging
from shared.areas import Scope
from shared.db import Session, new_id
from shared.paging import Found


async def documents(
    session: Session, case_id: UUID, scope: Scope, *, cursor: str | None, limit: int
) -> Found[CaseDocument]:
    """Give a page of a case's documents, the first first, or raise CaseUnknown."""
    await arrears.arrears_case(session, case_id, scope)
    statement = select(CaseDocument).where(CaseDocument.case_id == case_id)
    return await paging.page(session, statement, by=(CaseDocument.id,), cursor=cursor, limit=limit)


async def document(session: Session, document_id: UUID, scope: Scope) -> CaseDocument:
    """Give a document of a case that the caller sees, or raise DocumentUnknown."""
    cases = arrears.seen(select(ArrearsCase), scope).with_only_columns(ArrearsCase.id)
    statement = select(CaseDocument).where(
        CaseDocument.id == document_id, CaseDocument.case_id.in_(cases)
    )
    found = (await session.scalars(statement)).one_or_none()
    if found is None:
        raise DocumentUnknown
    return found


async def locked_document(
    session: Session, document_id: UUID, scope: Scope
) -> tuple[ArrearsCase, CaseDocument]:
    """Give a document and its case for changing, the case first, or raise DocumentUnknown."""
    found = await arrears.locked_with_case(session, CaseDocument, document_id, scope)
    if found is None:
        raise DocumentUnknown
    return found


async def locked_document_number(
    session: Session, office: str, kind: DocumentKind, year: int
) -> DocumentNumber:
    """Give an office's numbers of a kind and year, locked until this transaction ends.

    So that two who issue at once get two numbers, and one that fails leaves no gap.
    """
    named = {"office": office, "kind": kind, "year": year}
    await rows.insert_new(session, DocumentNumber, id=new_id(), **named, last=0)
    statement = select(DocumentNumber).filter_by(**named)
    return (await rows.locked_all(session, statement))[0]


async def last_step(session: Session, case_id: UUID, act: Act) -> CaseStep | None:
    """Give the last time that an act was done with a case, or None."""
    statement = (
        select(CaseStep)
        .where(CaseStep.case_id == case_id, CaseStep.act == act)
        .order_by(CaseStep.at.desc(), CaseStep.id.desc())
        .limit(1)
    )
    return (await session.scalars(statement)).one_or_none()


async def find_report(session: Session, case_id: UUID, report_id: UUID) -> CaseReport | None:
    """Give a report of a case, or None."""
    statement = select(CaseReport).where(CaseReport.id == report_id, CaseReport.case_id == case_id)
    return (await session.scalars(statement)).one_or_none()


async def templates(
    session: Session, only: TemplateFilter, scope: Scope, *, cursor: str | None, limit: int
) -> Found[DocumentTemplate]:
    """Give a page of the templates that may govern the caller's areas."""
    model = DocumentTemplate
    statement = select(model).where(policies.applies(model.area_code, scope))
    if only.area_code is not None:
        statement = statement.where(model.area_code == only.area_code)
    if only.kind is not None:
        statement = statement.where(model.kind == only.kind)
    by = (model.area_code, model.kind, model.version, model.id)
    return await paging.page(session, statement, by=by, cursor=cursor, limit=limit)


async def template(session: Session, template_id: UUID, scope: Scope) -> DocumentTemplate:
    """Give a template that may govern the caller's areas, or raise TemplateUnknown."""
    model = DocumentTemplate
    statement = select(model).where(
        model.id == template_id, policies.applies(model.area_code, scope)
    )
    found = (await session.scalars(statement)).one_or_none()
    if found is None:
        raise TemplateUnknown
    return found


async def template_of(session: Session, document: CaseDocument) -> DocumentTemplate:
    """Give the template that a document is made from."""
    statement = select(DocumentTemplate).where(DocumentTemplate.id == document.template_id)
    return (await session.scalars(statement)).one()


async def template_in_force(
    session: Session, kind: DocumentKind, area_code: str, day: date
) -> DocumentTemplate:
    """Give the template of the nearest area up the lineage; the nation's is always there."""
    lineage = await known.lineage(session, area_code)
    statement = select(DocumentTemplate).where(
        DocumentTemplate.kind == kind, DocumentTemplate.area_code.in_(lineage)
    )
    found = rules.in_force((await session.scalars(statement)).all(), lineage, day)
    if found is None:
        raise TemplateUnknown
    return found


async def template_is_new(session: Session, **values: Any) -> bool:
    """Write a template; False if its version is there."""
    return await rows.insert_new(session, DocumentTemplate, **values)


async def template_version(
    session: Session, area_code: str, kind: DocumentKind, version: int
) -> DocumentTemplate:
    """Give the one version of an area's template of a kind."""
    named = {"area_code": area_code, "kind": kind, "version": version}
    return (await session.scalars(select(DocumentTemplate).filter_by(**named))).one()
