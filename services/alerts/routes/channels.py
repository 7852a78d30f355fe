"""Channels over HTTP, for operators."""

from collections.abc import Sequence

from services.alerts import queries
from services.alerts.routes.router import router
from services.alerts.rules.ways import Fare
from services.alerts.schemas.channels import ChannelOut
from shared.auth import may
from shared.db import Transaction


@router.get(
    "/v1/channels", summary="Channels that have a provider, and how it fared at its self-test",
    response_model=list[ChannelOut], dependencies=[may("platform:operate")],
)  # fmt: skip
async def fares(session: Transaction) -> Sequence[Fare]:
    return await queries.channels.fares(session)
