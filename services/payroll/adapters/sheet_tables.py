"""One table of a list of workers: its rows of data by columns, and what is wrong in them."""

from collections.abc import Callable, Mapping

from services.payroll.adapters import attendance_marks, sheet_cells
from services.payroll.adapters.sheet_columns import Layout
from services.payroll.adapters.sheet_rows import RowSorter
from services.payroll.adapters.sheet_sums import Totals, row_faults
from services.payroll.adapters.sheet_titles import spoken
from services.payroll.adapters.sheet_told import People, Told
from services.payroll.adapters.sheet_types import MONEY, Flaw, Item, Lines, Sum
from services.payroll.adapters.sheet_words import CAPITALS, NOTHING
from shared.tables import BLANK, Cell, CellKind, Row, RowClass, plain

_MISSING = {
    "name": "name_missing", "id_number": "id_missing", "card_no": "card_missing",
    "net": "net_missing", "gross": "gross_missing",
}  # fmt: skip
_NEVER_NEGATIVE = frozenset({"net", "gross", "days", "base_pay", "rate"})
_MOST_DAYS = 3_100
_READ: Mapping[str, Callable[[Cell, str, int, sheet_cells.Tell], str | None]] = {
    "name": sheet_cells.person,
    "holder": sheet_cells.person,
    "card_no": sheet_cells.card,
    "phone": sheet_cells.phone,
    "bank_code": sheet_cells.digits,
    "period": sheet_cells.month,
}


