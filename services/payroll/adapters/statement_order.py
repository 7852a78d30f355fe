"""In which order a statement runs, and whether its balances follow from each other."""

from typing import NamedTuple

from services.payroll.adapters.statement_types import Flaw, Said

_MOST = 20


class _Break(NamedTuple):
    row: int
    what: str


class Order:
    """Follows lines in the file's order and tries both: oldest first, and newest first.

    Only one of the two can chain, unless all lines are of one day and one line.
    """

    def __init__(self) -> None:
        self.first: Said | None = None
        self.last: Said | None = None
        self.broken: dict[bool, list[_Break]] = {True: [], False: []}
        self.count = 0

    def follow(self, line: Said, *, sound: bool) -> None:
        """Take the next line; without `sound` the one before could not be read."""
        before = self.last
        if before is None:
            self.first = line
        elif sound:
            if before.balance + change(line) != line.balance:
                self._break(line.row, "balance", ascending=True)
            if line.balance + change(before) != before.balance:
                self._break(line.row, "balance", ascending=False)
        if before is not None and line.day != before.day:
            self._break(line.row, "day", ascending=line.day < before.day)
        self.last = line
        self.count += 1

    def _break(self, row: int, what: str, *, ascending: bool) -> None:
        breaks = self.broken[ascending]
        if len(breaks) < _MOST:
            breaks.append(_Break(row, what))

    @property
    def ascending(self) -> bool:
        """Say which of the two it is: by the days, and within one day by the balances."""
        if self.first is None or self.last is None:
            return True
        if self.first.day != self.last.day:
            return self.first.day < self.last.day
        return len(self.broken[True]) <= len(self.broken[False])

    @property
    def oldest(self) -> Said | None:
        """Give the line that was booked first."""
        return self.first if self.ascending else self.last

    @property
    def newest(self) -> Said | None:
        """Give the line that was booked last."""
        return self.last if self.ascending else self.first

    def flaws(self, columns: dict[str, tuple[int, str]]) -> list[Flaw]:
        """Say where the order or the balances break."""
        found = []
        for row, what in self.broken[self.ascending]:
            field = what if what == "balance" else "day" if "day" in columns else "booked"
            column, title = columns.get(field, (None, ""))
            code = "balance_does_not_chain" if what == "balance" else "lines_out_of_order"
            found.append(Flaw(code, row, column, title))
        return found


def change(line: Said) -> int:
    """Give by how much a line changes the balance."""
    return line.amount if line.incoming else -line.amount
