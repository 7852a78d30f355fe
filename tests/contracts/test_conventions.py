"""What a reader could check by eye in the house's conventions, checked by reading the source."""

import ast
import re
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path, PurePosixPath
from sys import stdlib_module_names
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
BANNED_WORDS = {"manager", "helper", "util", "common", "base"}
BANNED_STARTS = ("process_", "handle_", "do_")
BANNED_NAMES = {"data", "info"}
# Names that SQLAlchemy's column types, httpx's transports and http.server give; we fill them in.
INTERFACES = {
    "process_bind_param",
    "process_result_value",
    "handle_async_request",
    "do_GET",
    "do_POST",
}


class Module(NamedTuple):
    """A source file: its path from the root, its text, and what Python reads in it."""

    path: PurePosixPath
    lines: list[str]
    tree: ast.Module

    @classmethod
    def of(cls, path: str, source: str) -> "Module":
        return cls(PurePosixPath(path), source.splitlines(), ast.parse(source))

    @property
    def room(self) -> str:
        """The room in a service, `jobs` for services/cases/jobs/levels.py; empty elsewhere."""
        parts = self.path.with_suffix("").parts
        return parts[2] if parts[0] == "services" and len(parts) > 2 else ""

    def calls(self, *names: str) -> Iterator[ast.Call]:
        """The calls of a function or method of one of these names."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and _name(node.func) in names:
                yield node

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node


def _name(node: ast.expr) -> str:
    """The last word of a dotted name: `commit` of `session.commit`."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def foreign_commits(module: Module) -> Iterator[int]:
    """Transactions belong to the doors of `shared`: nobody else ends one, only jobs begin one."""
    if module.path.parts[0] == "services":
        yield from (call.lineno for call in module.calls("commit", "rollback"))
    if module.room not in {"", "jobs"}:
        yield from (call.lineno for call in module.calls("begin"))


def misplaced_locks(module: Module) -> Iterator[int]:
    """A `locked_…` query locks, by itself or by `db.change()`; a query of another name does not."""
    if not module.room:
        return
    locking = {
        call.lineno: call for call in module.calls("with_for_update", "change") if call.lineno
    }
    inside: set[int] = set()
    for function in module.functions():
        if function.name.lstrip("_").startswith("locked_"):
            lines = range(function.lineno, (function.end_lineno or function.lineno) + 1)
            inner = {_name(node.func) for node in ast.walk(function) if isinstance(node, ast.Call)}
            inside |= {line for line in locking if line in lines}
            if not any(
                name in {"with_for_update", "change"} or name.lstrip("_").startswith("locked_")
                for name in inner
            ):
                yield function.lineno
    for line, call in locking.items():
        if line not in inside and _name(call.func) == "with_for_update":
            yield line


def deleted_rows(module: Module) -> Iterator[int]:
    """Domain rows are never deleted: a state says that they ended."""
    if module.path.parts[0] == "services":
        for call in module.calls("delete"):
            if isinstance(call.func, ast.Attribute) and _name(call.func.value) == "session":
                yield call.lineno


def silent_flushes(module: Module) -> Iterator[int]:
    """Ids are made before the insert; a flush that is needed all the same says why."""
    for call in module.calls("flush"):
        end = call.end_lineno or call.lineno
        above = module.lines[call.lineno - 2].strip() if call.lineno > 1 else ""
        if "#" not in module.lines[end - 1] and not above.startswith("#"):
            yield call.lineno


def lazy_relationships(module: Module) -> Iterator[int]:
    """A relationship raises instead of loading: what is needed is loaded in `queries`."""
    for call in module.calls("relationship"):
        lazy = [word.value for word in call.keywords if word.arg == "lazy"]
        if not lazy or not isinstance(lazy[0], ast.Constant) or lazy[0].value != "raise":
            yield call.lineno


def logic_in_room_fronts(module: Module) -> Iterator[int]:
    """The `__init__.py` of a room that became a package only imports its nouns."""
    if module.path.name == "__init__.py" and module.room not in {"", "__init__"}:
        for statement in module.tree.body:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                continue
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                continue
            if isinstance(statement, ast.Assign) and _name(statement.targets[0]) == "__all__":
                continue
            yield statement.lineno


def boundless_days(module: Module) -> Iterator[int]:
    """What comes in takes `clock.Day`: a day of year 1 has no instant in China, and breaks things.

    `…Out` and `…Row` go out or lie below; forms that both share keep to what may come in.
    """
    if module.room != "schemas":
        return
    for form in module.tree.body:
        if not isinstance(form, ast.ClassDef):
            continue
        names = [form.name, *(_name(each) for each in form.bases)]
        if form.name.endswith("Out") or any("Out" in each or "Row" in each for each in names):
            continue
        for field in form.body:
            if isinstance(field, ast.AnnAssign) and any(
                isinstance(node, ast.Name) and node.id == "date"
                for node in ast.walk(field.annotation)
            ):
                yield field.lineno


def empty_names(module: Module) -> Iterator[int]:
    """Names of modules, classes and functions say what a thing is, not that it is something."""
    bases = {PurePosixPath("shared/events/base.py"), PurePosixPath("shared/bus/base.py")}
    if module.path not in bases and _says_nothing(module.path.stem):
        yield 1
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ClassDef) and node.name != "Base" and _says_nothing(node.name):
            yield node.lineno
    for function in module.functions():
        starts = tuple(
            start
            for start in BANNED_STARTS
            if start != "handle_" or PurePosixPath("shared/bus") not in module.path.parents
        )
        if function.name in INTERFACES:
            continue
        if _says_nothing(function.name) or function.name.lstrip("_").startswith(starts):
            yield function.lineno


