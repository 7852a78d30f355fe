"""What the payroll service can be set to, `PAYROLL_…`."""

from pydantic_settings import SettingsConfigDict

from shared.config import ServiceSettings


class Settings(ServiceSettings):
    """Only what every service has: its database and its pool."""

    model_config = SettingsConfigDict(env_prefix="PAYROLL_")
