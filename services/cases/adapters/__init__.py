"""What is not ours: files that people bring."""

from services.cases.adapters import evidence_file

__all__ = ["evidence_file"]
