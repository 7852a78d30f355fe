"""Documents of cases and their templates, as they are asked for and shown."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.cases.rules.documents import DocumentKind, DocumentState, From
from services.cases.rules.orders import ServedHow
from services.cases.schemas.arrears import Line
from services.cases.schemas.evidence import EvidenceIds
from services.cases.schemas.fields import AreaCode, Asked, Code, InBody, OutBody, Words
from services.cases.schemas.terms import TermsBody
from shared import clock
from shared.pii import MaskedName


class DocumentIn(InBody):
    """A document to be issued; what the case knows of it nobody types."""

    kind: DocumentKind
    report_id: UUID | None = None
    """The report whose reporter it is addressed to."""
    fields: Annotated[dict[Code, Words], Field(max_length=50)] = {}
    """What the case does not know, by the codes of fields; days as 2023-05-31."""


class DocumentServiceIn(InBody):
    """How and when a document reached whom it is addressed to, with what shows it."""

    served_on: clock.Day
    served_how: ServedHow
    served_to: Line
    """Who took it; kept sealed."""
    evidence_ids: Annotated[EvidenceIds, Field(min_length=1)]
    """The receipt (送达回证), among the evidence of the case."""


class VoidIn(InBody):
    """Why a document counts no longer; it keeps its number."""

    reason: Words


class DocumentOut(OutBody):
    """A document of a case. What it says stands in its file alone."""

    id: UUID
    case_id: UUID
    kind: DocumentKind
    number: str
    template_id: UUID
    report_id: UUID | None
    state: DocumentState
    issued_at: datetime
    issued_by: str
    made: bool
    """Whether its file is made; it is when somebody takes it first."""
    sha256: str | None
    served_on: date | None
    served_how: ServedHow | None
    served_to: MaskedName | None
    served_by: str | None
    evidence_ids: list[UUID] | None
    voided_at: datetime | None
    voided_by: str | None
    void_reason: str | None


class TemplateIn(TermsBody, InBody):
    """What is said of an uploaded template. Area, kind and version name it."""

    kind: DocumentKind
    prefix: Annotated[Line, Field(max_length=20)]
    """What stands before a document's number."""


class TemplateOut(TermsBody, OutBody):
    """A stored template; documents that were issued keep the one that they were made from."""

    id: UUID
    kind: DocumentKind
    prefix: str
    own: bool
    """Whether the area's own file is stored; else it is the form of the platform."""
    sha256: str | None
    fields: list[str]
    kept_at: datetime
    kept_by: str


class TemplateFilter(Asked):
    """Which templates."""

    area_code: AreaCode | None = None
    kind: DocumentKind | None = None


class TemplateFieldOut(OutBody):
    """A field that templates may use: it is written as `{{name}}`, or by its code."""

    code: str
    name: str
    zh: str
    en: str
    source: From
    """Where its value comes from; of a line it is repeated, in a row of a table."""


class TemplateFieldsOut(OutBody):
    """All fields that templates may use."""

    items: list[TemplateFieldOut]
