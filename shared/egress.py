"""The only way out of the house: addresses are checked, and the checked address is connected to.

A subscriber's URL is an attack until shown otherwise. A name is resolved once per connection; one
refused answer refuses them all, and the connection goes to an address that was looked at, with TLS
for the name. By itself the policy lets https on port 443 out, to public addresses.
"""

import asyncio
import re
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, TypeAlias

import httpcore
import httpx

from shared.wording import Text

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network
Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]

_HTTPS, _HTTP = 443, 80
_LONGEST_URL = 2_048
_LARGEST_PORT = 65_535
_TRIED = 3  # addresses of one name that are tried
_MEGA = 1 << 20

# Where nothing of ours may go, with the reason. Of IPv6 only 2000::/3 is public, and not all of
# that; `ipaddress.is_global` says yes to several of these.
_REFUSED: tuple[tuple[Network, str], ...] = tuple(
    (ip_network(network), reason)
    for reason, networks in {
        "unspecified": "0.0.0.0/8 ::/128",
        "loopback": "127.0.0.0/8 ::1/128",
        "private": "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7",
        "carrier NAT": "100.64.0.0/10",
        "link-local, metadata": "169.254.0.0/16 fe80::/10 168.63.129.16/32",
        "site-local": "fec0::/10",
        "IPv4 in IPv6": "::/96 ::ffff:0:0/96 ::ffff:0:0:0/96",
        "NAT64": "64:ff9b::/96 64:ff9b:1::/48",
        "6to4": "192.88.99.0/24 2002::/16",
        "Teredo": "2001::/32",
        "protocol assignments": "192.0.0.0/24 192.31.196.0/24 192.52.193.0/24 192.175.48.0/24 "
        "2001::/23 2620:4f:8000::/48 5f00::/16",
        "documentation": "192.0.2.0/24 198.51.100.0/24 203.0.113.0/24 2001:db8::/32 3fff::/20",
        "benchmarking": "198.18.0.0/15",
        "multicast": "224.0.0.0/4 ff00::/8",
        "reserved": "240.0.0.0/4 3ffe::/16 ::/3 4000::/2 8000::/1",
    }.items()
    for network in networks.split()
)

_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::(?P<port>[1-9]\d{0,4}))?"
    r"(?:[/?][\w\-.~:/?@!$&'()*+,;=%]*)?",
    re.ASCII | re.IGNORECASE,
)
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
# What some readers take for an IPv4 address: its last part is a number, decimal, octal or hex.
_NUMBER = re.compile(r"(?:.*\.)?(?:\d+|0x[0-9a-f]*)")


class EgressRefused(Exception):
    """The house does not go there; `reason` is for people."""

    def __init__(self, reason: Text) -> None:
        super().__init__(reason.en)
        self.reason = reason


