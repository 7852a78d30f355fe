"""Who decides: what two persons must decide no machine decides."""

from services.payroll.errors import PersonNeeded
from shared.auth import Caller


def person_of(caller: Caller) -> str:
    """Give the person who is calling; raises PersonNeeded where it is a machine."""
    if caller.is_machine:
        raise PersonNeeded
    return caller.subject
