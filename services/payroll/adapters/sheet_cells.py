"""Reads single cells of lists of workers: values, or what is wrong; nothing is guessed."""

from typing import Protocol
from unicodedata import is_normalized

from services.payroll.adapters.sheet_titles import months
from services.payroll.adapters.sheet_words import (
    IDENTITIES,
    MOBILE,
    NOTHING,
    OTHER_IDENTITY,
    PHONE,
    POWER,
)
from shared.identities import resident_fault
from shared.tables import Cell, CellKind, moment, number, plain

_LONGEST = 200
_LONGEST_NAME = 50
_MOST_FEN = 10**12
_CARD = range(12, 31)
_YUAN = frozenset("元圆")
_NAME_SIGNS = frozenset(" ·•・.．'’-()（）")
_DAYS = ("天", "日", "工日", "个", "工", "小时", "时", "h", "岁")


class Tell(Protocol):
    """Takes what is wrong with the cell of a field in the row that is read."""

    def __call__(self, code: str, field: str, column: int) -> None:
        """Note it."""


def fault(cell: Cell) -> str:
    """Say what is wrong with a cell that holds an error, or a formula without its value."""
    return "formula_uncalculated" if cell.text == "=" else "cell_error"


def words(cell: Cell, field: str, column: int, tell: Tell) -> str | None:
    """Give a text; None where the cell only says that there is nothing."""
    if cell.kind is CellKind.FAULT:
        tell(fault(cell), field, column)
        return None
    text = cell.text
    if text in NOTHING:
        return None
    if len(text) > _LONGEST:
        tell("too_long", field, column)
        return None
    if text[0] in "=@" or (text[0] in "+-" and not text[1:2].isdecimal()):
        # Kept as it is; what writes it into a table again must not let it calculate.
        tell("formula_text", field, column)
    return text


def person(cell: Cell, field: str, column: int, tell: Tell) -> str | None:
    """Give a name: letters of any script, nothing that no name has."""
    if cell.kind is not CellKind.TEXT:
        if cell.kind is CellKind.FAULT:
            tell(fault(cell), field, column)
        elif cell.kind is not CellKind.BLANK:
            tell("name_unreadable", field, column)
        return None
    text = cell.text
    if text in NOTHING:
        return None
    # 张 三 is written apart to stand below 欧阳娜娜; names of Latin letters keep their spaces.
    if text.isalpha() and len(text) <= _LONGEST_NAME and is_normalized("NFKC", text):
        return text
    close = text if text.isascii() else plain(text)
    if len(close) > _LONGEST_NAME or not (
        close.isalpha() or all(sign.isalpha() or sign in _NAME_SIGNS for sign in close)
    ):
        tell("name_unreadable", field, column)
        return None
    return close


def digits(cell: Cell, field: str, column: int, tell: Tell) -> str | None:
    """Give a long number as text; one that was kept as a number may have lost its end."""
    if cell.kind is CellKind.FAULT:
        tell(fault(cell), field, column)
        return None
    text = cell.text
    if text in NOTHING:
        return None
    if cell.damaged or POWER.fullmatch(text):
        tell("digits_lost", field, column)
        return None
    return plain(text)


def identity(cell: Cell, kind: str | None, column: int, tell: Tell) -> str | None:
    """Give an identity's number; of a resident identity card with its check digit."""
    text = digits(cell, "id_number", column, tell)
    if text is None:
        return None
    close = text.strip("'’`").upper()
    resident = kind is None or plain(kind) in IDENTITIES["01"]
    if not resident:
        return close if len(close) <= _LONGEST_NAME else None
    wrong = resident_fault(close)
    if wrong is None:
        return close
    if wrong == "id_shape" and kind is None and OTHER_IDENTITY.fullmatch(close):
        tell("id_other", "id_number", column)
        return close
    tell(wrong, "id_number", column)
    return None


def card(cell: Cell, field: str, column: int, tell: Tell) -> str | None:
    """Give the number of a card or account; a card of UnionPay has a check digit of its own."""
    text = digits(cell, field, column, tell)
    if text is None:
        return None
    close = text.strip("'’`").replace("-", "")
    if not (close.isascii() and close.isdecimal() and len(close) in _CARD):
        tell("card_unreadable", field, column)
        return None
    if close.startswith("62") and len(close) >= 16 and not _luhn(close):  # noqa: PLR2004
        tell("card_suspect", field, column)
    return close


