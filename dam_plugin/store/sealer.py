"""The keyed digests by which rows are sealed, summed and signed for. Pure: knows no table and no database.

A row has a seal. The seals of a table have a sum in which each counts once, whatever their order (MSet-Add-Hash, Clarke
et al. 2003): it is kept masked by a nonce, so that nobody can tell from it which other rows would have the same.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

from dam_plugin.errors import SettingsError

_MODULUS = 1 << 256


class Sealer:
    """Seals with keys that are derived from the signing key."""

    __slots__ = ("_mask", "_seal", "_sign", "_sum")

    def __init__(self, signing_key: str) -> None:
        """Derive a key for each use; raise SettingsError where the signing key is empty."""
        if not signing_key:
            raise SettingsError("DAM_PLUGIN_SIGNING_KEY is empty: run `dam-plugin init`")
        key = signing_key.encode("utf-8", "surrogatepass")
        self._seal, self._sum, self._mask, self._sign = (
            hmac.digest(key, b"dam-plugin rows\0" + use, "sha256") for use in (b"seal", b"sum", b"mask", b"sign")
        )

    def seal(self, table: str, values: Sequence[object]) -> str:
        """Return the seal of a row of a table, whose values are as the driver gives them."""
        text = json.dumps([table, *values], separators=(",", ":"), default=_plain)
        return hmac.digest(self._seal, text.encode("utf-8", "surrogatepass"), "sha256").hex()

    def summand(self, table: str, row_id: str, seal: str) -> int:
        """Return what a sealed row adds to the sum of its table."""
        text = json.dumps([table, row_id, seal])
        return int.from_bytes(hmac.digest(self._sum, text.encode(), "sha256"))

    def masked(self, table: str, nonce: str, total: int) -> str:
        """Return a sum as it is kept."""
        return format((total + self._mask_of(table, nonce)) % _MODULUS, "064x")

    def unmasked(self, table: str, nonce: str, kept: str) -> int:
        """Return a sum that was kept."""
        return (int(kept, 16) - self._mask_of(table, nonce)) % _MODULUS

    def signature(self, what: str, told: Mapping[str, object]) -> str:
        """Return what proves that the holder of the signing key said this."""
        text = json.dumps([what, told], sort_keys=True, separators=(",", ":"))
        return hmac.digest(self._sign, text.encode("utf-8", "surrogatepass"), "sha256").hex()

    def is_signed(self, what: str, told: Mapping[str, object], signature: object) -> bool:
        """Whether a signature is the one of what is told."""
        return isinstance(signature, str) and hmac.compare_digest(
            self.signature(what, told).encode(), signature.encode("utf-8", "surrogatepass")
        )

    def _mask_of(self, table: str, nonce: str) -> int:
        return int.from_bytes(hmac.digest(self._mask, f"{table}\0{nonce}".encode(), "sha256"))


def added(total: int, *, plus: int = 0, minus: int = 0) -> int:
    """Return a sum with one row more, or one less, or one in place of another."""
    return (total + plus - minus) % _MODULUS


def _plain(value: object) -> object:
    """Return what JSON has no word for: the same moment is the same text, whatever the zone a driver gives it in."""
    if isinstance(value, datetime):
        return value.isoformat() if value.tzinfo is None else value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return [type(value).__name__, repr(value)]
