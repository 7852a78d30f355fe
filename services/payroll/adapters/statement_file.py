"""What the child runs: a statement file, of whichever kind, as lines and what they come to."""

from collections.abc import Iterator
from typing import BinaryIO

from services.payroll.adapters import camt053, statement_tables
from services.payroll.adapters.statement_types import Piece
from shared.tables import reading


def read(file: BinaryIO) -> Iterator[Piece]:
    """Give a statement's lines, then its outcome or why it cannot be read at all."""
    if camt053.claims(file):
        return camt053.pieces(file)
    return statement_tables.pieces(reading.parts(file))
