"""Documents of arrears cases, the templates that they are made from, and their numbers."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.cases.models.tables import Base
from services.cases.rules.documents import DocumentKind, DocumentState
from services.cases.rules.orders import ServedHow
from services.cases.rules.policies import Certainty
from shared.pii import Sealed


class DocumentTemplate(Base):
    """An area's form of a kind of document (文书模板); a version never changes."""

    __tablename__ = "document_templates"
    __table_args__ = (
        Index("uq_document_templates_version", "area_code", "kind", "version", unique=True),
        CheckConstraint("version > 0", name="version"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[str]
    kind: Mapped[DocumentKind]
    version: Mapped[int]
    valid_from: Mapped[date]
    prefix: Mapped[str]
    """What stands before a number, 鹤人社监受字."""
    basis: Mapped[str]
    certainty: Mapped[Certainty]
    file_id: Mapped[UUID | None]
    """None: the form that the platform brings along."""
    sha256: Mapped[str | None]
    fields: Mapped[list[Any]]
    """The codes of the fields that it uses."""
    kept_at: Mapped[datetime]
    kept_by: Mapped[str]

    @property
    def own(self) -> bool:
        """Say whether it is the area's own file."""
        return self.file_id is not None


class DocumentNumber(Base):
    """How many documents of a kind an office has issued in a year; locked while one is issued."""

    __tablename__ = "document_numbers"
    __table_args__ = (Index("uq_document_numbers_office", "office", "kind", "year", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    office: Mapped[str]
    kind: Mapped[DocumentKind]
    year: Mapped[int]
    last: Mapped[int]

    def take(self) -> int:
        """Give the next number; a transaction that fails gives it back."""
        self.last += 1
        return self.last


class CaseDocument(Base):
    """A document of a case (文书): issued under a number, made once, served with proof, or void."""

    __tablename__ = "case_documents"
    __table_args__ = (
        Index("uq_case_documents_number", "office", "kind", "year", "sequence", unique=True),
        Index("ix_case_documents_case_id", "case_id", "id"),
        CheckConstraint("(state = 'served') <= (served_on IS NOT NULL)", name="service"),
        CheckConstraint("(state = 'void') = (voided_at IS NOT NULL)", name="void"),
        # What is in its file is kept nowhere else.
        CheckConstraint("(file_id IS NULL) <> (said IS NULL)", name="content"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("arrears_cases.id"))
    kind: Mapped[DocumentKind]
    template_id: Mapped[UUID] = mapped_column(ForeignKey("document_templates.id"))
    office: Mapped[str]
    year: Mapped[int]
    sequence: Mapped[int]
    number: Mapped[str]
    """As it is written, 受理字〔2023〕第7号; a void document keeps it."""
    report_id: Mapped[UUID | None] = mapped_column(ForeignKey("case_reports.id"))
    """Whose reporter it is addressed to, where that is so."""
    state: Mapped[DocumentState] = mapped_column(default=DocumentState.ISSUED)
    issued_at: Mapped[datetime]
    issued_by: Mapped[str]
    said: Mapped[str | None] = mapped_column(Sealed)
    """What its fields say, until its file is made of them."""
    file_id: Mapped[UUID | None]
    sha256: Mapped[str | None]
    correct_by: Mapped[date | None]
    """The last day that an order gives (责令期限)."""
    served_on: Mapped[date | None]
    served_how: Mapped[ServedHow | None]
    served_to: Mapped[str | None] = mapped_column(Sealed)
    """Who took it, by the receipt."""
    served_by: Mapped[str | None]
    evidence_ids: Mapped[list[Any] | None]
    """What shows that it was served (送达回证)."""
    voided_at: Mapped[datetime | None]
    voided_by: Mapped[str | None]
    void_reason: Mapped[str | None]

    @property
    def made(self) -> bool:
        """Say whether its file is made."""
        return self.file_id is not None
