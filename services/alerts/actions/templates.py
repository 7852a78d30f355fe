"""Templates: the next version of one, all that is wrong with it said at once."""

from datetime import datetime

from services.alerts import queries
from services.alerts.errors import TemplateNotLater, TemplateRefused
from services.alerts.models import Template
from services.alerts.rules import templates
from services.alerts.schemas.templates import TemplateIn
from shared import pii
from shared.auth import Caller
from shared.db import Session, new_id
from shared.problems import Finding
from shared.wording import Text

_PERSONAL = Text("疑似含证件号、银行卡号或手机号", "Seems to hold an ID, card or phone number")


async def enter_template(
    session: Session, caller: Caller, wanted: TemplateIn, now: datetime
) -> Template:
    """Enter the next version of a template; earlier ones stay, for what was told by them.

    Raises AreaUnknown, TemplateRefused, TemplateNotLater.
    """
    await queries.areas.areas_in_scope(session, [wanted.area_code], caller.scope)
    faults = templates.faults(wanted.channel, wanted.title, wanted.text, wanted.provider_id)
    found = [Finding(fault.place, fault.code, fault.text) for fault in faults]
    found += [
        Finding(place, "personal", _PERSONAL)
        for place in ("title", "text")
        if pii.looks_personal(getattr(wanted, place))
    ]
    if found:
        raise TemplateRefused(errors=found)
    newest = await queries.templates.locked_find_template(session, wanted)
    if newest and wanted.valid_from < newest.valid_from:
        raise TemplateNotLater
    template = Template(
        id=new_id(), version=newest.version + 1 if newest else 1, created_at=now,
        created_by=caller.subject, **wanted.model_dump(),
    )  # fmt: skip
    session.add(template)
    return template
