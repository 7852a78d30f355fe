"""What is not ours: files that people bring, documents of templates, and the ledger's sheet."""

from services.cases.adapters import (
    documents,
    evidence_file,
    ledger_file,
    line_list,
    public_page,
    scanner,
)

__all__ = ["documents", "evidence_file", "ledger_file", "line_list", "public_page", "scanner"]
