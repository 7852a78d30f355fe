"""Notices that arrived, as alerts told, and evidence packs that were made."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from services.cases.models.tables import Base
from services.cases.rules.packs import About


class NoticeProof(Base):
    """That a notice of a watch item reached a receiver: when, by which channel; ids only."""

    __tablename__ = "notice_proofs"
    __table_args__ = (
        # A digest is one delivery of several notices.
        Index("uq_notice_proofs_notice", "delivery_id", "notice_id", unique=True),
        Index("ix_notice_proofs_watch_item_id", "watch_item_id", "delivered_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    watch_item_id: Mapped[UUID]
    alert_id: Mapped[UUID]
    notice_id: Mapped[UUID]
    delivery_id: Mapped[UUID]
    recipient_id: Mapped[UUID]
    """Of alerts."""
    channel: Mapped[str]
    reason: Mapped[str]
    level: Mapped[str]
    told_at: Mapped[datetime]
    delivered_at: Mapped[datetime]
    attempts: Mapped[int]


class EvidencePack(Base):
    """A pack of evidence (证据包) of a watch item or a case, as it stood; never changed."""

    __tablename__ = "evidence_packs"
    __table_args__ = (Index("uq_evidence_packs_digest", "subject_id", "digest", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    about: Mapped[About]
    subject_id: Mapped[UUID]
    digest: Mapped[str]
    """Of what it tells: while nothing has happened since, the same pack is given again."""
    file_id: Mapped[UUID]
    sha256: Mapped[str]
    """Of the zip."""
    size: Mapped[int]
    entries: Mapped[list[dict[str, Any]]]
    """Names, digests and sizes of what is in it, as its index has them."""
    made_at: Mapped[datetime]
    made_by: Mapped[str]
