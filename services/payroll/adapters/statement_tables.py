"""Statements that are tables: finds the header, takes the lines, says what the whole file is."""

import re
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from services.payroll.adapters.statement_cells import RowReader, Wrong, account_number
from services.payroll.adapters.statement_order import Order, change
from services.payroll.adapters.statement_types import Flaw, Flaws, Outcome, Piece, Refused, Said
from services.payroll.adapters.statement_words import (
    CLOSING,
    FIELDS,
    LABELS,
    OPENING,
    RENMINBI,
    SUMS,
)
from shared.tables import (
    Cell,
    CellKind,
    Header,
    Labelled,
    Part,
    Row,
    RowClass,
    classes,
    find_header,
    labels,
    moment,
    plain,
)

_PROBED = 80  # rows in which the header must stand
_LEAST = 3
_BATCH = 1_000
_DAYS = re.compile(r"(?:19|20)\d\d(?:[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{4})")
_ZERO = {"", "0", "0.0", "0.00", "-", "--"}
_WAN = {"万元", "人民币万元", "万元人民币"}


class _Told(NamedTuple):
    """A sum that the file tells beside its lines, and where."""

    fen: int
    row: int
    column: int | None


class _Table:
    """One table of a statement, row by row."""

    def __init__(self, sheet: str, header: Header, above: list[Row]) -> None:
        self.sheet, self.header = sheet, header
        self.flaws, self.order = Flaws(), Order()
        self.reader = RowReader(header)
        self.columns = {
            name: (column, header.titles[column]) for name, column in header.columns.items()
        }
        self.opening: _Told | None = None
        self.closing: _Told | None = None
        self.days: dict[str, tuple[date, int, int]] = {}
        self.account, self.account_at = "", (0, 0)
        self.sums = {True: 0, False: 0}
        self.running: int | None = None
        self.sound = False
        self.least: date | None = None
        self.most: date | None = None
        self._label(above)

    def take(self, kind: RowClass, row: Row) -> Said | None:
        """Take a row below the header; give its line, if it is one that can be read."""
        if kind is RowClass.TOTAL:
            self._total(row)
        elif kind is RowClass.NOTE:
            self._label([row])
        elif kind is RowClass.DATA and not self._balance_row(row):
            return self._line(row)
        return None

    def _line(self, row: Row) -> Said | None:
        line = self.reader.line(row, self.order.count + 1, self.flaws, self._running())
        if line is None:
            self.sound = False
            return None
        self.order.follow(line, sound=self.sound)
        self.sound, self.running = True, line.balance
        self.sums[line.incoming] += -line.amount if line.reversed else line.amount
        self.least = min(self.least or line.day, line.day)
        self.most = max(self.most or line.day, line.day)
        return line

    def _running(self) -> int | None:
        """Give the balance before a line, for files without a column of balances."""
        if "balance" in self.columns:
            return None
        if self.running is None and self.opening:
            self.running = self.opening.fen
        return self.running

    def _balance_row(self, row: Row) -> bool:
        """Take a row that only tells a balance, `期初余额`, though it has a day."""
        if any(self.reader.cell(row, name).text not in _ZERO for name in ("out", "in", "amount")):
            return False
        texts = [cell for cell in row.cells if cell.kind is CellKind.TEXT]
        said = next((c for c in texts if _opens(c, OPENING) or _opens(c, CLOSING)), None)
        if said is None:
            return False
        self._told(row, said)
        return True

    def _total(self, row: Row) -> None:
        """Take a row of sums: balances at either end, and sums that must be those of the lines."""
        said = next(cell for cell in row.cells if cell.kind is CellKind.TEXT)
        for cell in row.cells:
            if cell.kind is CellKind.TEXT and (_opens(cell, OPENING) or _opens(cell, CLOSING)):
                self._told(row, cell)
                return
        if plain(said.text).rstrip(":：").lower() in SUMS:
            for name, incoming in (("out", False), ("in", True)):
                told = self._sum(row, name)
                if told is not None and told != self.sums[incoming] and not self.flaws.told:
                    self.flaws.add(self.reader.wrong("total_differs", row, name).flaw)

    def _told(self, row: Row, said: Cell) -> None:
        sums = [(name, self._sum(row, name)) for name in ("balance", "amount", "in", "out")]
        found = next(((name, fen) for name, fen in sums if fen is not None), None)
        if found is None:
            return
        told = _Told(found[1] or 0, row.number, self.columns[found[0]][0])
        if _opens(said, OPENING):
            self.opening = self.opening or told
        else:
            self.closing = told

    def _sum(self, row: Row, name: str) -> int | None:
        try:
            return self.reader.fen(row, name)
        except Wrong:
            return None

    def _label(self, rows: list[Row]) -> None:
        """Take what stands beside labels: account, currency, period, balances."""
        for name, found in labels(rows, LABELS).items():
            for each in found:
                self._labelled(name, each)

    def _labelled(self, name: str, each: Labelled) -> None:
        where = (each.row, each.column)
        text = plain(each.value.text)
        if name == "own":
            self._own(account_number(text), each)
        elif name == "currency" and text.lower() not in RENMINBI:
            self.flaws.add(Flaw("currency_foreign", *where))
        elif name == "unit" and text in _WAN:
            self.flaws.add(Flaw("amount_in_wan", *where))
        elif name in {"from", "to", "period"}:
            self._named_days(name, each)
        elif name in {"opening", "closing"}:
            self._balance(name, each)

    def _named_days(self, name: str, each: Labelled) -> None:
        where = (each.row, each.column)
        days = [day for said in _DAYS.findall(plain(each.value.text)) if (day := _day(said))]
        if name != "period" and (found := moment(each.value)):
            self.days.setdefault(name, (found[0], *where))
        elif name == "period" and len(days) == 2:  # noqa: PLR2004  from and to
            self.days.setdefault("from", (days[0], *where))
            self.days.setdefault("to", (days[1], *where))

    def _own(self, account: str, each: Labelled) -> None:
        if each.value.damaged:
            self.flaws.add(Flaw("digits_lost", each.row, each.column))
        elif account and self.account and account != self.account:
            self.flaws.add(Flaw("two_accounts", each.row, each.column))
        elif account and not self.account:
            self.account, self.account_at = account, (each.row, each.column)

    def _balance(self, name: str, each: Labelled) -> None:
        row = Row(each.row, [each.value])
        alone = RowReader(Header((), {"balance": 0}, {0: ""}, {}, (), {}))
        try:
            fen = alone.fen(row, "balance")
        except Wrong as wrong:
            self.flaws.add(wrong.flaw._replace(column=each.column))
            return
        if fen is None:
            return
        told = _Told(fen, each.row, each.column)
        if name == "closing":
            self.closing = self.closing or told
        else:
            self.opening = self.opening or told

    # ---- the end -----------------------------------------------------------------------------

    def outcome(self) -> Outcome:
        """Say what the file is, and all that is wrong with it."""
        for flaw in self.order.flaws(self.columns):
            self.flaws.add(flaw)
        oldest, newest = self.order.oldest, self.order.newest
        opening = oldest.balance - change(oldest) if oldest else self._only("opening")
        closing = newest.balance if newest else self._only("closing")
        if not self.flaws.told:
            self._check_balances(opening, closing)
        self._check_account()
        since, until = self._period()
        first, last = self.order.first, self.order.last
        return Outcome(
            sheet=self.sheet,
            columns=self.columns,
            account=self.account or self.reader.account,
            account_at=self.account_at if self.account else self.reader.account_at,
            ascending=self.order.ascending,
            lines=self.order.count,
            first_row=first.row if first else 0,
            last_row=last.row if last else 0,
            from_day=since,
            to_day=until,
            opening=opening or 0,
            closing=closing or 0,
            serials=self.reader.serials,
            flaws=self.flaws.told,
            more=self.flaws.more,
        )

    def _only(self, name: str) -> int | None:
        """Give a balance of a statement without lines; it must tell both, and its days."""
        told: _Told | None = getattr(self, name)
        if told is None or len(self.days) < 2:  # noqa: PLR2004  from and to
            if not self.flaws.told:
                self.flaws.add(Flaw("no_lines", self.header.rows[-1].number))
            return None
        return told.fen

    def _check_balances(self, opening: int | None, closing: int | None) -> None:
        head = self.header.rows[-1].number
        if "balance" not in self.columns and not (
            self.opening and self.closing and self.order.ascending
        ):
            self.flaws.add(Flaw("balance_missing", head))
            return
        for told, found, code in (
            (self.opening, opening, "opening_does_not_chain"),
            (self.closing, closing, "closing_does_not_chain"),
        ):
            if told and found is not None and told.fen != found:
                self.flaws.add(Flaw(code, told.row, told.column))

    def _check_account(self) -> None:
        """Compare the account above the table with the one in its rows."""
        above, within = self.account, self.reader.account
        if above and within and "*" not in above + within and above != within:
            self.flaws.add(Flaw("two_accounts", *self.reader.account_at))

    def _period(self) -> tuple[date | None, date | None]:
        """Give the days that the file covers: those it names, else those of its lines."""
        since = self.days["from"][0] if "from" in self.days else self.least
        until = self.days["to"][0] if "to" in self.days else self.most
        if self.least and since and self.least < since:
            self.flaws.add(Flaw("day_outside_period", *self.days["from"][1:]))
        if self.most and until and self.most > until:
            self.flaws.add(Flaw("day_outside_period", *self.days["to"][1:]))
        if since and until and since > until:
            self.flaws.add(Flaw("day_outside_period", *self.days["to"][1:]))
        return since, until


