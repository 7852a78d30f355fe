"""Mass and extreme incidents: what counts as one, where it stands, who does what. Pure."""

from collections.abc import Mapping
from enum import StrEnum

from shared.wording import Text

RULE = "incident"
"""By which rule an incident raises the items of its project or employer."""


class IncidentKind(StrEnum):
    """What kind of incident it is."""

    MASS = "mass_incident"
    """People gather, block or petition together over wages (群体性事件)."""
    EXTREME = "extreme_incident"
    """Somebody threatens or takes his life, or another's (极端事件); one person is enough."""


class IncidentGrade(StrEnum):
    """How large it is, by the sizes of its area."""

    ORDINARY = "ordinary"
    MAJOR = "major"


class IncidentState(StrEnum):
    """Where it stands: told, decided on by the competent body, over."""

    RECORDED = "recorded"
    DECIDED = "decided"
    ENDED = "ended"


class IncidentEntryKind(StrEnum):
    """What a line of its timeline tells: what the emergency plan asks for, and who decided."""

    RECORDED = "recorded"
    STARTED = "started"
    FACTS = "facts"
    HANDLED = "handled"
    ANSWERED = "answered"
    CONTAINED = "contained"
    PROPOSED = "proposed"
    DECIDED = "decided"
    ENDED = "ended"


WRITTEN = (
    IncidentEntryKind.STARTED, IncidentEntryKind.FACTS, IncidentEntryKind.HANDLED,
    IncidentEntryKind.ANSWERED, IncidentEntryKind.CONTAINED, IncidentEntryKind.PROPOSED,
)  # fmt: skip
"""What people write as it goes on; the others follow from what is done."""

WORDS: Mapping[IncidentEntryKind, Text] = {
    IncidentEntryKind.RECORDED: Text("登记", "Recorded"),
    IncidentEntryKind.STARTED: Text("到场处置", "Begun on the spot"),
    IncidentEntryKind.FACTS: Text("查明情况", "Facts found"),
    IncidentEntryKind.HANDLED: Text("处理措施", "Handled"),
    IncidentEntryKind.ANSWERED: Text("答复群众", "Answered the people"),
    IncidentEntryKind.CONTAINED: Text("防止扩大", "Kept from spreading"),
    IncidentEntryKind.PROPOSED: Text("向上级建议", "Proposed to the level above"),
    IncidentEntryKind.DECIDED: Text("决定", "Decided"),
    IncidentEntryKind.ENDED: Text("平息", "Over"),
}


def is_mass(persons: int, mass_persons: int) -> bool:
    """Say whether so many people are a mass incident; fewer are a sign of one."""
    return persons >= mass_persons


def grade(kind: IncidentKind, persons: int, major_persons: int) -> IncidentGrade:
    """Give how large an incident is; an extreme one is major whatever its size."""
    large = kind is IncidentKind.EXTREME or persons >= major_persons
    return IncidentGrade.MAJOR if large else IncidentGrade.ORDINARY
