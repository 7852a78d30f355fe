"""Bodies of recipients and duty rosters."""

from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, model_validator

from services.alerts.rules.bundles import Digest
from services.alerts.rules.deliveries import Channel
from services.alerts.rules.routing import Receiver
from services.alerts.schemas.forms import PRINTED, AreaCode, Asked, InBody, Line, OutBody
from shared import clock
from shared.pii import MaskedMail, MaskedPhone
from shared.problems import TextError
from shared.wording import Language, Text

Phone = Annotated[str, StringConstraints(pattern=r"^\+?[0-9][0-9 ()-]{3,23}[0-9]$")]
_PART = r"[^@\s\x00-\x1f\x7f,;<>\"]+"
MailAddress = Annotated[
    str, StringConstraints(max_length=254, pattern=rf"^{_PART}@{_PART}\.{_PART}$")
]
OwnChannel = Literal["inbox", "mail", "sms"]


def _held_role(role: Receiver) -> Receiver:
    if role is Receiver.ASSIGNEE:
        raise TextError(
            "role", Text("该角色由事项决定，不能登记", "Items name the assignee, not people")
        )
    return role


HeldRole = Annotated[Receiver, AfterValidator(_held_role)]


class RecipientIn(InBody):
    """A person or post that can be told. `title` is what the post is called, no person's name."""

    title: Line
    roles: Annotated[list[HeldRole], Field(min_length=1, max_length=20)]
    area_code: AreaCode
    org_id: UUID | None = None
    person_id: UUID | None = None
    subject: Line | None = None
    phone: Phone | None = None
    mail: MailAddress | None = None
    channels: list[OwnChannel] = ["inbox", "mail"]
    language: Language = "zh"
    digest: Digest = Digest.NONE
    robot_id: UUID | None = None
    """Set: a chat group, which its robot tells."""
    from_on: clock.Day | None = None
    until_on: clock.Day | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.from_on and self.until_on and self.until_on < self.from_on:
            raise TextError("span", Text("任期结束早于开始", "The last day comes before the first"))
        return self


class RecipientPatch(InBody):
    """What changes of a recipient; what is not named stays. null takes a value away."""

    version: int
    title: Line = ""
    roles: Annotated[list[HeldRole], Field(min_length=1, max_length=20)] = []
    person_id: UUID | None = None
    subject: Line | None = None
    phone: Phone | None = None
    mail: MailAddress | None = None
    channels: list[OwnChannel] = []
    language: Language = "zh"
    digest: Digest = Digest.NONE
    robot_id: UUID | None = None
    until_on: clock.Day | None = None


class RecipientFilter(Asked):
    """Which recipients."""

    area_code: AreaCode | None = None
    role: Receiver | None = None
    org_id: UUID | None = None


class RecipientFind(InBody):
    """Whole values by which recipients are found; in the body, because addresses log queries."""

    phone: Phone | None = None
    mail: MailAddress | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.phone is None) == (self.mail is None):
            raise TextError(
                "one", Text("手机号与邮箱请填其一", "Give either a phone or a mail address")
            )
        return self


class FailingWay(BaseModel):
    """Why a way did not reach a recipient last, and since when that is so."""

    reason: str
    since: datetime


class RecipientOut(OutBody):
    """A recipient, its addresses masked."""

    id: UUID
    title: str
    roles: list[str]
    area_code: str
    org_id: UUID | None
    person_id: UUID | None
    subject: str | None
    phone: MaskedPhone | None
    mail: MaskedMail | None
    channels: list[str]
    language: str
    digest: Digest
    """`morning`: what the area counts among the lower levels comes once, on working days."""
    robot_id: UUID | None
    robot_kind: Channel | None
    failing: dict[str, FailingWay]
    from_on: date
    until_on: date | None
    version: int
    created_at: datetime
    changed_at: datetime


class RevealIn(InBody):
    """Why the clear addresses are needed; it is recorded."""

    purpose: Annotated[str, StringConstraints(min_length=4, max_length=500, pattern=PRINTED)]


class RevealedOut(OutBody):
    """The clear addresses of a recipient."""

    id: UUID
    phone: str | None
    mail: str | None


class DutyRosterIn(InBody):
    """Who is on duty for an area in a span."""

    area_code: AreaCode
    from_at: clock.Instant
    until_at: clock.Instant
    recipient_id: UUID

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.until_at <= self.from_at:
            raise TextError("span", Text("值班结束须晚于开始", "A duty ends after it begins"))
        return self


class DutyRosterFilter(Asked):
    """Which duties."""

    area_code: AreaCode | None = None


class DutyRosterOut(OutBody):
    """Who is on duty for an area in a span."""

    id: UUID
    area_code: str
    from_at: datetime
    until_at: datetime
    recipient_id: UUID
    created_at: datetime
