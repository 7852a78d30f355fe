"""The nation's default policies, read from the migration that inserts them."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

_FOLDER = Path(__file__).parents[2] / "services/cases/migrations"


def _migration(file: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(file, _FOLDER / f"{file}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _defaults() -> dict[str, dict[str, Any]]:
    """Read the rows as migrations leave them."""
    rows: dict[str, dict[str, Any]] = {}
    for file in (
        "0001_first_tables",
        "0007_conditions",
        "0016_watched_after_red",
        "0017_bank_statements",
        "0019_expectations",
        "0021_sites_and_pay",
        "0022_wages",
        "0023_payments",
        "0025_arrears_cases",
    ):
        module = _migration(file)
        rows |= {
            row["kind"]: {"unit": "wd", "levels": module.LEVELS} | row for row in module.DEFAULTS
        }
    never = _migration("0010_answers_of_levels_reached").NEVER_REACHED
    for kind, levels in never.items():
        within = {
            code: row for code, row in rows[kind]["answer_within"].items() if code not in levels
        }
        rows[kind] = rows[kind] | {"answer_within": within}
    return rows


DEFAULTS = _defaults()
"""All of the nation's rows, by kind."""
MISSED, FEED = DEFAULTS["transfer_missed"], DEFAULTS["bank_feed_late"]


def changed(**changes: Any) -> dict[str, Any]:
    """Give the policy of a missed transfer with some rows changed."""
    return MISSED | changes


def body(**changes: Any) -> dict[str, Any]:
    """Give the body of a county's own policy for missed transfers."""
    rows = ("unit", "levels", "steps", "jumps", "answer_within", "proposal", "basis", "certainty")
    said = {name: MISSED[name] for name in rows} | {
        "area_code": "422828", "kind": "transfer_missed", "version": 1,
        "valid_from": "2023-01-01", "mode": "live",
    }  # fmt: skip
    return said | changes
