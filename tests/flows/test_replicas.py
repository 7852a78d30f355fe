"""Two processes of each service over the same databases and broker do one another's work once."""

from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from tests.fixtures.database import load
from tests.fixtures.processes import Cluster, Metrics
from tests.flows import came, county, reference
from tests.flows.playing import play
from tests.kafka import KafkaBroker
from tests.waiting import until


async def until_shared(broker: KafkaBroker, groups: list[str], members: int) -> None:
    """Return once every group has so many members, each with partitions of its own."""
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.address)
    await admin.start()

    async def shared() -> bool:
        for group in groups:
            (answer,) = await admin.describe_consumer_groups([group])
            ((_, _, state, _, _, joined, *_),) = answer.groups
            if state != "Stable" or len(joined) != members:
                return False
        return True

    try:
        await until(shared, within=30)
    finally:
        await admin.close()


def idle(name: str, metrics: Metrics) -> list[str]:
    """Give what a replica has not done of what its service does."""
    service = load(name)
    done = {"requests": metrics.requests}
    if service.handles:
        done["events"] = metrics.events
    # Registry's limits (suspensions, exemptions, half-years) fall due in no month of this story.
    if service.timers and name != "registry":
        done["timers"] = metrics.timers
    return [what for what, number in done.items() if not number]


@pytest.mark.kafka
@pytest.mark.soak
async def test_two_replicas_of_each_service_come_to_what_one_does(
    cluster: Cluster, tmp_path: Path
) -> None:
    made = county.make(
        tmp_path / "county", 33, 34, months=1, projects=3, after=4, late=range(8, 12)
    )
    expected = reference.outcome(made.facts)
    late = [item for item in expected.items if item.kind == "bank_feed_late"]
    # Each is a timer of payroll, taken by the replica that the dice name: none is left out.
    assert len(late) >= 10, len(late)
    await cluster.start(replicas=2)
    await until_shared(cluster.broker, ["payroll", "cases", "alerts"], 2)

    await play(made.folder, cluster.client)
    assert came.differences(await came.outcome(cluster.client), expected) == []
    for alert in await cluster.client.everything("/alerts/v1/alerts"):
        await cluster.client.call("GET", f"/alerts/v1/alerts/{alert['id']}")

    lazy = {
        process.log.name: found
        for process in cluster.everybody
        if (found := idle(process.name, await cluster.metrics(process)))
    }
    assert not lazy, f"replicas that did nothing of these: {lazy}"
