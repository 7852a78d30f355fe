"""What a person gives a command is refused in plain words: folders of facts, settings, options."""

import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from services.demo.facts import ScenarioRefused, read

ROOT = Path(__file__).parents[2]
FIRST = ROOT / "scenarios" / "first"
DEVELOPER = "11422828900000001W"
COMPUTED = "computed figure: comes out of the rules"
Spoil = Callable[[Path], object]


def put(file: str, column: str, value: str, row: int = 2) -> Spoil:
    """Write a value into one cell."""

    def spoil(folder: Path) -> None:
        path = folder / file
        rows = [line.split(",") for line in path.read_text("utf-8").splitlines()]
        rows[row - 1][rows[0].index(column)] = value
        path.write_text("".join(f"{','.join(cells)}\n" for cells in rows), "utf-8")

    return spoil


def write(file: str, content: str) -> Spoil:
    return lambda folder: (folder / file).write_bytes(content.encode("latin-1"))


def settings(old: str, new: str) -> Spoil:
    def spoil(folder: Path) -> None:
        path = folder / "scenario.json"
        assert old in path.read_text("utf-8")
        path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")

    return spoil


def instead_of_settings(folder: Path) -> None:
    (folder / "scenario.json").unlink()
    (folder / "scenario.json").symlink_to("nothing")


def again(file: str) -> Spoil:
    """Repeat the last row."""

    def spoil(folder: Path) -> None:
        text = (folder / file).read_text("utf-8")
        (folder / file).write_text(f"{text}{text.splitlines()[-1]}\n", "utf-8")

    return spoil


