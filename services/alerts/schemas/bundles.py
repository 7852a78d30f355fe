"""Bodies of bundles and of the terms by which notices go in one message."""

from datetime import date, datetime, time
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.alerts.rules.bundles import BundleKind
from services.alerts.rules.deliveries import Channel
from services.alerts.schemas.forms import AreaCode, Asked, InBody, Line, OutBody, Word
from shared import clock
from shared.problems import TextError
from shared.wording import Text


class BundleOut(OutBody):
    """A message that carries several notices, and when it leaves."""

    id: UUID
    kind: BundleKind
    due_at: datetime
    sealed_at: datetime | None


class CarriedOut(OutBody):
    """In which message a notice goes by a channel, instead of by itself."""

    channel: Channel
    bundle: BundleOut


class BundleTermsIn(InBody):
    """A version of an area's terms of digests and floods, valid from a day."""

    area_code: AreaCode
    valid_from: clock.Day
    digest_levels: list[Word]
    digest_at: time
    """Beijing time; best some minutes after the rungs of the opening hour."""
    flood_count: Annotated[int, Field(ge=1, le=1000)]
    flood_minutes: Annotated[int, Field(ge=1, le=1440)]
    never_folded: list[Word] = ["red"]
    source: Line
    certainty: Literal["A", "B", "C"] = "C"

    @model_validator(mode="after")
    def _folds_or_not(self) -> Self:
        if both := set(self.digest_levels) & set(self.never_folded):
            raise TextError(
                "both",
                Text(
                    "同一等级不能既汇总又不汇总：{levels}", "Never folded and in a digest: {levels}"
                ).fill(levels=", ".join(sorted(both))),
            )
        if self.digest_at.tzinfo:
            raise TextError("digest_at", Text("请按北京时间填写", "Give Beijing time"))
        return self


class BundleTermsFilter(Asked):
    """Which terms."""

    area_code: AreaCode | None = None


class BundleTermsOut(OutBody):
    """A version of an area's terms of digests and floods."""

    id: UUID
    area_code: str
    version: int
    valid_from: date
    digest_levels: list[str]
    digest_at: time
    flood_count: int
    flood_minutes: int
    never_folded: list[str]
    source: str
    certainty: str
    created_at: datetime
