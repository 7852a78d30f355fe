"""Reads one row of a statement: its day, which way the money went, how much, and who."""

from datetime import date, time
from hashlib import sha256
from typing import NamedTuple

from services.payroll.adapters.statement_types import Flaw, Flaws, Said
from services.payroll.adapters.statement_words import IN, OUT, RENMINBI
from shared.tables import BLANK, Cell, CellKind, Header, Row, clock_time, moment, number, plain

_NOTHING = {"", "-", "--", "---", "—", "——", "/", "\\", "无", "null", "none", "n/a"}
_LONGEST_SERIAL, _LONGEST_PURPOSE, _LONGEST_NAME = 60, 200, 200
_MOST_FEN = 10**14


class Wrong(Exception):
    """A cell of this row cannot be taken; `flaw` says which and why."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.code)
        self.flaw = flaw


class Moved(NamedTuple):
    """What a row says of the money: which way, how many fen, and whether it takes back."""

    incoming: bool
    amount: int
    reversed: bool


class RowReader:
    """Reads rows under one header."""

    def __init__(self, header: Header) -> None:
        self.header = header
        self.columns = header.columns
        self.two = "out" in self.columns and "in" in self.columns
        self.names = [name for name in ("summary", "use", "remark") if name in self.columns]
        self.account, self.account_at = "", (0, 0)
        self.serials = "serial" in self.columns

    def wrong(self, code: str, row: Row, name: str, detail: str = "") -> Wrong:
        """Give what is wrong with a field's cell."""
        column = self.columns.get(name)
        title = self.header.titles.get(column, "") if column is not None else ""
        return Wrong(Flaw(code, row.number, column, title, detail))

    def line(self, row: Row, position: int, flaws: Flaws, before: int | None) -> Said | None:
        """Give a row's line, or None after its flaws were told.

        `before` is the balance before it, where the file tells no balances.
        """
        try:
            return self._said(row, position, before)
        except Wrong:
            # Few rows are wrong; of these all is told.
            flaw = flaws.add
            for read in (self.when, self._way, self._balance, self.own, self.serial, self.purpose):
                try:
                    read(row)
                except Wrong as wrong:
                    flaw(wrong.flaw)
            return None

    def _said(self, row: Row, position: int, before: int | None) -> Said:
        (day, clock), moved, balance = self.when(row), self.moved(row), self._balance(row)
        self.own(row)
        name, account = self.counterparty(row, incoming=moved.incoming)
        if balance is None:
            balance = (before or 0) + (moved.amount if moved.incoming else -moved.amount)
        second = clock.hour * 3600 + clock.minute * 60 + clock.second if clock else 0
        serial = self.serial(row)
        if not serial:
            told = f"{day}|{second}|{moved.incoming}|{moved.amount}|{balance}"
            serial = f"x{sha256(told.encode()).hexdigest()[:20]}"
        return Said(
            position, row.number, serial, day, second, moved.incoming, moved.reversed,
            moved.amount, balance, name, account, self.purpose(row),
        )  # fmt: skip

    def _way(self, row: Row) -> tuple[str, str]:
        """Read the money and, where that can be told, who is on the other side."""
        return self.counterparty(row, incoming=self.moved(row).incoming)

    def cell(self, row: Row, name: str) -> Cell:
        """Give a field's cell of a row; blank if the table has no such column."""
        column = self.columns.get(name)
        if column is None or column >= len(row.cells):
            return BLANK
        return row.cells[column]

    def _balance(self, row: Row) -> int | None:
        balance = self.fen(row, "balance")
        if balance is None and "balance" in self.columns:
            raise self.wrong("balance_unreadable", row, "balance")
        return balance

    def purpose(self, row: Row) -> str:
        """Give all that the bank says of what a line is for, each sentence once."""
        said = [text for name in self.names if (text := self.text(row, name))]
        return " ".join(dict.fromkeys(said))[:_LONGEST_PURPOSE]

    def when(self, row: Row) -> tuple[date, time | None]:
        """Give the day on which the money moved in the account, and the time if it is that day's.

        A booking day goes before the day on which somebody ordered the payment.
        """
        told = [
            (name, cell)
            for name in ("booked", "day", "time")
            if name in self.columns and (cell := self.cell(row, name)).text not in _NOTHING
        ]
        found: tuple[date, time | None] | None = None
        for name, cell in told:
            at = moment(cell)
            if at is None and name == "time" and found:
                if (clock := clock_time(cell)) is None:
                    raise self.wrong("time_unreadable", row, name)
                at = (found[0], clock)
            if at is None:
                raise self.wrong(_fault(cell) or "day_unreadable", row, name)
            if found is None:
                found = at
            elif found[1] is None and at[0] == found[0]:
                found = (found[0], at[1])
        if found is None:
            raise self.wrong("day_missing", row, "booked" if "booked" in self.columns else "day")
        return found

    def moved(self, row: Row) -> Moved:
        """Give which way the money went and how much, by two columns, a flag or a sign."""
        if self.two:
            out, into = self.fen(row, "out") or 0, self.fen(row, "in") or 0
            if bool(out) == bool(into):
                raise self.wrong("amount_twice" if out else "amount_missing", row, "out")
            return _moved(out, incoming=False) if out else _moved(into, incoming=True)
        amount = self.fen(row, "amount")
        if not amount:
            raise self.wrong("amount_missing", row, "amount")
        if "flag" not in self.columns:
            return Moved(amount > 0, abs(amount), reversed=False)
        flag = plain(self.cell(row, "flag").text).lower()
        if flag not in IN | OUT:
            raise self.wrong("flag_unknown" if flag else "flag_missing", row, "flag")
        incoming = flag in IN
        return _moved(amount, incoming=incoming)

    def fen(self, row: Row, name: str) -> int | None:
        """Give a sum in fen; None where the cell or the column is not there."""
        cell = self.cell(row, name)
        text = cell.text
        if text in _NOTHING and cell.kind is not CellKind.FAULT:
            return None
        if _is_plain(cell) and name not in self.header.units:
            return self._bounded(int(text[:-3] + text[-2:]), row, name)
        found = number(cell)
        if found is None:
            raise self.wrong(_fault(cell) or "amount_unreadable", row, name)
        value, unit = found
        if unit != 1 or self.header.units.get(name, 1) != 1:
            raise self.wrong("amount_in_wan", row, name)
        fen = value.scaleb(2)
        if fen != fen.to_integral_value():
            raise self.wrong("not_whole_fen", row, name)
        return self._bounded(int(fen), row, name)

    def _bounded(self, fen: int, row: Row, name: str) -> int:
        if abs(fen) >= _MOST_FEN:
            raise self.wrong("amount_too_large", row, name)
        return fen

    def text(self, row: Row, name: str) -> str:
        """Give a cell's text; empty where it only says that there is nothing."""
        cell = self.cell(row, name)
        if cell.kind is CellKind.FAULT:
            raise self.wrong(_fault(cell) or "cell_error", row, name)
        return "" if cell.text.lower() in _NOTHING else cell.text

    def own(self, row: Row) -> None:
        """Compare account and currency of a row with those of the rows before."""
        if "own" in self.columns:
            cell = self.cell(row, "own")
            if cell.damaged:
                raise self.wrong("digits_lost", row, "own")
            account = account_number(cell.text)
            if account and not self.account:
                self.account, self.account_at = account, (row.number, self.columns["own"])
            elif account and account != self.account:
                raise self.wrong("two_accounts", row, "own")
        if "currency" in self.columns:
            currency = plain(self.cell(row, "currency").text).lower()
            if currency and currency not in RENMINBI:
                raise self.wrong("currency_foreign", row, "currency")

    def serial(self, row: Row) -> str:
        """Give the bank's number of a line; empty where it gives none."""
        if not self.serials:
            return ""
        cell = self.cell(row, "serial")
        if cell.kind is CellKind.FAULT:
            raise self.wrong(_fault(cell) or "cell_error", row, "serial")
        if cell.damaged:
            raise self.wrong("digits_lost", row, "serial")
        serial = plain(cell.text)
        if serial in _NOTHING:
            return ""
        if len(serial) > _LONGEST_SERIAL or not (serial.isascii() and serial.isprintable()):
            raise self.wrong("serial_unreadable", row, "serial")
        return serial

    def counterparty(self, row: Row, *, incoming: bool) -> tuple[str, str]:
        """Give name and account of the other side, as far as the file knows them."""
        side = ""
        if "name" not in self.columns and "account" not in self.columns:
            side = "payer_" if incoming else "payee_"
        name, account = f"{side}name", f"{side}account"
        if self.cell(row, account).damaged:
            raise self.wrong("digits_lost", row, account)
        return self.text(row, name)[:_LONGEST_NAME], self.text(row, account)[:_LONGEST_NAME]


def _is_plain(cell: Cell) -> bool:
    """Say whether a sum is spelled like most of them, `1234.50`: a hundred thousand are read."""
    text = cell.text
    return (
        text[-3:-2] == "."
        and text[:-3].isdecimal()
        and text[-2:].isdecimal()
        and text.isascii()
        and cell.unit == 1
    )


def _moved(amount: int, *, incoming: bool) -> Moved:
    """Turn a negative entry around: it takes money back that went the other way."""
    return Moved(incoming == (amount > 0), abs(amount), reversed=amount < 0)


def _fault(cell: Cell) -> str | None:
    """Say what is wrong with a cell that holds an error, or a formula without its value."""
    if cell.kind is not CellKind.FAULT:
        return None
    return "formula_uncalculated" if cell.text == "=" else "cell_error"


def account_number(text: str) -> str:
    """Give a number without what separates its digits; empty if it is none."""
    close = plain(text).replace("-", "").upper()
    return close if sum(letter.isdecimal() for letter in close) >= 4 else ""  # noqa: PLR2004
