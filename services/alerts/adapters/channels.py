"""The one protocol of channels that leave the house, and who speaks it."""

from collections.abc import Mapping
from typing import Protocol

from services.alerts.adapters import dingtalk, feishu, sms, smtp, webhook, wecom
from services.alerts.adapters.calls import Client
from services.alerts.rules.deliveries import Answer, Channel, Parcel


class Sender(Protocol):
    """Takes a parcel and gives what came back; never an exception for what a stranger does."""

    async def send(self, client: Client, parcel: Parcel) -> Answer:
        """Send one parcel, once."""


class Provider(Sender, Protocol):
    """A channel that one provider carries, which may be away or refuse us altogether."""

    async def check(self, client: Client, address: str) -> Answer:
        """See whether the provider would take something, sending nothing to anybody."""


PROVIDERS: Mapping[Channel, Provider] = {
    Channel.MAIL: smtp,
    Channel.SMS: sms,
    Channel.WECOM: wecom,
    Channel.DINGTALK: dingtalk,
    Channel.FEISHU: feishu,
}
SENDERS: Mapping[Channel, Sender] = {Channel.WEBHOOK: webhook, **PROVIDERS}
"""Every channel but the inbox, which is in the house."""
