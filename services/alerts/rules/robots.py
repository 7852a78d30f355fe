"""Robots of chat groups: at what pace they are spoken to, and where they live."""

from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from services.alerts.rules.deliveries import Channel

PACE: Mapping[Channel, int] = {Channel.WECOM: 18, Channel.DINGTALK: 18, Channel.FEISHU: 90}
"""Messages a minute; the platforms take 20, 20 and 100, and people use a robot by other means too.
Spread evenly, so that Feishu's five a second hold as well."""

_KEYS: Mapping[Channel, tuple[str, str | None]] = {
    Channel.WECOM: ("/cgi-bin/webhook/send", "key"),
    Channel.DINGTALK: ("/robot/send", "access_token"),
    Channel.FEISHU: ("/open-apis/bot/v2/hook/", None),
}


def is_address(kind: Channel, url: str) -> bool:
    """Say whether an address has the form that a platform gives its robots' addresses.

    The host is not looked at: platforms also run on premises of an administration.
    """
    path, key = _KEYS[kind]
    parts = urlsplit(url)
    if key is None:
        return parts.path.startswith(path) and len(parts.path) > len(path) and not parts.query
    return parts.path.endswith(path) and list(parse_qs(parts.query)) == [key]