def _opens(cell: Cell, words: tuple[str, ...]) -> bool:
    return plain(cell.text).lower().startswith(words)


def _day(said: str) -> date | None:
    found = moment(Cell(CellKind.TEXT, said))
    return found[0] if found else None


# ---- sheets ----------------------------------------------------------------------------------


def pieces(parts: Iterator[Part]) -> Iterator[Piece]:
    """Give the lines of the one table that a file has, then what it is."""
    table: _Table | None = None
    sheets = _Sheets(parts)
    for name, rows in sheets:
        head: list[Row] = []
        rest = iter(rows)
        for row in rest:
            head.append(row)
            if len(head) >= _PROBED:
                break
        header = find_header(head, FIELDS, least=_LEAST)
        if header is None or not _complete(header):
            if table is None and header is not None:
                sheets.partial = (name, header)
            continue
        if table is not None:
            table.flaws.add(Flaw("two_tables", header.rows[0].number, None, name))
            continue
        above = [row for row in head if row.number < header.rows[0].number]
        table = _Table(name, header, above)
        yield from _lines(table, head, rest)
    if sheets.refused:
        yield Piece(refused=sheets.refused)
        return
    yield Piece(outcome=table.outcome() if table else _no_table(sheets.partial))


def _complete(header: Header) -> bool:
    found = header.columns.keys()
    return bool(found & {"day", "booked", "time"}) and ("amount" in found or {"out", "in"} <= found)


