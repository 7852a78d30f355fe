"""Retaliation (打击报复): what somebody suffers because unpaid wages were told of. Pure.

Law: 724号 art. 10 and 劳动法 art. 101, nobody may take revenge on who complains or tells.
"""

from collections.abc import Mapping
from enum import StrEnum

from shared.wording import Text

RETALIATION = "retaliation"


class RetaliationKind(StrEnum):
    """What was done to whoever complained."""

    THREAT = "threat"
    DISMISSAL = "dismissal"
    WORK_DENIED = "work_denied"
    VIOLENCE = "violence"


WORDS: Mapping[RetaliationKind, Text] = {
    RetaliationKind.THREAT: Text("威胁、恐吓", "Threatened"),
    RetaliationKind.DISMISSAL: Text("解雇、清退", "Dismissed"),
    RetaliationKind.WORK_DENIED: Text("不安排工作", "Denied work"),
    RetaliationKind.VIOLENCE: Text("殴打、伤害", "Beaten or hurt"),
}
