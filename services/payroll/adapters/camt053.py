"""Statements in ISO 20022 camt.053 (BankToCustomerStatement), in any of its versions.

An entry has no balance of its own: it follows from the opening (OPBD or PRCD) and the entries up to
it, and must end at the closing (CLBD). Pending entries are not booked and are left out.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import BinaryIO
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from services.payroll.adapters.statement_types import (
    Flaw,
    Flaws,
    Outcome,
    Piece,
    Refused,
    Said,
)
from shared.tables import plain, shown

_BEIJING = timezone(timedelta(hours=8))
_HEAD = 2_000
_BATCH = 1_000
_OPENING, _CLOSING = ("OPBD", "PRCD"), ("CLBD",)
_MOST_FEN = 10**14


def claims(file: BinaryIO) -> bool:
    """Say whether a file is such a statement, by its first bytes; the file is left as it was."""
    head = file.read(_HEAD)
    file.seek(0)
    return b"camt.053" in head or b"BkToCstmrStmt" in head


def pieces(file: BinaryIO) -> Iterator[Piece]:
    """Give the entries as lines, then what the file is."""
    reader = _Reader()
    try:
        for _, element in iterparse(file, events=("end",), forbid_dtd=True):
            name = _bare(element.tag)
            if name in _TAKEN:
                line = reader.take(name, element)
                element.clear()
                if line:
                    reader.batch.append(line)
            if len(reader.batch) >= _BATCH:
                yield Piece(lines=reader.batch)
                reader.batch = []
    except DefusedXmlException:
        yield Piece(refused=Refused("xml_hostile"))
        return
    except (ParseError, UnicodeError):
        yield Piece(refused=Refused("truncated"))
        return
    yield Piece(lines=reader.batch)
    yield Piece(outcome=reader.outcome())


_TAKEN = frozenset({"Acct", "FrToDt", "Bal", "Ntry", "Stmt"})


def _bare(tag: str) -> str:
    return tag.rpartition("}")[2]


def _find(element: Element, path: str) -> Element | None:
    """Follow names without their namespace, which differs from version to version."""
    here: Element | None = element
    for name in path.split("/"):
        within = here if here is not None else ()
        here = next((each for each in within if _bare(each.tag) == name), None)
    return here


def _text(element: Element, *paths: str) -> str:
    for path in paths:
        found = _find(element, path)
        if found is not None and found.text and found.text.strip():
            return shown(found.text)
    return ""


class _Reader:
    """Takes the parts of a statement as they end."""

    def __init__(self) -> None:
        self.flaws, self.batch = Flaws(), list[Said]()
        self.account = ""
        self.days: list[date] = []
        self.opening: int | None = None
        self.running: int | None = None
        self.closing: int | None = None
        self.entries = self.lines = 0
        self.last: date | None = None
        self.least: date | None = None
        self.most: date | None = None
        self.statements = 0
        self.within = 0

    def take(self, name: str, element: Element) -> Said | None:
        """Take a part; give the line of a booked entry."""
        if name == "Ntry":
            return self._entry(element)
        if name == "Acct":
            self._account(element)
        elif name == "FrToDt":
            told = (_text(element, "FrDtTm", "FrDt"), _text(element, "ToDtTm", "ToDt"))
            self.days += [day for said in told if (day := _day(said))]
        elif name == "Bal":
            self._balance(element)
        else:
            self._end_statement()
        return None

    def _account(self, element: Element) -> None:
        number = plain(_text(element, "Id/IBAN", "Id/Othr/Id")).upper()
        if not number:
            return
        if self.account and number != self.account:
            self.flaws.add(Flaw("two_accounts", self.entries, None, "Acct"))
        self.account = self.account or number
        if (currency := _text(element, "Ccy")) and currency != "CNY":
            self.flaws.add(Flaw("currency_foreign", self.entries, None, "Acct/Ccy"))

    def _fen(self, element: Element, where: int) -> int | None:
        amount = _find(element, "Amt")
        said = (amount.text or "").strip() if amount is not None else ""
        if amount is not None and amount.get("Ccy", "CNY") != "CNY":
            self.flaws.add(Flaw("currency_foreign", where, None, "Amt"))
            return None
        try:
            fen = Decimal(said).scaleb(2)
        except InvalidOperation:
            self.flaws.add(Flaw("amount_unreadable", where, None, "Amt"))
            return None
        if not fen.is_finite() or not 0 <= fen < _MOST_FEN or fen != int(fen):
            self.flaws.add(Flaw("not_whole_fen", where, None, "Amt"))
            return None
        return int(fen)

    def _balance(self, element: Element) -> None:
        kind = _text(element, "Tp/CdOrPrtry/Cd")
        if kind not in _OPENING + _CLOSING:
            return
        fen = self._fen(element, self.entries)
        if fen is None:
            return
        signed = -fen if _text(element, "CdtDbtInd") == "DBIT" else fen
        if kind in _CLOSING:
            self.closing = signed
        elif self.opening is None:
            self.opening = self.running = signed
        elif self.within == 0 and self.running != signed:
            self.flaws.add(Flaw("opening_does_not_chain", self.entries, None, "Bal"))
        if kind in _CLOSING or self.last is None:
            self.days += [day] if (day := _day(_text(element, "Dt/Dt", "Dt/DtTm"))) else []

    def _entry(self, element: Element) -> Said | None:
        self.entries += 1
        if _text(element, "Sts/Cd", "Sts") in {"PDNG", "INFO", "FUTR"}:
            return None
        fen = self._fen(element, self.entries)
        said = _text(element, "BookgDt/DtTm", "BookgDt/Dt")
        day, way = _day(said), _text(element, "CdtDbtInd")
        if day is None:
            self.flaws.add(Flaw("day_unreadable", self.entries, None, "BookgDt"))
        if way not in {"CRDT", "DBIT"}:
            self.flaws.add(Flaw("flag_unknown", self.entries, None, "CdtDbtInd"))
        if fen == 0:
            self.flaws.add(Flaw("amount_missing", self.entries, None, "Amt"))
        if not fen or day is None or way not in {"CRDT", "DBIT"}:
            return None
        if self.last and day < self.last:
            self.flaws.add(Flaw("lines_out_of_order", self.entries, None, "BookgDt"))
        self.last, self.within = day, self.within + 1
        self.least, self.most = min(self.least or day, day), max(self.most or day, day)
        incoming = way == "CRDT"
        self.running = (self.running or 0) + (fen if incoming else -fen)
        self.lines += 1
        return self._said(element, day, said, fen, incoming=incoming)

    def _said(self, entry: Element, day: date, said: str, fen: int, *, incoming: bool) -> Said:
        details = [each for group in entry if _bare(group.tag) == "NtryDtls" for each in group]
        details = [each for each in details if _bare(each.tag) == "TxDtls"]
        one = details[0] if len(details) == 1 else entry
        side = "Dbtr" if incoming else "Cdtr"
        parties = f"RltdPties/{side}"
        name = _text(one, f"{parties}/Nm", f"{parties}/Pty/Nm")
        account = _text(one, f"{parties}Acct/Id/IBAN", f"{parties}Acct/Id/Othr/Id")
        words = [_text(one, "RmtInf/Ustrd"), _text(one, "AddtlTxInf"), _text(entry, "AddtlNtryInf")]
        back = _text(entry, "RvslInd") == "true" or _find(one, "RtrInf") is not None
        serial = plain(_text(entry, "AcctSvcrRef", "NtryRef") or _text(one, "Refs/AcctSvcrRef"))
        if not (serial.isascii() and serial.isprintable() and 0 < len(serial) <= 60):  # noqa: PLR2004
            told = f"{said}|{incoming}|{fen}|{self.running}"
            serial = f"x{sha256(told.encode()).hexdigest()[:20]}"
        purpose = " ".join(dict.fromkeys(filter(None, words)))
        return Said(
            self.lines, self.entries, serial, day, _second(said), incoming, back, fen,
            self.running or 0, name[:200], account[:200], purpose[:200],
        )  # fmt: skip

    def _end_statement(self) -> None:
        self.statements += 1
        self.within = 0
        if self.opening is None or self.closing is None:
            self.flaws.add(Flaw("balance_missing", self.entries, None, "Bal"))
        elif self.running != self.closing:
            self.flaws.add(Flaw("closing_does_not_chain", self.entries, None, "Bal"))

    def outcome(self) -> Outcome:
        """Say what the file is, and all that is wrong with it."""
        if not self.statements:
            self.flaws.add(Flaw("no_lines"))
        days = [day for day in (*self.days, self.least, self.most) if day]
        if self.statements and not days:
            self.flaws.add(Flaw("no_lines"))
        return Outcome(
            form="camt053",
            account=self.account,
            lines=self.lines,
            first_row=1,
            last_row=self.entries,
            from_day=min(days) if days else None,
            to_day=max(days) if days else None,
            opening=self.opening or 0,
            closing=self.closing or 0,
            flaws=self.flaws.told,
            more=self.flaws.more,
        )


def _day(said: str) -> date | None:
    """Give the Beijing day of a date or an instant."""
    try:
        if "T" not in said:
            return date.fromisoformat(said[:10])
        return _at(said).date()
    except ValueError:
        return None


def _at(said: str) -> datetime:
    at = datetime.fromisoformat(said)
    return at.astimezone(_BEIJING) if at.tzinfo else at.replace(tzinfo=_BEIJING)


def _second(said: str) -> int:
    if "T" not in said:
        return 0
    at = _at(said)
    return at.hour * 3600 + at.minute * 60 + at.second
