"""The public door: codes on notice boards, what areas tell there, and the mailbox of a report."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.cases.models.tables import Base
from services.cases.rules.case_clocks import Investment
from services.cases.rules.policies import Certainty
from shared.pii import Sealed


class NoticeBoard(Base):
    """A code on a rights notice board (告示牌): it opens the form, and says where it hangs."""

    __tablename__ = "notice_boards"
    __table_args__ = (
        Index("uq_notice_boards_code", "code", unique=True),
        Index("ix_notice_boards_area_code", "area_code", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    """Everybody can read it from the board: it is no secret, and names nothing."""
    area_code: Mapped[str]
    unit_id: Mapped[UUID | None]
    """The body that hung it up, and was told first of what is told by it."""
    place: Mapped[str | None]
    """None: it hangs where people of many sites pass, who say theirs."""
    project_id: Mapped[UUID | None]
    project_name: Mapped[str | None]
    industry: Mapped[str]
    investment: Mapped[Investment | None]
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]

    @property
    def path(self) -> str:
        """Give where the form is; the installation's own name stands before it."""
        return f"/cases/v1/public/boards/{self.code}"


class PublicTerms(Base):
    """What an area tells whoever reported, and where else he can turn to; never changed."""

    __tablename__ = "public_terms"
    __table_args__ = (
        Index("uq_public_terms_version", "area_code", "version", unique=True),
        CheckConstraint("version > 0", name="numbers"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[str]
    version: Mapped[int]
    valid_from: Mapped[date]
    stages: Mapped[list[str]]
    """The stages that are told of, in plain words."""
    conclusion: Mapped[bool]
    """Whether it is told how the case ended."""
    places: Mapped[list[dict[str, Any]]]
    file_kinds: Mapped[list[str]] = mapped_column(
        server_default=text("""'["pdf", "png", "jpeg", "webp", "heic", "mp4"]'::jsonb""")
    )
    """Kinds of files, by their bytes, that may come with a report; empty: none."""
    most_files: Mapped[int] = mapped_column(server_default="10")
    """So many with one report."""
    most_bytes: Mapped[int] = mapped_column(server_default="20971520")
    """So large each."""
    basis: Mapped[str]
    certainty: Mapped[Certainty]


class CaseMessage(Base):
    """A message between whoever reported and the body in charge; no address of his is needed."""

    __tablename__ = "case_messages"
    __table_args__ = (
        Index("ix_case_messages_report_id", "report_id", "id"),
        Index("ix_case_messages_case_id", "case_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("arrears_cases.id"))
    report_id: Mapped[UUID] = mapped_column(ForeignKey("case_reports.id"))
    at: Mapped[datetime]
    by_office: Mapped[bool]
    actor: Mapped[str]
    text: Mapped[str] = mapped_column(Sealed)
