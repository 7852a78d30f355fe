"""Terms: what areas say of orders, more time, closings by hand and feeds; posted and answered."""

from typing import Annotated, Literal, Self, TypeAlias
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints, model_validator

from services.cases.rules.items import WatchKind
from services.cases.rules.policies import Certainty
from services.cases.schemas.fields import (
    AreaCode,
    Asked,
    Code,
    Days,
    InBody,
    OutBody,
    TimeOfDay,
    Words,
)
from shared import clock
from shared.expectations import Every, FeedKind
from shared.problems import TextError
from shared.wording import Text
from shared.workdays import Unit

_Prefix: TypeAlias = Annotated[
    str, StringConstraints(min_length=1, max_length=20, pattern=r"^[^\x00-\x1f]*$")
]


class TermsBody(BaseModel):
    """What all terms say."""

    area_code: AreaCode
    version: Annotated[int, Field(ge=1, le=1_000_000)]
    valid_from: clock.Day
    basis: Words
    """Document and article, or whose practice it is."""
    certainty: Certainty


class _OrderTerms(TermsBody):
    """What an area's orders about a matter say, and how long they give."""

    matter: Code
    """`transfer_missed`, or the required system that is lacking: `wage_account`, `deposit` …"""
    prefix: _Prefix
    """What stands before the number, 劳监令字."""
    article: Words
    """The article that was broken and the one that is applied."""
    conduct: Words
    """What the paper says was done wrong."""
    unit: Unit
    length: Days
    """How long an order gives unless the inspector says otherwise, from `shortest` to `longest`."""
    shortest: Days
    longest: Days
    sign_within: Days
    """Working days after which an unsigned draft is told of."""
    serve_within: Days
    """Working days after which a signed order that nobody served is told of."""


class OrderTermsIn(_OrderTerms, InBody):
    """Terms to be stored. Area, matter and version name them; the same again changes nothing."""

    @model_validator(mode="after")
    def _lies_between(self) -> Self:
        if not self.shortest <= self.length <= self.longest:
            raise TextError(
                "order_length",
                Text(
                    "改正期限须不短于最短期限、不长于最长期限",
                    "What an order gives lies between the shortest and the longest",
                ),
            )
        return self


class OrderTermsOut(_OrderTerms, OutBody):
    """Stored terms of orders."""

    id: UUID


class _ExtensionTerms(TermsBody):
    """How long and how often an area grants more time for items of a kind."""

    kind: WatchKind | Literal["*"]
    """`*`: any kind that has no terms of its own."""
    unit: Unit
    longest: Days
    """So many days at a time."""
    how_often: Annotated[int, Field(ge=0, le=100)]
    """So many times for an item; 0: never."""


class ExtensionTermsIn(_ExtensionTerms, InBody):
    """Terms to be stored. Area, kind and version name them; the same again changes nothing."""


class ExtensionTermsOut(_ExtensionTerms, OutBody):
    """Stored terms of extensions."""

    id: UUID


class _ClosingTerms(TermsBody):
    """Which proofs of a kind an area takes as documents."""

    kind: WatchKind
    proofs: Annotated[list[Code], Field(max_length=20)]
    """Of the proofs that the kind knows; empty: none is taken as a document."""
    second_person: bool
    """Whether another person has to look before the item is closed."""


class ClosingTermsIn(_ClosingTerms, InBody):
    """Terms to be stored. Area, kind and version name them; the same again changes nothing."""


class ClosingTermsOut(_ClosingTerms, OutBody):
    """Stored terms of closings by hand."""

    id: UUID


class _FeedTerms(TermsBody):
    """How often an area expects to hear of a kind of feed, and by when."""

    kind: FeedKind
    every: Every
    workday: Annotated[int, Field(ge=1, le=23)] = 1
    """Which working day of a week or month; where it has fewer, its last."""
    by: TimeOfDay
    """Of Beijing."""
    grace_minutes: Annotated[int, Field(ge=0, le=1440)] = 0
    """So much later it is in time still."""


class FeedTermsIn(_FeedTerms, InBody):
    """Terms to be stored. Area, kind and version name them; the same again changes nothing."""


class FeedTermsOut(_FeedTerms, OutBody):
    """Stored terms of expected feeds."""

    id: UUID


class TermsFilter(Asked):
    """Which terms."""

    area_code: AreaCode | None = None
