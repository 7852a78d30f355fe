"""`scenarios/README.md` is the whole format of a scenario: page, reader and services agree.

That its example rows play, and that folders written by it alone come out right, is seen in
`tests/flows`.
"""

import ast
from pathlib import Path

import pytest

from services.alerts.rules.routing import Receiver
from services.cases.rules.arrears import Channel, Speaker
from services.demo import columns, facts, papers
from services.demo.case_facts import CASE_ACTS
from services.payroll.rules.disbursements import Answer
from services.payroll.rules.statements import Direction
from services.registry.rules.contracts import LabourCostBasis, TransferMonth
from services.registry.rules.organisations import OrganisationRole
from services.registry.rules.persons import PersonRole
from services.registry.rules.projects import InvestmentType, ProjectStatus
from shared.workdays import DueShift
from tests.flows import page

FLOWS = Path(page.__file__).parent
# What draws counties, writes their folders and says what must come of them.
STRANGERS = ("county", "folder", "page", "reference", "standing", "wages", "written")


def test_the_page_names_the_files_that_are_read() -> None:
    assert set(page.files()) == {"scenario.json", *columns.FILES}
    missing = {name for name, file in page.files().items() if file.may_be_missing}
    assert missing == columns.OPTIONAL - {"README.md"}


@pytest.mark.parametrize("name", columns.FILES)
def test_the_page_names_the_columns_that_are_read(name: str) -> None:
    read = {column: not rule.required for column, rule in columns.FILES[name].items()}
    told = {column: one.may_be_empty for column, one in page.files()[name].columns.items()}
    assert told == read


@pytest.mark.parametrize(
    ("name", "column", "values"),
    [
        ("organisations.csv", "roles", set(OrganisationRole)),
        ("projects.csv", "investment_type", set(InvestmentType)),
        ("projects.csv", "status", set(ProjectStatus)),
        ("works_contracts.csv", "basis", set(LabourCostBasis)),
        ("works_contracts.csv", "transfer_month", set(TransferMonth)),
        ("works_contracts.csv", "due_shift", set(DueShift)),
        ("persons.csv", "role", set(PersonRole)),
        ("lines.csv", "direction", set(Direction)),
        ("recipients.csv", "role", set(Receiver) - {Receiver.ASSIGNEE}),
        ("crews.csv", "pay_unit", {"day", "month"}),
        ("payrolls.csv", "layout", set(papers.LAYOUTS)),
        ("disputes.csv", "answer", set(Answer)),
        ("cases.csv", "channel", set(Channel) - {Channel.WATCH_ITEM}),
        ("cases.csv", "speaker", set(Speaker)),
        ("case_acts.csv", "act", set(CASE_ACTS)),
    ],
)
def test_the_page_names_every_value_that_a_column_may_have(
    name: str, column: str, values: set[str]
) -> None:
    told = set(page.files()[name].columns[column].codes)
    # It may name other columns, too.
    assert told - (set(columns.FILES[name]) - values) == values


def test_the_pages_example_rows_are_a_folder(tmp_path: Path) -> None:
    page.example(tmp_path / "example")
    read = facts.read(tmp_path / "example")
    assert all(read.rows(name) for name in columns.FILES)


@pytest.mark.parametrize("name", STRANGERS)
def test_who_writes_folders_by_the_page_knows_no_code_of_ours(name: str) -> None:
    met: set[str] = set()
    for node in ast.walk(ast.parse((FLOWS / f"{name}.py").read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            met |= {f"{node.module}.{one.name}" for one in node.names} | {str(node.module)}
        elif isinstance(node, ast.Import):
            met |= {one.name for one in node.names}
    assert not {module for module in met if module.startswith(("services", "shared"))}
    theirs = tuple(f"tests.flows.{other}" for other in STRANGERS)
    ours = {module for module in met if module.startswith("tests.")} - {"tests.flows"}
    assert not {module for module in ours if not module.startswith(theirs)}