class AnswerTooLarge(EgressRefused):
    """The other side answered more than we read."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            Text("对方返回超过{n}字节", "The answer is larger than {n} bytes").fill(n=limit)
        )


_BAD_URL = Text("网址写法不被接受", "This spelling of a URL is not accepted")
_RANGE = Text("地址属于不可访问的网段（{range}）", "The address is in a refused range ({range})")
_NOT_NAMED = Text(
    "只能访问公网https的443端口，其他地址和端口须由出站策略放行",
    "Only https on port 443 is open; the egress policy must name other addresses and ports",
)
_UNKNOWN = Text("域名无法解析", "The name cannot be resolved")
_ENCODED = Text("对方返回了压缩内容", "The answer is compressed, which was not asked for")


@dataclass(frozen=True, slots=True)
class Rule:
    """Addresses and a port (None: every port) that the operator lets out."""

    network: Network
    port: int | None

    def covers(self, address: Address, port: int) -> bool:
        """Say whether the rule names an address and port."""
        return address in self.network and self.port in {None, port}


@dataclass(frozen=True, slots=True)
class Policy:
    """What may be reached beyond public https."""

    rules: tuple[Rule, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Policy":
        """Read `10.1.0.0/16:443,fd00::/8:*,*:8443`; an asterisk is every address, or every port."""
        rules: list[Rule] = []
        for entry in filter(None, (part.strip() for part in text.split(","))):
            where, _, port = entry.rpartition(":")
            if not re.fullmatch(r"\*|[1-9]\d{0,4}", port):
                raise ValueError(f"EGRESS_ALLOW: {entry!r} is no CIDR:port")
            networks = ("0.0.0.0/0", "::/0") if where == "*" else (where.strip("[]"),)
            number = None if port == "*" else int(port)
            rules += [Rule(ip_network(network), number) for network in networks]
        return cls(tuple(rules))

    def names_port(self, port: int) -> bool:
        """Say whether any rule names a port."""
        return any(rule.port in {None, port} for rule in self.rules)

    def check(self, address: Address, port: int, *, tls: bool) -> None:
        """Refuse an address unless it is public https, or named.

        A refused range opens only to a rule that lies within it: `0.0.0.0/0` names no loopback.
        """
        named = [rule.network for rule in self.rules if rule.covers(address, port)]
        for refused, reason in _REFUSED:
            if address in refused:
                if not any(_within(network, refused) for network in named):
                    raise EgressRefused(_RANGE.fill(range=reason))
                return
        if not named and not (tls and port == _HTTPS):
            raise EgressRefused(_NOT_NAMED)


def _within(inner: Network, outer: Network) -> bool:
    return inner.network_address in outer and inner.prefixlen >= outer.prefixlen


@dataclass(frozen=True, slots=True)
class Target:
    """Where a URL leads."""

    host: str
    port: int
    tls: bool


def check_url(url: str, policy: Policy) -> Target:
    """Read a URL and refuse what needs no resolving to be refused; no I/O.

    Refused: other schemes, user-info, fragments, names not written in ASCII, addresses not written
    in the one plain way, ports and addresses that the policy does not name.
    """
    match = _URL.fullmatch(url)
    if not match or len(url) > _LONGEST_URL:
        raise EgressRefused(_BAD_URL)
    host, tls = match["host"].lower().strip("[]"), match["scheme"].lower() == "https"
    port = int(match["port"] or (_HTTPS if tls else _HTTP))
    literal = _literal(host)
    if literal is None and not _NAME.fullmatch(host):
        raise EgressRefused(_BAD_URL)
    # The client reads URLs with a parser of its own; both must see the same place.
    try:
        read = httpx.URL(url)
    except httpx.InvalidURL:
        raise EgressRefused(_BAD_URL) from None
    seen = (read.raw_host.decode("ascii"), read.port or port, read.userinfo)
    if port > _LARGEST_PORT or seen != (host, port, b""):
        raise EgressRefused(_BAD_URL)
    if literal:
        policy.check(literal, port, tls=tls)
    elif not (tls and port == _HTTPS) and not policy.names_port(port):
        raise EgressRefused(_NOT_NAMED)
    return Target(host, port, tls)


def _literal(host: str) -> Address | None:
    """Read a host that is an address; one written in another than the plain way is refused."""
    if ":" not in host and not _NUMBER.fullmatch(host):
        return None
    try:
        address = ip_address(host)
    except ValueError:
        raise EgressRefused(_BAD_URL) from None
    return address


async def getaddrinfo(host: str, port: int) -> Sequence[str]:
    """Ask the system's resolver for all addresses of a name, A and AAAA."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


async def addresses(
    host: str, port: int, policy: Policy, *, tls: bool, resolve: Resolve = getaddrinfo
) -> list[Address]:
    """Give the addresses of a host, all of them checked; one refused answer refuses the host.

    For connections that are not HTTP (mail): connect to one of these, never to the name. Raises
    EgressRefused; OSError when the name cannot be resolved now.
    """
    literal = _literal(host)
    texts = [str(literal)] if literal else await resolve(host, port)
    try:
        found = [ip_address(text) for text in dict.fromkeys(texts)]
    except ValueError:
        raise EgressRefused(_BAD_URL) from None
    for address in found:
        policy.check(address, port, tls=tls)
    if not found:
        raise OSError(f"no address for {host}")
    return found


async def check_target(url: str, policy: Policy, *, resolve: Resolve = getaddrinfo) -> Target:
    """Check a URL and resolve its name: for a person who enters one. Raises EgressRefused."""
    target = check_url(url, policy)
    try:
        await addresses(target.host, target.port, policy, tls=target.tls, resolve=resolve)
    except OSError:
        raise EgressRefused(_UNKNOWN) from None
    return target


# ---- the client ------------------------------------------------------------------------------


