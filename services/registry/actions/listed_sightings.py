"""A file of approvals, permits or tenders is entered, as the same list by interface is."""

import re
from datetime import datetime

from services.registry import queries
from services.registry.actions import lines, sightings
from services.registry.errors import RegistrationRefused
from services.registry.rules.imports import SOURCES, ImportKind
from services.registry.schemas.reporting import SightingIn
from shared.auth import Caller
from shared.db import Session
from shared.tables.forms import Filled

_ITEM = re.compile(r"items\[(\d+)\]\.?(\w*)")


async def enter_listed(
    session: Session,
    caller: Caller,
    kind: ImportKind,
    area_code: str,
    *,
    filled: Filled,
    now: datetime,
) -> int:
    """Enter what a list tells; give how many rows were new."""
    names = await queries.imports.areas_under(session, area_code, caller.scope)
    items = []
    for line in filled.lines:
        lines.place(line, names)
        if not line.findings and (body := lines.body(line, SightingIn, line.values, {})):
            items.append(body)
    if filled.rejected:
        return 0
    try:
        seen = await sightings.enter_sightings(session, caller, SOURCES[kind], items, now)
    except RegistrationRefused as refused:
        for one in refused.errors:
            if found := _ITEM.fullmatch(one.place):
                line, name = filled.lines[int(found[1])], found[2] or "name"
                line.find(name, one.code, one.detail, one.remedy or lines.COMPARE)
        return 0
    return seen.entered