class Table:
    """A table under one header; takes its rows one by one."""

    def __init__(
        self, layout: Layout, told: Told, people: People, *, unit: int, legend: Mapping[str, int]
    ) -> None:
        self.layout, self.said, self.told, self.people = layout, layout.said, told, people
        self.sheet, self.kind, self.columns = layout.sheet, layout.kind, layout.columns
        self.legend, self.unit = legend, unit
        items = [item.column for item in layout.items]
        self.sorter = RowSorter(layout.header, layout.columns, layout.days, items)
        self.texts = [
            (name, at, _READ.get(name, sheet_cells.words))
            for name, at in layout.texts
            if name != "id_number"
        ]
        self.money = [(name, at, layout.unit(name, unit)) for name, at in layout.money]
        self.persons = [
            layout.columns[name]
            for name in ("name", "id_number", "card_no", "holder")
            if name in layout.columns
        ]
        # What was read already: a list of fifty thousand rows says much again and again.
        self.clean: set[str] = set()
        self.fen: dict[str, int] = {}
        self.totals = Totals()
        self.row, self.bad = 0, False
        self.before: dict[str, str | None] = {}
        self.sums: list[Sum] = []
        self._clear()
        for flaw in layout.flaws():
            told.add(flaw)

    def _clear(self) -> None:
        layout = self.layout
        self.lines = Lines(
            self.said.number, [],
            {name: [] for name, _ in (*layout.texts, *layout.dates)},
            {name: [] for name, _ in (*layout.money, *layout.counts)},
            {item.column: [] for item in layout.items}, [],
        )  # fmt: skip

    def taken(self) -> Lines:
        """Give the rows since the last time."""
        found = self.lines
        self._clear()
        return found

    # ---- rows --------------------------------------------------------------------------------

    def tell(self, code: str, field: str, column: int | None, detail: str = "") -> None:
        """Note what is wrong with a cell of the row that is read."""
        title = self.layout.header.titles.get(column, "") if column is not None else ""
        flaw = Flaw(code, self.sheet, self.row, column, field, title, detail, data=True)
        self.bad |= self.told.add(flaw)

    def take(self, row: Row) -> RowClass:
        """Take a row below the header; say what it is."""
        found = self.sorter.sort(row)
        self.row, self.bad = row.number, False
        if found is RowClass.DATA and self._unnamed_sum(row):
            found = RowClass.TOTAL
        if found is RowClass.DATA:
            self._worker(row)
        elif found is RowClass.TOTAL:
            self._total(row)
        return found

    def _worker(self, row: Row) -> None:
        cells, lines, layout = row.cells, self.lines, self.layout
        said = self._said(cells)
        sums = self._sums(cells)
        items = {item.column: self._item(cells, item) for item in layout.items}
        marks = self._marks(row, said) if layout.days else {}
        self._check(said, sums, items, cells)
        days = sums.get("days")
        if days is not None and marks and not self.bad and sum(marks.values()) != days:
            self.tell("days_differ", "days", self.columns["days"])
        self.totals.add(sums)
        lines.rows.append(row.number)
        for name, text in said.items():
            lines.texts[name].append(text)
        for name, value in sums.items():
            lines.sums[name].append(value)
        for at, value in items.items():
            lines.items[at].append(value)
        if layout.days:
            lines.marks.append(marks)

    def _said(self, cells: list[Cell]) -> dict[str, str | None]:
        """Read the texts and days of a row."""
        width, tell = len(cells), self.tell
        said: dict[str, str | None] = {}
        for name, at, read in self.texts:
            cell = cells[at] if at < width else BLANK
            if read is sheet_cells.words and cell.kind is CellKind.TEXT:
                said[name] = self._words(cell, name, at)
            else:
                said[name] = None if cell is BLANK else read(cell, name, at, tell)
        at = self.columns.get("id_number", width)
        if at < width and cells[at] is not BLANK:
            said["id_number"] = sheet_cells.identity(cells[at], said.get("id_type"), at, tell)
        elif "id_number" in self.columns:
            said["id_number"] = None
        for name, at in self.layout.dates:
            cell = cells[at] if at < width else BLANK
            said[name] = None if cell is BLANK else sheet_cells.day(cell, name, at, tell)
        return said

    def _words(self, cell: Cell, name: str, at: int) -> str | None:
        """Read a text; of crews, trades and banks a list has the same ones again and again."""
        text = cell.text
        if text in self.clean:
            return text
        bad, left = self.bad, self.told.left
        found = sheet_cells.words(cell, name, at, self.tell)
        if found == text and (bad, left) == (self.bad, self.told.left) and left:
            self.clean.add(text)
        return found

    def _sums(self, cells: list[Cell]) -> dict[str, int | None]:
        """Read the sums and counts of a row."""
        width, tell, known = len(cells), self.tell, self.fen
        sums: dict[str, int | None] = {}
        for name, at, unit in self.money:
            cell = cells[at] if at < width else BLANK
            plainly = unit == 1 == cell.unit
            value = known.get(cell.text) if plainly else None
            if value is None and cell is not BLANK:
                value = sheet_cells.fen(cell, unit, name, at, tell)
                if plainly and value is not None and cell.kind is CellKind.NUMBER:
                    known[cell.text] = value
            sums[name] = value
            if value is None and self.bad:
                self.totals.unsure.add(name)
        for name, at in self.layout.counts:
            cell = cells[at] if at < width else BLANK
            value = None if cell is BLANK else sheet_cells.count(cell, name, at, tell)
            sums[name] = value
            if value is None and self.bad:
                self.totals.unsure.add(name)
        return sums

    def _item(self, cells: list[Cell], item: Item) -> int | None:
        """Read a column that no field claims; words in it are no sums and nothing wrong."""
        cell = cells[item.column] if item.column < len(cells) else BLANK
        if cell is BLANK or (cell.kind is CellKind.TEXT and not any(map(str.isdigit, cell.text))):
            return None
        unit = 1 if "元" in item.title else self.unit
        return sheet_cells.fen(cell, unit, "item", item.column, self.tell)

    # ---- what a row's cells say together -----------------------------------------------------

    def _check(
        self,
        said: dict[str, str | None],
        sums: dict[str, int | None],
        items: Mapping[int, int | None],
        cells: list[Cell],
    ) -> None:
        for name in self.layout.required:
            at = self.columns[name]
            value = said[name] if name in said else sums.get(name)
            if value is None and (at >= len(cells) or _nothing(cells[at])):
                self.tell(_MISSING[name], name, at)
                self.totals.unsure.add(name)
        for name, value in sums.items():
            if value is not None and value < 0:
                code = "amount_negative" if name in _NEVER_NEGATIVE else "deduction_negative"
                self.tell(code, name, self.columns[name])
        if not self.bad and self.kind == "payroll":
            added = taken = 0
            for item in self.layout.items:
                if item.sign == "+":
                    added += items[item.column] or 0
                else:
                    taken += items[item.column] or 0
            for code, name in row_faults(sums, self.layout.figures, added, taken):
                self.tell(code, name, self.columns[name])
        if (sums.get("days") or 0) > _MOST_DAYS:
            self.tell("days_too_many", "days", self.columns["days"])
        self._check_person(said)

    def _check_person(self, said: Mapping[str, str | None]) -> None:
        """Compare a person and a card with those of the rows before."""
        people, here = self.people, (self.sheet, self.row)
        number, card, holder = said.get("id_number"), said.get("card_no"), said.get("holder")
        if number and "day" not in self.columns:
            key = (number, said.get("part"), said.get("period"))
            first = people.persons.setdefault(key, here)
            if first != here:
                self.tell("person_twice", "id_number", self.columns["id_number"], _at(*first))
        if card:
            sheet, row, owner = people.cards.setdefault(card, (*here, number))
            if (sheet, row) != here and (owner is None or owner != number):
                self.tell("card_twice", "card_no", self.columns["card_no"], _at(sheet, row))
        if period := said.get("period"):
            people.period = people.period or period
            if period != people.period:
                self.tell("period_differs", "period", self.columns["period"], people.period)
        if holder and said.get("name") and holder != said["name"]:
            self.tell("holder_differs", "holder", self.columns["holder"])

    # ---- attendance --------------------------------------------------------------------------

    def _marks(self, row: Row, said: dict[str, str | None]) -> dict[int, int]:
        """Read the days of a row, in hundredths; morning and afternoon may be rows of their own."""
        part = plain(said.get("part") or "")
        if part and said.get("name") is None and said.get("id_number") is None:
            for name in ("name", "id_number", "crew", "phone"):
                if name in said and self.before:
                    said[name] = self.before.get(name)
        self.before = said
        found: dict[int, int] = {}
        if part in attendance_marks.OVERTIME:
            return found
        most = attendance_marks.PARTS.get(part, 100)
        for at, day in self.layout.days.items():
            below = self.layout.parts[at]
            if row.cell(at).kind is CellKind.BLANK or below in attendance_marks.OVERTIME:
                continue
            units = self._mark(row.cell(at), at)
            if units is not None:
                # √ for a morning is half a day; 0.5 there is what it says.
                share = min(most, attendance_marks.PARTS.get(below, 100))
                found[day] = found.get(day, 0) + (min(units, share) if share < 100 else units)  # noqa: PLR2004
        return found

    def _mark(self, cell: Cell, at: int) -> int | None:
        if cell.kind is CellKind.FAULT:
            self.tell(sheet_cells.fault(cell), "mark", at)
            return None
        units = attendance_marks.units(cell, self.legend)
        if units is None:
            self.tell("mark_unknown", "mark", at)
        return units

    # ---- sums --------------------------------------------------------------------------------

    def _unnamed_sum(self, row: Row) -> bool:
        """Say whether a row without any name is the sum of those above it."""
        cells, width = row.cells, len(row.cells)
        if self.totals.rows < 2 or any(  # noqa: PLR2004
            at < width and cells[at].text for at in self.persons
        ):
            return False
        told = self._told(row)
        return any(told.values()) and all(
            value in self.totals.expected(name) for name, value in told.items() if value
        )

    def _told(self, row: Row) -> dict[str, int]:
        """Give the sums that a row of sums tells and that can be read."""
        found: dict[str, int] = {}
        for name, at in (*self.layout.money, *self.layout.counts):
            cell = row.cell(at)
            if name == "rate" or cell.kind in {CellKind.BLANK, CellKind.FAULT}:
                continue
            if name in MONEY:
                unit = self.layout.unit(name, self.unit)
                value = sheet_cells.fen(cell, unit, name, at, _silent)
            else:
                value = sheet_cells.count(cell, name, at, _silent)
            if value is not None:
                found[name] = value
        return found

    def _total(self, row: Row) -> None:
        """Hold a row of sums against the rows above it."""
        for name, at in (*self.layout.money, *self.layout.counts):
            cell = row.cell(at)
            if cell.kind is CellKind.FAULT and name != "rate":
                self._tell_sum(sheet_cells.fault(cell), name, at)
        letters = next((c.text for c in row.cells if CAPITALS.search(plain(c.text))), "")
        told = self._told(row)
        for name, value in told.items():
            self.sums.append(Sum(name, value, self.sheet, row.number, self.columns[name]))
            sure = self.totals.rows and name not in self.totals.unsure
            if value and sure and value not in self.totals.expected(name):
                self._tell_sum("total_differs", name, self.columns[name])
        if letters:
            self._spoken(row, letters)
        elif told:
            self.totals.close(told)

    def _spoken(self, row: Row, letters: str) -> None:
        """Hold a sum in the letters of cheques against the rows above it."""
        value = spoken(letters)
        totals = self.totals
        if not value or not totals.rows or totals.unsure & {"net", "gross"}:
            return
        if value not in totals.expected("net") | totals.expected("gross"):
            at = next(n for n, cell in enumerate(row.cells) if cell.text == letters)
            self._tell_sum("total_differs", "net", at)

    def _tell_sum(self, code: str, field: str, column: int) -> None:
        title = self.layout.header.titles.get(column, "")
        self.told.add(Flaw(code, self.sheet, self.row, column, field, title))


def _nothing(cell: Cell) -> bool:
    return cell.kind is not CellKind.FAULT and cell.text in NOTHING


def _silent(code: str, field: str, column: int) -> None:
    """Hear nothing: what a row of sums says beside sums is nobody's."""


def _at(sheet: str, row: int) -> str:
    return f"{sheet}!{row}" if sheet else str(row)
