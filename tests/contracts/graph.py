"""Which events a handler may publish at once: read off the source, without running anything.

From a handler every function of its service that it names, and those that they name, and so on.
What a timer, a job or a route does later is not among them: a clock or a human stands between.
Functions of one name are taken together: an edge may be one too many, but none is missing.
"""

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

Names = dict[str, set[str]]


def _body(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.AST]:
    """Give what runs, without the annotations, which only name what comes in."""
    for statement in function.body:
        for node in ast.walk(statement):
            if isinstance(node, ast.AnnAssign):
                node.annotation = ast.Constant(None)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                node.args, node.returns = ast.parse("lambda: 0", mode="eval").body.args, None  # type: ignore[attr-defined]
    for statement in function.body:
        yield from ast.walk(statement)


def named(sources: Collection[str]) -> Names:
    """Give for each function in some modules the names that it uses."""
    found: Names = {}
    for source in sources:
        for function in ast.walk(ast.parse(source)):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                uses = found.setdefault(function.name, set())
                for node in _body(function):
                    if isinstance(node, ast.Name):
                        uses.add(node.id)
                    elif isinstance(node, ast.Attribute):
                        uses.add(node.attr)
    return found


def reached(names: Names, start: str) -> set[str]:
    """Give all names that a function uses, itself or through others."""
    seen: set[str] = set()
    ahead = {start}
    while ahead:
        name = ahead.pop()
        seen.add(name)
        ahead |= names.get(name, set()) - seen
    return seen


def read(folder: Path) -> Names:
    """Give the same of all modules of a service, its migrations left out."""
    return named(
        [path.read_text() for path in folder.rglob("*.py") if "migrations" not in path.parts]
    )


def cycle(edges: Mapping[str, Collection[str]]) -> Sequence[str]:
    """Give a way from an event back to itself; empty where there is none."""
    done: set[str] = set()

    def walk(name: str, way: list[str]) -> Sequence[str]:
        if name in way:
            return [*way[way.index(name) :], name]
        if name not in done:
            for following in sorted(edges.get(name, ())):
                if found := walk(following, [*way, name]):
                    return found
            done.add(name)
        return ()

    return next((found for name in sorted(edges) if (found := walk(name, []))), ())
