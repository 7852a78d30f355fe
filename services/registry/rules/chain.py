"""The chain developer → contractor → subcontractor → crew, and what of it breaks the law.

What counts as subletting and illegal subcontracting is of 建市规〔2019〕1号 (art. 8 and 12,
certainty B); who then pays the wages is of 724号 (art. 30, 36; A). A flag is a finding for the
sector authority to look at, never a decision.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, TypeVar
from uuid import UUID

from shared.problems import Finding
from shared.wording import Text


class SubcontractKind(StrEnum):
    """What is passed on: specialist works, labour, or labour service of a crew (劳务合同)."""

    SPECIALIST = "specialist"
    LABOUR = "labour"
    LABOUR_SERVICE = "labour_service"


class Receiver(StrEnum):
    """Who takes it: an organisation, a crew of the awarding unit, or somebody for himself."""

    ORGANISATION = "organisation"
    CREW = "crew"
    PERSON = "person"


class Breach(StrEnum):
    """What a flag says: the works were sublet, or subcontracted against the law."""

    SUBLETTING = "subletting"
    ILLEGAL_SUBCONTRACTING = "illegal_subcontracting"


class Link(Protocol):
    """A subcontract or labour-service contract as far as the rules look at it."""

    id: UUID
    number: str
    parent_id: UUID | None
    kind: SubcontractKind
    awarding_id: UUID
    receiver: Receiver
    receiving_id: UUID | None
    amount: Decimal
    signed_on: date
    whole_works: bool
    main_structure: bool
    includes_materials: bool
    licence_number: str | None
    licence_until: date | None


_Link = TypeVar("_Link", bound=Link)


@dataclass(frozen=True, slots=True)
class Flag:
    """What looks like a breach: which, by what rule, at which contracts, by which articles."""

    breach: Breach
    code: str
    subcontract_ids: tuple[UUID, ...]
    detail: Text
    basis: str


_SUBLET = "国务院令第724号第三十条；建市规〔2019〕1号第八条"
_TO_WHOM = "国务院令第724号第三十六条；建市规〔2019〕1号第十二条"
_ILLEGAL = "国务院令第724号第三十条、第三十七条；建市规〔2019〕1号第十二条"


def flags(
    links: Sequence[Link], contractor_id: UUID | None, contract_amount: Decimal | None
) -> list[Flag]:
    """Give all flags of a project's chain; `contract_amount` is the contractor's, in all."""
    by_id = {one.id: one for one in links}
    found = [*_sublet(links, contractor_id, contract_amount)]
    for one in links:
        parent = by_id.get(one.parent_id) if one.parent_id else None
        found += [*_to_whom(one), *_passed_on(one, parent), *_scope(one, contractor_id)]
    return found


def _sublet(
    links: Iterable[Link], contractor_id: UUID | None, contract_amount: Decimal | None
) -> Iterator[Flag]:
    """The contractor's works as a whole in other hands: at once, to one, or in pieces."""
    own = [
        one
        for one in links
        if one.awarding_id == contractor_id and one.kind is not SubcontractKind.LABOUR_SERVICE
    ]
    for one in own:
        if one.whole_works:
            detail = Text(
                "总承包单位将全部工程交由他人施工（合同 {number}）",
                "The contractor passed the whole works on (contract {number})",
            )
            yield _flag(Breach.SUBLETTING, "WholeWorksPassedOn", [one], detail, _SUBLET)
    if contract_amount is None:
        return
    by_receiver: dict[UUID | None, list[Link]] = {}
    for one in own:
        by_receiver.setdefault(one.receiving_id, []).append(one)
    to_one = [
        rows for rows in by_receiver.values() if sum(r.amount for r in rows) >= contract_amount
    ]
    for rows in to_one:
        detail = Text(
            "分包给同一单位的合同价款合计不低于总承包合同价款（合同 {number}）",
            "What one subcontractor gets is not less than the contract itself (contract {number})",
        )
        yield _flag(Breach.SUBLETTING, "HandedToOne", rows, detail, _SUBLET)
    if not to_one and len(own) > 1 and sum(one.amount for one in own) >= contract_amount:
        detail = Text(
            "分包合同价款合计不低于总承包合同价款，疑将全部工程肢解分包（合同 {number}）",
            "All subcontracts together are not less than the contract itself (contract {number})",
        )
        yield _flag(Breach.SUBLETTING, "SplitAndPassedOn", own, detail, _SUBLET)


def _to_whom(one: Link) -> Iterator[Flag]:
    if one.receiver is Receiver.PERSON:
        detail = Text("分包给个人（合同 {number}）", "Subcontracted to a person ({number})")
        yield _flag(Breach.ILLEGAL_SUBCONTRACTING, "ToPerson", [one], detail, _TO_WHOM)
    elif one.receiver is Receiver.ORGANISATION and (
        one.licence_number is None or (one.licence_until and one.licence_until < one.signed_on)
    ):
        detail = Text(
            "承包单位签约时无相应资质（合同 {number}）",
            "The receiving unit had no licence when it signed ({number})",
        )
        yield _flag(Breach.ILLEGAL_SUBCONTRACTING, "ToUnlicensed", [one], detail, _TO_WHOM)


