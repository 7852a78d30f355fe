"""What a bank says became of payments, and whether it contradicts what it said before; pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from services.payroll.rules.disbursements import UNDER_WAY, LineStatus
from shared.wording import Text


@dataclass(frozen=True, slots=True)
class Word:
    """The bank's word on one attempt to pay a line."""

    line_id: UUID
    attempt: int
    status: LineStatus
    amount: Decimal
    day: date | None = None
    serial: str | None = None
    reason_code: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """An attempt as it stands."""

    amount: Decimal
    sent_on: date
    status: LineStatus
    day: date | None
    serial: str | None


class Objection(NamedTuple):
    """What is wrong with a word: its field, a code, words, and what to do."""

    field: str
    code: str
    said: Text
    remedy: Text


def object_to(word: Word, tried: Tried | None, today: date) -> Iterator[Objection]:
    """Say what is wrong with a word: of what nobody sent, of another amount, or against an earlier.

    What came in may come back later (退汇); what came back is paid by another attempt only.
    """
    if tried is None:
        yield Objection("line_id", "line_unknown", *_UNKNOWN)
        return
    if word.amount != tried.amount:
        yield Objection("amount", "amount_differs", *_AMOUNT)
    day = word.day or today
    if day > today:
        yield Objection("day", "day_in_future", *_FUTURE)
    if day < tried.sent_on:
        yield Objection("day", "day_before_sent", *_EARLY)
    if tried.status not in UNDER_WAY:
        yield from _object_to_second(word, tried)


def _object_to_second(word: Word, tried: Tried) -> Iterator[Objection]:
    """Say what a word has against what was said before of what is through."""
    if word.status is not tried.status:
        comes_back = (tried.status, word.status) == (LineStatus.SETTLED, LineStatus.RETURNED)
        if not comes_back:
            yield Objection("status", "contradicts", *_CONTRADICTS)
        elif word.day and tried.day and word.day < tried.day:
            yield Objection("day", "day_before_settled", *_BEFORE)
        return
    if word.serial != tried.serial:
        yield Objection("serial", "serial_differs", *_SERIAL)
    if word.day != tried.day:
        yield Objection("day", "day_differs", *_DAY)


def is_news(word: Word, tried: Tried) -> bool:
    """Say whether a word changes anything."""
    return word.status is not tried.status


_UNKNOWN = (
    Text("本批次没有此明细的这一次发放", "The batch has no such attempt of such a line"),
    Text("请按指令文件填写明细标识和次数", "Give line and attempt as the instruction has them"),
)
_AMOUNT = (
    Text("金额与指令不符", "The amount is not that of the instruction"),
    Text("核对金额；金额不同的付款不是这一笔", "Compare it: another amount is another payment"),
)
_FUTURE = (
    Text("日期在未来", "This day lies in the future"),
    Text("办结后再回传", "Tell of it once it happened"),
)
_EARLY = (
    Text("日期早于发送日", "This day lies before the one on which it was sent"),
    Text("核对日期", "Check the day"),
)
_CONTRADICTS = (
    Text("与银行先前的结果矛盾", "The bank said otherwise before"),
    Text(
        "已退回的由新的一次发放办理；已入账的只能再报退回",
        "What came back is paid by another attempt; what settled can only come back",
    ),
)
_BEFORE = (
    Text("退回日早于入账日", "It came back before it settled"),
    Text("核对日期", "Check the day"),
)
_SERIAL = (
    Text("流水号与先前的结果不同", "The serial is not the one told before"),
    Text("核对流水号", "Check the serial"),
)
_DAY = (
    Text("日期与先前的结果不同", "The day is not the one told before"),
    Text("核对日期", "Check the day"),
)
