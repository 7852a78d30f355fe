"""Sealing, rotation, blind indexes, masks, and what is spotted as personal."""

import hmac
import stat
from base64 import b64encode
from pathlib import Path
from types import SimpleNamespace
from typing import get_args
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, SecretStr
from sqlalchemy.engine.default import DefaultDialect

from shared import pii, pii_sets
from shared.config import Runtime
from shared.pii import Keyring, Unsealable

OLD, NEW, INDEX = (b64encode(bytes([n]) * 32).decode() for n in (1, 2, 3))
BEFORE = Keyring.parse(f"k1:{OLD},index:{INDEX}")
AFTER = Keyring.parse(f"k2:{NEW},k1:{OLD},index:{INDEX}")


def test_what_is_sealed_opens_again_and_never_looks_the_same() -> None:
    first, second = BEFORE.seal("张三"), BEFORE.seal("张三")
    assert first != second
    assert "张三".encode() not in first
    assert BEFORE.open(first) == BEFORE.open(second) == "张三".encode()


def test_the_key_id_stands_in_front_and_rotation_asks_for_a_new_seal() -> None:
    sealed = BEFORE.seal(b"13800001234")
    assert sealed.startswith(b"\x02k1")
    assert not BEFORE.needs_reseal(sealed)
    assert AFTER.needs_reseal(sealed)
    assert not AFTER.needs_reseal(AFTER.seal(AFTER.open(sealed)))


def test_rotation_leaves_blind_indexes_as_they_were() -> None:
    assert BEFORE.blind_index("13800001234", "phone") == AFTER.blind_index("13800001234", "phone")
    other = Keyring.parse(f"k1:{OLD},index:{NEW}")
    assert other.blind_index("13800001234", "phone") != BEFORE.blind_index("13800001234", "phone")


@pytest.mark.parametrize("place", [1, 5, -1])
def test_changed_bytes_do_not_open(place: int) -> None:
    sealed = bytearray(BEFORE.seal("13800001234"))
    sealed[place] ^= 1
    with pytest.raises(Unsealable):
        BEFORE.open(bytes(sealed))


def test_a_missing_key_and_a_wrong_context_do_not_open() -> None:
    with pytest.raises(Unsealable, match="no key 'k2'"):
        BEFORE.open(AFTER.seal("x"))
    with pytest.raises(Unsealable, match="changed bytes"):
        BEFORE.open(BEFORE.seal("x", b"file 1"), b"file 2")
    for rubbish in (b"", b"\x02", b"\x02k1", b"\x02k1short"):
        with pytest.raises(Unsealable):
            BEFORE.open(rubbish)


@pytest.mark.parametrize(
    "text",
    ["", "k1", f"k1:{OLD}", f"index:{INDEX}", f"k1:{OLD},k1:{NEW},index:{INDEX}",
     f"k1:AAAA,index:{INDEX}", f"k 1:{OLD},index:{INDEX}", f"k1:{OLD}!,index:{INDEX}"],
)  # fmt: skip
def test_bad_keys_are_refused_without_saying_them(text: str) -> None:
    with pytest.raises(ValueError, match="PII_KEYS") as caught:
        Keyring.parse(text)
    assert OLD not in str(caught.value)
    assert OLD not in repr(BEFORE)


def test_keys_come_from_the_setting_or_a_file_for_the_owner_only(tmp_path: Path) -> None:
    given_keys = Runtime(pii_keys=SecretStr(f"k1:{OLD},index:{INDEX}"), data_dir=tmp_path / "a")
    assert Keyring.of(given_keys) == BEFORE
    assert not (tmp_path / "a").exists()
    made = Keyring.of(Runtime(data_dir=tmp_path / "b"))
    path = tmp_path / "b" / "pii.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Keyring.of(Runtime(data_dir=tmp_path / "b")) == made
    assert [entry.name for entry in path.parent.iterdir()] == ["pii.key"]


def test_a_sealed_column_seals_and_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pii._Ring, "current", BEFORE)  # noqa: SLF001
    column, driver = pii.Sealed(), DefaultDialect()
    sealed = column.process_bind_param("13800001234", driver)
    assert sealed is not None
    assert column.process_result_value(sealed, driver) == "13800001234"
    assert column.process_bind_param(None, driver) is None
    assert column.process_result_value(None, driver) is None
    assert not pii.stale(sealed)
    pii.use(AFTER)
    assert pii.stale(sealed)


def test_without_a_keyring_nothing_is_sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pii._Ring, "current", None)  # noqa: SLF001
    with pytest.raises(RuntimeError, match=r"pii\.use"):
        pii.blind_index("x", "name")


@pytest.mark.parametrize(
    ("kind", "spellings"),
    [
        ("phone", ["13800001234", " 138 0000 1234 ", "138-0000-1234", "+86 13800001234",
                   "8613800001234", "１３８００００１２３４", "0086-138-0000-1234"]),
        ("id_number", ["33010219900307123X", "33010219900307123x", " 330102 19900307 123x",
                       "３３０１０２１９９００３０７１２３Ｘ"]),
        ("card", ["6222021234567890123", "6222 0212 3456 7890 123", "6222-0212-3456-7890-123"]),
        ("name", ["张三", " 张 三 ", "张　三"]),
        ("name", ["买买提·吐尔逊", "买买提•吐尔逊", "买买提 ・ 吐尔逊"]),
        ("name", ["湖北某某建设（集团）有限公司", "湖北某某建设(集团)有限公司 "]),
        ("name", ["John  Smith", "john smith"]),
        ("mail", ["li@example.com", " Li@Example.COM"]),
    ],
)  # fmt: skip
def test_spellings_of_one_value_have_one_blind_index(kind: pii.Kind, spellings: list[str]) -> None:
    assert len({BEFORE.blind_index(text, kind) for text in spellings}) == 1


