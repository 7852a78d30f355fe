"""Works contracts: the labour-cost terms that the law asks for (724号 art. 24, 53号 art. 5)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from shared.problems import Finding
from shared.wording import Text
from shared.workdays import DueShift

LAST_DAY_OF_MONTH = 31
# Twenty years of months: longer terms are a slip of the pen, and would plan that many transfers.
MOST_PERIODS = 240
# This century, in plain digits: whoever plans the transfers reads periods as days.
_PERIOD = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")


class LabourCostBasis(StrEnum):
    """How labour cost is agreed: an amount each period, one in all, or a share of the contract."""

    PER_PERIOD = "per_period"
    TOTAL = "total"
    SHARE = "share"


class TransferMonth(StrEnum):
    """Whether the transfer day lies in the period's own month or in the one after."""

    SAME = "same"
    NEXT = "next"


class ProgressBasis(StrEnum):
    """By what progress is measured for payment: each month, at agreed stages, or not at all."""

    MONTHLY = "monthly"
    STAGES = "stages"
    FIXED = "fixed"


class PayCycle(StrEnum):
    """How often wages are paid; piece work is paid as agreed (724号 art. 12-13)."""

    MONTH = "month"
    WEEK = "week"
    DAY = "day"
    HOUR = "hour"
    PIECE = "piece"


@dataclass(frozen=True, slots=True)
class LabourCostTerms:
    """What a contract says of labour cost: amounts in yuan, `share` in per cent.

    Periods are months, `YYYY-MM`, both included; `cycle_months` is how often money is moved.
    """

    basis: LabourCostBasis
    amount: Decimal | None
    share: Decimal | None
    first_period: str
    last_period: str
    cycle_months: int
    transfer_day: int
    transfer_month: TransferMonth
    due_shift: DueShift
    progress_basis: ProgressBasis | None = None
    measuring_months: int | None = None
    """How many months lie between two measurements of progress."""
    pay_cycle: PayCycle | None = None
    pay_day: int | None = None


def check(contract_amount: Decimal, terms: LabourCostTerms | None) -> list[Finding]:
    """Give all findings of a contract's money terms, each with the article it follows from."""
    found = []
    if contract_amount <= 0:
        found.append(_not_positive("contract_amount"))
    if terms is None:
        return [*found, _labour_cost_missing()]
    return [
        *found,
        *_check_amount(contract_amount, terms),
        *_check_cycle(terms),
        *_check_periods(terms),
        *_check_pay(terms),
    ]


def check_money(place: str, amount: Decimal) -> list[Finding]:
    """Give the finding of an amount that is not above zero."""
    return [] if amount > 0 else [_not_positive(place)]


def _labour_cost_missing() -> Finding:
    return Finding(
        "labour_cost",
        "LabourCostMissing",
        Text(
            "施工合同未约定人工费用及其拨付周期、拨付日期（国务院令第724号第二十四条，人社部发〔2021〕53号第五条）",
            "The contract fixes no labour cost with its transfer cycle and day "
            "(724号 art. 24, 53号 art. 5)",
        ),
        Text(
            "请补充约定人工费用数额或占比、拨付周期和拨付日期",
            "Agree on the amount or share, the cycle and the day, and enter them",
        ),
    )


def _not_positive(place: str) -> Finding:
    return Finding(
        place, "AmountNotPositive", Text("金额须大于零", "The amount must be above zero")
    )


def _check_amount(contract_amount: Decimal, terms: LabourCostTerms) -> Iterator[Finding]:
    if terms.basis is LabourCostBasis.SHARE:
        if terms.share is None:
            yield Finding(
                "labour_cost.share",
                "ShareMissing",
                Text("按占比约定时须填写占比", "The basis `share` needs a share"),
            )
        elif not 0 < terms.share <= 100:  # noqa: PLR2004  per cent
            yield Finding(
                "labour_cost.share",
                "ShareOutOfRange",
                Text("占比须大于 0 且不超过 100", "A share is above 0 and at most 100"),
            )
        if terms.amount is not None:
            yield _not_agreed("labour_cost.amount")
        return
    if terms.share is not None:
        yield _not_agreed("labour_cost.share")
    if terms.amount is None:
        yield Finding(
            "labour_cost.amount",
            "AmountMissing",
            Text("须填写人工费用金额", "This basis needs an amount"),
        )
    elif terms.amount <= 0:
        yield _not_positive("labour_cost.amount")
    elif terms.basis is LabourCostBasis.TOTAL and terms.amount > contract_amount > 0:
        yield Finding(
            "labour_cost.amount",
            "AmountAboveContract",
            Text("人工费用总额超过合同价款", "The labour cost is more than the contract amount"),
        )


