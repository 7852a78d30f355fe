"""Who somebody is: ID numbers (GB 11643 and others), age, phone, card; pure.

Numbers come in one spelling: half width, no gaps, capitals. Nothing here repeats one.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

from stdnum import luhn
from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from services.payroll.rules.trades import IdType
from shared.wording import Text


@dataclass(frozen=True, slots=True)
class Objection:
    """What is wrong with a field of a row; only what `refuses` keeps the row out."""

    field: str
    code: str
    said: Text
    remedy: Text
    refuses: bool = True


Objections: TypeAlias = Iterator[Objection]

_RESIDENT = re.compile(r"[0-9]{17}[0-9X]")
_OLD_RESIDENT = re.compile(r"[0-9]{15}")
_HONG_KONG = re.compile(r"([A-Z]{1,2})([0-9]{6})([0-9A])")
_ANY = re.compile(r"[0-9A-Z\u4e00-\u9fff]{5,30}")
# As documents of these types are numbered now (secondary sources); the others have no one form.
_FORMS: Mapping[IdType, re.Pattern[str]] = {
    IdType.PASSPORT: re.compile(r"[0-9A-Z]{5,17}"),
    IdType.HK_MACAU_RETURN: re.compile(r"[HM][0-9]{8}([0-9]{2})?"),
    IdType.HK_MACAU_PASS: re.compile(r"[CW][0-9A-Z][0-9]{7}"),
    IdType.TAIWAN_PASS: re.compile(r"[0-9]{8}([0-9]{2}[0-9A-Z]?)?"),
    IdType.MAINLAND_TO_TAIWAN: re.compile(r"[LT][0-9A-Z]?[0-9]{7,8}"),
    IdType.SEAMAN: re.compile(r"[A-Z]{0,2}[0-9]{6,9}"),
}
_OLDEST = date(1900, 1, 1)


def object_to_number(id_type: IdType, number: str, today: date) -> Objections:
    """Say what cannot be in an ID number. A birthplace is never judged: areas merge and go."""
    if id_type is IdType.RESIDENT:
        yield from _object_to_resident(number, today)
    elif id_type is IdType.HONG_KONG:
        if not (found := _HONG_KONG.fullmatch(number)):
            yield Objection("id_number", "id_form", *_FORM)
        elif hong_kong_digit(found[1] + found[2]) != found[3]:
            yield Objection("id_number", "id_check_digit", *_DIGIT)
    elif not _FORMS.get(id_type, _ANY).fullmatch(number):
        yield Objection("id_number", "id_form", *_FORM)


def _object_to_resident(number: str, today: date) -> Objections:
    if _OLD_RESIDENT.fullmatch(number):
        yield Objection("id_number", "id_15_digits", *_OLD)
        return
    if not _RESIDENT.fullmatch(number):
        yield Objection("id_number", "id_form", *_FORM)
        return
    if ric.calc_check_digit(number) != number[17]:
        yield Objection("id_number", "id_check_digit", *_DIGIT)
    born = born_on(number)
    if born is None or not _OLDEST <= born <= today:
        yield Objection("id_number", "id_birth_date", *_BIRTH)


def hong_kong_digit(number: str) -> str:
    """Give the check digit of a Hong Kong ID: one or two letters and six digits before it."""
    places = [36 if sign == " " else int(sign, 36) for sign in number.rjust(8)]
    total = sum(weight * place for weight, place in zip(range(9, 1, -1), places, strict=True))
    return "0123456789A"[-total % 11]


def born_on(number: str) -> date | None:
    """Read the birth date of a resident ID; None if there is none."""
    try:
        return date.fromisoformat(f"{number[6:10]}-{number[10:12]}-{number[12:14]}")
    except ValueError:
        return None


def is_male(number: str) -> bool:
    """Read the sex of a resident ID: the digit before the last is odd for men."""
    return int(number[16]) % 2 == 1


def age_on(born: date, day: date) -> int:
    """Give the years somebody has completed on a day."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


