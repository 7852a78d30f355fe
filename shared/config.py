"""Settings: environment variables only; process-wide ones here, each service's in its own class."""

from pathlib import Path
from typing import Literal, Self

from pydantic import FilePath, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Runtime(BaseSettings):
    """What a process is run with; the same for every service in it."""

    model_config = SettingsConfigDict(
        env_prefix="",
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,  # passwords and keys are among what is set
    )

    database_url: str | None = None
    """A PostgreSQL server, `postgresql://user:password@host:port`; each service adds its database.
    Unset: an embedded server in `data_dir` (only when all services are served by one process)."""
    kafka_brokers: str | None = None
    """`host:port,…` of Apache Kafka. Unset: messages stay in the process."""
    bus_dir: Path | None = None
    """A folder over which the processes of one machine hand each other messages, without a broker:
    each serves some of the services, and together all. `serve all --processes` sets it."""
    kafka_session: float = 10.0
    """Seconds of silence after which a process has left its groups, and others read its share."""
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    """How brokers are spoken to: `SSL` is TLS, `SASL` a user and a password."""
    kafka_ca_file: FilePath | None = None
    """Certificates (PEM) that the brokers' must come from. Unset: those of the system."""
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    """How the password is shown; `PLAIN` shows it as it is, so it goes with `SASL_SSL`."""
    kafka_sasl_username: str | None = None
    """The user at the brokers; it needs its topics, its groups and, for `setup`, to create."""
    kafka_sasl_password: SecretStr | None = None
    """The user's password."""
    data_dir: Path = Path(".data")
    """The folder of embedded mode: database, token key, kept files."""
    embedded_sync: bool = True
    """Let the embedded server wait for the disk at each commit. Off: what it holds may be lost
    when the machine dies, as may what the demo throws away anyway."""
    files_url: str | None = None
    """Where kept files go: `file:///…` or `s3://bucket/prefix`. Unset: a folder in `data_dir`."""
    oidc_issuer: str | None = None
    """The OIDC issuer whose access tokens are taken, by its JWKS."""
    oidc_audience: str = "xinqing"
    """The audience that a token must name."""
    token_key: Path | None = None
    """The own key pair that signs tokens where there is no issuer. Unset: made in `data_dir`."""
    allow_own_tokens: bool = False
    """Take tokens of the own key although `kafka_brokers` is set (demo cluster, tests)."""
    pii_keys: SecretStr | None = None
    """Keys of personal data, `id:base64,…,index:base64`, 32 bytes each: the first one seals, all
    of them open; `index` hashes for look-ups and is never changed.
    Unset: made in `data_dir`, which is refused next to `kafka_brokers`."""
    egress_allow: str = ""
    """CIDRs and ports beyond public https that may be reached, `10.1.0.0/16:443,127.0.0.1/32:*`."""
    canary_url: str | None = None
    """Where the platform's own door for its canary is reached, `https://…/payroll/v1/canary`.
    Unset: there is no canary."""
    trusted_proxies: str = "127.0.0.1"
    """Addresses and networks of the gateway, whose word on where a request comes from is taken:
    strangers at public doors are counted by it."""
    scenario_clock: bool = False
    """Let a caller move the domain's clock (demo and tests only)."""
    otlp_endpoint: str | None = None
    """Where OpenTelemetry traces are sent, `http://host:4318`. Unset: they are not."""
    log_level: str = "INFO"
    """The least level that is logged."""

    @model_validator(mode="after")
    def _agree(self) -> Self:
        """Refuse settings that contradict each other, naming both."""
        if self.scenario_clock and self.oidc_issuer:
            raise ValueError(
                "SCENARIO_CLOCK and OIDC_ISSUER exclude each other: "
                "the clock of a real installation is never moved"
            )
        if self.kafka_brokers and not self.oidc_issuer and not self.allow_own_tokens:
            raise ValueError(
                "KAFKA_BROKERS without OIDC_ISSUER needs ALLOW_OWN_TOKENS=1: "
                "an own token key is for demos and tests"
            )
        if self.kafka_brokers and self.bus_dir:
            raise ValueError("KAFKA_BROKERS and BUS_DIR exclude each other: messages go one way")
        if self.kafka_brokers and not self.pii_keys:
            raise ValueError("KAFKA_BROKERS needs PII_KEYS: replicas must share them")
        return self

    @model_validator(mode="after")
    def _agree_on_kafka(self) -> Self:
        """Refuse a user without a protocol that shows one, and TLS settings without TLS."""
        protocol = self.kafka_security_protocol
        known = bool(self.kafka_sasl_username and self.kafka_sasl_password)
        given = bool(self.kafka_sasl_username or self.kafka_sasl_password)
        if protocol.startswith("SASL") and not known:
            raise ValueError(
                f"KAFKA_SECURITY_PROTOCOL={protocol} needs KAFKA_SASL_USERNAME and "
                "KAFKA_SASL_PASSWORD"
            )
        if given and not protocol.startswith("SASL"):
            raise ValueError(
                "KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD would not be used: "
                f"KAFKA_SECURITY_PROTOCOL is {protocol}"
            )
        if self.kafka_ca_file and not protocol.endswith("SSL"):
            raise ValueError(
                f"KAFKA_CA_FILE would not be used: KAFKA_SECURITY_PROTOCOL is {protocol}"
            )
        return self


class ServiceSettings(BaseSettings):
    """What every service can be set to; a service's class names its own prefix, `PAYROLL_`."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    database_url: str | None = None
    """This service's own database; wins over the process-wide `DATABASE_URL`."""
    pool_size: int = 8
    """Connections that requests, handlers and jobs of one process share."""
