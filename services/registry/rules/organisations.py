"""Organisations: their roles, and the check of the unified social credit code (GB 32100)."""

import unicodedata
from collections.abc import Sequence
from datetime import date
from enum import StrEnum

from stdnum.cn import uscc
from stdnum.exceptions import InvalidChecksum, InvalidLength, ValidationError

from shared.problems import Finding
from shared.wording import Text


class OrganisationRole(StrEnum):
    """What an organisation takes part as; it may be several, or just an employer of any trade."""

    DEVELOPER = "developer"
    CONTRACTOR = "contractor"
    SUBCONTRACTOR = "subcontractor"
    EMPLOYER = "employer"
    LABOUR_USER = "labour_user"
    SUPERVISING_ENGINEER = "supervising_engineer"
    BANK = "bank"
    SECTOR_AUTHORITY = "sector_authority"
    HRSS = "hrss"
    LABOUR_INSPECTION = "labour_inspection"
    WAGE_OFFICE = "wage_office"
    LEADING_GROUP = "leading_group"
    MEMBER_BODY = "member_body"
    FINANCE_BUREAU = "finance_bureau"
    TOWN = "town"


def normal_credit_code(said: str) -> str:
    """Give a credit code as it is kept: half width, upper case, without blanks and hyphens."""
    return uscc.compact(unicodedata.normalize("NFKC", said))


def check_credit_code(place: str, code: str) -> list[Finding]:
    """Give the finding that a normalised code cannot be one: length, characters or check digit."""
    try:
        uscc.validate(code)
    except InvalidLength:
        detail = Text(
            "统一社会信用代码应为 18 位", "A unified social credit code has 18 characters"
        )
    except InvalidChecksum:
        detail = Text("统一社会信用代码校验位不符", "The credit code's check digit is wrong")
    except ValidationError:
        detail = Text("统一社会信用代码含有不允许的字符", "The credit code has a wrong character")
    else:
        return []
    return [
        Finding(
            place,
            "CreditCodeWrong",
            detail,
            Text("请按营业执照或法人证书核对", "Compare it with the licence or certificate"),
        )
    ]


def check_hardship(spans: Sequence[tuple[date, date | None]]) -> list[Finding]:
    """Give the findings of dated hardship tags that end before they begin."""
    return [
        Finding(
            f"hardship[{at}].until_on",
            "EndsBeforeStart",
            Text("终止日期早于起始日期", "It ends before it begins"),
        )
        for at, (from_on, until_on) in enumerate(spans)
        if until_on and until_on < from_on
    ]


def unknown_or_without_role(
    place: str, roles: Sequence[str] | None, role: OrganisationRole
) -> list[Finding]:
    """Give the finding that a named organisation is not here (None), or not in that role."""
    if roles is None:
        return [organisation_unknown(place)]
    if role in roles:
        return []
    return [
        Finding(
            place,
            "RoleMissing",
            Text("该单位未登记“{role}”角色", "This organisation is not registered as {role}").fill(
                role=role.value
            ),
            Text("请先在单位信息中补充角色", "Add the role to the organisation first"),
        )
    ]


def organisation_unknown(place: str) -> Finding:
    """Say that no organisation has this id."""
    return Finding(
        place,
        "OrganisationUnknown",
        Text("单位未登记", "This organisation is not registered"),
        Text("请先登记该单位", "Register it first"),
    )