_DOUBLED = bytes.maketrans(b"0123456789", bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)))


def _luhn(number: str) -> bool:
    """Say whether the last digit is that of ISO/IEC 7812."""
    figures = number.encode()[::-1]
    single, double = figures[::2], figures[1::2].translate(_DOUBLED)
    return (sum(single) - 48 * len(single) + sum(double)) % 10 == 0


def phone(cell: Cell, field: str, column: int, tell: Tell) -> str | None:
    """Give a phone number; one of another shape is kept and told."""
    text = digits(cell, field, column, tell)
    if text is None:
        return None
    if MOBILE.fullmatch(text):
        return text[-11:]
    if not PHONE.fullmatch(text):
        tell("phone_suspect", field, column)
    return text[:_LONGEST_NAME]


def fen(cell: Cell, unit: int, field: str, column: int, tell: Tell) -> int | None:
    """Give a sum in fen; `unit` is that of its title or of a note above the table."""
    text = cell.text
    if text in NOTHING and cell.kind is not CellKind.FAULT:
        return None
    if unit == 1 == cell.unit and (quick := _quick(text)) is not None:
        return _bounded(quick, field, column, tell)
    found = number(cell)
    if found is None:
        tell(fault(cell) if cell.kind is CellKind.FAULT else "amount_unreadable", field, column)
        return None
    value, own = found
    if unit > 1 and own == 1 and not _YUAN.isdisjoint(text):
        tell("unit_mixed", field, column)
        return None
    sum_ = value * (own if own > 1 else unit) * 100
    whole = int(sum_)
    if whole != sum_:
        tell("amount_too_fine", field, column)
        return None
    return _bounded(whole, field, column, tell)


def _quick(text: str) -> int | None:
    """Give the fen of a sum as most are spelled, `1234.50`: ten thousand rows have many."""
    if not text.isascii():
        return None
    if text[-3:-2] == "." and text[:-3].isdecimal() and text[-2:].isdecimal():
        return int(text[:-3] + text[-2:])
    return int(text) * 100 if text.isdecimal() else None


def _bounded(sum_: int, field: str, column: int, tell: Tell) -> int | None:
    if not -_MOST_FEN < sum_ < _MOST_FEN:
        tell("amount_too_large", field, column)
        return None
    return sum_


def count(cell: Cell, field: str, column: int, tell: Tell) -> int | None:
    """Give a count of days or hours in hundredths: `26`, `26.5`, `26天`."""
    text = cell.text
    if text in NOTHING and cell.kind is not CellKind.FAULT:
        return None
    if text.isascii() and text.isdecimal() and cell.unit == 1:
        return _bounded(int(text) * 100, field, column, tell)
    found = number(cell)
    if found is None and cell.kind is CellKind.TEXT:
        close = plain(text)
        unit = next((word for word in _DAYS if close.endswith(word)), "")
        found = number(Cell(CellKind.TEXT, close.removesuffix(unit))) if unit else None
    if found is None or found[1] != 1:
        tell(fault(cell) if cell.kind is CellKind.FAULT else "count_unreadable", field, column)
        return None
    hundredths = found[0] * 100
    if hundredths != int(hundredths):
        tell("count_too_fine", field, column)
        return None
    if hundredths < 0:
        tell("amount_negative", field, column)
        return None
    return _bounded(int(hundredths), field, column, tell)


def day(cell: Cell, field: str, column: int, tell: Tell) -> str | None:
    """Give a day in ISO 8601."""
    if cell.text in NOTHING and cell.kind is not CellKind.FAULT:
        return None
    found = moment(cell)
    if found is None:
        tell(fault(cell) if cell.kind is CellKind.FAULT else "day_unreadable", field, column)
        return None
    return found[0].isoformat()


def month(cell: Cell, field: str, column: int, tell: Tell) -> str | None:
    """Give a month, `2026-03`."""
    if cell.text in NOTHING and cell.kind is not CellKind.FAULT:
        return None
    if cell.kind is CellKind.DATE:
        return cell.text[:7]
    found = months(cell.text)
    if len(found) != 1:
        wrong = fault(cell) if cell.kind is CellKind.FAULT else "month_unreadable"
        tell(wrong, field, column)
        return None
    return found[0]
