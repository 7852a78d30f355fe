"""Kinds of fields that several bodies share."""

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.problems import TextError
from shared.wording import Text

# No control characters: PostgreSQL refuses the first of them, and no name has any.
_PRINTED = r"^[^\x00-\x1f\x7f]*$"

Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=_PRINTED),
]
Code = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64, pattern=_PRINTED)
]
Tag = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40, pattern=_PRINTED)
]
AreaCode = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=20, pattern=_PRINTED),
    Field(description="GB/T 2260: 2, 4 or 6 digits; 9 for towns, 12 for villages; 0: the nation"),
]
Amount = Annotated[
    Decimal, Field(ge=0, max_digits=14, decimal_places=2, description='Yuan, `"1200.00"`')
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


def given(value: object) -> object:
    """Refuse null where an edit may leave a field out but not empty it."""
    if value is None:
        raise TextError("missing", Text("该项不能为空", "This cannot be emptied"))
    return value
