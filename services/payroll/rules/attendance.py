"""What records of attendance say, and what keeps one from being taken; pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from services.payroll.rules.trades import IdType
from services.payroll.rules.workers import age_on, born_on, object_to_number
from shared.problems import Finding
from shared.wording import Text


class Passage(StrEnum):
    """Which way somebody passed, by the code of 建办市〔2018〕81号."""

    IN = "01"
    OUT = "02"


class AttendType(StrEnum):
    """By what somebody was known, by the code of 建办市〔2018〕81号."""

    FACE = "001"
    IRIS = "002"
    FINGERPRINT = "003"
    PALM = "004"
    ID_CARD = "005"
    REAL_NAME_CARD = "006"
    FORCED_EXIT = "007"
    ONE_KEY = "008"
    EMERGENCY_LANE = "009"
    QR = "010"
    OTHER = "011"


class Seen(NamedTuple):
    """One record as it came; `place` is its number in the batch, from 0."""

    place: int
    record_key: str
    id_type: str
    id_number: str
    at: datetime
    direction: str | None
    attend_type: str | None
    units: Decimal | None
    confidence: Decimal | None


@dataclass(frozen=True, slots=True)
class Batch:
    """Records of one system as they were read; `findings` tell of those that were not."""

    source: str
    records: Sequence[Seen]
    findings: Sequence[Finding]
    sent: int
    """How many records came, those included that could not be read."""
    sha256: str


def split(records: Sequence[Seen], after: datetime) -> tuple[list[Seen], list[Finding]]:
    """Part records that may be taken from what is wrong with others; late ones are welcome.

    `after` is the first instant that lies too far ahead: the end of the day.
    """
    taken: list[Seen] = []
    findings: list[Finding] = []
    for seen in records:
        if found := list(_wrong(seen, after)):
            findings += found
        else:
            taken.append(seen)
    return taken, findings


def counted(days: Mapping[str, Decimal], order: Sequence[str]) -> Decimal:
    """Give the days that count of those that several told: by whom an area believes first.

    Who saw the person at all speaks for the month; what others told stays beside it.
    """
    first = next((who for who in order if who in days), None)
    return days[first] if first else max(days.values(), default=Decimal(0))


def _wrong(seen: Seen, after: datetime) -> Iterator[Finding]:
    if seen.at >= after:
        yield Finding(f"records[{seen.place}].at", "in_future", *_FUTURE)
    key = seen.record_key
    if seen.id_number in key or (len(key) >= _NUMBER and _names_somebody(seen)):
        yield Finding(f"records[{seen.place}].record_key", "names_person", *_NAMES)


_RESIDENT = re.compile(r"(?<![0-9])[0-9]{17}[0-9Xx](?![0-9A-Za-z])")
_NUMBER = 18
"""Letters of an ID number."""
_GROWN = 14
"""Years; what says a birth within the last ones is the day of a serial number."""


def _names_somebody(seen: Seen) -> bool:
    """Say whether a key holds the ID number of another one."""
    for number in _RESIDENT.findall(seen.record_key):
        born, day = born_on(number), seen.at.date()
        known = not any(object_to_number(IdType.RESIDENT, number.upper(), day))
        if known and born and age_on(born, day) >= _GROWN:
            return True
    return False


def differs(place: int) -> Finding:
    """Say that a record's key is that of another record of the same source and day."""
    return Finding(f"records[{place}].record_key", "record_differs", *_DIFFERS)


_FUTURE = (
    Text("考勤时间在未来", "This lies in the future"),
    Text("核对设备时钟，校准后重新报送", "Set the device's clock, and send it again"),
)
_NAMES = (
    Text("记录号中含证件号码", "The record's key holds the ID number"),
    Text("请改用系统流水号作记录号", "Number records without naming persons"),
)
_DIFFERS = (
    Text(
        "同一来源同日的该记录号已有另一条记录，内容不同",
        "Another record of this source and day has this key, and says something else",
    ),
    Text(
        "更正请用新的记录号报送；原记录不改动",
        "Send a correction under a key of its own; what was told stays",
    ),
)
