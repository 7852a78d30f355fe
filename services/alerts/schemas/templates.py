"""Bodies of templates."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import StringConstraints

from services.alerts.rules.deliveries import Channel
from services.alerts.rules.templates import LONGEST_TEXT, LONGEST_TITLE
from services.alerts.schemas.forms import PRINTED, AreaCode, Asked, Code, InBody, Line, OutBody
from shared import clock
from shared.wording import Language

Worded = Literal[Channel.MAIL, Channel.SMS, Channel.WECOM, Channel.DINGTALK, Channel.FEISHU]
AnyOr = Annotated[str, StringConstraints(max_length=60, pattern=PRINTED)]


class TemplateIn(InBody):
    """A version of a template, valid from a day. `kind`, `level`: empty means any."""

    area_code: AreaCode
    channel: Worded
    kind: Literal[""] | Code = ""
    level: AnyOr = ""
    language: Language = "zh"
    valid_from: clock.Day
    enabled: bool = True
    title: Annotated[str, StringConstraints(max_length=LONGEST_TITLE, pattern=PRINTED)] = ""
    text: Annotated[
        str, StringConstraints(min_length=1, max_length=LONGEST_TEXT, pattern=r"^[^\x00\r]*$")
    ]
    provider_id: Annotated[str, StringConstraints(max_length=60, pattern=r"^[\w.-]*$")] = ""
    """As what an SMS is registered with its provider."""
    source: Line
    certainty: Literal["A", "B", "C"] = "C"


class TemplateFilter(Asked):
    """Which templates."""

    area_code: AreaCode | None = None
    channel: Worded | None = None
    kind: AnyOr | None = None
    language: Language | None = None


class TemplateOut(OutBody):
    """A version of a template."""

    id: UUID
    area_code: str
    channel: Channel
    kind: str
    level: str
    language: str
    version: int
    valid_from: date
    enabled: bool
    title: str
    text: str
    provider_id: str
    source: str
    certainty: str
    created_at: datetime
