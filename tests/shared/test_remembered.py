"""What one of a batch of limits has read serves the others, until the batch changes it."""

from shared import remembered
from shared.db import Sessions, new_id
from tests.shared.house import Stone


async def test_what_was_read_serves_a_batch_until_it_changes_the_table_itself(
    sessions: Sessions,
) -> None:
    async with sessions.begin() as session:
        remembered.of(session, "stones")["grey"] = 1
        assert remembered.of(session, "stones") == {}  # No batch has begun.
        remembered.begin(session)
        remembered.of(session, "stones")["grey"] = 1
        remembered.of(session, "walls", "stones")["high"] = 2
        assert remembered.of(session, "stones") == {"grey": 1}
        session.add(Stone(id=new_id(), area_code="42"))
        assert remembered.of(session, "stones") == {}
        await session.flush()
        assert remembered.of(session, "stones") == {}
        assert remembered.of(session, "walls", "stones") == {}
        assert remembered.of(session, "walls") == {"high": 2}
    async with sessions.begin() as session:
        assert remembered.of(session, "walls") == {}
