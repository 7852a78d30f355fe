"""The HTTP door of payroll, by noun."""

from services.payroll.routes import accounts, feeds, lines, obligations, sources, standings
from services.payroll.routes.router import router

__all__ = ["accounts", "feeds", "lines", "obligations", "router", "sources", "standings"]
