"""What the cases service can be set to, `CASES_…`."""

from pydantic_settings import SettingsConfigDict

from shared.config import ServiceSettings


class Settings(ServiceSettings):
    """Nothing of its own: levels, limits and ladders are rows, not settings."""

    model_config = SettingsConfigDict(env_prefix="CASES_")