WRONG: list[tuple[Spoil, str]] = [
    (write("more.csv", "a\n"), "more.csv: not a file"),
    (lambda folder: (folder / "deeper").mkdir(), "deeper: not a file"),
    (lambda folder: (folder / "lines.csv").unlink(), "lines.csv: missing"),
    (lambda folder: (folder / "scenario.json").unlink(), "scenario.json: missing"),
    (write("scenario.json", "{"), "scenario.json: Expecting"),
    (write("scenario.json", "[]"), "scenario.json: not an object"),
    (settings('"title"', '"titel"'), "scenario.json: titel: not described"),
    (settings('"title"', '"titel"'), "scenario.json: title: missing"),
    (settings('"title"', '"total": 31, "title"'), f"scenario.json: total: {COMPUTED}"),
    (settings("+08:00", ""), "scenario.json: from: an instant needs its offset"),
    (settings('"until": "20', '"until": "19'), "scenario.json: until: earlier than from"),
    (settings("[2023]", '["2023"]'), "scenario.json: calendar_years: no list of years"),
    (settings('"422828"', '"422829"'), "scenario.json: area_code: 422829 is not in areas.csv"),
    (write("projects.csv", "\xff\xfe"), "projects.csv: not a CSV file in UTF-8"),
    (write("projects.csv", 'code,name\n"a'), "projects.csv: not a CSV file in UTF-8"),
    (write("projects.csv", ""), "projects.csv: row 1: code: missing"),
    (put("lines.csv", "purpose", "a,b"), "lines.csv: row 2: 9 cells, not 8"),
    (put("lines.csv", "purpose", "purpose,colour", 1), "lines.csv: row 1: colour: not described"),
    (put("lines.csv", "purpose", "amount", 1), "lines.csv: row 1: amount: stands here twice"),
    *(
        (put(file, column, f"{column},{computed}", 1), f"{file}: row 1: {computed}: {COMPUTED}")
        for file, column, computed in (
            ("projects.csv", "code", "level"),
            ("projects.csv", "name", "预警等级"),
            ("works_contracts.csv", "number", "missed_on"),
            ("works_contracts.csv", "amount", "shortfall"),
            ("organisations.csv", "roles", "Share of misses"),
            ("organisations.csv", "name", "none"),
            ("organisations.csv", "name", "占比"),
            ("wage_accounts.csv", "account_name", "closing_balance"),
            ("lines.csv", "amount", "total"),
        )
    ),
    (put("projects.csv", "developer", "x"), "projects.csv: row 2: developer: x is not in organis"),
    (put("works_contracts.csv", "contractor", "x"), "works_contracts.csv: row 2: contractor: x is"),
    (put("persons.csv", "unit", "x"), "persons.csv: row 2: unit: x is not in organisations.csv"),
    (put("acts.csv", "organisation", "x"), "acts.csv: row 2: organisation: x is not in organisa"),
    (put("sources.csv", "bank", DEVELOPER), f"bank: {DEVELOPER} does not have the role bank"),
    (put("projects.csv", "contractor", DEVELOPER), "does not have the role contractor"),
    (put("areas.csv", "parent_code", "43", 4), "areas.csv: row 4: parent_code: 43 is not in areas"),
    (put("recipients.csv", "person", "HF-F-03"), "person: HF-F-03 is not in persons.csv (project"),
    (put("lines.csv", "account_no", "9"), "lines.csv: row 2: account_no: 9 is not in wage_accou"),
    (put("projects.csv", "name", ""), "projects.csv: row 2: name: empty"),
    (put("projects.csv", "name", "a\x07b"), "projects.csv: row 2: name: blanks at its ends, or"),
    (put("projects.csv", "status", "9"), "projects.csv: row 2: status: 9 is none of"),
    (put("projects.csv", "started_on", "2023-02-30"), "projects.csv: row 2: started_on: day is"),
    (put("lines.csv", "at", "2023-02-23T10:00:00"), "lines.csv: row 2: at: an instant needs"),
    (put("lines.csv", "amount", "0.00"), "lines.csv: row 2: amount: an amount is above zero"),
    (put("wage_accounts.csv", "opening_balance", "-5.00"), "opening_balance: -5.00 is no amount"),
    (put("works_contracts.csv", "transfer_day", "32"), "transfer_day: 32 does not lie between"),
    (put("works_contracts.csv", "cycle_months", "2"), "cycle_months: 2 does not lie between 1"),
    (put("recipients.csv", "role", "king"), "recipients.csv: row 2: role: king is none of"),
    (put("lines.csv", "at", "9999-12-31T23:59:59-12:00"), "at: 9999 is no year of a scenario"),
    (put("lines.csv", "at", "0001-01-01T00:00:00+14:00"), "at: 1 is no year of a scenario"),
    (put("late_feeds.csv", "day", "9999-12-31"), "day: 9999 is no year of a scenario"),
    (put("projects.csv", "started_on", "20230216"), "started_on: 20230216 is no day"),
    (write("scenario.json", "[" * 200_000), "scenario.json: "),
    (settings("[2023]", "[12023]"), "scenario.json: calendar_years: no list of years"),
    (settings('"title": "', '"title": "\\ud800'), "scenario.json: title: no text that can be"),
    (instead_of_settings, "scenario.json: "),
    (put("lines.csv", "amount", "5.001"), "lines.csv: row 2: amount: an amount has at most two"),
    (put("lines.csv", "amount", "NaN"), "lines.csv: row 2: amount: NaN is no amount"),
    (put("lines.csv", "amount", "５"), "lines.csv: row 2: amount: ５ is no amount"),
    (put("works_contracts.csv", "cycle_months", "x"), "row 2: cycle_months: x is no whole number"),
    (
        put("works_contracts.csv", "first_period", "２０２３-02"),
        "first_period: a period is YYYY-MM",
    ),
    (put("works_contracts.csv", "last_period", "2022-01"), "last_period: earlier than first_peri"),
    (put("sources.csv", "expected_by", "25:00"), "sources.csv: row 2: expected_by: a time of day"),
    (put("acts.csv", "act", "sing"), "acts.csv: row 2: act: sing is none of acknowledge, answer"),
    (put("acts.csv", "role", "king"), "acts.csv: row 2: role: king is none of"),
    (put("acts.csv", "at", "2024-01-01T00:00:00Z"), "acts.csv: row 3: at: earlier than the row"),
    (put("wage_accounts.csv", "opened_on", "2023-02-18"), "opened_on: earlier than its source's"),
    (put("lines.csv", "at", "2023-02-19T10:00:00+08:00"), "lines.csv: row 2: at: earlier than the"),
    (put("late_feeds.csv", "day", "2023-02-19"), "late_feeds.csv: row 2: day: earlier than its"),
    (
        put("late_feeds.csv", "sent_at", "2023-05-25T23:00:00+08:00"),
        "late_feeds.csv: row 2: sent_at: earlier than the end of its day",
    ),
    (put("persons.csv", "until_on", "2023-02-15"), "persons.csv: row 2: until_on: earlier than fr"),
    (again("lines.csv"), "serial: B0501 stands here twice"),
    (again("projects.csv"), "projects.csv: row 4: code: HF-F-02 stands here twice"),
]


@pytest.mark.parametrize(("spoil", "finding"), WRONG, ids=[finding for _, finding in WRONG])
def test_a_folder_of_another_form_is_refused_at_its_place(
    tmp_path: Path, spoil: Spoil, finding: str
) -> None:
    folder = shutil.copytree(FIRST, tmp_path / "spoiled")
    spoil(folder)
    with pytest.raises(ScenarioRefused) as refused:
        read(folder)
    assert any(finding in each for each in refused.value.findings), refused.value.findings


