"""What is not ours: files that people bring, documents of templates, sheets, and packs."""

from services.cases.adapters import (
    board_plate,
    documents,
    evidence_file,
    ledger_file,
    line_list,
    pack_file,
    public_page,
    quality_file,
    scanner,
)

__all__ = [
    "board_plate",
    "documents",
    "evidence_file",
    "ledger_file",
    "line_list",
    "pack_file",
    "public_page",
    "quality_file",
    "scanner",
]