@dataclass(frozen=True, slots=True)
class AgeLimits:
    """How young and how old somebody may be who enters a site; None: no such limit."""

    refuse_under: int | None
    warn_under: int | None
    warn_from_male: int | None
    warn_from_female: int | None
    refuse_from_male: int | None
    refuse_from_female: int | None

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "AgeLimits":
        """Read them from a row's values; what a row does not say is no limit."""
        return cls(*(values.get(name) for name in cls.__slots__))

    def object_to(self, number: str, day: date, *, manages: bool) -> Objections:
        """Say what speaks against the age of a resident ID's owner on the day of entry.

        Who manages and does no work of a site has no age at which to stop.
        """
        born = born_on(number)
        if born is None or born > day:
            return
        age = age_on(born, day)
        if self.refuse_under is not None and age < self.refuse_under:
            yield Objection("id_number", "too_young", *_young(self.refuse_under))
        elif self.warn_under is not None and age < self.warn_under:
            yield Objection("id_number", "minor", *_minor(self.warn_under), refuses=False)
        if manages:
            return
        male = is_male(number)
        refuse = self.refuse_from_male if male else self.refuse_from_female
        warn = self.warn_from_male if male else self.warn_from_female
        if refuse is not None and age >= refuse:
            yield Objection("id_number", "too_old", *_old(refuse))
        elif warn is not None and age >= warn:
            yield Objection("id_number", "elderly", *_old(warn), refuses=False)


_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_LANDLINE = re.compile(r"0?[0-9]{7,12}")
_CARD = re.compile(r"[0-9]{10,30}")


def object_to_phone(phone: str) -> Objections:
    """Say what is odd about a phone number; nobody is kept out for one."""
    if not (_MOBILE.fullmatch(phone) or _LANDLINE.fullmatch(phone)):
        yield Objection("phone", "phone_form", *_PHONE, refuses=False)


def object_to_card(card: str) -> Objections:
    """Say what cannot be in a number of a card or account; old accounts have no check digit."""
    if not _CARD.fullmatch(card):
        yield Objection("card.card_no", "card_form", *_CARD_FORM)
    elif len(card) in _CARD_LENGTHS and card[0] in "3456" and not _luhn(card):
        yield Objection("card.card_no", "card_check_digit", *_CARD_DIGIT, refuses=False)


_CARD_LENGTHS = range(16, 20)


def _luhn(card: str) -> bool:
    try:
        luhn.validate(card)
    except ValidationError:
        return False
    return True


_FORM = (
    Text("证件号码格式与证件类型不符", "The number does not have the form of its document"),
    Text("请核对证件类型和号码", "Check the type of document and the number"),
)
_OLD = (
    Text("15位旧身份证号码已停用", "ID numbers of 15 digits are out of use"),
    Text("请填写18位身份证号码", "Give the number of 18 digits"),
)
_DIGIT = (
    Text("证件号码校验位不符", "The check digit of the ID number is wrong"),
    Text("请对照证件逐位核对", "Compare it with the document, digit by digit"),
)
_BIRTH = (
    Text("证件号码中的出生日期无效", "The birth date in the ID number cannot be"),
    Text("请对照证件核对", "Compare it with the document"),
)
_PHONE = (
    Text("电话号码格式异常", "This does not look like a phone number"),
    Text("请核对手机号码", "Check the number"),
)
_CARD_FORM = (
    Text("银行卡号应为10至30位数字", "A card or account number is 10 to 30 digits"),
    Text("请对照银行卡填写", "Copy it from the card"),
)
_CARD_DIGIT = (
    Text("银行卡号校验位不符", "The check digit of the card number is wrong"),
    Text("请对照银行卡逐位核对", "Compare it with the card, digit by digit"),
)


def _young(limit: int) -> tuple[Text, Text]:
    return (
        Text(f"进场时不满{limit}周岁", f"Younger than {limit} on the day of entry"),
        Text("不得招用；请核对证件", "Do not employ; check the document"),
    )


def _minor(limit: int) -> tuple[Text, Text]:
    return (
        Text(f"进场时不满{limit}周岁", f"Younger than {limit} on the day of entry"),
        Text("不得安排繁重、危险作业", "No heavy or dangerous work"),
    )


def _old(limit: int) -> tuple[Text, Text]:
    return (
        Text(f"进场时已满{limit}周岁", f"{limit} or older on the day of entry"),
        Text("请按当地规定安排岗位并做好健康检查", "See what the area allows; check the health"),
    )
