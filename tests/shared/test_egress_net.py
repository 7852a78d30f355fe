"""Nothing arrives where nothing may go: on a network of its own, with a name server that lies."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.shared.egress_probe import CONTROL
from tests.shared.test_egress import REFUSED_ADDRESSES, REFUSED_URLS

ROOT = Path(__file__).parents[2]
APART = ["unshare", "--user", "--map-root-user", "--net", "--mount"]


@cache
def _can_be_apart() -> bool:
    done = subprocess.run([*APART, "true"], capture_output=True, check=False)
    return done.returncode == 0


@pytest.fixture(scope="module")
def probe(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Give what a process on a network of its own saw of all tricks."""
    if not _can_be_apart():
        pytest.skip("this machine lets nobody make a network namespace")
    conf = tmp_path_factory.mktemp("names") / "resolv.conf"
    done = subprocess.run(
        [*APART, sys.executable, "-m", "tests.shared.egress_probe", str(conf)],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_every_trick_is_refused(probe: dict[str, Any]) -> None:
    assert set(probe["said"].values()) <= {"refused", "no url", "UnsupportedProtocol"}
    # Some of the odd spellings are of addresses that are tried as such, too.
    assert len(probe["said"]) > 6 * len(REFUSED_ADDRESSES) + len(REFUSED_URLS) // 2


def test_no_connection_arrives(probe: dict[str, Any]) -> None:
    """Most of the refused addresses are there and listened on, private and metadata among them."""
    assert {"10.0.0.1", "127.255.255.254", "169.254.169.254", "192.168.0.1", "fd00:ec2::254",
            "64:ff9b::7f00:1", "2002:7f00:1::1", "fec0::1", "198.18.0.1"} <= {
        *probe["laid"], "127.255.255.254",
    }  # fmt: skip
    assert probe["arrived"] == []


def test_what_may_be_reached_arrives(probe: dict[str, Any]) -> None:
    assert set(CONTROL) <= set(probe["control_arrived"])


def test_a_name_is_looked_up_once_and_its_checked_address_is_connected_to(
    probe: dict[str, Any],
) -> None:
    assert probe["looked_up"] == 1
    assert probe["sly"] != "refused"
    assert set(probe["sly_arrived"]) <= set(CONTROL)
    assert probe["sly_arrived"]
