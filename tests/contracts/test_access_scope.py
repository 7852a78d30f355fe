"""Every query that a route calls takes the caller's scope, and every action hands it on to one."""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.payroll import actions, queries
from shared import clock
from shared.areas import Scope
from shared.auth import Caller
from shared.db import Session
from tests.contracts.access import table
from tests.contracts.access.table import PUBLIC
from tests.fixtures.database import names

ROOT = Path(__file__).parents[2]
Function = Callable[..., Any]
# What carries the caller's scope: itself, the caller, or the areas that a pure rule is given.
CARRIERS = {"scope", "caller", "who"}


def route_functions(service: str) -> Iterator[Function]:
    """Give the functions of a service's routes: those on its one `router`.

    Left out are those that are everybody's or the whole platform's: they tell of no area.
    """
    room = import_module(f"services.{service}.routes")
    modules = [getattr(room, name) for name in dir(room) if inspect.ismodule(getattr(room, name))]
    inside = [one for one in modules if one.__name__.startswith(f"{room.__name__}.")]
    for module in {room, *inside}:
        for node in ast.parse(inspect.getsource(module)).body:
            decorators = getattr(node, "decorator_list", ())
            routed = [
                said for each in decorators if (said := ast.unparse(each)).startswith("router.")
            ]
            if routed and not re.search(r"may\('(public|platform:\w+)'\)", routed[0]):
                yield getattr(module, str(getattr(node, "name", "")))


def carried(argument: ast.expr) -> str | None:
    """Give what carries the scope in an argument: `scope`, `caller`, `caller.scope` and so on."""
    said = ast.unparse(argument)
    first, _, rest = said.partition(".")
    return said if first in CARRIERS and rest in {"", "scope", "areas", "scope.areas"} else None


def calls_of(function: Function) -> Iterator[ast.Call]:
    """Give the calls in a function's body; one that is prepared for later, `partial`, is one."""
    for call in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function)))):
        if isinstance(call, ast.Call):
            later = named(function, call.func) is partial
            yield ast.Call(call.args[0], call.args[1:], call.keywords) if later else call


def handed_on(function: Function) -> Iterator[tuple[Function, str, str]]:
    """Give each of our own functions that is handed the scope: it, the parameter, the argument."""
    for call in calls_of(function):
        called = named(function, call.func)
        if called is None or not getattr(called, "__module__", "").startswith("services."):
            continue
        parameters = list(inspect.signature(called).parameters)
        given = [*zip(parameters, call.args, strict=False)]
        given += [(word.arg, word.value) for word in call.keywords if word.arg]
        for parameter, argument in given:
            if said := carried(argument):
                yield called, parameter, said


def named(function: Function, expression: ast.expr) -> Any:  # noqa: ANN401  whatever a name stands for
    """Give what a dotted name means in a function's module; None if it is no such name."""
    if isinstance(expression, ast.Name):
        return inspect.unwrap(function).__globals__.get(expression.id)
    if isinstance(expression, ast.Attribute):
        return getattr(named(function, expression.value), expression.attr, None)
    return None


def room_of(function: Function) -> str:
    return function.__module__.split(".")[2]


def reaches_rows(function: Function, seen: frozenset[Function] = frozenset()) -> bool:
    """Say whether an action's scope ends at a query's `scope`, or as areas at a rule."""
    for called, parameter, said in handed_on(function):
        room = room_of(called)
        if room == "queries" and parameter == "scope":
            return True
        if room == "rules" and said.endswith(".areas"):
            return True
        if room == "actions" and called not in seen and reaches_rows(called, seen | {function}):
            return True
    return False


def breaches(function: Function) -> Iterator[str]:
    """Give what is wrong with a route: a query without scope, or an action that drops it."""
    scoped = {called: said for called, _, said in handed_on(function)}
    found = [named(function, call.func) for call in calls_of(function)]
    ours = [
        each
        for each in found
        if inspect.isfunction(each)
        and each.__module__.startswith("services.")
        and room_of(each) in {"queries", "actions"}
    ]
    # Without a transaction there are no rows to tell of.
    if not ours and "session" in inspect.signature(function).parameters:
        yield "asks no query and does no action"
    for called in ours:
        if called not in scoped:
            yield f"calls {called.__qualname__} without the caller's scope"
        elif room_of(called) == "queries" and not scoped[called].endswith(".scope"):
            yield f"calls {called.__qualname__} with {scoped[called]}"
        elif room_of(called) == "actions" and not reaches_rows(called):
            yield f"calls {called.__qualname__}, which drops the scope"


@pytest.mark.parametrize("service", names())
def test_every_query_of_a_route_takes_the_scope(service: str) -> None:
    functions = list(route_functions(service))
    asked = [
        route
        for route in table.routes()
        if route.service == service
        and route.permission != PUBLIC
        and not route.permission.startswith("platform:")
    ]
    assert len(functions) == len(asked), "a route was not found, or is no function of the module"
    found = [f"{each.__name__} {what}" for each in functions for what in breaches(each)]
    assert found == []


@pytest.mark.parametrize("service", names())
def test_every_query_that_takes_a_scope_uses_it(service: str) -> None:
    """A name that is only declared promises what is not done."""
    paths = sorted((ROOT / "services" / service).glob("queries/**/*.py"))
    functions = [
        node
        for path in paths
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and "scope" in {argument.arg for argument in (*node.args.args, *node.args.kwonlyargs)}
    ]
    assert functions
    unused = [
        node.name
        for node in functions
        if not any(isinstance(one, ast.Name) and one.id == "scope" for one in ast.walk(node))
    ]
    assert unused == []


async def _without_scope(session: Session, caller: Caller, feed_id: UUID) -> object:
    return await queries.feeds.waivers(session, feed_id)


async def _with_another_scope(session: Session, caller: Caller, feed_id: UUID) -> object:
    return await queries.feeds.bank_feed(session, feed_id, Scope())


async def _for_anybody(session: Session, caller: Caller, feed_id: UUID) -> object:
    return await actions.feeds.report_late_feed(session, feed_id, clock.now())


async def _with_scope(session: Session, caller: Caller, feed_id: UUID) -> object:
    return await queries.feeds.bank_feed(session, feed_id, caller.scope)


@pytest.mark.parametrize("function", [_without_scope, _with_another_scope, _for_anybody])
def test_a_route_that_drops_the_scope_is_seen(function: Function) -> None:
    assert list(breaches(function))
    assert list(breaches(_with_scope)) == []
