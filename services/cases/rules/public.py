"""What the public door tells whoever reported, in plain words, and the codes it knows. Pure."""

import re
from collections.abc import Collection, Mapping
from enum import StrEnum

from services.cases.rules.course import Stage
from services.cases.settings import ADDRESS
from shared.wording import Text


class PlaceKind(StrEnum):
    """Where else somebody who is owed wages can turn to."""

    COMPLAINT = "complaint"
    MEDIATION = "mediation"
    ARBITRATION = "arbitration"
    LEGAL_AID = "legal_aid"
    HOTLINE = "hotline"


LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""What codes are made of: nothing that is read as something else from paper."""
BOARD_LETTERS = 12
"""60 bits: a board's code opens its form, and nothing can be read by it."""
RECEIPT_LETTERS = 20
"""100 bits: whoever has a receipt reads its mailbox."""

TOLD: Mapping[Stage, Text] = {
    Stage.RECEIVED: Text(
        "您的反映已收到，正转给有管辖权的单位签收。",
        "What you told has been received and goes to the body that is competent.",
    ),
    Stage.SIGNED: Text(
        "承办单位已签收，将与您联系或在此留言。",
        "The body in charge has signed for it; it will contact you, or write here.",
    ),
    Stage.SUPPLEMENTING: Text(
        "需要您补充情况或材料，请查看留言并答复。",
        "Something is asked of you; read the messages and answer.",
    ),
    Stage.INVESTIGATING: Text("已受理，正在调查。", "It is accepted and being investigated."),
    Stage.SUSPENDED: Text("调查暂时中止。", "The investigation stands still for now."),
    Stage.DECIDING: Text(
        "调查已结束，正在作出处理。", "The investigation is over; a decision follows."
    ),
    Stage.PAYING: Text(
        "已作出处理，正在督促支付。", "It is decided; that the wages are paid is followed up."
    ),
    Stage.CHECKING: Text(
        "办理结果正在由另一人复核。", "The result is being checked by another person."
    ),
    Stage.REFERRED: Text(
        "已引导至调解、仲裁、诉讼或其他途径，平台继续跟踪。",
        "It was guided to mediation, arbitration, a court or elsewhere, and is followed.",
    ),
    Stage.TRANSFERRED: Text("已移送公安机关。", "It was transferred to the police."),
    Stage.ENDED: Text("已办结。", "It has ended."),
}
"""What is told of each stage; it names nobody and no sum."""
WITHDRAWN = Text("您已撤回反映。", "You have withdrawn what you told.")


def told(stage: Stage, allowed: Collection[str]) -> Text | None:
    """Give what is told of a stage where an area tells of it; None where it does not."""
    return TOLD[stage] if stage in allowed else None


def plain(code: str) -> str:
    """Give a code without what people write between its letters."""
    return "".join(letter for letter in code.upper() if letter in LETTERS)


def grouped(code: str) -> str:
    """Write a code as people read it: five letters at a time."""
    return "-".join(code[at : at + 5] for at in range(0, len(code), 5))


def board_address(begins: str, path: str) -> str | None:
    """Give what a board's QR code holds; None where `begins` is nothing to be printed."""
    return f"{begins}{path}" if re.fullmatch(ADDRESS, begins) else None
