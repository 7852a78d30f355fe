"""The HTTP door of cases, by noun."""

from services.cases.routes import answers, items, policies, proposals
from services.cases.routes.router import router

__all__ = ["answers", "items", "policies", "proposals", "router"]