def _not_agreed(place: str) -> Finding:
    return Finding(
        place,
        "NotOfThisBasis",
        Text("与所选约定方式不符，请留空", "Not of the chosen basis: leave it out"),
    )


def _check_cycle(terms: LabourCostTerms) -> Iterator[Finding]:
    if terms.cycle_months > 1:
        yield Finding(
            "labour_cost.cycle_months",
            "CycleTooLong",
            Text(
                "人工费用拨付周期不得超过1个月（国务院令第724号第二十四条）",
                "A transfer cycle is at most one month (724号 art. 24)",
            ),
        )
    elif terms.cycle_months < 1:
        yield Finding(
            "labour_cost.cycle_months",
            "CycleWrong",
            Text("拨付周期应为 1 个月", "A transfer cycle is one month"),
        )
    if not 1 <= terms.transfer_day <= LAST_DAY_OF_MONTH:
        yield Finding(
            "labour_cost.transfer_day",
            "TransferDayWrong",
            Text("拨付日应为 1–31", "A transfer day is 1 to 31"),
        )


def _check_pay(terms: LabourCostTerms) -> Iterator[Finding]:
    """Look at when wages are paid and progress is measured (724号 art. 12-13, 24)."""
    if terms.measuring_months is not None and terms.measuring_months < 1:
        yield Finding(
            "labour_cost.measuring_months",
            "MeasuringCycleWrong",
            Text("计量周期至少为 1 个月", "A measuring cycle is one month at least"),
        )
    if terms.pay_day is not None and not 1 <= terms.pay_day <= LAST_DAY_OF_MONTH:
        yield Finding(
            "labour_cost.pay_day",
            "PayDayWrong",
            Text("工资发放日应为 1–31", "A pay day is 1 to 31"),
        )
    if terms.pay_cycle is PayCycle.MONTH and terms.pay_day is None:
        yield Finding(
            "labour_cost.pay_day",
            "PayDayMissing",
            Text(
                "按月支付工资须约定具体支付日期（国务院令第724号第十三条）",
                "Wages paid by the month need a day (724号 art. 13)",
            ),
            Text("请填写工资发放日", "Enter the pay day"),
        )


def _check_periods(terms: LabourCostTerms) -> Iterator[Finding]:
    malformed = [
        name
        for name, period in (
            ("first_period", terms.first_period),
            ("last_period", terms.last_period),
        )
        if not is_period(period)
    ]
    for name in malformed:
        yield period_malformed(f"labour_cost.{name}")
    if malformed:
        return
    count = periods_between(terms.first_period, terms.last_period)
    if count < 1:
        yield Finding(
            "labour_cost.last_period",
            "PeriodsReversed",
            Text("末期早于首期", "The last period is before the first"),
        )
    elif count > MOST_PERIODS:
        yield Finding(
            "labour_cost.last_period",
            "PeriodsTooMany",
            Text("期数超过 {most}", "There are more than {most} periods").fill(most=MOST_PERIODS),
        )


def is_period(said: str) -> bool:
    """Say whether a text is a month of this century, `YYYY-MM`."""
    return bool(_PERIOD.fullmatch(said))


def period_malformed(place: str) -> Finding:
    """Say that a text is no month."""
    return Finding(
        place,
        "PeriodMalformed",
        Text("期间应为 YYYY-MM，如 2023-03", "A period is YYYY-MM, like 2023-03"),
    )


def periods_between(first: str, last: str) -> int:
    """Count the months from one `YYYY-MM` to another, both included; 0 or less if reversed."""
    begin, end = (int(period[:4]) * 12 + int(period[5:]) for period in (first, last))
    return end - begin + 1


def contractor_differs() -> Finding:
    """Say that the project already has another contractor."""
    return Finding(
        "contractor_id",
        "ContractorDiffers",
        Text("与项目登记的施工总承包单位不一致", "The project has another contractor"),
        Text("如确已更换，请先更新项目", "If it was replaced, change the project first"),
    )