WAGES_WRONG: list[tuple[Spoil, str]] = [
    (put("crews.csv", "workers", "72-138", 3), "row 3: workers: 72 is in a crew already"),
    (put("crews.csv", "workers", "24-1"), "row 2: workers: 24-1 names no workers: from a number"),
    (put("crews.csv", "workers", "all"), "row 2: workers: all names no workers: 17 or 1-24"),
    (put("crews.csv", "pay_unit", "hour"), "row 2: pay_unit: hour is none of day, month"),
    (put("attendance.csv", "workers", "1-700"), "row 2: workers: in a crew of another project"),
    (put("attendance.csv", "days", "9|4"), "row 2: days: 9|4: days stand in their order"),
    (put("attendance.csv", "days", "4-40"), "row 2: days: 40 is no day of a month"),
    (put("attendance.csv", "period", "2023-02"), "row 2: days: the month is over before"),
    (put("gates.csv", "every_days", "0"), "row 2: every_days: 0 does not lie between 1 and 31"),
    (put("payrolls.csv", "period", "2023-07"), "row 2: period: nobody of its crews was there"),
    (put("payrolls.csv", "layout", "odd"), "row 2: layout: odd is none of plain, titled"),
    (
        put("payrolls.csv", "reviewed_at", "2023-02-03T09:00:00+08:00"),
        "row 2: reviewed_at: not later than uploaded_at",
    ),
    (put("payrolls.csv", "sent_at", ""), "row 2: paid_at: not later than sent_at"),
    (put("returned.csv", "worker", "9"), "row 2: worker: the bank pays him nothing of this month"),
    (
        put("returned.csv", "again_at", "2023-05-10T15:00:00+08:00"),
        "row 2: again_at: not later than paid_at",
    ),
    (put("disputes.csv", "answer", "angry"), "row 2: answer: angry is none of not_received"),
    (put("disputes.csv", "worker", "9"), "disputes.csv: row 2: worker: the bank pays him nothing"),
    (
        put("disputes.csv", "said_at", "2023-05-10T15:00:00+08:00"),
        "row 2: said_at: not later than the payment",
    ),
    (put("disputes.csv", "proof", ""), "row 2: proof: stands beside closed_at"),
    (
        put("disputes.csv", "closed_at", "2023-05-16T10:00:00+08:00"),
        "row 2: closed_at: not later than said_at",
    ),
]


@pytest.mark.parametrize(("spoil", "finding"), WAGES_WRONG, ids=[one for _, one in WAGES_WRONG])
def test_what_cannot_be_of_crews_and_wages_is_refused_at_its_place(
    tmp_path: Path, spoil: Spoil, finding: str
) -> None:
    folder = shutil.copytree(FIRST.parent / "hefeng", tmp_path / "spoiled")
    spoil(folder)
    with pytest.raises(ScenarioRefused) as refused:
        read(folder)
    assert any(finding in each for each in refused.value.findings), refused.value.findings


def test_what_stands_in_the_repository_is_taken() -> None:
    for path in sorted(FIRST.parent.glob("*/scenario.json")):
        read(path.parent)


def told(tmp_path: Path, *arguments: str, **settings: str) -> tuple[int, str]:
    """Run a command as an operator does; give its exit code and what it complains of."""
    ended = subprocess.run(
        [sys.executable, "-m", "services", *arguments],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "DATA_DIR": str(tmp_path / "data"), **settings},
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )
    return ended.returncode, ended.stderr


def test_the_command_says_so_without_a_traceback(tmp_path: Path) -> None:
    missing = tmp_path / "nothing"
    assert told(tmp_path, "demo", "--scenario", str(missing)) == (2, f"{missing}: no such folder\n")


def test_a_port_that_is_taken_is_said_without_a_traceback(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for command in (("serve", "all"), ("demo", "--exit")):
            code, words = told(tmp_path, *command, "--port", port)
            assert code in {1, 3}, words  # The demo, and uvicorn, which could not begin.
            assert "Traceback" not in words
            assert port in words


@pytest.mark.parametrize(
    ("command", "code", "word"),
    [
        (("token", "--role", "operator", "--area", "４２"), 2, "no area codes"),
        (("token", "--role", "operator", "--area", "0", "--hours", "nan"), 2, "--hours"),
        (("job", "payroll.expect_bank_feeds", "--day", "9999-12-31"), 2, "has not come yet"),
        (("parked", "payroll", "skip", "x", "--reason", "y"), 2, "x"),
        (("restored", "nobody"), 2, "nobody is none of"),
        (("settle", "cases", "--reason", " "), 2, "--reason"),
        (("demo", "--port", "99999"), 2, "--port"),
    ],
)
def test_a_command_that_cannot_be_meant_is_refused(
    tmp_path: Path, command: tuple[str, ...], code: int, word: str
) -> None:
    ended, words = told(tmp_path, *command)
    assert ended == code
    assert word in words
    assert "Traceback" not in words


def test_a_wrong_setting_is_told_at_the_start(tmp_path: Path) -> None:
    code, words = told(tmp_path, "serve", "all", EGRESS_ALLOW="anywhere")
    assert code == 1
    assert "EGRESS_ALLOW: 'anywhere' is no CIDR:port" in words
    code, words = told(tmp_path, "serve", "all", KAFKA_BROKERS="x", PII_KEYS="secret-of-ours")
    assert code == 1
    assert "ALLOW_OWN_TOKENS=1" in words
    assert "Traceback" not in words
    assert "secret-of-ours" not in words
