"""The Ed25519 key that a set is signed with (RFC 8032), and the public half that verifying takes: base64 or PEM (RFC 8410).

`cryptography` is loaded only when a key is used: most commands sign nothing.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dam_plugin.errors import InputError
from dam_plugin.settings import SEED_BYTES, Settings, seed_in

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SIGNATURE_BYTES = 64
ID_LENGTH = 16
"""How many hexadecimal characters a key's id has."""
LARGEST_FILE = 65_536
_PRIVATE = re.compile(rb"PRIVATE KEY|BEGIN OPENSSH")
_NEEDED = "give the file that `dam-plugin export key` writes, or the 44 characters that it prints with --json"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The public half of a key: 32 bytes. It verifies, and reveals nothing of the private half."""

    raw: bytes

    @property
    def id(self) -> str:
        """Return the first 16 hexadecimal digits of the SHA-256 of its bytes, by which a manifest names its key."""
        return hashlib.sha256(self.raw).hexdigest()[:ID_LENGTH]

    @property
    def pem(self) -> str:
        """Return the key as PEM, SubjectPublicKeyInfo as OpenSSL takes it. Raises InputError if it is no key."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415 - as above

        return self._key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")

    @property
    def text(self) -> str:
        """Return the key as 44 characters of base64, which a letter to the publisher can hold."""
        return base64.b64encode(self.raw).decode("ascii")

    def signed(self, signature: bytes, message: bytes) -> bool:
        """Return whether this key's other half signed exactly this message."""
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - as above

        if len(signature) != SIGNATURE_BYTES:
            return False
        try:
            self._key().verify(signature, message)
        except InvalidSignature:
            return False
        return True

    def is_private_half_of(self, key_id: str) -> bool:
        """Return whether what was taken for a public key is the private half of the key of this id: both are 32 bytes."""
        return _public_of(_private(self.raw)).id == key_id

    def _key(self) -> Ed25519PublicKey:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415 - as above

        return Ed25519PublicKey.from_public_bytes(self.raw)


class Signer:
    """The district's key to sign with; the public half verifies. Its repr shows no secret."""

    __slots__ = ("_key", "public")

    def __init__(self, seed: bytes) -> None:
        """Take the 32 bytes of the private half."""
        self._key = _private(seed)
        self.public = _public_of(self._key)

    def sign(self, message: bytes) -> bytes:
        """Return the signature of a message, 64 bytes; of the same message always the same."""
        return self._key.sign(message)

    def public_pem(self) -> str:
        """Return the public half as PEM, which is what a publisher is given."""
        return self.public.pem

    def key_id(self) -> str:
        """Return the key's id, as in a manifest."""
        return self.public.id


def signer(settings: Settings) -> Signer:
    """Return the district's key. Raises SettingsError if it is not set."""
    settings.need("export_key")
    assert settings.export_key is not None  # noqa: S101 - `need` has raised
    seed = seed_in(settings.export_key.get_secret_value())
    assert seed is not None  # noqa: S101 - a setting that is none was refused
    return Signer(seed)


def public_key(text_or_path: str) -> PublicKey:
    """Return the public key that a text is (32 bytes in base64), or that a file holds: PEM or the same base64.

    Raises InputError for anything else, and for a private key. What was given is not repeated: it may be a secret.
    """
    raw = seed_in(text_or_path)
    return PublicKey(raw) if raw is not None else _in_file(Path(text_or_path))


def _in_file(path: Path) -> PublicKey:
    try:
        # A pipe would be waited for.
        if path.exists() and not path.is_file():
            raise InputError(f"the public key is neither a key nor a file that can be read: {_NEEDED}")
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        raise InputError(f"the public key is neither a key nor a file that can be read: {_NEEDED}") from error
    if _PRIVATE.search(data):
        raise InputError(
            "this is a private key, and whoever has it can sign in the district's name: take it out of where it was handed "
            "to, make a new one if anybody else could read it, and give the public key (`dam-plugin export key`)"
        )
    raw = seed_in(data.decode("ascii", "replace")) if len(data) < 2 * SEED_BYTES else _in_pem(data)
    if raw is None:
        raise InputError(f"the file holds no public Ed25519 key: {_NEEDED}")
    return PublicKey(raw)


def _in_pem(data: bytes) -> bytes | None:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: PLC0415 - as above

    if len(data) > LARGEST_FILE:
        return None
    try:
        key = load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key.public_bytes_raw() if isinstance(key, Ed25519PublicKey) else None


def _private(seed: bytes) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - as above

    return Ed25519PrivateKey.from_private_bytes(seed)


def _public_of(key: Ed25519PrivateKey) -> PublicKey:
    return PublicKey(key.public_key().public_bytes_raw())
