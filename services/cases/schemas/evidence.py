"""Evidence as it is shown, and as it is named where something is claimed."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.cases.schemas.fields import OutBody
from shared.files import FileKind, Scan

EvidenceIds = Annotated[list[UUID], Field(max_length=50)]


class EvidenceOut(OutBody):
    """A kept file: what it is by its bytes, its digest, who brought it when."""

    id: UUID
    subject_id: UUID
    kind: FileKind
    sha256: str
    size: int
    """Bytes."""
    scan: Scan
    kept_at: datetime
    kept_by: str
    report_id: UUID | None
    """The report that it came with, if whoever reported sent it."""
    org_id: UUID | None
