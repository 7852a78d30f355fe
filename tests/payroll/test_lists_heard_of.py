"""A finance bureau's file is a sign of life, the same again too; a trial or a refusal is none."""

from typing import Any

import pytest
from httpx import AsyncClient

from services.payroll.models import Expectation
from shared.db import Session
from tests.fixtures.service import Time
from tests.payroll.test_expectations import at, bureau, expected
from tests.payroll.test_payment_lists import ROW, finance, known, listed, send

WRONG = listed(ROW | {"项目编码": "HF-9"})


@pytest.fixture
async def row(session: Session, time: Time) -> Expectation:
    """Expect the county's bureau, whose file of April came on the 6th."""
    time.move_to(at("04-03 09:00"))
    await known(session)
    await bureau(session)
    made = await expected(session)
    await session.flush()
    return made


@finance
async def test_the_same_file_again_is_a_sign_and_a_trial_is_none(
    client: AsyncClient, session: Session, time: Time, row: Expectation
) -> None:
    async def arrives(when: str, content: bytes, **said: Any) -> tuple[int, Any]:
        time.move_to(at(when))
        answer = await send(client, content, **said)
        await session.refresh(row)
        return answer.status_code, row.arrived_at

    assert await arrives("04-04 09:00", listed(ROW), dry_run="true") == (200, None)
    assert await arrives("04-04 10:00", WRONG) == (422, None)
    assert await arrives("04-06 09:00", listed(ROW)) == (200, at("04-06 09:00"))
    assert row.expected_by == at("05-09 18:00")
    assert await arrives("05-04 09:00", listed(ROW), dry_run="true") == (200, at("04-06 09:00"))
    assert await arrives("05-05 09:00", listed(ROW)) == (200, at("05-05 09:00"))
    assert row.expected_by == at("06-07 18:00")
