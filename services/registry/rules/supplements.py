"""Supplements of works contracts: which version holds for a period, and what one may change."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Protocol, TypeVar

from services.registry.rules import contracts
from services.registry.rules.contracts import LabourCostTerms
from shared.problems import Finding
from shared.wording import Text


class Version(Protocol):
    """Terms from a period on; the contract as it was signed is version 1."""

    version: int
    valid_from: str


_Version = TypeVar("_Version", bound=Version)


def in_force(versions: Iterable[_Version], period: str) -> _Version | None:
    """Give the version that holds for a period, YYYY-MM; None before the contract begins.

    Of those that begin in it or before it, the one that was agreed last.
    """
    begun = [one for one in versions if one.valid_from <= period]
    return max(begun, key=lambda one: one.version, default=None)


def check(
    signed_on: date,
    valid_from: str,
    contract_amount: Decimal,
    terms: LabourCostTerms,
    *,
    contract_signed_on: date,
    now_period: str,
) -> list[Finding]:
    """Give all findings of a supplement: of its terms, its day, and its first period.

    `now_period` is the one of today in China time: what lies before it is closed, because
    transfers, sheets and items of it were judged by the terms that held.
    """
    return [
        *contracts.check(contract_amount, terms),
        *_check_signed(signed_on, contract_signed_on),
        *_check_from(valid_from, terms, now_period),
    ]


def _check_signed(signed_on: date, contract_signed_on: date) -> Iterator[Finding]:
    if signed_on < contract_signed_on:
        yield Finding(
            "signed_on",
            "SignedBeforeContract",
            Text("补充协议早于原合同签订", "The supplement is older than its contract"),
        )


def _check_from(valid_from: str, terms: LabourCostTerms, now_period: str) -> Iterator[Finding]:
    if not contracts.is_period(valid_from):
        yield contracts.period_malformed("valid_from")
    elif valid_from < now_period:
        yield Finding(
            "valid_from",
            "PeriodClosed",
            Text(
                "{period} 期已结束，合同条款不得向前变更；最早可自 {now} 期起变更",
                "The period {period} is over, and its terms stay; {now} is the first that can "
                "have others",
            ).fill(period=valid_from, now=now_period),
            Text(
                "请将生效期间改为 {now} 或以后；以前期间的差额可计入以后期间的金额",
                "Let it begin in {now} or later; what the past lacks can be added to what follows",
            ).fill(now=now_period),
        )
    elif contracts.is_period(terms.first_period) and valid_from < terms.first_period:
        yield Finding(
            "valid_from",
            "BeforeFirstPeriod",
            Text("早于合同首期", "It lies before the contract's first period"),
        )
    if contracts.is_period(terms.last_period) and terms.last_period < valid_from:
        yield Finding(
            "labour_cost.last_period",
            "EndsBeforeItHolds",
            Text(
                "末期早于补充协议的生效期间",
                "The last period lies before the first for which the supplement holds",
            ),
        )


def changes_nothing(
    amounts: tuple[Decimal, Decimal], terms: tuple[LabourCostTerms, LabourCostTerms]
) -> list[Finding]:
    """Give the finding of a supplement that says what holds already; both are (old, new)."""
    old, new = terms
    same_period = replace(new, first_period=old.first_period)
    if amounts[0] != amounts[1] or old != same_period:
        return []
    return [
        Finding(
            "labour_cost",
            "NothingChanged",
            Text("与现行条款相同", "This is what holds already"),
        )
    ]
