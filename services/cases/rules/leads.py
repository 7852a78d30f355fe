"""Leads (欠薪线索) that other platforms push: whose they are, and how far they are. Pure."""

from enum import StrEnum


class LeadSource(StrEnum):
    """Which platform a lead comes from; its ids are unique within it."""

    NATIONAL_PLATFORM = "national_platform"
    PROVINCE_PLATFORM = "province_platform"


class LeadState(StrEnum):
    """Where a lead stands."""

    RECEIVED = "received"
    CONCLUDED = "concluded"


class Conclusion(StrEnum):
    """What became of a lead. The lists of areas differ (domain 8.9): these are ours."""

    PAID = "paid"
    CASE_OPENED = "case_opened"
    HANDED_OVER = "handed_over"
    NOT_COMPETENT = "not_competent"
    NO_ARREARS = "no_arrears"
    WORKS_PRICE_CLAIM = "works_price_claim"
    UNREACHABLE = "unreachable"
