"""Settings: what contradicts is refused by name, and no secret is said on the way."""

import pytest
from pydantic import ValidationError

from shared.config import Runtime


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({"scenario_clock": True, "oidc_issuer": "https://a.example"}, "SCENARIO_CLOCK and OIDC"),
        ({"kafka_brokers": "a:1", "oidc_issuer": None}, "ALLOW_OWN_TOKENS"),
        ({"kafka_brokers": "a:1", "oidc_issuer": "https://a.example"}, "PII_KEYS"),
        ({"kafka_session": "slow"}, "kafka_session"),
    ],
)
def test_contradicting_settings_are_named_without_their_secrets(
    settings: dict[str, object], names: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://user:a-password@host")
    with pytest.raises(ValidationError, match=names) as refused:
        Runtime(**settings)  # type: ignore[arg-type]
    assert "a-password" not in str(refused.value)
