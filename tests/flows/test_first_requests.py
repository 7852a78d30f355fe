"""What README.md gives to paste does what it says, against a process that serves for real."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.roles import KNOWN_ROLES

ROOT = Path(__file__).parents[2]
START = "API=http://127.0.0.1:8000"


def pasted(base: str) -> str:
    """Give the first requests as one script, sent to where a test serves."""
    page = (ROOT / "README.md").read_text("utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    first = next(place for place, block in enumerate(blocks) if block.startswith(START))
    script = "".join(blocks[first:]).replace(START, f"API={base}")
    return script.replace(".venv/bin/python", sys.executable)


@contextmanager
def served(data: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Serve all services in a process of its own; give where, and the settings it has."""
    settings = {
        "PATH": os.defpath,
        "DATA_DIR": str(data),
        "LOG_LEVEL": "ERROR",
        "EGRESS_ALLOW": "127.0.0.1/32:9000",
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "services", "serve", "all", "--port", "0"]
    process = subprocess.Popen(command, cwd=ROOT, env=settings, stdout=subprocess.PIPE, text=True)
    with process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            assert said.startswith("serving "), said
            yield said.split()[1], settings
        finally:
            process.terminate()
            process.wait(60)


def test_every_user_whom_a_route_serves_has_a_first_request() -> None:
    asked = set(re.findall(r"(?:--role|^ask) (\w+)", pasted(""), re.MULTILINE))
    machines = set(re.findall(r'api-keys.*?"roles": \["(\w+)"', pasted(""), re.DOTALL))
    # Nothing serves workers yet; what a mail system hands in stands in docs/mail.md.
    assert asked | machines == KNOWN_ROLES - {"worker", "mail_system"}


def test_the_first_requests_of_the_readme_run(tmp_path: Path) -> None:
    with served(tmp_path) as (base, settings):
        done = subprocess.run(
            ["bash", "-e", "-c", pasted(base)],  # noqa: S607 -- the reader's shell
            cwd=ROOT,
            env=settings,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    note = tmp_path / "postgres" / "data" / "postmaster.pid"
    assert not note.exists(), "the embedded database goes with the process"
    assert done.returncode == 0, done.stdout + done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    problems = [answer for answer in answers if str(answer.get("type", "")).startswith("/problems")]
    assert problems == []
    nothing = [answer for answer in answers if answer.get("items") == []]
    assert len(nothing) == 1, "but for the deliveries to a new endpoint, everybody sees something"
    missed = [item for item in answers[-1]["items"] if item["kind"] == "transfer_missed"]
    items = {item["period"]: item for item in missed}
    assert {period: (item["level"], item["state"]) for period, item in items.items()} == {
        "2026-01": ("red", "closed"),
        "2026-02": ("red", "open"),
    }
    assert items["2026-01"]["bank_serials"] == ["A0001"]
