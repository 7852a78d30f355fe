"""Statements in layouts that are drawn by seed are read exactly, or refused, never wrongly."""

import io
from datetime import datetime, timedelta

import pytest

from services.payroll.adapters import statement_file
from services.payroll.adapters.statement_types import Outcome, Said
from tests.payroll.layouts import Drawn, Moved, draw

FEW, MANY = range(12), range(200)
# Of what is right; whoever refused everything would never read anything wrongly.
LEAST_READ = 0.95


def read(content: bytes) -> tuple[list[Said], Outcome]:
    pieces = list(statement_file.read(io.BytesIO(content)))
    assert pieces[-1].refused is None
    outcome = pieces[-1].outcome
    assert outcome is not None
    return [line for piece in pieces for line in piece.lines], outcome


def as_said(line: Moved, told: set[str]) -> tuple[object, ...]:
    """Give a line of the truth as far as its file tells it."""
    words = [line.summary] if "summary" in told else []
    words += [line.purpose] if "purpose" in told else []
    purpose = " ".join(dict.fromkeys(" ".join(word.split()) for word in words))
    return (
        line.at,
        line.incoming,
        line.amount,
        line.balance,
        " ".join(line.name.split()) if "name" in told else "",
        line.account if "account" in told else "",
        purpose,
    )


def as_read(line: Said) -> tuple[object, ...]:
    at = datetime.combine(line.day, datetime.min.time()) + timedelta(seconds=line.second)
    return (at, line.incoming, line.amount, line.balance, line.name, line.account, line.purpose)


def is_exact(drawn: Drawn, lines: list[Said], outcome: Outcome) -> bool:
    in_order = lines if outcome.ascending else lines[::-1]
    serials = [line.serial for line in in_order if outcome.serials]
    wanted = [line.serial for line in drawn.moved if "serial" in drawn.told]
    return (
        [as_read(line) for line in in_order] == [as_said(line, drawn.told) for line in drawn.moved]
        and serials == wanted
        and outcome.account == drawn.account
        and (outcome.opening, outcome.closing) == (drawn.opening, drawn.closing)
    )


def judged(seed: int) -> bool:
    """Say whether a drawn statement is read; if it is read wrongly, fail."""
    drawn = draw(seed)
    lines, outcome = read(drawn.content)
    if outcome.flaws:
        return False
    assert is_exact(drawn, lines, outcome), drawn.words
    return True


def spoilt(seed: int) -> None:
    """A statement with one thing wrong is refused, and told of at the row where it stands."""
    drawn = draw(seed, hostile=True)
    _, outcome = read(drawn.content)
    assert outcome.flaws, f"{drawn.words} {drawn.wrong}"
    told = {flaw.row for flaw in outcome.flaws if flaw.column is not None}
    assert told & drawn.rows, f"{drawn.words} {drawn.wrong} {drawn.rows} {outcome.flaws}"


@pytest.mark.parametrize("seed", FEW)
def test_a_layout_is_read_exactly(seed: int) -> None:
    assert judged(seed)


@pytest.mark.parametrize("seed", FEW)
def test_what_is_wrong_is_refused_at_its_row(seed: int) -> None:
    spoilt(seed)


@pytest.mark.soak
def test_two_hundred_layouts_are_read_exactly_or_refused() -> None:
    assert sum(map(judged, MANY)) >= LEAST_READ * len(MANY)


@pytest.mark.soak
def test_two_hundred_hostile_files_are_refused_at_their_rows() -> None:
    for seed in MANY:
        spoilt(seed)
