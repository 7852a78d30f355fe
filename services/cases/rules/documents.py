"""Documents of an arrears case (文书): their kinds, the fields they are filled from. Pure.

Law: 若干规定 (劳动和社会保障部令第25号) on acceptance, 423号 art. 13 to 17, 724号 art. 10 and 53 to
57, 65号 art. 19 on the deposit, 310号 on transfers to the police; domain W5 to W11.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from shared.wording import Text


class DocumentKind(StrEnum):
    """Which paper it is."""

    ACCEPTANCE = "acceptance_notice"
    REFUSAL = "refusal_notice"
    CORRECTION = "correction_order"
    PAYMENT = "payment_notice"
    TRANSFER = "transfer_letter"
    CLOSING = "closing_letter"


KINDS: Mapping[DocumentKind, Text] = {
    DocumentKind.ACCEPTANCE: Text("受理通知书", "Notice of acceptance"),
    DocumentKind.REFUSAL: Text("不予受理通知书", "Notice of refusal"),
    DocumentKind.CORRECTION: Text("限期改正指令书", "Correction order"),
    DocumentKind.PAYMENT: Text("支付通知书", "Payment notice"),
    DocumentKind.TRANSFER: Text("移送函", "Letter of transfer"),
    DocumentKind.CLOSING: Text("结案告知书", "Letter of closing"),
}


class DocumentState(StrEnum):
    """Where a document stands; void, it keeps its number."""

    ISSUED = "issued"
    SERVED = "served"
    VOID = "void"


class From(StrEnum):
    """Where a field's value comes from."""

    CASE = "case"
    """The case says it; nobody types it."""
    OFFICER = "officer"
    """Whoever issues the document gives it."""
    EITHER = "either"
    """The case, or the report that is named, says it; else whoever issues the document."""
    LINE = "line"
    """Each worker's line, in a row of a table."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of templates: its code, its name as it is written, `{{文号}}`, and its source."""

    code: str
    words: Text
    source: From
    holds_day: bool = False
    remedy: Text | None = None
    """What has to be done before the case has it."""

    @property
    def name(self) -> str:
        """Give what stands between the braces, beside the code."""
        return f"明细.{self.words.zh}" if self.source is From.LINE else self.words.zh


def _case(code: str, zh: str, en: str, remedy: Text | None = None) -> Field:
    return Field(code, Text(zh, en), From.CASE, remedy=remedy)


def _officer(code: str, zh: str, en: str, *, day: bool = False) -> Field:
    return Field(code, Text(zh, en), From.OFFICER, holds_day=day)


def _line(code: str, zh: str, en: str) -> Field:
    return Field(code, Text(zh, en), From.LINE)


_ACCEPT = Text("请先受理立案", "Accept the case first")
_REFUSE = Text("请先作出不予受理", "Refuse the case first")
_TRANSFER = Text("请先办理移送", "Transfer the case first")
_END = Text("请先办结案件", "End the case first")
_LINES = Text("请先登记农民工明细", "Enter the workers' lines first")
_VERIFY = Text("请先核实农民工明细", "Verify the workers' lines first")

