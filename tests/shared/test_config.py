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
        ({"kafka_brokers": "a:1", "bus_dir": "bus", "allow_own_tokens": True}, "BUS_DIR exclude"),
        ({"kafka_session": "slow"}, "kafka_session"),
        ({"kafka_security_protocol": "TLS"}, "kafka_security_protocol"),
        ({"kafka_security_protocol": "SSL", "kafka_ca_file": "/no/file"}, "kafka_ca_file"),
        (
            {"kafka_security_protocol": "SASL_SSL", "kafka_sasl_username": "a"},
            "SASL_SSL needs KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD",
        ),
        (
            {"kafka_security_protocol": "SSL", "kafka_sasl_password": "a-password"},
            "would not be used: KAFKA_SECURITY_PROTOCOL is SSL",
        ),
        (
            {"kafka_security_protocol": "SASL_PLAINTEXT", "kafka_ca_file": __file__}
            | {"kafka_sasl_username": "a", "kafka_sasl_password": "a-password"},
            "KAFKA_CA_FILE would not be used",
        ),
    ],
)
def test_contradicting_settings_are_named_without_their_secrets(
    settings: dict[str, object], names: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://user:a-password@host")
    with pytest.raises(ValidationError, match=names) as refused:
        Runtime(**settings)  # type: ignore[arg-type]
    assert "a-password" not in str(refused.value)
