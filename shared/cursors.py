"""Values that a cursor carries, read as their columns have them."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Enum, String

from shared import clock

# The longest whole number that the database takes, and the most places of another one.
BIGGEST, PLACES = 2**63 - 1, 20


def value(by: ColumnElement[Any], said: object) -> object:
    """Read one value of a cursor as its column's type.

    Raises ValueError for what is none, and for whatever the database would refuse.
    """
    wanted: Any = by.type.python_type
    if isinstance(by.type, Enum):
        wanted = by.type.enum_class or str
    if wanted is datetime:
        wanted = clock.Instant
    found: object = TypeAdapter(wanted).validate_python(said, strict=wanted in {str, int, bool})
    big = isinstance(found, int) and abs(found) > BIGGEST
    long = isinstance(found, Decimal) and found and abs(found.adjusted()) > PLACES
    # Half a sign is no text to the database, nor is a zero.
    half = isinstance(by.type, String) and re.search("[\0\ud800-\udfff]", str(found))
    if big or long or half:
        raise ValueError(f"no value of {by}")
    return found
