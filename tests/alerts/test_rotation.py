"""After a rotation of keys every value is sealed anew, and the old key may be thrown away."""

from base64 import b64encode
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from sqlalchemy import LargeBinary, func, select, type_coerce

from services.alerts.models import Recipient
from shared import pii, rotation
from shared.db import AuditRow, Sessions
from shared.pii import Keyring
from shared.service import Service
from tests.alerts import factories

OLD, NEW, INDEX = (b64encode(bytes([n]) * 32).decode() for n in (1, 2, 3))
BEFORE = Keyring.parse(f"k1:{OLD},index:{INDEX}")
BOTH = Keyring.parse(f"k2:{NEW},k1:{OLD},index:{INDEX}")
AFTER = Keyring.parse(f"k2:{NEW},index:{INDEX}")
MANY = rotation.BATCH + 3


def turn(monkeypatch: pytest.MonkeyPatch, ring: Keyring) -> None:
    monkeypatch.setattr(pii._Ring, "current", ring)  # noqa: SLF001  undone after the test


def end_after_one(record: Callable[..., None]) -> Callable[..., None]:
    """Let the process end within the second batch."""
    batches = count()

    def told(*said: Any, **more: Any) -> None:
        if next(batches):
            raise KeyboardInterrupt
        record(*said, **more)

    return told


async def test_stale_values_are_sealed_anew_until_none_is_left(
    sessions: Sessions, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn(monkeypatch, BEFORE)
    async with sessions.begin("test") as session:
        for number in range(MANY):
            phone = f"138{number:08d}"
            await factories.recipient(session, "operator", phone=phone, mail=None)
    turn(monkeypatch, BOTH)
    with monkeypatch.context() as ended:
        ended.setattr(rotation, "record", end_after_one(rotation.record))
        with pytest.raises(KeyboardInterrupt):
            await rotation.reseal(sessions, service.metadata)
    # What was done before it ended stays done.
    assert await rotation.reseal(sessions, service.metadata) == MANY - rotation.BATCH
    assert await rotation.reseal(sessions, service.metadata) == 0
    turn(monkeypatch, AFTER)
    async with sessions.begin("test") as session:
        rows = (await session.scalars(select(Recipient))).all()
        assert sorted(row.phone or "" for row in rows) == [f"138{n:08d}" for n in range(MANY)]
        heads = func.substring(type_coerce(Recipient.phone, LargeBinary), 1, 3)
        assert (await session.scalars(select(heads).distinct())).all() == [b"\x02k2"]
        told = (await session.scalars(select(AuditRow).where(AuditRow.action == "reseal"))).all()
        assert [row.after for row in told] == [{"rows": rotation.BATCH}, {"rows": 3}]
