"""A document of the case in Hefeng, a template of the county's, and requests that work on them."""

from hashlib import sha256

from services.cases.models import CaseDocument, DocumentTemplate
from services.cases.rules.documents import DocumentKind, DocumentState
from services.cases.rules.policies import Certainty
from shared import clock, docx
from shared.db import Session
from shared.docx import Block, Paragraph
from shared.files import FileKind
from tests.cases.factories import an_id
from tests.contracts.access.rows import HERE, Rows
from tests.fixtures.service import kept_files

V1 = "/cases/v1"
ONE = f"{V1}/case-documents/{{document_id}}"
FORM = docx.write([Paragraph(Block.BODY, "{{文号}}{{送达对象}}{{办理机关}}{{制发日期}}")])


async def add(session: Session, rows: Rows) -> None:
    """Make a template, and a document whose file is made of it; the case is there."""
    kept = await kept_files().keep(FORM, kind=FileKind.DOCX, name="x.docx")
    now = clock.now()
    fields = ["number", "addressee", "office", "made_on"]
    session.add(
        DocumentTemplate(
            id=an_id("template"), area_code=HERE, kind=DocumentKind.CLOSING, version=1,
            valid_from=clock.day_of(now), prefix="结字", basis="本县式样", certainty=Certainty.A,
            file_id=kept.file_id, sha256=kept.sha256, fields=fields, kept_at=now, kept_by="office",
        )
    )  # fmt: skip
    await session.flush()  # The document refers to it.
    session.add(
        CaseDocument(
            id=an_id("document"), case_id=rows.ids["case_id"], kind=DocumentKind.CLOSING,
            template_id=an_id("template"), office=HERE, year=2022, sequence=1, number="结字1号",
            state=DocumentState.ISSUED, issued_at=now, issued_by="office", file_id=kept.file_id,
            sha256=sha256(FORM).hexdigest(),
        )
    )  # fmt: skip
    rows.ids |= {"document_id": an_id("document"), "template_id": an_id("template")}
    said = {"kind": "closing_letter", "fields": {"addressee": "某人", "office": "某局"}}
    served = {
        "served_on": clock.day_of(now).isoformat(), "served_how": "direct", "served_to": "某人",
        "evidence_ids": [str(an_id("receipt"))],
    }  # fmt: skip
    sent = {
        "area_code": HERE, "kind": "closing_letter", "version": "2", "valid_from": "2023-05-31",
        "prefix": "结字", "basis": "本县式样", "certainty": "A",
    }  # fmt: skip
    rows.requests |= {
        f"POST {V1}/arrears-cases/{{case_id}}/documents": [{"json": said}],
        f"POST {ONE}/file": [{"json": {"purpose": "送达"}}],
        f"POST {ONE}/service": [{"json": served}],
        f"POST {ONE}/void": [{"json": {"reason": "有误"}}],
        f"POST {V1}/document-templates": [{"data": sent, "files": {"file": ("x.docx", FORM)}}],
    }
    rows.marks[f"GET {V1}/document-templates"] = an_id("template")
