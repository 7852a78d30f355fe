"""The forms that all bodies of alerts are made of."""

from datetime import time
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from shared.areas import is_area_code
from shared.problems import TextError
from shared.wording import Text


class InBody(BaseModel):
    """What comes in; a field that is not known is refused."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Asked(BaseModel):
    """What a list is filtered by; it shares the query with cursor and limit."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)


class OutBody(BaseModel):
    """What goes out, read off the rows themselves."""

    model_config = ConfigDict(from_attributes=True)


def _area_code(code: str) -> str:
    if not is_area_code(code):
        raise TextError("area_code", Text("不是有效的行政区划代码", "This is no area code"))
    return code


def _local(hour: time) -> time:
    if hour.tzinfo is not None:
        raise TextError("zone", Text("请填北京时间，不带时区", "Give Beijing time, without a zone"))
    return hour


Hour = Annotated[time, AfterValidator(_local)]
"""A time of day, Beijing time."""
AreaCode = Annotated[str, StringConstraints(max_length=12), AfterValidator(_area_code)]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.]{0,59}$")]
# No control characters: PostgreSQL refuses the first of them, and no name has any.
PRINTED = r"^[^\x00-\x1f\x7f]*$"
Word = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=PRINTED)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=PRINTED)]
Remark = Annotated[str, StringConstraints(max_length=200, pattern=PRINTED)]
# Some lines of text.
Note = Annotated[str, StringConstraints(max_length=1000, pattern=r"^[^\x00]*$")]
InvestmentType = Literal["government", "state_firm", "ppp", "private"]
