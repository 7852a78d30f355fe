"""The table of fields in `docs/access.md` names what answers mask, no more and no less.

That answers keep to it, whoever asks, is seen where every route meets every role
(`test_access_elsewhere.py`).
"""

from tests.contracts.access import table
from tests.contracts.access.fields import Shown, masked
from tests.fixtures.database import names


def test_the_table_names_every_masked_field_and_no_other() -> None:
    found = {one for service in names() for one in masked(service)}
    assert {Shown(*line) for line in table.fields()} == found
