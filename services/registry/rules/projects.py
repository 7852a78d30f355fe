"""Projects: how they are paid for and how far they are."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.registry.rules import codes
from shared.problems import Finding


class InvestmentType(StrEnum):
    """Who invests: 政府, 国企, PPP, 社会."""

    GOVERNMENT = "government"
    STATE_FIRM = "state_firm"
    PPP = "ppp"
    PRIVATE = "private"


class ProjectStatus(StrEnum):
    """MOHURD's codes of a project's status."""

    PREPARING = "001"
    APPROVED = "002"
    IN_PROGRESS = "003"
    COMPLETE = "004"
    STOPPED = "005"


@dataclass(frozen=True, slots=True)
class Counts:
    """How many projects there are, in all and by their codes."""

    total: int
    by_status: Mapping[ProjectStatus, int]
    by_investment_type: Mapping[InvestmentType, int]


def counts(rows: Iterable[tuple[ProjectStatus, InvestmentType, int]]) -> Counts:
    """Sum numbers of projects by both of their codes."""
    by_status: Counter[ProjectStatus] = Counter()
    by_type: Counter[InvestmentType] = Counter()
    for status, kind, number in rows:
        by_status[status] += number
        by_type[kind] += number
    return Counts(by_status.total(), dict(by_status), dict(by_type))


def check_codes(category: str | None, size: str | None) -> list[Finding]:
    """Give the findings of codes that their tables do not hold."""
    return [
        *codes.PROJECT_CATEGORY.check("category", category),
        *codes.PROJECT_SIZE.check("size", size),
    ]
