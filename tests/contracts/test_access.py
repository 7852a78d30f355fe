"""Who may call what: every route of every service against the table in `docs/access.md`."""

from collections.abc import Mapping
from uuid import UUID

import pytest

from shared.auth import ApiKey, new_key
from shared.db import new_id
from shared.roles import KNOWN_ROLES, LIMITED_TO_OWN, PERMISSIONS
from tests.contracts.access import table
from tests.contracts.access.table import PUBLIC, Route
from tests.contracts.conftest import Process
from tests.fixtures.database import names
from tests.fixtures.service import Token


def of(service: str | None = None, *, public: bool = False) -> list[Route]:
    """Give the lines of a service, or of all: those that anybody may call, or the others."""
    return [
        route
        for route in table.routes()
        if service in {None, route.service} and (route.permission == PUBLIC) is public
    ]


SOMEWHERE = {"area": "0"}
"""What a name of a path is no id of."""


def somewhere(route: Route) -> str:
    """Give a path whose ids name no row."""
    _, _, rest = route.path.partition("{")
    names = [part.partition("}")[0] for part in rest.split("{")] if rest else []
    return route.path.format(**{name: SOMEWHERE.get(name, UUID(int=7)) for name in names})


# ---- the table and the code ------------------------------------------------------------------


def test_the_table_names_every_route_once(process: Process) -> None:
    written = [route.door for route in table.routes()]
    served = list(table.doors(process.app))
    assert sorted(served) == sorted(written)
    assert len(set(served)) == len(served)
    assert {route.elsewhere for route in table.routes()} == table.ELSEWHERE


def test_the_table_names_who_holds_each_permission() -> None:
    held = {
        permission: {role for role in PERMISSIONS if permission in PERMISSIONS[role]}
        for permissions in PERMISSIONS.values()
        for permission in permissions
    }
    assert table.holders() == held
    assert {route.permission for route in table.routes()} - {PUBLIC} == set(held)


def test_the_table_names_what_each_role_sees() -> None:
    limited = dict.fromkeys(LIMITED_TO_OWN, "its own")
    assert table.sees() == dict.fromkeys(KNOWN_ROLES, "its areas") | limited
    assert len(KNOWN_ROLES) == 23


def test_a_co_inspector_adds_findings_and_decides_nothing() -> None:
    open_to = [
        route.name
        for route in table.routes()
        if "co_inspector" in table.holders().get(route.permission, ()) and route.method != "GET"
    ]
    assert open_to == [
        "POST /registry/v1/inspected",
        "POST /payroll/v1/bank-lines/search",
        "POST /cases/v1/watch-items/{item_id}/evidence",
        "POST /cases/v1/watch-items/{item_id}/findings",
        "POST /alerts/v1/inbox/read",
        "POST /alerts/v1/signs",
    ]


def test_personal_data_is_revealed_to_the_wage_office_alone() -> None:
    reveals = {route.permission for route in table.routes() if route.path.endswith("/reveal")}
    assert {role for reveal in reveals for role in table.holders()[reveal]} == {"wage_office"}


# ---- the doors -------------------------------------------------------------------------------


async def test_without_a_token_nobody_enters(process: Process) -> None:
    for route in of():
        answer = await process.http.request(route.method, somewhere(route))
        assert answer.status_code == 401, route.name
        assert answer.headers["www-authenticate"] == "Bearer", route.name
        assert answer.json()["type"] == "/problems/unauthenticated", route.name


async def test_what_is_public_is_open(process: Process) -> None:
    for route in of(public=True):
        answer = await process.http.request(route.method, somewhere(route), json={})
        if route.elsewhere == "refused":  # Open to whoever signs what he sends.
            assert (answer.status_code, answer.headers.get("www-authenticate")) == (401, None)
            continue
        if route.rows.startswith("of whoever"):  # Open to whoever has a code of ours.
            assert answer.status_code in {404, 422}, route.name
            continue
        # A process whose loops have not begun is not ready, which it says to anybody.
        assert answer.status_code == (503 if route.path == "/readyz" else 200), route.name


@pytest.mark.parametrize("service", names())
async def test_each_role_enters_where_the_table_says(
    service: str, process: Process, token: Token
) -> None:
    headers = {role: token(role) for role in KNOWN_ROLES}
    for route in of(service):
        for role, said in headers.items():
            await call(process, route, role, said)


async def test_a_machine_enters_where_a_person_of_its_role_does(process: Process) -> None:
    """Each role at every eighth route: what is asked for a key is what is asked for a token."""
    keys = {role: new_key() for role in sorted(KNOWN_ROLES)}
    for sessions in process.sessions.values():
        async with sessions.begin() as session:
            session.add_all(
                ApiKey(id=new_id(), key_hash=hashed, name=role, areas=["0"], roles=[role])
                for role, (_, hashed) in keys.items()
            )
    for number, route in enumerate(of()):
        for role in list(keys)[number % 8 :: 8]:
            await call(process, route, role, {"authorization": f"Bearer {keys[role][0]}"})


async def call(process: Process, route: Route, role: str, headers: Mapping[str, str]) -> None:
    """Call a route: 403 exactly where the table says that the role may not."""
    answer = await process.http.request(route.method, somewhere(route), headers=headers)
    entered = answer.status_code not in {401, 403}
    assert entered is (role in table.holders()[route.permission]), f"{role}: {route.name}"
    assert entered or answer.json()["permission"] == route.permission
    assert answer.status_code < 500, f"{role}: {route.name} {answer.text}"
