"""What is not ours: files that people bring, and documents made from their templates."""

from services.cases.adapters import documents, evidence_file

__all__ = ["documents", "evidence_file"]
