"""Whether two reports tell of the same matter, of a related one, or of another. Pure.

People tell the same over several channels: with another spelling, a company's short name, without
a phone, with a sum that is off by a tenth. What counts is who speaks, who owes, where, and for
which months; none of it alone. Names of people come as keyed hashes.
"""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto
from uuid import UUID

from services.cases.rules.arrears import Relation

# Nothing of these tells one company or one site from another.
_COMPANY = re.compile(
    r"有限责任公司|股份有限公司|有限公司|分公司|公司|集团|股份|建筑|建设|劳务|工程|第"
)
_SITE = re.compile(r"工地|项目|施工|现场|工程|附近|旁边|某|不详")
_TOWN = re.compile(r"^.{2,3}?[镇乡]|^县城?(?=.)")
_NO_COMPANY = re.compile(r"包工头|工头|老板|不详|某")
_DIGITS = str.maketrans("一二三四五六七八九", "123456789")
_LIKE = 0.6
"""From this share of common pairs of letters on, two names are alike."""
_UNLIKE = 0.2
_SUM_OFF = Decimal("0.15")
_HEADS_OFF = 0.2


class _Fit(Enum):
    YES = auto()
    ALIKE = auto()
    UNKNOWN = auto()
    NO = auto()


@dataclass(frozen=True, slots=True)
class Account:
    """What a report tells, as far as it is compared."""

    people: frozenset[str] = frozenset()
    """Phones and ID numbers, hashed."""
    name: str | None = None
    """Hashed; many people have one name."""
    employer_id: UUID | None = None
    employer: str | None = None
    project_id: UUID | None = None
    place: str = ""
    months: str | None = None
    """`2023-01`, `2023-01..2023-03`."""
    workers: int | None = None
    amount: Decimal | None = None


def relation(told: Account, before: Account) -> Relation:
    """Say what a report has to do with one that was there."""
    person = bool(told.people & before.people)
    employer, site = _employer(told, before), _site(told, before)
    near = person or employer is _Fit.YES or site is _Fit.YES
    if not _apart(told.months, before.months) and _is_same(
        told, before, person=person, employer=employer, site=site
    ):
        return Relation.SAME
    return Relation.RELATED if near else Relation.DIFFERENT


def _is_same(told: Account, before: Account, *, person: bool, employer: _Fit, site: _Fit) -> bool:
    sums = _sums_alike(told, before)
    if person and site is not _Fit.NO and employer is not _Fit.NO:
        return True
    if person and sums and (site is _Fit.YES or employer is _Fit.YES):
        return True  # One calls the foreman or the developer his employer, or the site otherwise.
    if employer in {_Fit.YES, _Fit.ALIKE} and site is _Fit.YES:
        return True
    if employer is _Fit.YES and site is _Fit.UNKNOWN:
        return sums
    if employer is _Fit.UNKNOWN and site is _Fit.YES:
        by_name = told.name is not None and told.name == before.name
        return sums or by_name or _both(told.project_id, before.project_id)
    return False


def _both(one: object, other: object) -> bool:
    return one is not None and other is not None


def _apart(one: str | None, other: str | None) -> bool:
    """Say whether two spans of months are known and do not meet."""
    if not one or not other:
        return False
    first, second = _span(one), _span(other)
    return first[1] < second[0] or second[1] < first[0]


def _span(months: str) -> tuple[str, str]:
    first, _, last = months.partition("..")
    return first, last or first


def _sums_alike(one: Account, other: Account) -> bool:
    if one.amount is None or other.amount is None:
        return False
    if abs(one.amount - other.amount) > _SUM_OFF * max(one.amount, other.amount):
        return False
    if one.workers is None or other.workers is None:
        return True
    most = max(one.workers, other.workers)
    return abs(one.workers - other.workers) <= max(1, _HEADS_OFF * most)


def _plain(text: str) -> str:
    """Give a text without what people write in several ways: widths, spaces, numbers, brackets."""
    folded = unicodedata.normalize("NFKC", text).lower().translate(_DIGITS)
    return "".join(letter for letter in folded if letter.isalnum())


def _pairs(text: str) -> set[str]:
    return {text[at : at + 2] for at in range(len(text) - 1)}


def _share(one: str, other: str) -> float:
    """Give how much of the shorter one's pairs of letters the other has, too."""
    first, second = _pairs(one), _pairs(other)
    if not first or not second:
        return 0.0
    return len(first & second) / min(len(first), len(second))


def _within(short: str, long: str) -> bool:
    """Say whether a name is another one with letters left out."""
    rest = iter(long)
    return len(short) > 1 and all(letter in rest for letter in short)


def _employer(one: Account, other: Account) -> _Fit:
    if _both(one.employer_id, other.employer_id):
        return _Fit.YES if one.employer_id == other.employer_id else _Fit.NO
    names = [account.employer for account in (one, other)]
    if any(not name or _NO_COMPANY.search(name) for name in names):
        return _Fit.UNKNOWN
    first, second = (_COMPANY.sub("", _plain(name or "")) for name in names)
    if _within(*sorted((first, second), key=len)):
        return _Fit.YES
    return _Fit.ALIKE if _share(first, second) >= _LIKE else _Fit.NO


def _site(one: Account, other: Account) -> _Fit:
    if _both(one.project_id, other.project_id):
        return _Fit.YES if one.project_id == other.project_id else _Fit.NO
    first, second = (_plain(account.place) for account in (one, other))
    towns = [found[0] for text in (first, second) if (found := _TOWN.match(text))]
    if len(towns) > 1 and towns[0] != towns[1]:
        return _Fit.NO
    first, second = (_SITE.sub("", _TOWN.sub("", text)) for text in (first, second))
    numbers = [set(re.findall(r"\d+", text)) for text in (first, second)]
    if all(numbers) and not numbers[0] & numbers[1]:
        return _Fit.NO
    if min(len(first), len(second)) < 3:  # noqa: PLR2004  two letters name no site
        return _Fit.UNKNOWN
    share = _share(first, second)
    if share >= _LIKE:
        return _Fit.YES
    return _Fit.NO if share <= _UNLIKE else _Fit.UNKNOWN
