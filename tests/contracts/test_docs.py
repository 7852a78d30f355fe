"""The documents name everything there is, and nothing that is not."""

import json
import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import typer
from pydantic import SecretStr
from pydantic_settings import BaseSettings

from services.__main__ import cli
from shared import telemetry
from shared.app import service_app
from shared.config import Runtime
from shared.db import Plumbing
from shared.pii import Sealed
from shared.roles import KNOWN_ROLES, PERMISSIONS
from shared.service import Service
from tests.fixtures.database import load, names

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(
    {
        *ROOT.glob("*.md"),
        *DOCS.rglob("*.md"),
        *ROOT.glob("scenarios/**/*.md"),
        *ROOT.glob("deploy/**/*.md"),
    }
)
READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
SERVICES: Mapping[str, Service] = {name: load(name) for name in names()}
UNSET = "—"

Row = Mapping[str, str]


def rows(page: Path, *first: str) -> list[Row]:
    """Give the rows of a page's tables whose header begins with these cells."""
    found: list[Row] = []
    header: list[str] = []
    for line in page.read_text("utf-8").splitlines():
        if not line.startswith("|"):
            header = []
            continue
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if not header:
            header = cells
        elif tuple(header[: len(first)]) == first and not set(line) <= set("|-: "):
            found.append(dict(zip(header, cells, strict=True)))
    return found


def codes(cell: str) -> list[str]:
    """Give what stands between backticks."""
    return re.findall(r"`([^`]+)`", cell)


def code(cell: str) -> str:
    """Give the one word between backticks."""
    (only,) = codes(cell)
    return only


# ---- settings --------------------------------------------------------------------------------


def settings() -> Iterator[tuple[str, Any]]:
    """Every variable that a process reads, with its default."""
    classes: list[type[BaseSettings]] = [Runtime]
    classes += [service.settings for service in SERVICES.values()]
    for kind in classes:
        prefix = kind.model_config.get("env_prefix", "")
        for name, field in kind.model_fields.items():
            yield f"{prefix}{name}".upper(), field.get_default(call_default_factory=True)


def _same(said: str, default: object) -> bool:
    if default is None:
        return said == UNSET
    value = code(said)
    if isinstance(default, bool):
        return value == str(int(default))
    if isinstance(default, str | Path):
        return value.strip('"') == str(default)
    return bool(json.loads(value) == json.loads(json.dumps(default)))


def test_every_setting_is_documented_with_its_default() -> None:
    said = {code(row["variable"]): row for row in rows(DOCS / "settings.md", "variable")}
    known = dict(settings())
    assert said.keys() == known.keys()
    wrong = {n: d for n, d in known.items() if not _same(said[n]["default"], d)}
    assert wrong == {}
    assert [name for name, row in said.items() if not row["meaning"] or not row["who"]] == []


def test_no_default_is_a_secret() -> None:
    assert [name for name, default in settings() if isinstance(default, SecretStr)] == []


# ---- commands, jobs, timers, events ----------------------------------------------------------

COMMANDS = DOCS / "commands.md"


def _leaves(command: Any, name: str = "") -> Iterator[str]:  # noqa: ANN401  typer keeps its classes to itself
    inner = getattr(command, "commands", None)
    if inner is None or command.invoke_without_command:
        yield name
    for word in inner or ():
        yield from _leaves(inner[word], f"{name} {word}".strip())


def commands() -> set[str]:
    """Every command of `python -m services`, `parked list`."""
    return set(_leaves(typer.main.get_command(cli)))


def targets() -> set[str]:
    """Every command of the Makefile."""
    return set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))


def _first(page: Path, *header: str) -> list[str]:
    return [code(next(iter(row.values()))) for row in rows(page, *header)]


def test_every_command_is_documented() -> None:
    said = _first(COMMANDS, "command", "arguments")
    assert {name.replace(" NAME ", " ") for name in said} == commands()


def test_every_make_command_is_documented() -> None:
    said = _first(COMMANDS, "command", "what it does")
    assert {name.removeprefix("make ") for name in said} == targets()


