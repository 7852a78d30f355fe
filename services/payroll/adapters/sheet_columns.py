"""What the columns of one table are, by their titles or as somebody mapped them."""

from collections.abc import Iterator

from services.payroll.adapters import attendance_marks
from services.payroll.adapters.sheet_sums import figures
from services.payroll.adapters.sheet_told import digest_of
from services.payroll.adapters.sheet_types import (
    COUNTS,
    DATES,
    MONEY,
    TEXTS,
    Flaw,
    Given,
    Item,
    TableSaid,
)
from services.payroll.adapters.sheet_words import ADDED, ADDS, TAKEN
from shared.tables import Header, plain
from shared.tables.cells import MOST_COLUMNS

_REQUIRED = {
    "payroll": ("name", "id_number", "net"),
    "roster": ("name", "id_number"),
    "attendance": ("name",),
}
_ADVISED = {"payroll": ("card_no", "gross"), "roster": (), "attendance": ("id_number",)}
_ONCE = frozenset({"name", "id_number", "card_no", "net", "gross", "days"})


class Layout:
    """The columns of a table."""

    def __init__(
        self, number: int, sheet: str, header: Header, kind: str, given: Given | None
    ) -> None:
        self.header, self.kind, self.sheet = header, kind, sheet
        digest = digest_of(header)
        # Days of a month are columns of their own kind.
        columns = {name: at for name, at in header.columns.items() if not name[0].isdigit()}
        self.replaced = given is not None and given.digest in {"", digest}
        if given is not None and self.replaced:
            columns = {name: at for name, at in given.columns.items() if 0 <= at < MOST_COLUMNS}
        if "holder" in columns and "name" not in columns:
            columns["name"] = columns.pop("holder")
        self.columns = columns
        days, self.parts = attendance_marks.day_columns(header)
        self.days = days if kind == "attendance" else {}
        claimed = {*columns.values(), *days}
        unknown = [(at, title) for at, title in header.titles.items() if at not in claimed]
        self.items = [item for item in map(self._item, unknown) if item] if (
            kind == "payroll"
        ) else []  # fmt: skip
        self.untold = [at for at, _ in unknown if at not in {item.column for item in self.items}]
        self.said = TableSaid(
            number, sheet, (header.rows[0].number, header.rows[-1].number),
            {name: (at, header.titles.get(at, "")) for name, at in columns.items()},
            self.items, unknown, self.days, digest,
        )  # fmt: skip
        self.figures = figures(self.said.columns, complete=not self.untold)
        self.texts = self._fields(TEXTS | {"period"})
        self.dates = self._fields(DATES)
        self.money = self._fields(MONEY)
        self.counts = self._fields(COUNTS)
        self.required = [n for n in (*_REQUIRED[kind], *_ADVISED[kind]) if n in columns]

    def _fields(self, names: frozenset[str]) -> list[tuple[str, int]]:
        return [(name, at) for name, at in self.columns.items() if name in names]

    def _item(self, column: tuple[int, str]) -> Item | None:
        """Say whether a column that no field claims adds to the pay or takes from it."""
        at, title = column
        parts = [plain(each) for each in self.header.parts.get(at, ())]
        for said in (parts[-1], *parts[:-1]):
            if TAKEN.search(said):
                return Item(at, title, "-")
            if ADDED.search(said) or ADDS.search(said):
                return Item(at, title, "+")
        return None

    def flaws(self) -> Iterator[Flaw]:
        """Give what is wrong with the columns."""
        row = self.header.rows[-1].number
        for code, names in (
            ("column_missing", _REQUIRED[self.kind]),
            ("column_advised", _ADVISED[self.kind]),
        ):
            for name in names:
                if name not in self.columns:
                    yield Flaw(code, self.sheet, row, None, name)
        for name, at in self.header.twice:
            if name in _ONCE and not self.replaced:
                code = "two_tables" if name in {"name", "id_number"} else "column_twice"
                title = self.header.titles.get(at, "")
                yield Flaw(code, self.sheet, row, at, name, title)
        if self.untold:
            yield Flaw(
                "columns_unknown", self.sheet, row, self.untold[0], detail=str(len(self.untold))
            )

    def unit(self, name: str, noted: int) -> int:
        """Give the unit of a field's sums: its title's own, else the one noted above the table."""
        title = self.header.titles.get(self.columns[name], "")
        return self.header.units.get(name) or (1 if "元" in title else noted)