def _says_nothing(name: str) -> bool:
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)
    return name.strip("_").lower() in BANNED_NAMES or any(
        word.lower().removesuffix("s") in BANNED_WORDS for word in words
    )


Rule = Callable[[Module], Iterator[int]]
RULES: list[Rule] = [
    foreign_commits,
    misplaced_locks,
    deleted_rows,
    silent_flushes,
    lazy_relationships,
    logic_in_room_fronts,
    boundless_days,
    empty_names,
]
# Each rule with a line that it must refuse; the file says where the line would stand.
REFUSED: list[tuple[Rule, str, str]] = [
    (foreign_commits, "services/cases/actions.py", "await session.commit()"),
    (foreign_commits, "services/demo.py", "await session.rollback()"),
    (foreign_commits, "services/cases/routes.py", "async with sessions.begin() as session: ..."),
    (misplaced_locks, "services/cases/queries.py", "def locked_item(): return select(Item)"),
    (misplaced_locks, "services/cases/queries.py", "def item(): select(Item).with_for_update()"),
    (misplaced_locks, "services/cases/queries/items.py", "ITEM = select(Item).with_for_update()"),
    (deleted_rows, "services/cases/actions.py", "await session.delete(item)"),
    (silent_flushes, "services/cases/actions.py", "item = Item()\nawait session.flush()"),
    (lazy_relationships, "services/cases/models.py", "steps = relationship(Step)"),
    (lazy_relationships, "services/cases/models.py", "steps = relationship(lazy='select')"),
    (logic_in_room_fronts, "services/cases/actions/__init__.py", "def open_item(): ..."),
    (boundless_days, "services/a/schemas/b.py", "class BIn(InBody):\n on: date | None = None"),
    (empty_names, "services/cases/adapters/common.py", ""),
    (empty_names, "shared/db.py", "class SessionManager: ..."),
    (empty_names, "shared/db.py", "class RouteBase: ..."),
    (empty_names, "services/cases/actions.py", "async def process_item(): ..."),
    (empty_names, "services/cases/handlers.py", "def _handle_event(): ..."),
    (empty_names, "services/cases/rules.py", "def item_helpers(): ..."),
    (empty_names, "services/cases/queries.py", "def data(): ..."),
]
ALLOWED: list[tuple[Rule, str, str]] = [
    (foreign_commits, "services/cases/jobs.py", "async with sessions.begin() as session: ..."),
    (foreign_commits, "shared/db.py", "await session.commit()"),
    (misplaced_locks, "services/a/queries.py", "def locked_a(): select(A).with_for_update()"),
    (misplaced_locks, "services/a/queries.py", "def locked_a(): return db.change(A)"),
    (deleted_rows, "services/a/actions.py", "areas.delete(code)"),
    (empty_names, "shared/pii.py", "class Sealed:\n def process_bind_param(self): ..."),
    (silent_flushes, "shared/timers.py", "session.flush()  # The handler may arm the next one."),
    (lazy_relationships, "services/a/models.py", "b = relationship(lazy='raise')"),
    (logic_in_room_fronts, "services/a/actions/__init__.py", "from services.a.actions import b"),
    (boundless_days, "services/a/schemas/b.py", "class BIn(InBody):\n on: clock.Day"),
    (boundless_days, "services/a/schemas/b.py", "class BOut(OutBody):\n on: date"),
    (empty_names, "shared/events/base.py", "class Base: ..."),
    (empty_names, "shared/bus/kafka.py", "def handle_batch(): ..."),
    (empty_names, "services/a/queries.py", "def database(): ..."),
]


@cache
def _modules() -> list[Module]:
    return [
        Module.of(path.relative_to(ROOT).as_posix(), path.read_text("utf-8"))
        for package in ("services", "shared")
        for path in sorted((ROOT / package).rglob("*.py"))
    ]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_source_keeps_the_convention(rule: Rule) -> None:
    found = [f"{module.path}:{line}" for module in _modules() for line in rule(module)]
    assert found == [], rule.__doc__


@pytest.mark.parametrize(("rule", "path", "source"), REFUSED)
def test_a_breach_of_a_convention_is_seen(rule: Rule, path: str, source: str) -> None:
    assert list(rule(Module.of(path, source)))


@pytest.mark.parametrize(("rule", "path", "source"), ALLOWED)
def test_what_a_convention_allows_is_let_through(rule: Rule, path: str, source: str) -> None:
    assert list(rule(Module.of(path, source))) == []


def test_what_is_imported_is_declared() -> None:
    """What comes by way of another library may go as it came."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = project["dependencies"] + project["optional-dependencies"]["embedded"]
    declared = {_normal(re.split(r"[\[<>=]", line)[0]) for line in lines}
    sources = packages_distributions()
    imported = {
        (name.split(".")[0], str(module.path))
        for module in _modules()
        for node in ast.walk(module.tree)
        for name in _imported(node)
    }
    undeclared = [
        f"{path}: {name}"
        for name, path in sorted(imported)
        if name not in {"services", "shared", *stdlib_module_names}
        and not declared & {_normal(source) for source in sources.get(name, [])}
    ]
    assert undeclared == []


def _normal(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
