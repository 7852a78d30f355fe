"""What the purpose of a bank line says: a period, or that money comes back; pure."""

import re
import unicodedata
from datetime import date

from services.payroll.rules.statements import LineKind

_MONTH = r"(?P<month>1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])"
_YEAR = r"(?<!\d)(?P<year>20\d{2})"
# A month that is followed by a day is a date, one followed by another month a span: neither
# names one period.
_NO_DATE = r"(?!份?(?:[-~—至到]|[\d一二三四五六七八九十]{1,3}[日号]))"
_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_YEAR}年{_MONTH}月{_NO_DATE}",
        rf"{_YEAR}[-/.](?P<month>1[0-2]|0?[1-9])(?![\d号元]|[-/.]\d|[~—至到])",
        rf"{_YEAR}(?P<month>0[1-9]|1[0-2])(?!\d)",
        rf"(?<![\d十一二三四五六七八九年~—至到、/.-]){_MONTH}月{_NO_DATE}",
    )
)
_CHINESE = {name: n for n, name in enumerate("一二三四五六七八九十", start=1)} | {
    "十一": 11,
    "十二": 12,
}
# A month without a year is one of the line's year, unless that lies so far ahead that only last
# year's can be meant: what is paid in January for 12月 is the arrears of December.
_AHEAD = 6


def named_period(purpose: str | None, on: date) -> str | None:
    """Give the period YYYY-MM that a purpose names (`2023年3月`, `2023-03`, `202303`, `3月份`).

    `on` is the Beijing day of the line. The first period named counts; None if there is none.
    """
    text = re.sub(r"\s*([年月])\s*", r"\1", unicodedata.normalize("NFKC", purpose or ""))
    found = [match for pattern in _PATTERNS if (match := pattern.search(text))]
    if not found:
        return None
    groups = min(found, key=lambda match: match.start()).groupdict()
    named = groups["month"]
    month = _CHINESE.get(named) or int(named)
    year = int(groups.get("year") or on.year - (month > on.month + _AHEAD))
    return f"{year:04d}-{month:02d}"


# What banks write of a payment that comes back. 退款 and 退还 alone are not among them: a refund
# is a payment of its own (of a deposit, of a price), and undoes no line.
_RETURNED = re.compile(
    r"退汇|退票|被退回|冲正|抹账|冲账|反交易"
    r"|(?:汇款|付款|转账|汇兑|代发|代付|支付|交易|入账|资金|工资)(?:失败)?(?:退回|退款)"
    r"|退回(?:汇款|款项|资金|工资)|\b(?:returned|reversal|refunded payment)\b",
    re.IGNORECASE,
)


def line_kind(*words: str | None) -> LineKind:
    """Say by its words (summary, purpose) whether a line gives back what another one moved."""
    said = " ".join(unicodedata.normalize("NFKC", each) for each in words if each)
    found = _RETURNED.search(re.sub(r"(?<=[^\x00-\x7f])\s+(?=[^\x00-\x7f])", "", said))
    return LineKind.RETURNED if found else LineKind.ORDINARY
