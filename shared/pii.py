"""Personal data: sealed at rest, found by blind index, masked in answers, spotted where forbidden.

The keys come from `PII_KEYS`, `id:base64,…,index:base64`, 32 bytes each. The first one seals, every
one opens, so a key is rotated by putting a new one in front. The one named `index` is the look-up
key: it never seals, is never rotated, and only subkeys of it (HKDF, one for each kind of value)
hash anything, so that a rotation leaves every blind index as it was.
"""

import hashlib
import os
import re
import unicodedata
from base64 import b64decode, b64encode
from binascii import Error as BadBase64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema
from sqlalchemy import Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator

from shared.config import Runtime

Kind: TypeAlias = Literal["name", "id_number", "phone", "card", "account", "mail"]

_INDEX = "index"
_KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,32}")
_KEY_BYTES, _NONCE_BYTES = 32, 12
LONGEST_HEAD = 33
"""Bytes within which the id of the key stands in front of what it sealed."""
_BLOCK_BYTES = 64
_INNER, _OUTER = (bytes(each ^ pad for each in range(256)) for pad in (0x36, 0x5C))


class Unsealable(Exception):
    """A sealed value cannot be opened: its key is not in the ring, or its bytes were changed."""


@dataclass(frozen=True)
class Keyring:
    """The keys that seal and open, by id, the sealing one first; and the key of blind indexes."""

    keys: Mapping[str, bytes] = field(repr=False)
    index_key: bytes = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> "Keyring":
        """Read `id:base64,…,index:base64`; what is wrong is said without saying the key."""
        keys: dict[str, bytes] = {}
        for entry in text.split(","):
            key_id, _, encoded = entry.strip().partition(":")
            try:
                key = b64decode(encoded, validate=True)
            except BadBase64:
                key = b""
            if not _KEY_ID.fullmatch(key_id) or key_id in keys or len(key) != _KEY_BYTES:
                raise ValueError("PII_KEYS must be id:base64,… with different ids, 32 bytes each")
            keys[key_id] = key
        index_key = keys.pop(_INDEX, None)
        if index_key is None or not keys:
            raise ValueError("PII_KEYS must hold a sealing key and a look-up key named `index`")
        return cls(keys, index_key)

    @classmethod
    def of(cls, runtime: Runtime) -> "Keyring":
        """Take the keys of `PII_KEYS`, else of the key file in `data_dir`, made if need be."""
        if runtime.pii_keys:
            return cls.parse(runtime.pii_keys.get_secret_value())
        path = runtime.data_dir / "pii.key"
        if not path.exists():
            _make_key_file(path)
        return cls.parse(path.read_text("ascii"))

    def seal(self, value: str | bytes, context: bytes = b"") -> bytes:
        """Encrypt by AES-GCM; the key's id stands in front. `context` must be given to open it."""
        head, cipher = self.sealing
        nonce = os.urandom(_NONCE_BYTES)
        clear = value.encode() if isinstance(value, str) else value
        return head + nonce + cipher.encrypt(nonce, clear, head + context)

    @cached_property
    def sealing(self) -> tuple[bytes, AESGCM]:
        """Give what seals, and stands in front of it: a sheet has forty thousand values."""
        key_id = next(iter(self.keys))
        return head_of(key_id), _cipher(self.keys[key_id])

    def open(self, sealed: bytes, context: bytes = b"") -> bytes:
        """Decrypt what `seal` gave; raises Unsealable."""
        key_id = key_id_of(sealed)
        if key_id not in self.keys:
            raise Unsealable(f"no key {key_id!r} in the ring")
        end = 1 + len(key_id)
        head, nonce = sealed[:end], sealed[end : end + _NONCE_BYTES]
        try:
            return _cipher(self.keys[key_id]).decrypt(
                nonce, sealed[end + _NONCE_BYTES :], head + context
            )
        except (InvalidTag, ValueError):
            raise Unsealable(f"changed bytes under key {key_id!r}") from None

    @property
    def older(self) -> tuple[str, ...]:
        """Give the ids of the keys that only open: what they sealed waits to be sealed anew."""
        return tuple(self.keys)[1:]

    def needs_reseal(self, sealed: bytes) -> bool:
        """Say whether another key than today's sealed this."""
        return key_id_of(sealed) != next(iter(self.keys))

    def blind_index(self, value: str, kind: Kind) -> str:
        """Give the keyed hash (64 hex digits) by which a whole value is found again."""
        inside, outside = hashes_of(self.index_key, kind)
        inner, outer = inside.copy(), outside.copy()
        inner.update(normalised(value, kind).encode())
        outer.update(inner.digest())
        return outer.hexdigest()

    def secret(self, name: str) -> bytes:
        """Give what all processes of an installation share under a name, 32 bytes.

        Derived of the look-up key, which is never changed, apart from all that hashes values.
        """
        return _derived(self.index_key, f"secret {name}")


