"""Many values in one parameter: a statement has few, however many rows it asks for."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Text, Uuid, any_, literal
from sqlalchemy.dialects.postgresql import ARRAY


def one_of(column: Any, ids: Collection[UUID]) -> ColumnElement[bool]:  # noqa: ANN401  any mapped column
    """Say that a column holds one of some ids."""
    found: ColumnElement[bool] = column == any_(literal(list(ids), ARRAY(Uuid())))
    return found


def one_text_of(column: Any, texts: Collection[str]) -> ColumnElement[bool]:  # noqa: ANN401  as above
    """Say that a column holds one of some texts."""
    found: ColumnElement[bool] = column == any_(literal(list(texts), ARRAY(Text())))
    return found
