"""The walls between services and rooms stand, and each of them is seen to stop somebody."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]


class Breach(NamedTuple):
    """An import that a contract must refuse: the contract, who imports, what."""

    contract: str
    importer: str
    imported: str


# One planted service with one neighbour; each line breaks one sentence of the house.
BREACHES = [
    Breach("Services never import each other", "services.planted.errors", "services.neighbour"),
    Breach("shared knows no service", "shared.asyncapi", "services.planted.errors"),
    Breach("Inside a service", "services.planted.models", "services.planted.queries"),
    Breach("Inside a service", "services.planted.rules", "services.planted.models"),
    Breach("Inside a service", "services.planted.routes", "services.planted.handlers"),
    Breach("Inside a service", "services.planted.queries", "services.planted.adapters.bank"),
    Breach("Inside a service", "services.planted.queries", "services.planted.actions"),
    Breach("Inside shared", "shared.sandbox", "shared.bus"),
    Breach("Inside shared", "shared.wording", "shared.clock"),
    Breach("Inside shared", "shared.known", "shared.outbox"),
    Breach("Only routes speak HTTP", "services.planted.actions", "fastapi"),
    Breach("Only routes speak HTTP", "services.planted.handlers", "starlette"),
    Breach("Only models and queries speak SQL", "services.planted.actions", "sqlalchemy"),
    Breach("Only models and queries speak SQL", "services.planted.adapters.bank", "asyncpg"),
    Breach("Only adapters meet strangers", "services.planted.jobs", "httpx"),
    Breach("Only adapters meet strangers", "services.planted.actions", "standardwebhooks"),
    Breach("Rules are pure", "services.planted.rules", "shared.clock"),
    Breach("Rules are pure", "services.planted.rules", "pydantic"),
    Breach("The bus is out of sight", "services.planted.actions", "shared.bus"),
    Breach("The bus is out of sight", "services.planted.jobs", "aiokafka"),
]
UNPLANNED = [
    ("Inside a service", "services.planted.utils"),
    ("Inside shared", "shared.utils"),
]


def _lint(tree: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter over a tree, wide enough that no line of its report is broken."""
    command = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [command, "--no-logo", "--no-cache"],
        cwd=tree,
        env={**os.environ, "COLUMNS": "1000"},  # noqa: TID251 -- handed on, not read
        capture_output=True,
        text=True,
        check=False,
    )


def _module_file(tree: Path, module: str) -> Path:
    """Where a module lives, a package if there is one; made, with its packages, if it is new."""
    path = tree.joinpath(*module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    for package in file.relative_to(tree).parents[:-1]:
        (tree / package).mkdir(exist_ok=True, parents=True)
        (tree / package / "__init__.py").touch()
    file.touch()
    return file


def _contracts() -> list[str]:
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]
    return [contract["name"] for contract in tools["importlinter"]["contracts"]]


@pytest.fixture(scope="module")
def sections(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What import-linter says of each broken contract in a copy with every breach in it."""
    tree = tmp_path_factory.mktemp("planted")
    shutil.copy(ROOT / "pyproject.toml", tree)
    for package in ("services", "shared"):
        shutil.copytree(
            ROOT / package, tree / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    _module_file(tree, "services.planted.adapters.bank")
    for module in [breach.imported for breach in BREACHES] + [name for _, name in UNPLANNED]:
        if module.startswith(("services.", "shared.")):
            _module_file(tree, module)
    for breach in BREACHES:
        with _module_file(tree, breach.importer).open("a", encoding="utf-8") as file:
            file.write(f"\nimport {breach.imported}\n")
    done = _lint(tree)
    assert done.returncode == 1, done.stdout + done.stderr
    _, _, report = done.stdout.partition("Broken contracts")
    parts = re.split(r"^(.+)\n-{3,}\n", report, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_the_tree_keeps_every_contract() -> None:
    done = _lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    for contract in _contracts():
        assert re.search(rf"^{re.escape(contract)} KEPT", done.stdout, re.MULTILINE), contract


@pytest.mark.parametrize("breach", BREACHES, ids=lambda breach: f"{breach[1]}->{breach[2]}")
def test_a_breach_is_refused_by_its_contract(breach: Breach, sections: dict[str, str]) -> None:
    assert breach.contract in sections, f"kept: {breach.contract}"
    assert f"{breach.importer} -> {breach.imported} (l." in sections[breach.contract]


@pytest.mark.parametrize(("contract", "module"), UNPLANNED)
def test_a_module_without_a_room_is_refused(
    contract: str, module: str, sections: dict[str, str]
) -> None:
    assert f"- {module}\n" in sections[contract]


def test_every_contract_is_proved_by_a_breach() -> None:
    assert {breach.contract for breach in BREACHES} == set(_contracts())
