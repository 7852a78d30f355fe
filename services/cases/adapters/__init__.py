"""What is not ours: files that people bring, documents of templates, sheets, and packs."""

from services.cases.adapters import (
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
    "documents",
    "evidence_file",
    "ledger_file",
    "line_list",
    "pack_file",
    "public_page",
    "quality_file",
    "scanner",
]
