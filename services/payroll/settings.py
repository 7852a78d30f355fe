"""What the payroll service can be set to, `PAYROLL_…`."""

from functools import cache
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from shared.config import Runtime, ServiceSettings


class Settings(ServiceSettings):
    """What every service has, and how the platform's canary flies and who hears of it."""

    model_config = SettingsConfigDict(env_prefix="PAYROLL_")

    canary_every: float = Field(default=3_600, gt=0)
    """Seconds between two canaries; there are some only with `CANARY_URL`."""
    canary_within: float = Field(default=600, gt=0)
    """Seconds in which one must be back, and that the database may be away, before people hear."""
    canary_alarm_url: SecretStr | None = None
    """Where its alarm goes, past all that it watches: a server or a group robot of the operators.
    Unset: the alarm stands in the log, in `/readyz` and in the metrics alone."""
    canary_alarm_form: Literal["plain", "wecom", "dingtalk", "feishu"] = "plain"
    """What is posted there: our own JSON, or the text message of a group robot."""
    canary_alarm_every: float = Field(default=14_400, gt=0)
    """Seconds after which the alarm is told again while it lasts: 4 h."""


@cache
def settings() -> Settings:
    """Give the settings of this process, read once."""
    return Settings()


@cache
def canary_is_on() -> bool:
    """Say whether this process has a canary. A scenario's time is nobody's: nothing is late in it.

    A clock that is moved by months would send thousands of them through the chain.
    """
    runtime = Runtime()
    return bool(runtime.canary_url) and not runtime.scenario_clock
