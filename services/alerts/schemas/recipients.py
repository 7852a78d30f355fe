"""Bodies of recipients and duty rosters."""

from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from services.alerts.rules.bundles import Digest
from services.alerts.rules.deliveries import Channel
from services.alerts.rules.routing import Receiver
from services.alerts.schemas.forms import PRINTED, AreaCode, Asked, Hour, InBody, Line, OutBody
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


class QuietHours(InBody):
    """Hours (Beijing) in which a channel waits; over midnight where they end no later than begin.

    What is red or major does not wait, and nothing is lost: it goes when the hours end.
    """

    model_config = ConfigDict(from_attributes=True)

    channel: OwnChannel
    begins: Hour
    ends: Hour

    @model_validator(mode="after")
    def _is_a_part_of_the_day(self) -> Self:
        if self.channel == "inbox":
            raise TextError("channel", Text("站内收件箱不打扰人", "The inbox disturbs nobody"))
        if self.begins == self.ends:
            raise TextError("hours", Text("免打扰时段不能是全天", "Not all of a day can be quiet"))
        return self


Channels = Annotated[list[OwnChannel], Field(min_length=1, max_length=20)]
Quiet = Annotated[list[QuietHours], Field(max_length=20)]


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
    channels: Channels = ["inbox", "mail"]
    """In the order in which they are wished for; the inbox always is one."""
    quiet: Quiet = []
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
        chosen = self.channels if "channels" in self.model_fields_set else []
        for channel, address in {"mail": self.mail, "sms": self.phone}.items():
            if channel in chosen and not address:
                raise TextError(
                    channel,
                    Text(
                        "选择了该渠道但未填邮箱或手机号", "A channel is chosen without its address"
                    ),
                )
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
    channels: Channels = []
    quiet: Quiet = []
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
    last: datetime | None = None
    """When it was seen last."""


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
    quiet: list[dict[str, str]]
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
