"""What can be wrong with a worker's line of a case, or with a payment. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from stdnum.cn import ric
from stdnum.exceptions import InvalidChecksum, ValidationError

from shared.wording import Text

_RESIDENT = 18
"""The length of a resident's number; others (passports …) are taken as they are."""


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