def _passed_on(one: Link, parent: Link | None) -> Iterator[Flag]:
    """What a subcontractor may not pass on: labour again, specialist works other than labour."""
    if parent is None or one.receiver is Receiver.CREW:
        return
    if parent.kind is SubcontractKind.LABOUR:
        detail = Text(
            "劳务分包单位将劳务再分包（合同 {number}）", "Labour was passed on again ({number})"
        )
        yield _flag(
            Breach.ILLEGAL_SUBCONTRACTING, "LabourPassedOn", [parent, one], detail, _ILLEGAL
        )
    elif one.kind is SubcontractKind.SPECIALIST:
        detail = Text(
            "专业分包单位将非劳务部分再分包（合同 {number}）",
            "Specialist works were passed on again ({number})",
        )
        yield _flag(
            Breach.ILLEGAL_SUBCONTRACTING, "SpecialistPassedOn", [parent, one], detail, _ILLEGAL
        )


def _scope(one: Link, contractor_id: UUID | None) -> Iterator[Flag]:
    if (
        one.main_structure
        and one.kind is SubcontractKind.SPECIALIST
        and one.awarding_id == contractor_id
    ):
        detail = Text(
            "总承包单位分包主体结构施工（合同 {number}；钢结构除外）",
            "The main structure was subcontracted ({number}; steel structures are excepted)",
        )
        yield _flag(Breach.ILLEGAL_SUBCONTRACTING, "MainStructure", [one], detail, _ILLEGAL)
    if one.includes_materials and one.kind is SubcontractKind.LABOUR:
        detail = Text(
            "劳务分包计取主要材料、大型机械费用（合同 {number}）",
            "A labour subcontract charges for materials and machines ({number})",
        )
        yield _flag(Breach.ILLEGAL_SUBCONTRACTING, "LabourWithMaterials", [one], detail, _ILLEGAL)


def _flag(breach: Breach, code: str, links: Iterable[Link], detail: Text, basis: str) -> Flag:
    rows = list(links)
    words = detail.fill(number="、".join(one.number for one in rows))
    return Flag(breach, code, tuple(one.id for one in rows), words, basis)


def check_place(
    awarding_id: UUID, parent: Link | None, contractor_id: UUID | None
) -> list[Finding]:
    """Give the finding of a contract that hangs on nothing: its awarder has nothing to pass on."""
    has_it = parent.receiving_id if parent else contractor_id
    if has_it == awarding_id:
        return []
    return [
        Finding(
            "awarding_id",
            "NotInTheChain",
            Text(
                "发包方不是施工总承包单位，也不是上级合同的承包方",
                "The awarding unit is neither the contractor nor the receiver of the parent",
            ),
            Text("请先登记上级合同，并填写 parent_id", "Enter the contract above it first"),
        )
    ]


def parent_unknown() -> Finding:
    """Say that the contract above is not one of the project."""
    return Finding(
        "parent_id",
        "ParentUnknown",
        Text("该项目没有此上级合同", "The project has no such contract"),
    )


def check_receiver(
    receiver: Receiver, awarding_id: UUID, receiving_id: UUID | None, crew: str | None
) -> list[Finding]:
    """Give the findings of who takes a contract: the field of his kind alone is filled."""
    found = []
    if receiver is Receiver.ORGANISATION and receiving_id is None:
        found.append(_missing("receiving_id"))
    if receiver is Receiver.CREW and crew is None:
        found.append(_missing("crew"))
    if receiver is not Receiver.ORGANISATION and receiving_id is not None:
        found.append(_superfluous("receiving_id"))
    if receiver is not Receiver.CREW and crew is not None:
        found.append(_superfluous("crew"))
    if receiving_id == awarding_id:
        found.append(
            Finding(
                "receiving_id",
                "SameUnit",
                Text("发包方与承包方相同", "It cannot contract with itself"),
            )
        )
    return found


def _missing(place: str) -> Finding:
    return Finding(place, "ReceiverMissing", Text("请填写承包方", "Say who takes it"))


def _superfluous(place: str) -> Finding:
    return Finding(
        place,
        "NotOfThisReceiver",
        Text("与承包方类型不符，请留空", "Not of this kind of receiver: leave it out"),
    )


def children(links: Iterable[_Link]) -> dict[UUID | None, list[_Link]]:
    """Give what hangs on each contract; on None what hangs on the works contract."""
    found: dict[UUID | None, list[_Link]] = {}
    for one in links:
        found.setdefault(one.parent_id, []).append(one)
    return found
