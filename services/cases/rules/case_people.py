"""What can be wrong with a worker's line of a case, or with a payment. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from stdnum.cn import ric
from stdnum.exceptions import InvalidChecksum, ValidationError

from shared.wording import Text

_RESIDENT = 18
"""The length of a resident's number; others (passports …) are taken as they are."""


class LineListState(StrEnum):
    """What became of a list of workers in a file."""

    TRIED = "tried"
    """Looked at; nothing was entered."""
    REFUSED = "refused"
    """It is no list; nothing was entered."""
    ENTERED = "entered"
    """The rows that are right are in."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at a field, in words, and what to do."""

    field: str
    code: str
    text: Text
    remedy: Text


def id_fault(number: str | None) -> Fault | None:
    """Find a resident's number whose check digit is wrong; never judge the birthplace."""
    if number is None or len(number) != _RESIDENT:
        return None
    try:
        wrong = ric.calc_check_digit(number) != number[-1].upper()
    except (InvalidChecksum, ValidationError, ValueError):
        wrong = True
    if not wrong:
        return None
    return Fault(
        "id_number",
        "id_number_wrong",
        Text("身份证号码校验位不符", "The check digit of the ID number is wrong"),
        Text("请核对身份证原件后更正", "Compare it with the ID card and correct it"),
    )


def payment_faults(
    amount: Decimal, owed: Decimal, proof: str, given: Mapping[str, object]
) -> Iterator[Fault]:
    """Find a payment above what is owed, in yuan, or one without what shows it."""
    if amount > owed:
        yield Fault(
            "amount",
            "above_claim",
            Text(f"超过尚欠金额 {owed} 元", f"It is above the {owed} yuan that are owed"),
            Text(
                "请核对金额；确多付的，请先更正核实金额",
                "Check the amount; if more was owed, correct what was verified first",
            ),
        )
    if given.get(proof) is None:
        yield Fault(
            proof,
            "proof_lacking",
            Text("未附支付凭证", "Nothing shows this payment"),
            Text(
                "银行支付请填流水号；现金支付请上传签收单及本人确认",
                "Give the bank's serial; of cash, upload the receipt and the worker's confirmation",
            ),
        )


_MONTH = re.compile(r"(20\d\d)\s*[-/.年]?\s*(0?[1-9]|1[0-2])\s*月?")
_DAY = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])-\d\d(?:[ T].*)?")
"""A spreadsheet makes a day of a month that somebody types."""
_UNTIL = re.compile(r"\s*(?:至|到|[~～—–]+|\.\.|-(?=20\d\d|\d{1,2}\s*月))\s*")
_SAME_YEAR = re.compile(r"(0?[1-9]|1[0-2])\s*月?")


def months_said(text: str) -> str | None:
    """Read months as people write them: `2023-03`, `2023年3月至5月`, `2023.3~2023.5`; or None."""
    said = text.strip()
    if day := _DAY.fullmatch(said):
        return f"{day[1]}-{day[2]}"
    first, *rest = _UNTIL.split(said)
    begun = _MONTH.fullmatch(first)
    if begun is None or len(rest) > 1:
        return None
    start = f"{begun[1]}-{int(begun[2]):02d}"
    if not rest:
        return start
    if ended := _MONTH.fullmatch(rest[0]):
        end = f"{ended[1]}-{int(ended[2]):02d}"
    elif ended := _SAME_YEAR.fullmatch(rest[0]):
        end = f"{begun[1]}-{int(ended[1]):02d}"
    else:
        return None
    if end < start:
        return None
    return start if end == start else f"{start}..{end}"
