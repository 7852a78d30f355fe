"""ARCHITECTURE.md tells the truth: its files are there, and what it says they call, they call."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "ARCHITECTURE.md"
CODE = re.compile(r"`([^`]+)`|(→)|(;)")
# One page: its table has no more rows, and what it says of each step no more words.
MOST_STEPS, MOST_WORDS = 20, 50


class Place(NamedTuple):
    """A function or class, `Relay.send`, in a file."""

    file: str
    name: str


class Step(NamedTuple):
    """A row of the journey: what happens, and the places, each with the one that it calls."""

    number: str
    words: str
    places: list[Place]
    calls: list[tuple[Place, Place]]


def journey(page: str) -> list[Step]:
    """Read the rows of the table whose last column says where."""
    _, _, rest = page.partition("| # | what happens | where |\n")
    rows = [line for line in rest.partition("\n\n")[0].splitlines() if line.startswith("|")][1:]
    return [_step(row) for row in rows]


def _step(row: str) -> Step:
    number, words, where = (cell.strip() for cell in row.strip("|").split("|"))
    places, calls = _places(where)
    return Step(number, words, places, calls)


def _places(where: str) -> tuple[list[Place], list[tuple[Place, Place]]]:
    places: list[Place] = []
    calls: list[tuple[Place, Place]] = []
    file, before, called = "", None, False
    for token, arrow, end in CODE.findall(where):
        if arrow:
            called = True
        elif end:
            before, called = None, False
        elif token.endswith(".py"):
            file = token
        else:
            place = Place(file, token)
            places.append(place)
            if called and before:
                calls.append((before, place))
            before, called = place, False
    return places, calls


@cache
def _tree(file: str) -> ast.Module:
    return ast.parse((ROOT / file).read_text("utf-8"))


def _found(place: Place) -> ast.AST | None:
    """Find what a dotted name defines: a function, a class, or a value of the module."""
    node: ast.AST = _tree(place.file)
    for name in place.name.split("."):
        inner = [child for child in ast.iter_child_nodes(node) if name in _defined(child)]
        if not inner:
            return None
        node = inner[0]
    return node


def _defined(node: ast.AST) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _names(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Attribute):
            yield inner.attr
        elif isinstance(inner, ast.Name):
            yield inner.id


STEPS = journey(PAGE.read_text("utf-8"))


def test_the_journey_fits_on_one_page() -> None:
    assert 10 < len(STEPS) <= MOST_STEPS
    assert [step.number for step in STEPS] == [str(n) for n in range(1, len(STEPS) + 1)]
    assert [step.number for step in STEPS if len(step.words.split()) > MOST_WORDS] == []


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.number)
def test_each_place_of_a_step_is_there(step: Step) -> None:
    assert step.places
    missing = [
        f"{place.file} {place.name}"
        for place in step.places
        if not (ROOT / place.file).is_file() or _found(place) is None
    ]
    assert missing == []


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.number)
def test_each_arrow_of_a_step_is_a_call(step: Step) -> None:
    untrue = [
        f"{caller.file} {caller.name} → {called.name}"
        for caller, called in step.calls
        if (node := _found(caller)) is None or called.name.rsplit(".")[-1] not in _names(node)
    ]
    assert untrue == []


def test_the_journey_crosses_every_layer() -> None:
    files = " ".join(place.file for step in STEPS for place in step.places)
    crossed = ("payroll/jobs", "shared/outbox", "shared/inbox", "cases/actions", "alerts/adapters")
    assert [part for part in crossed if part not in files] == []


def test_every_file_that_the_page_names_is_there() -> None:
    named = re.findall(r"`([\w./]+\.(?:py|toml|md|sql))`", PAGE.read_text("utf-8"))
    assert [name for name in named if not (ROOT / name).is_file()] == []


def test_what_the_text_finds_in_a_file_is_there() -> None:
    """`create_app(services, runtime)` in [`shared/app.py`](shared/app.py)."""
    said = re.findall(
        r"`([\w.]+)(?:\([^`]*\))?` (?:in|of) \[?`([\w/]+\.py)`", PAGE.read_text("utf-8")
    )
    assert len(said) > 3
    assert [(file, name) for name, file in said if _found(Place(file, name)) is None] == []


@pytest.mark.parametrize(
    "where",
    [
        "`shared/outbox.py` `Relay.vanished`",
        "`shared/outbox.py` `vanished`",
    ],
)
def test_a_place_that_is_gone_is_seen(where: str) -> None:
    places, _ = _places(where)
    assert [_found(place) for place in places] == [None]


def test_an_arrow_that_is_no_call_is_seen() -> None:
    _, calls = _places("`shared/outbox.py` `publish` → `message`; `Relay.send` → `message`")
    names = [(a.name, b.name) for a, b in calls]
    assert names == [("publish", "message"), ("Relay.send", "message")]
    true = [b.name in set(_names(node)) for a, b in calls if (node := _found(a))]
    assert true == [False, True]
