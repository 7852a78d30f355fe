"""`audit verify` over workers' data: a row that the owner of the database changed is named."""

import asyncio
from pathlib import Path

import pytest
from httpx import AsyncClient
from typer.testing import CliRunner

from services.__main__ import cli
from shared import audit
from shared.db import Sessions
from tests.fixtures.database import Databases, connected
from tests.fixtures.service import Time
from tests.flows import sealed
from tests.payroll import attendance as gates
from tests.payroll import factories as make
from tests.payroll.test_sheet_uploads import known, send, workbook

pytestmark = pytest.mark.caller("contractor", areas=[make.COUNTY], org=make.CONTRACTOR)
BACK = "INSERT INTO audit OVERRIDING SYSTEM VALUE SELECT * FROM apart"


async def test_a_changed_a_deleted_and_a_cut_off_row_is_named(
    client: AsyncClient,
    sessions: Sessions,
    databases: Databases,
    time: Time,
    *,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    async with sessions.begin("test") as session:
        project = await known(session, time)
    await send(client, project, workbook())
    await gates.send(client, project, gates.seen("a"))
    while await audit.seal(sessions):
        pass
    monkeypatch.setenv("PAYROLL_DATABASE_URL", sessions.url)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("OIDC_ISSUER", "https://nobody.example")  # Heads here bear no signature.

    async def verdict() -> tuple[int, str]:
        said = await asyncio.to_thread(CliRunner().invoke, cli, ["audit", "verify", "payroll"])
        return said.exit_code, said.output.strip()

    code, whole = await verdict()
    assert code == 0, whole
    async with connected(sealed.everything(databases, sessions.url)) as owner:
        await owner.execute("SET session_replication_role = replica")
        row, place, last = await owner.fetchrow(
            "SELECT s.audit_id, s.position, max(p.position) FROM audit_seals s, audit_seals p"
            " WHERE s.audit_id IN (SELECT id FROM audit WHERE table_name = 'sheet_lines')"
            " GROUP BY s.audit_id, s.position ORDER BY s.position LIMIT 1"
        )
        await owner.execute("CREATE TABLE apart AS SELECT * FROM audit WHERE id = $1", row)
        changed = """UPDATE audit SET after = jsonb_set(after, '{rows}', '3') WHERE id = $1"""
        await owner.execute(changed, row)
        assert await verdict() == (1, f"link {place}: audit row {row} was changed")
        await owner.execute("DELETE FROM audit WHERE id = $1", row)
        assert await verdict() == (1, f"link {place}: audit row {row} is missing")
        await owner.execute(BACK)
        assert await verdict() == (0, whole)
        await owner.execute(
            "DELETE FROM audit WHERE id IN (SELECT audit_id FROM audit_seals WHERE position > $1)",
            last - 2,
        )
        await owner.execute("DELETE FROM audit_seals WHERE position > $1", last - 2)
        cut = f"the chain ends at {last - 2}, but {last} was published"
        assert await verdict() == (1, cut)