@lru_cache
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(key)


@lru_cache
def hashes_of(index_key: bytes, kind: Kind) -> tuple["hashlib._Hash", "hashlib._Hash"]:
    """Give the two hashes of HMAC (RFC 2104) with the key of a kind taken in, to be copied.

    A statement asks for it two hundred thousand times, and the key is half of each.
    """
    key = _derived(index_key, f"blind index {kind}").ljust(_BLOCK_BYTES, b"\0")
    return sha256(key.translate(_INNER)), sha256(key.translate(_OUTER))


def _derived(index_key: bytes, info: str) -> bytes:
    return HKDF(SHA256(), _KEY_BYTES, salt=None, info=info.encode()).derive(index_key)


def key_id_of(sealed: bytes) -> str:
    """Read the id of the key in front of a sealed value."""
    return sealed[1 : 1 + sealed[0]].decode("ascii", "replace") if sealed else ""


def head_of(key_id: str) -> bytes:
    """Give what stands in front of all that a key sealed."""
    return bytes([len(key_id)]) + key_id.encode()


def _make_key_file(path: Path) -> None:
    """Write new keys, readable by the owner only; the first of several writers wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = ",".join(
        f"{key_id}:{b64encode(os.urandom(_KEY_BYTES)).decode()}" for key_id in ("k1", _INDEX)
    )
    draft = path.with_suffix(f".{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass  # Another process was first; its keys count.
    finally:
        draft.unlink()


# ---- the process's keyring -------------------------------------------------------------------


class _Ring:
    """The keyring of this process; set once, when it starts."""

    current: Keyring | None = None


def use(keyring: Keyring) -> None:
    """Set the keyring that columns and look-ups of this process use."""
    _Ring.current = keyring


def keyring() -> Keyring:
    """Give the process's keyring; RuntimeError before `use`."""
    if _Ring.current is None:
        raise RuntimeError("pii.use(keyring) was not called")
    return _Ring.current


def secret(name: str) -> bytes:
    """Give the secret of a name that all processes of the installation share."""
    return keyring().secret(name)


def stale(sealed: bytes) -> bool:
    """Say whether a sealed value waits to be sealed anew after a rotation of keys."""
    return keyring().needs_reseal(sealed)


def blind_index(value: str, kind: Kind) -> str:
    """Give the hash by which a whole value is found; equal values of one kind, equal hashes."""
    return keyring().blind_index(value, kind)


class SealedAhead(bytes):
    """A value of a `Sealed` column that is sealed before its row is written."""


def sealed(value: str) -> SealedAhead:
    """Seal a value of a `Sealed` column ahead, where there is time for it."""
    return SealedAhead(keyring().seal(value))


