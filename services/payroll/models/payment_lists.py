"""Files of treasury payments that finance bureaus exported."""

from sqlalchemy import Index

from services.payroll.models.lists import FilledList


class PaymentList(FilledList):
    """A file of treasury payments as it came; `area_code` is its bureau's."""

    __tablename__ = "payment_lists"
    __table_args__ = (Index("uq_payment_lists_digest", "area_code", "digest", unique=True),)
