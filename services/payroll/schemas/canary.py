"""Bodies of the canary's door."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict


class CanaryCameIn(BaseModel):
    """What names the round that is back."""

    round_id: UUID


class CanaryIn(BaseModel):
    """What alerts sends: a CloudEvent, of which the round is all that is read."""

    model_config = ConfigDict(extra="ignore")

    data: CanaryCameIn


class CanaryOut(BaseModel):
    """Whether it was news."""

    taken: bool
