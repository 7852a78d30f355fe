"""`services rehearse`, started as an operator starts it, on a database with a past."""

import asyncio
import copy
import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from shared import clock
from shared.db import Sessions
from tests.cases import factories as make
from tests.cases.policies import MISSED, body
from tests.fixtures.service import Time

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
async def _past(sessions: Sessions, time: Time) -> None:
    """Two misses: one is paid on 2 June, the other one never."""
    time.move_to(clock.at(date(2023, 7, 1)))
    async with sessions.begin() as session:
        await make.world(session)
        paid = make.received("2023-05", "0.00", "2023-06-02 10:00")
        await make.tell(session, make.missed(), make.missed(project="q"), paid)
        await make.pass_time(session, clock.day_end(date(2023, 6, 30)))


async def rehearse(
    sessions: Sessions, folder: Path, policy: dict[str, Any], *more: str
) -> tuple[int, str, str]:
    file = folder / "policy.json"
    file.write_text(json.dumps(policy, ensure_ascii=False), "utf-8")
    days = ("--from", "2023-05-01", "--to", "2023-06-30")
    command = [sys.executable, "-m", "services", "rehearse", "--policy", str(file), *days, *more]
    done = await asyncio.to_thread(
        subprocess.run, command, cwd=ROOT, capture_output=True, text=True, check=False,
        env={"PATH": "/usr/bin:/bin", "DATA_DIR": str(folder / "data"),
             "CASES_DATABASE_URL": sessions.url},
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def nations(**changes: Any) -> dict[str, Any]:
    return body(**({"area_code": "0"} | changes))


def later() -> dict[str, Any]:
    """Yellow on the fifth working day in place of the third."""
    steps = copy.deepcopy(MISSED["steps"])
    steps[2]["after"] = 5
    return nations(steps=steps)


async def test_under_the_policy_in_force_the_command_finds_nothing(
    sessions: Sessions, tmp_path: Path
) -> None:
    code, said, complaints = await rehearse(sessions, tmp_path, nations())
    assert (code, complaints) == (0, "")
    assert said.splitlines() == [
        "2 recorded, 2 rehearsed, 2 the same, 0 otherwise, 0 only recorded, 0 only rehearsed"
    ]


async def test_the_difference_is_printed_for_people_and_as_json(
    sessions: Sessions, tmp_path: Path
) -> None:
    """30 May is the third working day after 25 May 2023, 1 June the fifth."""
    code, said, _ = await rehearse(sessions, tmp_path, later())
    keys = sorted(f"~ transfer_missed:{make.an_id(p)}:{make.an_id(p, 'account')}:2023-05"
                  for p in "pq")  # fmt: skip
    moved = "    yellow (yellow): 2023-05-30 09:00 -> 2023-06-01 09:00"
    assert code == 0
    assert said.splitlines()[1:] == [keys[0], moved, keys[1], moved]
    code, said, _ = await rehearse(sessions, tmp_path, later(), "--json")
    document = json.loads(said)
    assert (code, document["recorded"], document["same"]) == (0, 2, 0)
    assert [f"~ {one['key']}" for one in document["changed"]] == keys


async def test_what_is_no_policy_is_refused_with_every_finding(
    sessions: Sessions, tmp_path: Path
) -> None:
    silent = nations(steps=MISSED["steps"][:-1], proposal={**MISSED["proposal"], "step": "black"})
    code, said, complaints = await rehearse(sessions, tmp_path, silent)
    assert (code, said) == (1, "")
    assert "steps: The last step repeats" in complaints
    assert "proposal.step: There is no such step" in complaints
    assert "Traceback" not in complaints
    code, _, complaints = await rehearse(sessions, tmp_path, nations(), "--to", "2023-04-01")
    assert code == 2
    assert "--to lies before --from" in complaints
