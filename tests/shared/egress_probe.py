"""What really leaves the house, seen from a network of its own; `test_egress_net.py` starts this.

Run inside a network and mount namespace that has nothing but a loopback. Refused addresses are put
on it and listened on, and a name server on 127.0.0.1:53 gives them by name, so that whatever gets
past the guard arrives somewhere and is counted. Prints JSON: for each try what was said of it, and
where connections arrived.
"""

import asyncio
import json
import socket
import struct
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx

from shared import egress
from tests.shared.test_egress import REFUSED_ADDRESSES, REFUSED_URLS

CONTROL = ("93.184.216.34", "2606:2800:220:1::1")
"""Public addresses, here on the loopback as well: what may be reached is seen to arrive."""
CONTEXT = httpx.create_ssl_context(trust_env=False)
"""Made once: it takes as long as many tries."""
A, AAAA, DNS_PORT = 1, 28, 53
METADATA = ("169.254.169.254",)
OPEN = egress.Policy.parse("*:80,*:8443")
"""Opens ports to public addresses, so that nothing but the address stands in the way."""


def run(*words: str, must: bool = True) -> bool:
    """Run a command of the system's; say whether it did what it should."""
    return subprocess.run(words, capture_output=True, check=must).returncode == 0


def lay(addresses: Sequence[str]) -> list[str]:
    """Put addresses on the loopback; give those that can be had (multicast cannot)."""
    laid = []
    for address in addresses:
        size = "128" if ":" in address else "32"
        if run("ip", "addr", "add", f"{address}/{size}", "dev", "lo", must=False):
            laid.append(address)
    return laid


class Names(asyncio.DatagramProtocol):
    """A name server: each name's answers by turns, look-up by look-up; of others the metadata."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Sequence[str]]] = {}
        self.asked: Counter[tuple[str, int]] = Counter()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self.transport: Any = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:  # noqa: ANN401  any socket's
        """Answer with the addresses of the kind that was asked for."""
        name, end = _read_name(data, 12)
        (kind,) = struct.unpack_from(">H", data, end)
        turns = self.answers.get(name, [METADATA])
        turn = min(self.asked[name, kind], len(turns) - 1)
        self.asked[name, kind] += 1
        wanted = 6 if kind == AAAA else 4
        found = [ip_address(one) for one in turns[turn]]
        records = b"".join(
            struct.pack(">HHHIH", 0xC00C, kind, 1, 0, len(one.packed)) + one.packed
            for one in found
            if one.version == wanted and kind in {A, AAAA}
        )
        number = sum(one.version == wanted for one in found) if kind in {A, AAAA} else 0
        head = data[:2] + struct.pack(">HHHHH", 0x8580, 1, number, 0, 0)
        self.transport.sendto(head + data[12 : end + 4] + records, addr)


def _read_name(data: bytes, at: int) -> tuple[str, int]:
    labels = []
    while size := data[at]:
        labels.append(data[at + 1 : at + 1 + size].decode())
        at += size + 1
    return ".".join(labels).lower(), at + 1


class Listeners:
    """Takes connections on every address of the loopback, and notes which address they came to."""

    def __init__(self) -> None:
        self.arrived: list[str] = []

    async def open(self) -> None:
        """Listen on the ports that are tried."""
        for port in (80, 443, 8443):
            for family, where in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):  # noqa: S104  all that is laid
                taken = socket.socket(family, socket.SOCK_STREAM)
                taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    taken.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                taken.bind((where, port))
                await asyncio.start_server(self.take, sock=taken)

    async def take(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Note where a connection arrived, and hang up."""
        self.arrived.append(str(writer.get_extra_info("sockname")[0]))
        writer.close()


async def attempt(url: str) -> str:
    """Go there by the client that all channels use; say what came of it."""
    async with egress.client(OPEN, seconds=5, context=CONTEXT) as client:
        try:
            await client.post(url, content=b"x")
        except egress.EgressRefused:
            return "refused"
        except httpx.InvalidURL:
            return "no url"
        except httpx.HTTPError as error:
            return type(error).__name__
    return "answered"


async def tried(names: Names, listeners: Listeners, laid: Sequence[str]) -> dict[str, Any]:
    """Try every trick; give what was said, then what arrived."""
    said: dict[str, str] = {}
    for address in REFUSED_ADDRESSES:
        host = f"[{address}]" if ":" in address else address
        for url in (f"https://{host}/", f"http://{host}/", f"https://{host}:8443/"):
            said[url] = await attempt(url)
    for url in REFUSED_URLS:
        said[url] = await attempt(url.replace("hooks.example", "metadata.example"))
    for place, address in enumerate(REFUSED_ADDRESSES):
        # Alone, behind a public one, and public when it was entered but not when it is used.
        for how, turns in (
            ("alone", [[address]]),
            ("beside", [[CONTROL[0], CONTROL[1], address]]),
            ("later", [CONTROL, [address]]),
        ):
            host = f"{how}{place}.example"
            names.answers[host] = turns
            if how == "later":
                await egress.check_target(f"https://{host}/", OPEN)
            said[f"{how}: {address}"] = await attempt(f"https://{host}/")
    names.answers["sly.example"] = [CONTROL, *([[one] for one in laid[:1]] * 9)]
    before = list(listeners.arrived)
    sly = await attempt("https://sly.example/")
    return {
        "said": said,
        "laid": list(laid),
        "arrived": before,
        # It answers otherwise from the second look-up on: there is only one before a connection.
        "sly": sly,
        "sly_arrived": listeners.arrived[len(before) :],
        "looked_up": names.asked["sly.example", A],
        "control": [
            await attempt(f"http://{CONTROL[0]}/"),
            await attempt("https://[" + CONTROL[1] + "]/"),
        ],
        "control_arrived": listeners.arrived[len(before) :],
    }


async def main(laid: Sequence[str]) -> None:
    """Listen, try, tell."""
    names, listeners = Names(), Listeners()
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(lambda: names, local_addr=("127.0.0.1", DNS_PORT))
    await listeners.open()
    sys.stdout.write(json.dumps(await tried(names, listeners, laid)))


if __name__ == "__main__":
    conf = Path(sys.argv[1])
    conf.write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    run("mount", "--bind", str(conf), "/etc/resolv.conf")
    run("ip", "link", "set", "lo", "up")
    lay(CONTROL)
    asyncio.run(main(lay(REFUSED_ADDRESSES)))
