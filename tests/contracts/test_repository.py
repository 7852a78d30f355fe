"""The repository can be built anywhere: it names no machine and no package registry."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# A folder of somebody's machine, at the start of a path; the same word in a route is none.
MACHINE = re.compile(r"(?<![\w.~})-])/(?:root|work|home/\w+|Users/\w+)/")
# The address of a package, the host of a registry, or an option that names one.
REGISTRY = re.compile(
    r"https?://\S+?\.(?:whl|tgz|tar\.(?:gz|xz|bz2)|zip|jar|pom|crate|deb)\b"
    r"|https?://(?:[\w-]+\.)*(?:pypi|npm\w*|crates|maven\d?|mirrors?)\.[\w.-]+"
    r"|--(?:extra-|default-)?index(?:-url)?[ =]\S|--find-links[ =]\S"
)


def _texts() -> dict[str, str]:
    """Every text file of the repository, and what is about to become one, by its path."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 -- git is found as make found it
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    texts = {}
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.is_file() and b"\0" not in (content := path.read_bytes()):
            texts[name] = content.decode("utf-8")
    return texts


def _lines(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()}"
        for name, text in _texts().items()
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line) and name != "tests/contracts/test_repository.py"
    ]


def test_no_file_names_a_machine() -> None:
    assert _lines(MACHINE) == []
    assert _lines(re.compile(re.escape(f"{ROOT}/"))) == []


def test_no_file_names_a_registry() -> None:
    assert _lines(REGISTRY) == []


def test_the_lock_holds_names_and_hashes_only() -> None:
    lines = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
    shapes = re.compile(r"[\w.-]+==[^ ]+( ; .+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?|    #.*")
    assert [line for line in lines if not shapes.fullmatch(line)] == []


@pytest.mark.parametrize(
    "line",
    [
        "cd /root/project",
        'PATH = "/home/anna/.cache/x"',
        "see /Users/anna/plan/a.md",
    ],
)
def test_a_machine_is_seen(line: str) -> None:
    assert MACHINE.search(line)


@pytest.mark.parametrize(
    "line",
    [
        f"wget https://example.org/kafka_2.13.{'tgz'}",
        "url = https://mirrors.example.org/packages/x",
        "pip install --index-url https://example.org/simple x",
        "--find-links /opt/wheels",
    ],
)
def test_a_registry_is_seen(line: str) -> None:
    assert REGISTRY.search(line)


@pytest.mark.parametrize(
    "line",
    ["GET /cases/v1/root/1", "http://registry:8000/registry/v1/areas", "./root/x", "a/root/b"],
)
def test_our_own_addresses_are_let_through(line: str) -> None:
    assert not MACHINE.search(line)
    assert not REGISTRY.search(line)
