"""Which bus a process has: the only branch on the mode in the code base."""

from collections.abc import Sequence

from shared.bus.base import Bus
from shared.bus.kafka import KafkaBus, security
from shared.bus.local import LocalBus
from shared.bus.sockets import SocketBus
from shared.config import Runtime


def make_bus(runtime: Runtime, elsewhere: Sequence[str] = ()) -> Bus:
    """Choose the bus; `elsewhere` are the services that other processes of this machine serve."""
    if runtime.kafka_brokers:
        return KafkaBus(
            runtime.kafka_brokers, session=runtime.kafka_session, secured=security(runtime)
        )
    if runtime.bus_dir:
        return SocketBus(runtime.bus_dir, elsewhere)
    return LocalBus()
