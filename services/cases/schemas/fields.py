"""The forms and fields that all bodies of cases are made of."""

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

TimeOfDay = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


# PostgreSQL keeps no NUL in a text.
Words = Annotated[str, Field(min_length=1, max_length=2000, pattern=r"^[^\x00]*$")]


AreaCode = Annotated[str, Field(pattern=r"^(0|[0-9]{2,12})$")]


Days = Annotated[int, Field(ge=1, le=400)]
# A measured value: months of cover, a share, a number of workers.
Measure = Annotated[Decimal, Field(max_digits=20, decimal_places=6)]


class InBody(BaseModel):
    """A body or a part of one: what is not known here is refused."""

    model_config = ConfigDict(
        extra="forbid", str_strip_whitespace=True, use_attribute_docstrings=True
    )


class OutBody(BaseModel):
    model_config = ConfigDict(from_attributes=True, use_attribute_docstrings=True)


class WordsOut(OutBody):
    """Words for people, in both languages."""

    zh: str
    en: str


class Asked(BaseModel):
    """What a list is narrowed by; it comes in the query, beside the page's cursor."""

    model_config = ConfigDict(use_attribute_docstrings=True)
