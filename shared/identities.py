"""Numbers of Chinese resident identity cards (GB 11643-1999): what can be wrong with one.

The birthplace is never judged: places are merged and renamed, and their people stay real.
"""

import re
from datetime import date
from functools import lru_cache
from operator import mul

_SHAPE = re.compile(r"[1-9]\d{5}(?P<born>\d{8})\d{3}[\dX]", re.ASCII)
_OLD = re.compile(r"[1-9]\d{14}", re.ASCII)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_NOUGHTS = sum(_WEIGHTS) * ord("0")


def check_digit(body: str) -> str:
    """Give the last sign that belongs to the first seventeen digits (ISO 7064 MOD 11-2)."""
    return _CHECKS[(sum(map(mul, _WEIGHTS, body.encode())) - _NOUGHTS) % 11]


def resident_fault(number: str) -> str | None:
    """Say what is wrong with a normalised number (half width, no spaces, `X`), or None.

    `id_shape` (not 18 signs of an identity card), `id_old` (15 digits, out of use since 2013),
    `id_birth` (no day of any calendar), `id_check_digit`.
    """
    found = _SHAPE.fullmatch(number)
    if not found:
        return "id_old" if _OLD.fullmatch(number) else "id_shape"
    if born_on(number) is None:
        return "id_birth"
    return None if check_digit(number[:17]) == number[17] else "id_check_digit"


def born_on(number: str) -> date | None:
    """Give the day of birth that an 18-sign number names; None if there is no such day."""
    return _day(number[6:14])


@lru_cache(maxsize=1 << 15)
def _day(born: str) -> date | None:
    try:
        return date(int(born[:4]), int(born[4:6]), int(born[6:]))
    except ValueError:
        return None
