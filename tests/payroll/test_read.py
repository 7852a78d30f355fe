"""`services read`: a file that nobody here has seen, as JSON."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.payroll.statements import LINES, text

ROOT = Path(__file__).parents[2]


def read(file: Path, kind: str = "statement") -> tuple[int, Any]:
    command = [sys.executable, "-m", "services", "read", str(file), "--kind", kind]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr.decode()


def test_rows_and_findings_of_a_file_are_printed(tmp_path: Path) -> None:
    file = tmp_path / "statement.csv"
    file.write_bytes(text(*LINES))
    code, said = read(file)
    assert (code, said["findings"], len(said["rows"])) == (0, [], 3)
    assert said["rows"][0] | {"row": 3, "amount": "100.00", "direction": "in"} == said["rows"][0]
    file.write_bytes(text(LINES[0], LINES[2]))
    code, said = read(file)
    assert (code, [found["place"] for found in said["findings"]]) == (1, ["D4"])
    assert said["findings"][0]["remedy_zh"]


def test_a_file_of_300_mb_is_refused_without_a_look(tmp_path: Path) -> None:
    file = tmp_path / "large.csv"
    with file.open("wb") as opened:
        opened.truncate(300 << 20)
    code, said = read(file)
    assert (code, [found["code"] for found in said["findings"]]) == (1, ["file_too_large"])
    assert said["findings"][0]["remedy_en"]


def test_a_kind_that_nobody_reads_is_named(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_bytes(b"x")
    code, said = read(file, "poems")
    assert code == 2
    assert "statement" in said
