"""What the alerts service can be set to, `ALERTS_…`."""

from functools import cache
from itertools import pairwise
from typing import Self

from pydantic import AnyHttpUrl, Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from shared.config import Runtime, ServiceSettings


class Settings(ServiceSettings):
    """Sending: how often, how long, how many at once; the mail server and the SMS gateway."""

    model_config = SettingsConfigDict(env_prefix="ALERTS_")

    retry_after: tuple[float, ...] = Field(
        default=(0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400), min_length=1
    )
    """Seconds before each attempt of a delivery, as the Standard Webhooks specification proposes:
    at once, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h."""
    retry_jitter: float = Field(default=0.2, ge=0, lt=1)
    """By which share a wait is stretched or shortened at random, so that retries do not meet."""
    send_timeout: float = Field(default=15, gt=0)
    """Seconds that one attempt may take in all."""
    send_lease: float = Field(default=45, gt=0)
    """Seconds for which a claimed delivery belongs to the process that claimed it."""
    send_at_once: int = Field(default=128, ge=1, le=500)
    """Deliveries under way in one process."""
    send_at_once_per_lane: int = Field(default=4, ge=1)
    """Deliveries under way to one endpoint (or to the mail server) in one process."""
    endpoint_rest_after: int = Field(default=5, ge=1)
    """Failures in a row after which an endpoint rests between tries, as one that hangs would else
    take what others need."""
    endpoint_rest: float = Field(default=30, gt=0)
    """Seconds of the first rest; each one after it lasts twice as long."""
    endpoint_longest_rest: float = Field(default=600, gt=0)
    """Seconds that a rest lasts at most."""
    endpoint_warn_after: tuple[float, ...] = (3_600, 86_400, 259_200)
    """Seconds of failing after which people are warned by another channel: 1 h, 24 h, 72 h."""
    endpoint_disable_after: float = Field(default=432_000, gt=0)
    """Seconds of failing, without one success, after which an endpoint is disabled: 5 days."""
    endpoint_failures_apart: float = Field(default=43_200, ge=0)
    """Seconds that lie between the first of these failures and the last at least: 12 h."""
    longest_maintenance: float = Field(default=86_400, gt=0)
    """Seconds that a maintenance window lasts at most, so that nobody is left without news."""
    smtp_url: SecretStr | None = None
    """The mail server, `smtp://user:password@host:587` (STARTTLS if offered), `smtps://…`.
    Unset: nobody is told by mail."""
    mail_from: str = "xinqing@localhost"
    """The sender of mails."""
    bounce_to: str = Field(default="", pattern=r"^$|^[A-Za-z0-9._-]{1,19}@[A-Za-z0-9.-]{1,190}$")
    """The mailbox to which mails come back, `bounces@example.org`, which takes `bounces+…@` too.
    Empty: they come back to the sender, and are known again by their ids alone."""

    sms_url: AnyHttpUrl | None = None
    """The gateway for SMS, spoken to as `docs/sms.md` says. Unset: nobody is told by SMS."""
    sms_access_key: str = ""
    """By what the gateway knows us."""
    sms_secret: SecretStr | None = None
    """What signs our requests to the gateway, and its reports to us."""
    sms_sign: str = Field(default="薪清", pattern=r"^[^\s【】]{2,20}$")
    """The registered name of the sender, which stands in 【】 before every text."""
    sms_report_after: float = Field(default=259_200, gt=0)
    """Seconds after which an SMS without a report is given up: 72 h."""

    @property
    def provided(self) -> frozenset[str]:
        """Give the channels to people for which there is a provider."""
        given = {"mail": self.smtp_url, "sms": self.sms_url}
        return frozenset(channel for channel, url in given.items() if url)

    @model_validator(mode="after")
    def _gateway_is_whole(self) -> Self:
        """Refuse a gateway whose requests and reports nothing could sign."""
        if self.sms_url and not (self.sms_access_key and self.sms_secret):
            raise ValueError("ALERTS_SMS_URL needs ALERTS_SMS_ACCESS_KEY and ALERTS_SMS_SECRET")
        return self

    @model_validator(mode="after")
    def _warnings_follow_each_other(self) -> Self:
        """Refuse warnings of which a later one comes first."""
        if any(one >= later for one, later in pairwise(self.endpoint_warn_after)):
            raise ValueError("ALERTS_ENDPOINT_WARN_AFTER must rise")
        return self

    @model_validator(mode="after")
    def _lease_outlives_the_wait(self) -> Self:
        """Refuse a lease that may end while its request still waits: it would go out twice."""
        if self.send_lease < self.send_timeout + MARGIN:
            raise ValueError(
                f"ALERTS_SEND_LEASE ({self.send_lease:g}) must exceed ALERTS_SEND_TIMEOUT "
                f"({self.send_timeout:g}) by {MARGIN:g} s or more"
            )
        return self


MARGIN = 15.0
"""Seconds for claiming and recording beside the wait itself."""


@cache
def canary_url() -> str | None:
    """Give where the platform's canary goes, if there is one."""
    return Runtime().canary_url or None


@cache
def settings() -> Settings:
    """Give the settings of this process, read once."""
    return Settings()