def _no_table(partial: tuple[str, Header] | None) -> Outcome:
    """Say that there is no header, or which columns are missing in the one that comes nearest."""
    if partial is None:
        return Outcome(flaws=[Flaw("header_missing")])
    sheet, header = partial
    code = "columns_missing"
    missing = [] if header.columns.keys() & {"day", "booked", "time"} else ["交易日期"]
    if "amount" not in header.columns and not {"out", "in"} <= header.columns.keys():
        missing.append("借方发生额、贷方发生额")
    row = header.rows[-1].number
    return Outcome(sheet=sheet, flaws=[Flaw(code, row, None, "", "、".join(missing))])


def _lines(table: _Table, head: list[Row], rest: Iterator[Row]) -> Iterator[Piece]:
    batch: list[Said] = []

    def rows() -> Iterator[Row]:
        yield from head
        yield from rest

    known = classes(
        rows(), table.header, totals=(*OPENING, *CLOSING), anchors=("day", "booked", "time")
    )
    last = table.header.rows[-1].number
    for kind, row in known:
        if row.number <= last:
            continue
        line = table.take(kind, row)
        if line is not None:
            batch.append(line)
            if len(batch) >= _BATCH:
                yield Piece(lines=batch)
                batch = []
    if batch:
        yield Piece(lines=batch)


class _Sheets:
    """Gives the sheets that people see, one after the other, each with an iterator of its rows."""

    def __init__(self, parts: Iterator[Part]) -> None:
        self.parts = parts
        self.refused: Refused | None = None
        self.partial: tuple[str, Header] | None = None
        self.next: Part | None = None

    def __iter__(self) -> Iterator[tuple[str, Iterator[Row]]]:
        self._step()
        while self.next is not None:
            sheet = self.next.sheet
            rows = self._rows()
            if sheet and not sheet.hidden:
                yield sheet.name, rows
            for _ in rows:  # what nobody took of it
                pass

    def _rows(self) -> Iterator[Row]:
        self._step()
        while self.next is not None and self.next.sheet is None:
            yield from self.next.rows
            self._step()

    def _step(self) -> None:
        self.next = next(self.parts, None)
        if self.next is not None and self.next.refusal:
            self.refused, self.next = Refused(*self.next.refusal), None
