"""Bodies of robots of chat groups."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AnyHttpUrl, Field, StringConstraints, model_validator

from services.alerts.rules.deliveries import Channel, EndpointState
from services.alerts.rules.robots import is_address
from services.alerts.schemas.forms import AreaCode, Asked, InBody, Line, OutBody
from shared.problems import TextError
from shared.wording import Text

Platform = Literal[Channel.WECOM, Channel.DINGTALK, Channel.FEISHU]
# As platforms give them: letters, digits and what base64 has.
RobotSecret = Annotated[str, StringConstraints(pattern=r"^[\w+/=-]{8,200}$")]
Address = Annotated[AnyHttpUrl, Field(max_length=1000)]


def _fits(kind: Channel, address: AnyHttpUrl) -> None:
    if not is_address(kind, str(address)):
        raise TextError(
            "address",
            Text(
                "不是该平台群机器人的地址，请从群设置中完整复制",
                "This is no address of a robot of this platform; copy it from the group's settings",
            ),
        )


class RobotIn(InBody):
    """A robot of a chat group, with the address and the secret that its platform shows."""

    area_code: AreaCode
    kind: Platform
    title: Line
    address: Address
    secret: RobotSecret | None = None

    @model_validator(mode="after")
    def _address_fits(self) -> Self:
        _fits(self.kind, self.address)
        if self.kind is Channel.WECOM and self.secret:
            raise TextError(
                "secret", Text("企业微信群机器人没有密钥", "A robot of WeCom has no secret")
            )
        return self


class RobotPatch(InBody):
    """What changes of a robot; what is not named stays. null takes the secret away."""

    version: int
    title: Line | None = None
    address: Address | None = None
    secret: RobotSecret | None = None
    state: EndpointState | None = None


class RobotFilter(Asked):
    """Which robots."""

    area_code: AreaCode | None = None
    kind: Platform | None = None
    state: EndpointState | None = None


class RobotOut(OutBody):
    """A robot; its address and secret are never shown again."""

    id: UUID
    area_code: str
    kind: Channel
    title: str
    signed: bool
    state: EndpointState
    state_reason: str | None
    version: int
    created_at: datetime
    changed_at: datetime