class PinnedBackend(httpcore.AsyncNetworkBackend):
    """Connects to an address that was checked, resolving once."""

    def __init__(
        self, policy: Policy, network: httpcore.AsyncNetworkBackend, resolve: Resolve, *, tls: bool
    ) -> None:
        self.policy, self.network, self.resolve, self.tls = policy, network, resolve, tls

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 -- httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Resolve, check, connect; a refusal leaves no packet."""
        try:
            checked = await addresses(host, port, self.policy, tls=self.tls, resolve=self.resolve)
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from None
        failure = httpcore.ConnectError("no address tried")
        for address in checked[:_TRIED]:
            try:
                return await self.network.connect_tcp(
                    str(address), port, timeout, local_address, socket_options
                )
            except httpcore.ConnectError as error:
                failure = error
        raise failure

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 -- httpcore's interface
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Never."""
        raise EgressRefused(_BAD_URL)

    async def sleep(self, seconds: float) -> None:
        """Wait between tries of httpcore."""
        await asyncio.sleep(seconds)


class _Pinned(httpx.AsyncHTTPTransport):
    """httpx's transport over our backend, which its constructor does not take."""

    def __init__(self, backend: PinnedBackend, context: ssl.SSLContext) -> None:
        super().__init__(verify=context, trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(
            context,
            max_connections=1_000,
            max_keepalive_connections=10,
            keepalive_expiry=5.0,
            network_backend=backend,
        )


class _Guard(httpx.AsyncBaseTransport):
    """Checks each request's URL, bounds the whole call in time and the answer in size."""

    def __init__(self, policy: Policy, seconds: float, limit: int, **pinned: _Pinned) -> None:
        self.policy, self.seconds, self.limit, self.pinned = policy, seconds, limit, pinned

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request."""
        check_url(str(request.url), self.policy)
        # Nothing but waiting times may be asked of the connection: no other TLS name, no target.
        request.extensions = {
            key: value for key, value in request.extensions.items() if key == "timeout"
        }
        deadline = asyncio.get_running_loop().time() + self.seconds
        try:
            async with asyncio.timeout_at(deadline):
                answer = await self.pinned[request.url.scheme].handle_async_request(request)
        except TimeoutError:
            raise httpx.ReadTimeout("the whole call took too long", request=request) from None
        # Its status is an answer all the same: a subscriber that compresses has the message.
        packed = answer.headers.get("content-encoding", "identity").lower() != "identity"
        answer.stream = _Bounded(answer.stream, self.limit, deadline, packed=packed)
        return answer

    async def aclose(self) -> None:
        """Close all connections."""
        for transport in self.pinned.values():
            await transport.aclose()


class _Bounded(httpx.AsyncByteStream):
    """The body of an answer, up to a size and a moment; a packed one is not handed to decoders."""

    def __init__(self, inner: Any, limit: int, deadline: float, *, packed: bool) -> None:  # noqa: ANN401
        self.inner, self.limit, self.deadline, self.packed = inner, limit, deadline, packed

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size, chunks = 0, aiter(self.inner)
        while True:
            try:
                async with asyncio.timeout_at(self.deadline):
                    chunk = await anext(chunks, None)
            except TimeoutError:
                raise httpx.ReadTimeout("the whole call took too long") from None
            if chunk is None:
                return
            size += len(chunk)
            if self.packed:
                raise EgressRefused(_ENCODED)
            if size > self.limit:
                raise AnswerTooLarge(self.limit)
            yield chunk

    async def aclose(self) -> None:
        await self.inner.aclose()


def client(
    policy: Policy,
    *,
    seconds: float,
    limit: int = _MEGA,
    context: ssl.SSLContext | None = None,
    resolve: Resolve = getaddrinfo,
    network: httpcore.AsyncNetworkBackend | None = None,
) -> httpx.AsyncClient:
    """Make a client that goes only where the policy lets it; make one and keep it.

    No redirects, proxies, cookies or compressed answers. `seconds` bounds a whole call, resolving
    and body included (httpx.TimeoutException); `limit` the bytes of an answer (AnswerTooLarge).
    `context`: other certificates; `resolve`, `network`: strangers, replaced in tests. Raises
    EgressRefused, and httpx's own errors.
    """
    context = context or httpx.create_ssl_context(trust_env=False)
    network = network or httpcore.AnyIOBackend()
    return httpx.AsyncClient(
        transport=_Guard(
            policy, seconds, limit,
            https=_Pinned(PinnedBackend(policy, network, resolve, tls=True), context),
            http=_Pinned(PinnedBackend(policy, network, resolve, tls=False), context),
        ),
        headers={"user-agent": "xinqing", "accept-encoding": "identity"},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        timeout=seconds, trust_env=False, follow_redirects=False, max_redirects=0,
    )  # fmt: skip
