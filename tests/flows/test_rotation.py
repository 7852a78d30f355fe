"""After a rotation of keys nothing bears the old one's id, in no service and no kept file."""

import asyncio
from base64 import b64encode
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.keeping import cli
from shared import db, rotation
from shared.config import Runtime
from shared.db import Sessions
from shared.files import FileKind, Files
from tests.fixtures.database import Databases, load, names
from tests.flows import sealed

ROWS = rotation.BATCH + 7


SEALING = [name for name in names() if rotation.sealed_columns(load(name).metadata)]


@pytest.mark.parametrize("name", SEALING)
async def test_every_sealed_column_of_a_service_is_sealed_anew(
    databases: Databases, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    service = load(name)
    url = await databases.clone(name)
    sessions = Sessions(db.engine(url, pool_size=4), url=url, service=name)
    with sealed.keys(monkeypatch, "k1"):
        said = await sealed.fill(sealed.owned(databases, url), service, ROWS)
        assert said
    with sealed.keys(monkeypatch, "k2", "k1"):
        before = {one.where for one in await rotation.left(sessions, service.metadata)}
        wanted = rotation.sealed_columns(service.metadata)
        assert before == {f"{t.name}.{c.name}" for t, columns in wanted.items() for c in columns}
        # Two at once, as several replicas do, share the rows; none is sealed twice.
        done = await asyncio.gather(
            rotation.reseal(sessions, service.metadata), rotation.reseal(sessions, service.metadata)
        )
        more = await rotation.reseal(sessions, service.metadata)
        assert sum(done) + more == ROWS * len(wanted)
        assert await rotation.left(sessions, service.metadata) == []
    with sealed.keys(monkeypatch, "k2"):
        assert await sealed.kept(sessions, service) == said
    await sessions.close()


async def test_the_command_turns_databases_and_files_and_names_what_it_could_not(
    databases: Databases, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    urls = await databases.clones()
    for name, url in urls.items():
        monkeypatch.setenv(f"{name.upper()}_DATABASE_URL", url)
    files = Files.of(Runtime(data_dir=tmp_path), sealed.ring("k1"))
    kept = await files.keep("张三".encode(), kind=FileKind.CSV, name="张三.csv")
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    for key, rows in (("k0", 1), ("k1", 2)):
        with sealed.keys(monkeypatch, key):
            await sealed.fill(sealed.owned(databases, urls["alerts"]), load("alerts"), rows)

    async def rotate(*names: str) -> tuple[int, list[str]]:
        ring = sealed.ring(*names)
        said = ring.keys | {"index": ring.index_key}
        written = ",".join(f"{name}:{b64encode(key).decode()}" for name, key in said.items())
        monkeypatch.setenv("PII_KEYS", written)
        done = await asyncio.to_thread(CliRunner().invoke, cli, ["rotate"])
        return done.exit_code, done.output.splitlines()

    code, said = await rotate("k2", "k1")
    assert code == 1
    assert "kept files: 1" in said
    assert "alerts: recipients.phone: 1 under k0" in said
    assert not [line for line in said if line.endswith("under k1")]
    code, said = await rotate("k2", "k0")
    assert (code, said[-1]) == (0, "all is sealed by k2")
    assert await Files.of(Runtime(data_dir=tmp_path), sealed.ring("k2")).open(kept.file_id) == (
        kept, "张三".encode(),
    )  # fmt: skip
