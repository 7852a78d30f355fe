"""What the cases service can be set to, `CASES_…`."""

from functools import cache

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.config import ServiceSettings

ADDRESS = r"^https?://[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?$"
"""Where an installation is reached, as it is printed: a host, and a port perhaps."""


class Settings(ServiceSettings):
    """How much strangers may ask of the public door; levels, limits and ladders are rows."""

    model_config = SettingsConfigDict(env_prefix="CASES_")

    public_reports_per_address: int = Field(default=120, ge=1)
    """Reports in an hour from one network of strangers; a whole site may tell at once."""
    public_reports_per_board: int = Field(default=300, ge=1)
    """Reports in an hour by one board's form, from wherever."""
    public_url: str | None = Field(default=None, pattern=ADDRESS)
    """Where strangers reach the public door, `https://wages.example.gov.cn`: it is printed on
    notice boards. Unset: as whoever asks for a board's plate reached it."""
    public_calls_per_address: int = Field(default=240, ge=1)
    """Other calls of the public door in a minute from one network."""

    scanner: str | None = Field(default=None, pattern=r"^(unix:/.+|[A-Za-z0-9.-]+:[0-9]{1,5})$")
    """A virus scanner that speaks as clamd does (INSTREAM), `host:3310` or `unix:/path`.
    Unset: files are marked as not scanned."""
    scanner_patience: float = Field(default=20, gt=0)
    """Seconds that the scanner may take over a file; then it is marked as not scanned."""


@cache
def settings() -> Settings:
    """Give the settings of this process, read once."""
    return Settings()
