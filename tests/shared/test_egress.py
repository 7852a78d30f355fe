"""Nothing leaves for where it must not: tables of tricks, tried on the real path as well."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpcore
import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shared import clock, egress
from shared.egress import AnswerTooLarge, EgressRefused, Policy

NOTHING = Policy()
PUBLIC = "8.8.8.8"

REFUSED_ADDRESSES = [
    "0.0.0.0",  # noqa: S104
    "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200",
    "127.0.0.1", "127.255.255.254", "169.254.169.254", "169.254.0.23", "168.63.129.16",
    "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.192", "192.0.2.1", "192.31.196.1",
    "192.52.193.1", "192.88.99.1", "192.168.0.1", "192.175.48.1", "198.18.0.1", "198.19.255.1",
    "198.51.100.1", "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1",
    "255.255.255.255",
    "::", "::1", "::7f00:1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8",
    "::ffff:a9fe:a9fe", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::8.8.8.8",
    "64:ff9b:1::1", "100::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:2::1",
    "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::1", "2002:808:808::1",
    "2620:4f:8000::1", "3ffe::1", "3fff::1", "5f00::1", "4000::1", "8000::1", "fc00::1",
    "fd00:ec2::254", "fd20:ce::254", "fe80::1", "fec0::1", "ff02::1", "ff0e::1",
]  # fmt: skip

REFUSED_URLS = [
    "http://hooks.example/", "ftp://hooks.example/", "file:///etc/passwd", "gopher://a.example/",
    "//hooks.example/", "hooks.example", "https:hooks.example", "https:///x", "https://", "",
    "https://hooks.example:8443/", "https://hooks.example:80/", "https://hooks.example:0/",
    "https://hooks.example:65536/", "https://hooks.example:0443/", "https://hooks.example:/",
    "https://user@hooks.example/", "https://user:pass@hooks.example/",
    "https://hooks.example@127.0.0.1/", "https://127.0.0.1#@hooks.example/",
    "https://hooks.example\\@127.0.0.1/", "https://hooks.example\\.evil.example/",
    "https://hooks.example/#part", "https://hooks.example/\r\nHost: a", " https://hooks.example/",
    "https://hooks.example/ x", "https://hooks .example/", "https://hooks.example\t/",
    "https://2130706433/", "https://0x7f000001/", "https://0x7f.0.0.1/", "https://017700000001/",
    "https://0177.0.0.1/", "https://127.1/", "https://127.0.1/", "https://0/", "https://1/",
    "https://127.0.0.01/", "https://127.0.0.1./", "https://8.8.8.8./", "https://256.256.256.256/",
    "https://１２７.0.0.1/", "https://127。0。0。1/", "https://①②⑦.0.0.1/", "https://例子.中国/",
    "https://%31%32%37.0.0.1/", "https://hooks%2eexample/", "https://[fe80::1%25eth0]/",
    "https://[::1]/", "https://[::ffff:7f00:1]/", "https://[::127.0.0.1]/", "https://[:::1]/",
    "https://::1/", "https://[127.0.0.1]/", "https://[8.8.8.8]/", "https://0x7f.1/",
    "https://hooks.example./", "https://-hooks.example/", "https://hooks_1.example/",
    "https://.example/", "https://a..example/", "https://" + "a" * 64 + ".example/",
    "https://hooks.example/" + "a" * 2048, "https://evil.example.0x7f/", "https://evil.1/",
]  # fmt: skip


@pytest.mark.parametrize("address", REFUSED_ADDRESSES)
def test_an_address_of_ours_or_of_nobody_is_refused(address: str) -> None:
    for policy in (NOTHING, Policy.parse("*:443"), Policy.parse("0.0.0.0/0:*,::/0:*")):
        with pytest.raises(EgressRefused):
            policy.check(ip_address(address), 443, tls=True)


@pytest.mark.parametrize(
    "address", [PUBLIC, "1.1.1.1", "223.5.5.5", "172.32.0.1", "100.63.255.255", "100.128.0.1",
                "2400:3200::1", "2606:4700::1111", "2a00:1450::1"],
)  # fmt: skip
def test_public_addresses_are_reached_by_https_on_443_only(address: str) -> None:
    NOTHING.check(ip_address(address), 443, tls=True)
    for port, tls in ((443, False), (80, False), (8443, True)):
        with pytest.raises(EgressRefused):
            NOTHING.check(ip_address(address), port, tls=tls)


@pytest.mark.parametrize("url", REFUSED_URLS)
def test_a_url_is_refused_without_resolving(url: str) -> None:
    with pytest.raises(EgressRefused) as caught:
        egress.check_url(url, NOTHING)
    assert caught.value.reason.zh


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://hooks.example", egress.Target("hooks.example", 443, tls=True)),
        ("HTTPS://Hooks.Example:443/a/b?c=d%20e", egress.Target("hooks.example", 443, tls=True)),
        ("https://8.8.8.8/", egress.Target("8.8.8.8", 443, tls=True)),
        ("https://[2400:3200::1]/x", egress.Target("2400:3200::1", 443, tls=True)),
        ("https://xn--fsqu00a.xn--fiqs8s/", egress.Target("xn--fsqu00a.xn--fiqs8s", 443, tls=True)),
    ],
)
def test_a_plain_url_passes(url: str, target: egress.Target) -> None:
    assert egress.check_url(url, NOTHING) == target


def test_the_policy_names_ranges_and_ports() -> None:
    policy = Policy.parse("10.1.0.0/16:443, 127.0.0.1/32:*,[fd00::/8]:8080,*:8443")
    for address, port, tls in (
        ("10.1.2.3", 443, True), ("10.1.2.3", 443, False), ("127.0.0.1", 80, False),
        ("fd00::1", 8080, False), (PUBLIC, 8443, True), ("2400:3200::1", 8443, True),
    ):  # fmt: skip
        policy.check(ip_address(address), port, tls=tls)
    for address, port in (
        ("10.2.0.1", 443), ("10.1.2.3", 80), ("127.0.0.2", 443), ("fd00::1", 443),
        ("10.1.2.3", 8443), ("127.0.0.2", 8443), ("::ffff:127.0.0.1", 80), (PUBLIC, 8080),
    ):  # fmt: skip
        with pytest.raises(EgressRefused):
            policy.check(ip_address(address), port, tls=True)


@pytest.mark.parametrize(
    "text", ["10.0.0.0/8", "10.0.0.0/8:0", "10.0.0.1/8:443", "hooks.example:443", ":443", "*"]
)
def test_a_policy_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Policy.parse(text)
    assert Policy.parse(" ") == NOTHING


# ---- on the real path: a listener on loopback that must see nothing --------------------------


@dataclass
class Listener:
    port: int
    seen: list[bytes] = field(default_factory=list)
    answer: Callable[[asyncio.StreamWriter], Awaitable[None]] | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.seen.append(b"")
        try:
            self.seen[-1] = await reader.readuntil(b"\r\n\r\n")
            if self.answer:
                await self.answer(writer)
            else:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    one = Listener(0)
    sockets = [socket.create_server(("127.0.0.1", 0))]
    one.port = sockets[0].getsockname()[1]
    server = await asyncio.start_server(one.serve, sock=sockets[0])
    async with server:
        yield one


def _names(**hosts: Sequence[str]) -> egress.Resolve:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return hosts[host.split(".", maxsplit=1)[0]]

    return resolve


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1", "0", "0.0.0.0", "2130706433",  # noqa: S104
     "0x7f000001", "0177.0.0.1", "localhost",
     "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]",
     "127.0.0.1.", "１２７.0.0.1"],
)  # fmt: skip
@pytest.mark.parametrize("scheme", ["https", "http"])
async def test_no_spelling_of_loopback_is_connected_to(
    host: str, scheme: str, listener: Listener
) -> None:
    # The policy opens the port, so that nothing but the address stands in the way.
    async with egress.client(Policy.parse(f"*:{listener.port}"), seconds=5) as client:
        with pytest.raises((EgressRefused, httpx.InvalidURL)):
            await client.post(f"{scheme}://{host}:{listener.port}/", content=b"x")
    assert listener.seen == []


@pytest.mark.parametrize("address", REFUSED_ADDRESSES)
async def test_no_name_for_a_refused_address_is_connected_to(
    address: str, listener: Listener
) -> None:
    tried = _Recorder()
    for answers in ([address], [PUBLIC, address], [address, PUBLIC]):
        async with egress.client(
            Policy.parse(f"*:{listener.port}"), seconds=5, resolve=_names(evil=answers),
            network=tried,
        ) as client:  # fmt: skip
            with pytest.raises(EgressRefused):
                await client.get(f"https://evil.example:{listener.port}/")
    assert tried.addresses == []
    assert listener.seen == []


async def test_a_name_that_changes_its_mind_is_checked_at_each_connection(
    listener: Listener,
) -> None:
    answers = iter([[PUBLIC], ["127.0.0.1"]])

    async def rebinding(host: str, port: int) -> Sequence[str]:
        return next(answers)

    policy, url = Policy.parse(f"*:{listener.port}"), f"https://evil.example:{listener.port}/"
    await egress.check_target(url, policy, resolve=rebinding)
    async with egress.client(policy, seconds=5, resolve=rebinding) as client:
        with pytest.raises(EgressRefused):
            await client.get(url)
    assert listener.seen == []


async def test_a_redirect_is_not_followed(listener: Listener) -> None:
    async def redirect(writer: asyncio.StreamWriter) -> None:
        writer.write(
            b"HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1/\r\nSet-Cookie: a=b\r\n"
            b"Content-Length: 0\r\n\r\n"
        )

    listener.answer = redirect
    async with egress.client(Policy.parse(f"127.0.0.1/32:{listener.port}"), seconds=5) as client:
        answer = await client.get(f"http://127.0.0.1:{listener.port}/")
        assert (answer.status_code, dict(client.cookies)) == (302, {})
        with pytest.raises(httpx.TooManyRedirects):
            await client.get(f"http://127.0.0.1:{listener.port}/", follow_redirects=True)


async def test_the_environment_names_no_proxy(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{listener.port}")
    recorder = _Recorder()
    async with egress.client(
        NOTHING, seconds=5, resolve=_names(hooks=[PUBLIC]), network=recorder
    ) as client:
        await client.get("https://hooks.example/")
    assert recorder.addresses == [(PUBLIC, 443)]
    assert listener.seen == []


async def test_what_the_policy_names_is_reached(listener: Listener) -> None:
    policy = Policy.parse(f"127.0.0.1/32:{listener.port}")
    async with egress.client(policy, seconds=5, resolve=_names(demo=["127.0.0.1"])) as client:
        answer = await client.post(f"http://demo.example:{listener.port}/x", content=b"1")
        assert answer.text == "hello"
        with pytest.raises(EgressRefused):
            await client.get("http://127.0.0.1:1/")
    (request,) = listener.seen
    assert request.startswith(b"POST /x HTTP/1.1\r\n")
    assert f"host: demo.example:{listener.port}".encode() in request.lower()
    assert b"accept-encoding: identity" in request.lower()


class _Recorder(httpcore.AsyncNetworkBackend):
    """A network that answers from memory and remembers where it was asked to connect."""

    def __init__(self, *, down: Sequence[str] = ()) -> None:
        self.addresses: list[tuple[str, int]] = []
        self.down = down

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 -- httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        self.addresses.append((host, port))
        if host in self.down:
            raise httpcore.ConnectError("refused")
        return httpcore.AsyncMockStream([b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"])


async def test_the_connection_goes_to_the_checked_address_and_not_to_the_name() -> None:
    recorder, asked = _Recorder(down=[PUBLIC]), []

    async def resolve(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return [PUBLIC, "1.1.1.1", PUBLIC]

    async with egress.client(NOTHING, seconds=5, resolve=resolve, network=recorder) as client:
        assert (await client.get("https://hooks.example/")).text == "ok"
    assert asked == ["hooks.example"]
    assert recorder.addresses == [(PUBLIC, 443), ("1.1.1.1", 443)]


async def test_a_caller_cannot_ask_for_another_tls_name_or_target(listener: Listener) -> None:
    policy = Policy.parse(f"127.0.0.1/32:{listener.port}")
    async with egress.client(policy, seconds=5) as client:
        await client.get(
            f"http://127.0.0.1:{listener.port}/x",
            extensions={"target": b"http://10.0.0.1/", "sni_hostname": "other.example"},
        )
    assert listener.seen[0].startswith(b"GET /x HTTP/1.1\r\n")


async def test_a_name_that_nobody_knows_can_be_tried_again_but_not_entered() -> None:
    async def unknown(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    async with egress.client(NOTHING, seconds=5, resolve=unknown) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get("https://hooks.example/")
    for resolve in (unknown, _names(hooks=[])):
        with pytest.raises(EgressRefused, match="cannot be resolved"):
            await egress.check_target("https://hooks.example/", NOTHING, resolve=resolve)


async def test_mail_and_others_get_checked_addresses() -> None:
    policy = Policy.parse("*:465")
    found = await egress.addresses(
        "mail.example", 465, policy, tls=True, resolve=_names(mail=[PUBLIC])
    )
    assert [str(address) for address in found] == [PUBLIC]
    with pytest.raises(EgressRefused):
        await egress.addresses("mail.example", 465, policy, tls=True, resolve=_names(mail=["::1"]))


# ---- size and time ---------------------------------------------------------------------------


async def _drip(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)


async def _flood(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    for _ in range(40):
        writer.write(b"x" * 65536)
        await writer.drain()


async def _headers_that_never_end(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while not writer.is_closing():
        writer.write(b"X-A: b\r\n")
        await writer.drain()
        await asyncio.sleep(0.02)


async def _bomb(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx")


@pytest.mark.parametrize("answer", [_drip, _headers_that_never_end])
async def test_a_whole_call_is_bounded_in_time(
    answer: Callable[[asyncio.StreamWriter], Awaitable[None]], listener: Listener
) -> None:
    listener.answer = answer
    policy = Policy.parse(f"127.0.0.1/32:{listener.port}")
    async with egress.client(policy, seconds=0.5) as client:
        with pytest.raises(httpx.TimeoutException):
            await client.get(f"http://127.0.0.1:{listener.port}/")


async def test_slow_resolving_counts() -> None:
    async def slow(host: str, port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        return []

    async with egress.client(NOTHING, seconds=0.1, resolve=slow) as client:
        with pytest.raises(httpx.TimeoutException):
            await client.get("https://hooks.example/")


async def test_an_answer_is_bounded_in_size(listener: Listener) -> None:
    listener.answer = _flood
    policy, url = Policy.parse("127.0.0.1/32:*"), f"http://127.0.0.1:{listener.port}/"
    async with egress.client(policy, seconds=5, limit=100_000) as client:
        with pytest.raises(AnswerTooLarge):
            await client.get(url)


async def test_a_compressed_answer_is_not_unpacked_but_its_status_counts(
    listener: Listener,
) -> None:
    listener.answer = _bomb
    url = f"http://127.0.0.1:{listener.port}/"
    async with egress.client(Policy.parse("127.0.0.1/32:*"), seconds=5) as client:
        with pytest.raises(EgressRefused, match="compressed"):
            await client.get(url)
        async with client.stream("GET", url) as answer:
            assert answer.status_code == 200
            with pytest.raises(EgressRefused, match="compressed"):
                await answer.aread()


# ---- TLS -------------------------------------------------------------------------------------


def _certificate(folder: Path, name: str) -> Path:
    """A certificate for one name, signed by itself."""
    key, now = ec.generate_private_key(ec.SECP256R1()), clock.wall()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path = folder / "certificate.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )  # fmt: skip
    return path


async def test_tls_is_for_the_name_at_the_checked_address(tmp_path: Path) -> None:
    path = _certificate(tmp_path, "hooks.example")
    server_side = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server_side.load_cert_chain(path)
    names: list[str | None] = []
    server_side.sni_callback = lambda _, name, __: names.append(name)
    listener = Listener(0)
    server = await asyncio.start_server(listener.serve, "127.0.0.1", 0, ssl=server_side)
    port = server.sockets[0].getsockname()[1]
    resolve = _names(hooks=["127.0.0.1"], other=["127.0.0.1"])
    async with server, egress.client(
        Policy.parse("127.0.0.1/32:*"), seconds=5, resolve=resolve,
        context=ssl.create_default_context(cafile=path),
    ) as client:  # fmt: skip
        assert (await client.get(f"https://hooks.example:{port}/")).text == "hello"
        with pytest.raises(httpx.ConnectError, match="certificate verify failed"):
            await client.get(f"https://other.example:{port}/")
    assert names == ["hooks.example", "other.example"]