FIELDS: tuple[Field, ...] = (
    _case("number", "文号", "Number of the document"),
    _case("made_on", "制发日期", "Day of the document"),
    _case("case_number", "案件编号", "Number of the case"),
    Field("employer", Text("用人单位", "Employer"), From.EITHER),
    _case("place", "工作地点", "Place of work"),
    _case("received_on", "反映日期", "Day of the report"),
    _case("accepted_on", "受理日期", "Day of acceptance", _ACCEPT),
    _case("investigate_by", "调查期限", "End of the investigation", _ACCEPT),
    _case("workers", "人数", "Workers", _LINES),
    _case("claimed", "反映金额", "Yuan claimed", _LINES),
    _case("verified", "核实金额", "Yuan verified", _VERIFY),
    _case("verified_words", "核实金额大写", "Yuan verified, in words", _VERIFY),
    _case("paid", "已付金额", "Yuan paid", _LINES),
    _case("owed", "尚欠金额", "Yuan owed", _LINES),
    _case("owed_words", "尚欠金额大写", "Yuan owed, in words", _LINES),
    _case("refusal_reason", "不予受理理由", "Reason of the refusal", _REFUSE),
    _case("other_way", "救济途径", "Way that is open instead", _REFUSE),
    Field("decision_number", Text("处理决定文号", "Number of the decision"), From.EITHER),
    _case("transferred_on", "移送决定日期", "Day of the decision to transfer", _TRANSFER),
    _case("transfer_reason", "移送理由", "Reason of the transfer", _TRANSFER),
    _case("conclusion", "办结结论", "Conclusion", _END),
    _case("ended_on", "办结日期", "Day of closing", _END),
    Field("addressee", Text("送达对象", "Addressee"), From.EITHER),
    _officer("office", "办理机关", "Issuing body"),
    _officer("contact", "联系电话", "Phone of the body"),
    _officer("officers", "承办人", "Officers"),
    _officer("facts", "违法事实", "Facts of the breach"),
    _officer("correct_by", "改正期限", "Day of correction", day=True),
    _officer("bank", "出款银行", "Paying bank"),
    _officer("bank_account", "出款账号", "Account paid from"),
    _officer("pay_by", "付款期限", "Day of payment", day=True),
    _officer("police", "公安机关", "Police"),
    _officer("legal_person", "法定代表人", "Legal representative"),
    _officer("attachments", "移送材料", "Papers handed over"),
    _line("line_position", "序号", "Place"),
    _line("line_name", "姓名", "Name"),
    _line("line_id_number", "身份证号", "ID number"),
    _line("line_months", "欠薪月份", "Months owed"),
    _line("line_claimed", "反映金额", "Yuan claimed"),
    _line("line_verified", "核实金额", "Yuan verified"),
    _line("line_paid", "已付金额", "Yuan paid"),
    _line("line_owed", "尚欠金额", "Yuan owed"),
)

_NAMED: Mapping[str, Field] = {name: field for field in FIELDS for name in (field.code, field.name)}
REPEATED = [
    name for field in FIELDS if field.source is From.LINE for name in (field.code, field.name)
]
"""What comes once for each worker."""
GIVEN = [field.code for field in FIELDS if field.source in {From.OFFICER, From.EITHER}]
"""What whoever issues a document may give."""

NEEDED = ("number", "made_on", "addressee", "office")
"""What each template has to say, whatever else."""


def field_of(name: str) -> Field | None:
    """Give the field that a template names between braces, by its code or its words."""
    return _NAMED.get(name)


def fields_of(names: Iterable[str]) -> list[Field]:
    """Give the fields that a template names, each once, in their order."""
    return list({field.code: field for name in names if (field := _NAMED.get(name))}.values())


def day_words(day: date) -> str:
    """Give a day as papers write it, 2023年5月31日."""
    return f"{day.year}年{day.month}月{day.day}日"


_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿")


def yuan_words(amount: Decimal) -> str:
    """Give an amount in words as papers write it: 捌万陆仟元整, 壹佰零伍元零伍分."""
    fen = int(amount * 100)
    whole, jiao, cents = fen // 100, fen // 10 % 10, fen % 10
    said = f"{_whole_words(whole)}元" if whole else ""
    if not jiao and not cents:
        return f"{said or '零元'}整"
    if jiao:
        said += f"{_DIGITS[jiao]}角"
    elif whole:
        said += "零"
    return said + (f"{_DIGITS[cents]}分" if cents else "整")


def _whole_words(whole: int) -> str:
    groups = []
    while whole:
        groups.append(whole % 10_000)
        whole //= 10_000
    said = ""
    for place in reversed(range(len(groups))):
        group = groups[place]
        if not group:
            continue
        # What is missing between two groups is said once.
        if said and (not group // 1000 or groups[place + 1] == 0):
            said += "零"
        said += _group_words(group) + _GROUPS[place]
    return said


def _group_words(group: int) -> str:
    said, gap = "", False
    for place in reversed(range(4)):
        digit = group // 10**place % 10
        if digit:
            said += ("零" if gap and said else "") + _DIGITS[digit] + _PLACES[place]
        gap = not digit
    return said
