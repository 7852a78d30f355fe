"""Bodies of how a file's columns are read."""

from typing import Annotated, Self, TypeAlias
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from services.payroll.schemas.fields import Body, Row
from shared.problems import TextError
from shared.wording import Text

_Letters: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Z]{1,2}$")]
_Name: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{1,39}$")]


class ColumnsIn(Body):
    """How the columns of a sheet are to be read; what is left out is not read at all."""

    sheet: Annotated[str, StringConstraints(max_length=100)] | None = None
    """The sheet of the workbook; left out: the first one with a header."""
    columns: Annotated[dict[_Name, _Letters], Field(min_length=2, max_length=60)]
    """Letters of the column by field, `{"name": "B", "id_number": "C", "net": "K"}`."""

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len(set(self.columns.values())) < len(self.columns):
            raise TextError("column_twice", Text("同一列对应了两项", "One column stands for two"))
        return self


class ColumnOut(Row):
    """A column of a file, and what it was read as."""

    sheet: str
    column: str
    title: str
    field: str | None
    """None: nobody knows what it is."""


class ColumnsOut(Row):
    """The columns of a sheet's file."""

    id: UUID
    columns: list[ColumnOut]
