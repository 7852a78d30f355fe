"""API keys: which roles a machine may be given."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from shared.problems import Finding
from shared.roles import KNOWN_ROLES, LIMITED_TO_OWN, permissions_of
from shared.wording import Text

# A key must not make keys, and must not run the platform: its maker is a person who signs in, so
# that a lost key cannot renew itself.
NEVER_BY_KEY = frozenset({"registry:manage_keys", "platform:operate", "platform:play"})


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made; `key` itself is shown to its maker once and kept nowhere."""

    id: UUID
    name: str
    org_id: UUID | None
    areas: list[str]
    roles: list[str]
    valid_until: datetime | None
    key: str = field(repr=False)
    revoked_at: datetime | None = None


def check_roles(roles: Collection[str], org_id: UUID | None) -> list[Finding]:
    """Give all findings of a key's roles: unknown, never given to a key, or without their unit."""
    found = []
    for at, role in enumerate(roles):
        if role not in KNOWN_ROLES:
            found.append(
                Finding(f"roles[{at}]", "RoleUnknown", Text("没有该角色", "There is no such role"))
            )
        elif permissions_of([role]) & NEVER_BY_KEY:
            found.append(
                Finding(
                    f"roles[{at}]",
                    "RoleNotForKeys",
                    Text("该角色不得授予接口密钥", "This role is never given to a key"),
                )
            )
    if roles and org_id is None and frozenset(roles) <= LIMITED_TO_OWN:
        found.append(
            Finding(
                "org_id",
                "OrganisationNeeded",
                Text(
                    "这些角色只能看到本单位数据，必须指定单位",
                    "These roles see only their own organisation's rows: name it",
                ),
            )
        )
    return found
