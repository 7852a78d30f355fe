"""Reports of one matter are known as such; the labels are older than the rule."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from services.cases.rules import duplicates
from services.cases.rules.arrears import Relation
from services.cases.rules.duplicates import Account
from tests.cases.factories import an_id

PAIRS = [
    json.loads(line)
    for line in (Path(__file__).parent / "duplicate_pairs.jsonl").read_text("utf-8").splitlines()
]


def account(told: dict[str, str]) -> Account:
    amount, workers, project = told.get("amount"), told.get("workers"), told.get("project")
    return Account(
        people=frozenset({told["phone"]}) if "phone" in told else frozenset(),
        name=told.get("name"), employer=told.get("employer"), place=told["place"],
        project_id=an_id(project) if project else None, months=told.get("months"),
        workers=int(workers) if workers else None, amount=Decimal(amount) if amount else None,
    )  # fmt: skip


def test_a_hundred_labelled_pairs_are_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    said = [
        (pair["label"], duplicates.relation(account(pair["second"]), account(pair["first"])))
        for pair in PAIRS
    ]
    hits = sum(label == found == Relation.SAME for label, found in said)
    precision = hits / sum(found is Relation.SAME for _, found in said)
    recall = hits / sum(label == Relation.SAME for label, _ in said)
    right = sum(label == found for label, found in said)
    wrong = [
        f"{pair['label']}, found {found}: {pair['why']}"
        for pair, (label, found) in zip(PAIRS, said, strict=True)
        if label != found
    ]
    with capsys.disabled():
        print(  # noqa: T201  a measurement that a reader of the run wants
            f"\nduplicates: {len(PAIRS)} pairs, precision {precision:.3f}, recall {recall:.3f},"
            f" of three outcomes {right} right"
        )
    assert len(PAIRS) == 100
    assert precision >= 0.95, wrong
    assert recall >= 0.8, wrong


def test_the_order_of_two_reports_does_not_matter() -> None:
    for pair in PAIRS:
        one, other = account(pair["first"]), account(pair["second"])
        assert duplicates.relation(one, other) is duplicates.relation(other, one), pair["why"]
