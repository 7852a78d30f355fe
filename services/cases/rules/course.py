"""The course of an arrears case (欠薪案件): which act leads where, and who may do it. Pure.

One table (`COURSE`) from which routes answer, the documentation and the tests are made. Law:
若干规定 (劳动和社会保障部令第25号) on acceptance, 423号 art. 13 to 17 on competence and
investigation, 724号 art. 10 on whoever receives first; domain W5 to W7.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from shared.wording import Text


class Stage(StrEnum):
    """Where a case stands."""

    RECEIVED = "received"
    """Somebody told of it; the body that it was routed to has not signed for it yet."""
    SIGNED = "signed"
    """A body has signed for it: contact, then acceptance or another answer."""
    SUPPLEMENTING = "supplementing"
    """Something was asked of whoever complained; the limit of acceptance stands still."""
    INVESTIGATING = "investigating"
    SUSPENDED = "suspended"
    DECIDING = "deciding"
    """Investigated; a decision is due."""
    PAYING = "paying"
    """Decided; the money is followed, person by person."""
    CHECKING = "checking"
    """An end is proposed; another person looks at its proof."""
    REFERRED = "referred"
    """Guided to mediation, arbitration or a court: out of our clocks, not out of the record."""
    TRANSFERRED = "transferred"
    """With the police."""
    ENDED = "ended"


class Act(StrEnum):
    """What somebody does with a case."""

    SIGN = "sign"
    CONTACT = "contact"
    HAND_OVER = "hand_over"
    ASK_SUPPLEMENT = "ask_supplement"
    TAKE_SUPPLEMENT = "take_supplement"
    ACCEPT = "accept"
    REFUSE = "refuse"
    SUSPEND = "suspend"
    RESUME = "resume"
    EXTEND = "extend"
    INSPECT = "inspect"
    FINISH = "finish"
    DECIDE = "decide"
    MEDIATE = "mediate"
    REFER = "refer"
    TRANSFER = "transfer"
    TAKE_BACK = "take_back"
    PROPOSE_END = "propose_end"
    CONFIRM_END = "confirm_end"
    RETURN_END = "return_end"
    REOPEN = "reopen"
    TAKE_COPY = "take_copy"


_OFFICES = ("wage_office", "inspector", "town")
"""Whoever takes cases in and answers for them."""
_LAW = ("wage_office", "inspector")
"""Whoever the law lets accept, investigate and decide (423号 art. 13)."""

OPEN = tuple(stage for stage in Stage if stage is not Stage.ENDED)
WORKED_ON = (Stage.INVESTIGATING, Stage.DECIDING, Stage.PAYING)
"""Where somebody of ours works on it."""


@dataclass(frozen=True, slots=True)
class Move:
    """One act: from which stages, to which (None: it stays, or goes back), by which roles."""

    act: Act
    words: Text
    sources: tuple[Stage, ...]
    to: Stage | None
    roles: tuple[str, ...]
    person: bool = False
    """Whether only a person may do it, no machine."""


COURSE: tuple[Move, ...] = (
    Move(Act.SIGN, Text("签收", "Sign for it"), (Stage.RECEIVED,), Stage.SIGNED, _OFFICES),
    Move(
        Act.CONTACT, Text("联系反映人", "Contact whoever reported"),
        (Stage.SIGNED, Stage.INVESTIGATING), None, _OFFICES,
    ),
    Move(
        Act.HAND_OVER, Text("转送", "Hand it over"),
        (Stage.RECEIVED, Stage.SIGNED, Stage.INVESTIGATING), Stage.RECEIVED, _OFFICES,
    ),
    Move(
        Act.ASK_SUPPLEMENT, Text("要求补正", "Ask for what is missing"),
        (Stage.SIGNED,), Stage.SUPPLEMENTING, _OFFICES,
    ),
    Move(
        Act.TAKE_SUPPLEMENT, Text("收到补正", "Take what was missing"),
        (Stage.SUPPLEMENTING,), Stage.SIGNED, _OFFICES,
    ),
    Move(
        Act.ACCEPT, Text("受理立案", "Accept and file it"),
        (Stage.SIGNED,), Stage.INVESTIGATING, _LAW, person=True,
    ),
    Move(
        Act.REFUSE, Text("不予受理", "Refuse it in writing"),
        (Stage.SIGNED, Stage.SUPPLEMENTING), Stage.ENDED, _LAW, person=True,
    ),
    Move(
        Act.SUSPEND, Text("中止调查", "Suspend the investigation"),
        (Stage.INVESTIGATING,), Stage.SUSPENDED, _LAW, person=True,
    ),
    Move(
        Act.RESUME, Text("恢复调查", "Resume the investigation"),
        (Stage.SUSPENDED,), Stage.INVESTIGATING, _LAW,
    ),
    Move(
        Act.EXTEND, Text("延长期限", "Grant more time"),
        (Stage.INVESTIGATING,), None, ("wage_office",), person=True,
    ),
    Move(
        Act.INSPECT, Text("现场检查", "Inspect on site"),
        (Stage.SIGNED, *WORKED_ON), None, _LAW, person=True,
    ),
    Move(
        Act.FINISH, Text("调查终结", "Finish the investigation"),
        (Stage.INVESTIGATING,), Stage.DECIDING, _LAW, person=True,
    ),
    Move(
        Act.DECIDE, Text("作出处理", "Decide"),
        (Stage.DECIDING, Stage.PAYING), Stage.PAYING, _LAW, person=True,
    ),
    Move(
        Act.MEDIATE, Text("调处", "Mediate"),
        (Stage.SIGNED, *WORKED_ON), None, _OFFICES,
    ),
    Move(
        Act.REFER, Text("引导仲裁、诉讼或其他途径", "Guide it elsewhere"),
        (Stage.SIGNED, *WORKED_ON), Stage.REFERRED, _OFFICES,
    ),
    Move(
        Act.TRANSFER, Text("移送公安", "Transfer it to the police"),
        WORKED_ON, Stage.TRANSFERRED, _LAW, person=True,
    ),
    Move(
        Act.TAKE_BACK, Text("收回办理", "Take it back"),
        (Stage.REFERRED, Stage.TRANSFERRED), Stage.INVESTIGATING, _LAW,
    ),
    Move(
        Act.PROPOSE_END, Text("提请办结", "Propose its end"),
        (Stage.SIGNED, *WORKED_ON, Stage.REFERRED, Stage.TRANSFERRED), Stage.CHECKING, _OFFICES,
        person=True,
    ),
    Move(
        Act.CONFIRM_END, Text("复核办结", "Confirm its end"),
        (Stage.CHECKING,), Stage.ENDED, _LAW, person=True,
    ),
    Move(
        Act.RETURN_END, Text("退回续办", "Send it back to work"),
        (Stage.CHECKING,), None, _LAW, person=True,
    ),
    Move(
        Act.REOPEN, Text("恢复办理", "Open it again"),
        (Stage.ENDED,), Stage.INVESTIGATING, _LAW, person=True,
    ),
    Move(Act.TAKE_COPY, Text("签收抄报", "Sign for the copy"), OPEN, None, _LAW),
)  # fmt: skip

_BY_ACT: Mapping[Act, Move] = {move.act: move for move in COURSE}


def move(act: Act) -> Move:
    """Give the row of an act."""
    return _BY_ACT[act]


def answerable(stage: Stage, unit_id: UUID | None, receiver_id: UUID | None) -> UUID | None:
    """Give the body that answers for a case: until another has signed, whoever received it."""
    if stage is Stage.RECEIVED:
        return receiver_id or unit_id
    return unit_id or receiver_id


def possible(stage: Stage, roles: Iterable[str] | None = None) -> tuple[Act, ...]:
    """Give what can be done with a case that stands somewhere, by anybody or by some roles."""
    theirs = None if roles is None else frozenset(roles)
    return tuple(
        one.act
        for one in COURSE
        if stage in one.sources and (theirs is None or theirs & frozenset(one.roles))
    )
