"""What the benches start answers them."""

from pathlib import Path

from shared.auth import own_key
from shared.config import Runtime
from tests.bench.site import served
from tests.fixtures.database import Databases


async def test_a_bench_is_served_by_a_process_of_its_own(
    databases: Databases, tmp_path: Path
) -> None:
    runtime = Runtime(data_dir=tmp_path)
    own_key(runtime)
    async with served(await databases.clone("payroll"), runtime) as door, door.client() as client:
        assert (await client.get("/payroll/v1/sheets")).is_success