class Sealed(TypeDecorator[str]):
    """A column of text that is sealed in the database and clear on the loaded object.

    Two seals of one value differ, so comparing in SQL finds nothing: look up by `blind_index`.
    """

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | SealedAhead | None, dialect: Dialect) -> bytes | None:
        """Seal on the way in what is not sealed ahead."""
        if isinstance(value, SealedAhead):
            return value
        return None if value is None else keyring().seal(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        """Open on the way out."""
        return None if value is None else keyring().open(value).decode()


# ---- one spelling of a value -----------------------------------------------------------------

_DOTS = dict.fromkeys(map(ord, "•・‧∙⋅․"), "·")  # as names of many peoples are written
_GAPS = re.compile(r"[\s\-()]+")
_COUNTRY = re.compile(r"^(?:\+|00)?86(?=1[3-9]\d{9}$)")


def normalised(value: str, kind: Kind) -> str:
    """Give the one spelling of a value: trimmed, half width, no gaps, capitals (mail: small)."""
    if value.isalnum() and (value.isascii() or unicodedata.is_normalized("NFKC", value)):
        plain = value  # Most are letters and digits alone, which leave nothing to do.
    else:
        plain = _spelled(value, kind)
    if kind == "phone":
        plain = _COUNTRY.sub("", plain)
    return plain.lower() if kind == "mail" else plain.upper()


def _spelled(value: str, kind: Kind) -> str:
    plain = unicodedata.normalize("NFKC", value).translate(_DOTS).strip()
    if kind == "name":
        # A space inside a Chinese name is typing; between Latin words it is one space.
        plain = re.sub(r"(?<=[^\x00-\x7f]) +| +(?=[^\x00-\x7f])", "", " ".join(plain.split()))
    elif kind != "mail":
        plain = _GAPS.sub("", plain)
    return plain


# ---- masks -----------------------------------------------------------------------------------


def _keep(value: str, head: int, tail: int) -> str:
    """Star out the middle; what is too short to hide anything is starred out whole."""
    hidden = len(value) - head - tail
    return value[:head] + "*" * hidden + value[-tail:] if hidden > 0 else "*" * len(value)


def mask_name(value: str) -> str:
    """`张*`, whatever the length."""
    return value[:1] + "*" if value else ""


def mask_id_number(value: str) -> str:
    """`3301**********1234`."""
    return _keep(value, 4, 4)


def mask_phone(value: str) -> str:
    """`138****1234`."""
    return _keep(value, 3, 4)


def mask_card(value: str) -> str:
    """`***************1234`, for account numbers too."""
    return _keep(value, 0, 4)


def mask_mail(value: str) -> str:
    """`z***@example.com`."""
    name, at, host = value.rpartition("@")
    return f"{name[:1] or '*'}***{at}{host}" if at else "*" * len(value)


MASKS: Mapping[Kind, Callable[[str], str]] = {
    "name": mask_name,
    "id_number": mask_id_number,
    "phone": mask_phone,
    "card": mask_card,
    "account": mask_card,
    "mail": mask_mail,
}


@dataclass(frozen=True, slots=True)
class Masked:
    """Marks a field of an answer: masked as it is read, so the clear value never is in the body.

    A mask of a masked value changes nothing, so a field may pass through it twice.
    """

    kind: Kind

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Mask after validation, and again at serialisation for what was not validated."""
        mask = MASKS[self.kind]
        return core_schema.no_info_after_validator_function(
            mask,
            handler(source),
            serialization=core_schema.plain_serializer_function_ser_schema(
                mask, return_schema=core_schema.str_schema()
            ),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Say in the schema that the text is masked."""
        return {**handler(schema), "x-masked": self.kind}


MaskedName: TypeAlias = Annotated[str, Masked("name")]
MaskedIdNumber: TypeAlias = Annotated[str, Masked("id_number")]
MaskedPhone: TypeAlias = Annotated[str, Masked("phone")]
MaskedCard: TypeAlias = Annotated[str, Masked("card")]
MaskedAccount: TypeAlias = Annotated[str, Masked("account")]
MaskedMail: TypeAlias = Annotated[str, Masked("mail")]


# ---- where personal data must not be ---------------------------------------------------------

_UUID = re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b")
# Digits inside longer words (hashes) or behind a decimal point are none of these.
_ALONE, _END = r"(?<![0-9A-Za-z.])", r"(?![0-9A-Za-z])"
_ID_NUMBER = re.compile(rf"{_ALONE}\d{{17}}[\dXx]{_END}")
_CARD = re.compile(rf"{_ALONE}\d(?:[ -]?\d){{15,18}}{_END}")
# The first digits of cards that Chinese banks issue; serial numbers and instants start otherwise.
_ISSUER = re.compile(r"62|60|68|69|81|4|5[1-5]|35|9558")
_PHONE = re.compile(rf"{_ALONE}(?:(?:\+|00)?86[ -]?)?1[3-9]\d[ -]?\d{{4}}[ -]?\d{{4}}{_END}")


def looks_personal(text: str) -> bool:
    """Say whether a text holds an ID number, a bank card or a mobile phone of the mainland.

    ID numbers count with a date and a right check digit, cards with an issuer and a right Luhn
    digit, so that serial numbers seldom do.
    """
    plain = _UUID.sub("", unicodedata.normalize("NFKC", text))
    return bool(
        _PHONE.search(plain)
        or any(_is_id_number(found) for found in _ID_NUMBER.findall(plain))
        or any(_is_card(re.sub("[ -]", "", found)) for found in _CARD.findall(plain))
    )


def _is_id_number(text: str) -> bool:
    """Check birth date and check digit (GB 11643, ISO 7064 MOD 11-2)."""
    try:
        date.fromisoformat(f"{text[6:10]}-{text[10:12]}-{text[12:14]}")
    except ValueError:
        return False
    total = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(text[:17]))
    return "10X98765432"[total % 11] == text[17].upper()


def _is_card(digits: str) -> bool:
    """Check issuer and Luhn digit."""
    odd, even = digits[-1::-2], digits[-2::-2]
    total = sum(map(int, odd)) + sum(sum(divmod(2 * int(digit), 10)) for digit in even)
    return bool(_ISSUER.match(digits)) and total % 10 == 0
