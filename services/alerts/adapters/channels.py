"""The one protocol of channels that leave the house, and who speaks it."""

from collections.abc import Mapping
from typing import Protocol

from services.alerts.adapters import smtp, webhook
from services.alerts.adapters.calls import Client
from services.alerts.rules.deliveries import Answer, Channel, Parcel


class Sender(Protocol):
    """Takes a parcel and gives what came back; never an exception for what a stranger does."""

    async def send(self, client: Client, parcel: Parcel) -> Answer:
        """Send one parcel, once."""


SENDERS: Mapping[Channel, Sender] = {
    Channel.WEBHOOK: webhook,
    Channel.MAIL: smtp,
}
"""Every channel but the inbox, which is in the house."""
