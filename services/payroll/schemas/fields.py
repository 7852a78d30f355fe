"""Kinds of fields that several bodies share."""

from decimal import Decimal
from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.clock import Month

# No control characters: PostgreSQL refuses the first of them, and no name has any.
_PRINTED = r"^[^\x00-\x1f\x7f]*$"

Name: TypeAlias = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=_PRINTED),
]
Code: TypeAlias = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64, pattern=_PRINTED)
]
AreaCode: TypeAlias = Annotated[
    str, StringConstraints(pattern=r"^(0|[0-9]{2}([0-9]{2}([0-9]{2}([0-9]{3}([0-9]{3})?)?)?)?)$")
]
AccountNo: TypeAlias = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=4, max_length=40, pattern=r"^[\w \-]+$"),
]
Reason: TypeAlias = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=2, max_length=500, pattern=_PRINTED),
]
Period: TypeAlias = Month
# Whether an amount is positive is the rules' finding, so that it is told beside all others.
Money: TypeAlias = Annotated[
    Decimal, Field(max_digits=14, decimal_places=2, description="Yuan, at most two decimals")
]


class Body(BaseModel):
    """A body that is sent; a field that is not known is a finding, not a silence."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Filter(BaseModel):
    """What a list is narrowed by; it comes in the query, beside the page's cursor."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class Row(BaseModel):
    """A row as it is shown."""

    model_config = ConfigDict(from_attributes=True, use_attribute_docstrings=True)