@given(st.text(max_size=80), st.sampled_from(sorted(pii.MASKS)))
def test_a_blind_index_is_the_hmac_of_the_one_spelling(text: str, kind: pii.Kind) -> None:
    info = f"blind index {kind}".encode()
    key = HKDF(SHA256(), 32, salt=None, info=info).derive(BEFORE.index_key)
    spelled = pii.normalised(text, kind).encode()
    assert BEFORE.blind_index(text, kind) == hmac.digest(key, spelled, "sha256").hex()


def test_a_value_sealed_ahead_is_written_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pii._Ring, "current", BEFORE)  # noqa: SLF001
    ahead = pii.sealed("张三")
    column = pii.Sealed()
    assert column.process_bind_param(ahead, DefaultDialect()) is ahead
    assert column.process_result_value(ahead, DefaultDialect()) == "张三"


def test_a_blind_index_tells_values_and_kinds_apart() -> None:
    assert BEFORE.blind_index("张三", "name") != BEFORE.blind_index("张四", "name")
    assert BEFORE.blind_index("6222021234567890123", "card") != BEFORE.blind_index(
        "6222021234567890123", "account"
    )


@pytest.mark.parametrize(
    ("kind", "value", "masked"),
    [
        ("name", "张三", "张*"), ("name", "欧阳丰", "欧*"), ("name", "", ""),
        ("id_number", "330102199003071234", "3301**********1234"), ("id_number", "1234", "****"),
        ("phone", "13812341234", "138****1234"), ("phone", "110", "***"),
        ("card", "6222021234567891234", "***************1234"),
        ("account", "420501231234", "********1234"),
        ("mail", "zhang@example.com", "z***@example.com"), ("mail", "zhang", "*****"),
    ],
)  # fmt: skip
def test_masks(kind: pii.Kind, value: str, masked: str) -> None:
    assert pii.MASKS[kind](value) == masked


@given(st.sampled_from(list(pii.MASKS)), st.text())
def test_a_mask_of_a_masked_value_changes_nothing(kind: pii.Kind, value: str) -> None:
    masked = pii.MASKS[kind](value)
    assert pii.MASKS[kind](masked) == masked


class RecipientOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    name: pii.MaskedName
    phone: pii.MaskedPhone | None
    mail: pii.MaskedMail | None = None


def test_the_body_of_an_answer_never_holds_the_clear_value() -> None:
    row = SimpleNamespace(name="张三丰", phone="13812341234", mail=None)
    body = RecipientOut.model_validate(row)
    assert "13812341234" not in repr(body)
    assert body.model_dump_json() == '{"name":"张*","phone":"138****1234","mail":null}'
    made = RecipientOut.model_construct(name="张三丰", phone="13812341234")
    assert made.model_dump()["phone"] == "138****1234"


def test_a_masked_field_is_a_string_in_the_schema() -> None:
    for schema in (
        RecipientOut.model_json_schema(mode="validation"),
        RecipientOut.model_json_schema(mode="serialization"),
    ):
        assert schema["properties"]["name"]["type"] == "string"
        assert schema["properties"]["phone"]["anyOf"][0]["x-masked"] == "phone"


@pytest.mark.parametrize(
    "text",
    ["13812345678", "请拨打138 1234 5678。", "tel:+8613812345678", "１３８１２３４５６７８",
     "11010519491231002X", "身份证11010519491231002x号", "440308199901101512",
     "4111111111111111", "6222 0212 3456 7890 128", "卡号6222021234567890128,"],
)  # fmt: skip
def test_personal_data_is_spotted(text: str) -> None:
    assert pii.looks_personal(text)


@pytest.mark.parametrize(
    "text",
    ["", "2026-02-15T09:00:00.123456+00:00", "110105194912310021", "110105194913310029",
     "1771149600000000", "1771149600000000000", "0.4111111111111111", "91420100MA4KXXXXXX",
     "12812345678", "138123456789", "027-87654321", "a13812345678", "4111111111111112",
     "5d41402abc4b2a76b9719d911017c592", "GET /payroll/v1/obligations 200 12.5"],
)  # fmt: skip
def test_other_numbers_are_not(text: str) -> None:
    assert not pii.looks_personal(text)


def test_ids_are_not_personal() -> None:
    assert not any(pii.looks_personal(str(uuid4())) for _ in range(20_000))


def test_many_values_are_sealed_and_found_like_single_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pii._Ring, "current", AFTER)  # noqa: SLF001
    values = ["张三", None, "", "ＡＢ 12", "张三"]
    sealed = pii_sets.sealed(values)
    assert [None if one is None else AFTER.open(one).decode() for one in sealed] == values
    assert {pii.key_id_of(one) for one in sealed if one is not None} == {"k2"}
    # No nonce comes twice: not for the same value either.
    assert len({one[3:15] for one in sealed if one is not None}) == len(values) - 1
    for kind in get_args(pii.Kind):
        one_by_one = [pii.blind_index(value, kind) if value else None for value in values]
        assert pii_sets.blind_indexes(values, kind) == one_by_one