def test_make_adds_nothing_to_the_document_that_the_demo_prints() -> None:
    # Whatever the age of this clone's files, what is installed counts as made.
    quiet = ["--no-print-directory", "--old-file=.venv/.installed", "RUN=echo ran"]
    said = subprocess.run(
        ["make", *quiet, "demo", "ARGS=--json"],  # noqa: S607 -- make is the one that runs us
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert said == "ran services demo --json\n"


def test_every_daily_job_is_documented_with_its_time() -> None:
    said = {code(row["job"]): row["at"] for row in rows(COMMANDS, "job", "at")}
    assert said == {
        f"{service.name}.{job.name}": job.at
        for service in SERVICES.values()
        for job in service.jobs
    }


def test_every_poll_and_loop_is_documented() -> None:
    assert set(_first(COMMANDS, "poll or loop")) == {
        f"{service.name}.{poll.name}"
        for service in SERVICES.values()
        for poll in chain(service.polls, service.loops.values())
    }


def test_every_measure_is_documented() -> None:
    assert set(_first(COMMANDS, "measure")) == {
        f"{service.name}.{measure.__name__}"
        for service in SERVICES.values()
        for measure in service.measures
    }


def test_every_timer_is_documented() -> None:
    assert set(_first(COMMANDS, "timer", "armed when")) == {
        f"{service.name}.{kind}" for service in SERVICES.values() for kind in service.timers
    }


def _list(cell: str) -> set[str]:
    return set() if cell == "outward" else set(cell.split(", "))


def test_every_event_is_documented_with_who_tells_and_who_listens() -> None:
    said = {
        code(row["event"]): (code(row["key"]), _list(row["told by"]), _list(row["handled by"]))
        for row in rows(COMMANDS, "event", "key")
    }
    told = {event for service in SERVICES.values() for event in service.publishes}
    assert said == {
        event.type: (
            event.key,
            {name for name, one in SERVICES.items() if event in one.publishes},
            {name for name, one in SERVICES.items() if event in one.handles},
        )
        for event in told
    }


def test_every_metric_is_documented() -> None:
    collected = {metric.name for metric in telemetry.REGISTRY.collect()}
    assert set(_first(COMMANDS, "metric")) == collected


# ---- personal data ---------------------------------------------------------------------------

PERSONAL = DOCS / "personal-data.md"


def test_every_sealed_column_is_documented() -> None:
    said = [
        (row["service"], code(row["table"]), code(row["column"]))
        for row in rows(PERSONAL, "service", "table", "column")
    ]
    metadata = {name: service.metadata for name, service in SERVICES.items()}
    metadata["all"] = Plumbing.metadata
    sealed = [
        (name, table.name, column.name)
        for name, tables in metadata.items()
        for table in tables.sorted_tables
        for column in table.columns
        if isinstance(column.type, Sealed)
    ]
    assert Counter(said) == Counter(sealed)


def test_who_may_see_clear_values_is_documented() -> None:
    for row in rows(PERSONAL, "service", "table", "column"):
        said = codes(row["permission for the clear value"])
        if said:
            permission, *roles = said
            holders = {role for role, held in PERMISSIONS.items() if permission in held}
            assert holders == set(roles), row


# ---- glossary --------------------------------------------------------------------------------

GLOSSARY = DOCS / "glossary.md"


def _source() -> str:
    files = [path for package in ("services", "shared") for path in (ROOT / package).rglob("*.py")]
    return "\n".join(path.read_text("utf-8") for path in sorted(files))


def _terms(page: str) -> list[str]:
    cells = [line.strip("|").split("|")[-1] for line in page.splitlines() if line.startswith("|")]
    return [name for cell in cells for name in codes(cell)]


def test_a_term_of_the_glossary_has_one_row() -> None:
    found = rows(GLOSSARY, "中文", "English", "code")
    for column in ("中文", "code"):
        assert [word for word, n in Counter(row[column] for row in found).items() if n > 1] == []
    said = _terms(GLOSSARY.read_text("utf-8"))
    assert [name for name, n in Counter(said).items() if n > 1] == []


def test_terms_that_are_said_to_be_in_code_are_in_code() -> None:
    now, _, _ = GLOSSARY.read_text("utf-8").partition("Agreed, not in code yet")
    words = set(re.findall(r"\w+", _source()))
    missing = [
        name
        for name in _terms(now)
        if not words & {name, f"{name}s", name.title().replace("_", ""), f"_{name}"}
    ]
    assert missing == []


# ---- what pages point to ---------------------------------------------------------------------


ONE = f"(?:NAME|{'|'.join(SERVICES)})"
WORDS = rf"parked {ONE} [a-z]+|audit [a-z]+|[a-z]+"


def _slug(heading: str) -> str:
    """Give the anchor that hosts of Markdown make of a heading."""
    plain = re.sub(r"[`*]|\[([^]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def _anchors(page: Path) -> set[str]:
    return {_slug(h) for h in re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)}


def _prose(page: Path) -> str:
    return re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", _prose(page)):
        if link.startswith("https://"):
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), link
        if anchor:
            assert anchor in _anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_that_a_page_names_are_there(page: Path) -> None:
    text = page.read_text("utf-8")
    made = set(re.findall(r"(?:^|`|\$ )make ([a-z]+)", text, re.MULTILINE))
    assert made <= targets()
    called = re.findall(rf"python -m services ({WORDS})", text)
    assert {re.sub(rf" {ONE} ", " ", words) for words in called} <= commands()


def test_every_decision_is_in_the_index() -> None:
    index = (DOCS / "decisions" / "README.md").read_text("utf-8")
    for record in sorted((DOCS / "decisions").glob("0*.md")):
        number, title = record.read_text("utf-8").splitlines()[0].removeprefix("# ").split(" ", 1)
        assert f"| [{number}]({record.name}) | {title} |" in index, record.name


# ---- the first pages -------------------------------------------------------------------------


def _routes() -> Sequence[re.Pattern[str]]:
    """The paths of all services, with whatever may stand for an id."""
    paths = (
        f"/{name}{path}"
        for name, service in SERVICES.items()
        for path in service_app(service).openapi()["paths"]
    )
    return [re.compile(re.sub(r"\\\{[^/]+\\\}", "[^/]+", re.escape(path))) for path in paths]


@pytest.mark.parametrize("page", [*READMES, ROOT / "ARCHITECTURE.md"], ids=lambda page: page.name)
def test_routes_that_a_page_names_are_there(page: Path) -> None:
    known = _routes()
    said = re.findall(rf"/(?:{'|'.join(SERVICES)})/v1/[\w/${{}}.-]*[\w}}]", page.read_text("utf-8"))
    assert said
    assert [path for path in said if not any(route.fullmatch(path) for route in known)] == []


@pytest.mark.parametrize("page", READMES, ids=lambda page: page.name)
def test_roles_that_a_page_names_are_there(page: Path) -> None:
    said = set(re.findall(r"--role (\w+)", page.read_text("utf-8")))
    assert said <= KNOWN_ROLES


def test_both_first_pages_give_the_same_commands() -> None:
    """The Chinese page is written anew, but what is pasted is the same."""
    fence = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
    blocks = [fence.findall(page.read_text("utf-8")) for page in READMES]
    plain = [[re.sub(r" +#.*", "", block) for block in page] for page in blocks]
    assert plain[0] == plain[1]
