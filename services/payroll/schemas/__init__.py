"""Bodies of payroll's interface, by noun."""

from services.payroll.schemas import accounts, feeds, lines, obligations, sources

__all__ = ["accounts", "feeds", "lines", "obligations", "sources"]
