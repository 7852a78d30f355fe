"""Files of wage accounts that came to be imported."""

from sqlalchemy import Index

from services.payroll.models.lists import FilledList


class AccountList(FilledList):
    """A file of wage accounts as it came."""

    __tablename__ = "account_lists"
    __table_args__ = (Index("uq_account_lists_digest", "area_code", "digest", unique=True),)
