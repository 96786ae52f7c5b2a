"""The keys of hosts: which host each belongs to, as `DAM_PLUGIN_HTTP_KEYS` says. Pure; no key is in a message or a repr.

A key is written as Standard Webhooks does: `whsec_` and 24 to 64 random bytes in base64. A host may have several at a
time, which is how one takes the place of another without a gap.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field

from dam_plugin.errors import SettingsError
from dam_plugin.settings import Settings

SECRET_PREFIX = "whsec_"  # noqa: S105 - what a key begins with
FEWEST_BYTES, MOST_BYTES = 24, 64
# Each request is checked with every key, whichever fits.
MOST_KEYS = 64

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_HOW = "write NAME:whsec_… for each, parted by commas"


@dataclass(frozen=True, slots=True)
class HostKey:
    """One key of a host: whose it is, and its bytes."""

    client: str
    secret: bytes = field(repr=False)


def host_keys(settings: Settings) -> tuple[HostKey, ...]:
    """Return the keys of the settings, none where none is set. Raises SettingsError, which quotes no key."""
    if settings.http_keys is None:
        return ()
    entries = settings.http_keys.get_secret_value().split(",")
    if len(entries) > MOST_KEYS:
        raise SettingsError(f"DAM_PLUGIN_HTTP_KEYS has more than {MOST_KEYS} keys: take out those that no host uses")
    keys = tuple(_key(entry.strip(), place) for place, entry in enumerate(entries, start=1))
    seen: set[bytes] = set()
    for place, key in enumerate(keys, start=1):
        if key.secret in seen:
            raise SettingsError(
                f"key {place} of DAM_PLUGIN_HTTP_KEYS stands there twice: give each host keys of its own"
            )
        seen.add(key.secret)
    return keys


def _key(entry: str, place: int) -> HostKey:
    which = f"key {place} of DAM_PLUGIN_HTTP_KEYS"
    name, parted, written = entry.partition(":")
    if not parted or not _NAME.fullmatch(name):
        raise SettingsError(f"{which} has no name of letters, digits, '-' and '_' before its ':': {_HOW}")
    if not written.startswith(SECRET_PREFIX):
        raise SettingsError(f"{which} does not begin with {SECRET_PREFIX}: {_HOW}")
    try:
        secret = base64.b64decode(written.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        secret = None
    if secret is None or not FEWEST_BYTES <= len(secret) <= MOST_BYTES:
        raise SettingsError(f"{which} is not {FEWEST_BYTES} to {MOST_BYTES} bytes in base64 after {SECRET_PREFIX}")
    return HostKey(name, secret)
