"""Settings: environment variables only; process-wide ones here, each service's in its own class."""

from pathlib import Path
from typing import Self

from pydantic import SecretStr, model_validator
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
    kafka_session: float = 10.0
    """Seconds of silence after which a process has left its groups, and others read its share."""
    data_dir: Path = Path(".data")
    """The folder of embedded mode: database, token key, kept files."""
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
        if self.kafka_brokers and not self.pii_keys:
            raise ValueError("KAFKA_BROKERS needs PII_KEYS: replicas must share them")
        return self


class ServiceSettings(BaseSettings):
    """What every service can be set to; a service's class names its own prefix, `PAYROLL_`."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    database_url: str | None = None
    """This service's own database; wins over the process-wide `DATABASE_URL`."""
    pool_size: int = 8
    """Connections that requests, handlers and jobs of one process share."""
