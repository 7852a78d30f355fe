"""No giants: files, functions, services and `shared` stay within their sizes."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILE_LINES = 400
FUNCTION_LINES = 40
SERVICE_LINES = {
    "registry": 19_500,
    "payroll": 40_500,
    "cases": 32_000,
    "alerts": 15_500,
    "demo": 3_900,
}
"""A number is raised in the commit that passes it, which says what grew (decision 0025)."""
SHARED_LINES = 17_920


def _sources() -> list[Path]:
    """The modules of both packages; `0001_….py` is a long list of columns, and history."""
    return [
        path
        for package in ("services", "shared")
        for path in sorted((ROOT / package).rglob("*.py"))
        if not path.name[0].isdigit()
    ]


def _lines(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def long_functions(source: str, limit: int = FUNCTION_LINES) -> Iterator[str]:
    """Name and length of each function of more than `limit` lines, from `def` to its end."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > limit:
                yield f"{node.name}: {length}"


def test_no_file_is_a_giant() -> None:
    giants = {str(path.relative_to(ROOT)): _lines(path) for path in _sources()}
    assert {name: lines for name, lines in giants.items() if lines > FILE_LINES} == {}


def test_no_function_is_a_giant() -> None:
    giants = [
        f"{path.relative_to(ROOT)} {function}"
        for path in _sources()
        for function in long_functions(path.read_text("utf-8"))
    ]
    assert giants == []


def test_no_service_outgrows_its_size() -> None:
    services = [path for path in (ROOT / "services").iterdir() if any(path.glob("*.py"))]
    sizes = {
        service.name: sum(_lines(path) for path in _sources() if service in path.parents)
        for service in services
    }
    assert {name: lines for name, lines in sizes.items() if lines > SERVICE_LINES[name]} == {}


def test_shared_stays_plumbing() -> None:
    # What made the first tables is history, as it is in the services.
    history = ROOT / "shared" / "migrations" / "plumbing.py"
    here = [path for path in _sources() if ROOT / "shared" in path.parents and path != history]
    assert sum(map(_lines, here)) <= SHARED_LINES


def test_a_function_past_the_limit_is_seen() -> None:
    statements = "    pass\n" * (FUNCTION_LINES - 1)
    assert list(long_functions(f"async def fits():\n{statements}")) == []
    assert list(long_functions(f"def grows():\n{statements}    pass")) == ["grows: 41"]
