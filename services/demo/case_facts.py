"""What a scenario tells of arrears cases: channels, acts, and what of them cannot be."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from services.demo import workers
from services.demo.workers import Row

CHANNELS = (
    *("desk", "hotline_12345", "hotline_12333", "national_platform", "province_platform"),
    *(
        "petition",
        "qr_form",
        "patrol",
        "email",
        "other_body",
        "union",
        "village",
        "upper_level",
        "developer",
    ),
)
CASE_ACTS = (
    *("sign", "contact", "hand_over", "accept", "refuse", "suspend", "resume", "finish", "decide"),
    *("mediate", "refer", "transfer", "propose_end", "confirm_end", "return_end", "reopen"),
    *("enter", "verify", "pay", "send", "receipt", "file", "hand_materials", "conclude"),
)
TRANSFER = {"send", "receipt", "file", "hand_materials", "conclude"}
"""Acts upon the transfer of a case to the police, which the act `transfer` has opened."""
MONEY = {"enter", "verify", "pay"}
"""Acts upon people and their money; all others are steps of a case's course."""


def wrong(files: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    """Find acts upon cases that nobody told of, or before they were; and what names nobody."""
    told = {row["case"]: row for row in files.get("cases.csv", ())}
    for place, row in enumerate(files.get("case_acts.csv", ()), start=2):
        about = told.get(row["case"])
        if about and row["at"] and _instant(row["at"]) < _instant(about["told_at"]):
            yield f"case_acts.csv: row {place}: at: earlier than the case was told of"
        if about and row["act"] in MONEY:
            people = len(workers.numbers(about["workers"]))
            if len(row["yuan"].split("|")) != people:
                yield f"case_acts.csv: row {place}: yuan: not one for each of {people} workers"
        if row["act"] == "hand_over" and not row["to"]:
            yield f"case_acts.csv: row {place}: to: whoever it is handed to"


def _instant(value: str) -> datetime:
    return datetime.fromisoformat(value)
