"""Templates of documents: an area's own file from a day on; what was issued keeps its own."""

from datetime import datetime

from services.cases import queries
from services.cases.adapters.documents import Looked
from services.cases.errors import PolicyVersionTaken, TemplateRefused
from services.cases.models import DocumentTemplate
from services.cases.schemas.documents import TemplateIn
from shared.auth import Caller
from shared.db import Session, new_id
from shared.files import Kept


async def add_template(
    session: Session,
    caller: Caller,
    body: TemplateIn,
    sent: tuple[Kept, Looked],
    now: datetime,
) -> DocumentTemplate:
    """Store a version of an area's template of a kind; the same again gives the stored one.

    Raises AreaUnknown, TemplateRefused with all findings, or PolicyVersionTaken.
    """
    kept, looked = sent
    area_code = await queries.policies.area_for_policy(session, body.area_code, caller.scope)
    if looked.findings:
        raise TemplateRefused(errors=looked.findings)
    said = body.model_dump() | {"sha256": kept.sha256, "fields": looked.fields}
    kept_by = {"file_id": kept.file_id, "kept_at": now, "kept_by": caller.actor}
    is_new = await queries.documents.template_is_new(session, id=new_id(), **said, **kept_by)
    stored = await queries.documents.template_version(session, area_code, body.kind, body.version)
    if not is_new and any(getattr(stored, name) != value for name, value in said.items()):
        raise PolicyVersionTaken
    return stored
