"""Feeds that payroll expects beside those of banks."""

from services.payroll.models.tables import Base
from shared.expectations import Expected


class Expectation(Expected, Base):
    """A feed that has to be heard of: a finance bureau's payments, a project's attendance."""
