"""What an employer is told of a case about him: that it is there, what is asked, by when. Pure.

Law: 423号 art. 9 and 12, inspectors keep secret who told; 724号 art. 50, the employer hands over
what it has to keep. Who told, how many exactly, when, through which channel and of how much each
is nothing that is asked of an employer: he is told of it where an area's terms open its list.
"""

from collections.abc import Mapping
from enum import StrEnum

from services.cases.rules.course import Stage
from shared.wording import Text


class AskedOf(StrEnum):
    """What is asked of an employer now."""

    RECORDS = "records"
    """Have at hand what shows who worked and what was paid (724号 art. 50)."""
    PAY = "pay"
    WAIT = "wait"
    """A decision or a check is due at the body in charge."""
    NOTHING = "nothing"


WORDS: Mapping[AskedOf, Text] = {
    AskedOf.RECORDS: Text(
        "配合调查，备齐劳动合同、职工名册、考勤和工资支付台账",
        "Help the investigation; have contracts, rosters, attendance and pay ledgers at hand",
    ),
    AskedOf.PAY: Text("按处理决定支付工资", "Pay the wages as decided"),
    AskedOf.WAIT: Text("等待办理机关处理", "Wait for the body in charge"),
    AskedOf.NOTHING: Text("已办结", "The case has ended"),
}
_ASKED: Mapping[Stage, AskedOf] = {
    Stage.INVESTIGATING: AskedOf.RECORDS,
    Stage.SUSPENDED: AskedOf.RECORDS,
    Stage.PAYING: AskedOf.PAY,
    Stage.ENDED: AskedOf.NOTHING,
}
NEVER = frozenset({Stage.RECEIVED, Stage.SIGNED, Stage.SUPPLEMENTING, Stage.TRANSFERRED})
"""Stages that no terms can open: nothing was accepted yet, or the police are to be first."""


def asked_of(stage: Stage) -> AskedOf:
    """Say what is asked of the employer in a stage."""
    return _ASKED.get(stage, AskedOf.WAIT)


def told_as(workers: int, group: int) -> int | None:
    """Give the number that a case is told with: that of a group at least, else none at all.

    How many fewer there are would tell who they are.
    """
    return group if workers >= group else None


def words(at_least: int | None) -> Text:
    """Give how many have told, in words."""
    if at_least is None:
        return Text("有劳动者反映欠薪", "Unpaid wages are told of")
    return Text(f"{at_least} 人以上反映欠薪", f"{at_least} workers or more tell of unpaid wages")
