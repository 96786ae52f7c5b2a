"""Names of objects: what is a released copy, a piece of evidence or an export, what lies beside what. No I/O.

A key is refused if it would be a dangerous path (`..`, empty parts, control characters).
"""

from __future__ import annotations

import unicodedata

from dam_plugin.errors import InputError, StorageError

RELEASED = "released/"
EVIDENCE = "evidence/"
EXPORTS = "exports/"
LEDGER = "ledger/"
# The copies that test whether the server tells a URL that the host signs from a request that the host signs.
URL_TRIAL = f"{RELEASED}dam-plugin-url-trial-"
# The object on which a server without a queue is tried.
SERVER_TRIAL = f"{RELEASED}dam-plugin-server-trial-"
MOST_KEY_BYTES = 1024
SCHEME = "s3://"

# Control characters, halves of a pair (a file name that is no UTF-8), line and paragraph separators.
_UNWRITABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})

_OURS = {
    RELEASED: "the plugin's own copies",
    EVIDENCE: "the custodian's evidence",
    EXPORTS: "the sets that were exported",
    LEDGER: "the ledger's end",
}


def is_released(key: str) -> bool:
    """Whether the key names one of the plugin's own copies. Only such a copy may be `open`."""
    return key.startswith(RELEASED)


def is_ours(key: str) -> bool:
    """Whether the key is in one of the plugin's own folders: no recording is taken in there, and no user uploads there."""
    return key.startswith(tuple(_OURS))


def evidence(sha256: str, suffix: str) -> str:
    """Return the key of a piece of evidence: by its hash alone, since a file name may tell of a student."""
    return f"{EVIDENCE}{sha256}{suffix}"


def released(key: str) -> str:
    """Return the key, or raise StorageError when it is not a plain path under `released/`."""
    if not is_released(key) or not all(_is_plain(part) for part in key.split("/")):
        raise StorageError(f"the key of a released copy is a plain path under {RELEASED}: this one is not")
    if len(key.encode()) > MOST_KEY_BYTES:
        raise StorageError(f"the key of a released copy is longer than {MOST_KEY_BYTES} bytes")
    return key


def exported(key: str) -> str:
    """Return the key, or raise InputError when it is not a plain path under `exports/`."""
    if not key.startswith(EXPORTS) or not all(_is_plain(part) for part in key.split("/")):
        raise InputError(f"a set in the bucket lies under {EXPORTS}, as in {EXPORTS}fall.zip: choose such a key")
    if len(key.encode()) > MOST_KEY_BYTES:
        raise InputError(f"a key has at most {MOST_KEY_BYTES} bytes: choose a shorter one")
    return key


def bucket_place(text: str) -> tuple[str, str] | None:
    """Return bucket and key of `s3://BUCKET/KEY`; None for another text."""
    bucket, _, key = text.removeprefix(SCHEME).partition("/")
    return (bucket, key) if text.startswith(SCHEME) and bucket and key else None


def uploadable(key: str) -> str:
    """Return the key, or raise InputError if a new object must not have this name. Existing objects may have it."""
    for folder, what in _OURS.items():
        if key.startswith(folder):
            raise InputError(f"'{folder}' is for {what}: choose another folder")
    if any(part in {"", ".", ".."} for part in key.split("/")):
        raise InputError("a key has no empty part, '.' or '..', which URLs leave out: choose another folder")
    if any(unicodedata.category(character) in _UNWRITABLE for character in key):
        raise InputError("a key has no control characters and is UTF-8 text: rename the file or the folder")
    if len(key.encode()) > MOST_KEY_BYTES:
        raise InputError(f"a key has at most {MOST_KEY_BYTES} bytes: shorten the file's name or the folder's")
    return key


def beside(key: str, name: str) -> str | None:
    """Return the key of `name`, a bare file name or a whole key, in the folder of `key`; None where it lies elsewhere."""
    folder = key[: key.rfind("/") + 1]
    bare = name.removeprefix(folder)
    return folder + bare if "/" not in bare and _is_plain(bare) else None


def _is_plain(part: str) -> bool:
    return part not in {"", ".", ".."} and "\\" not in part and part.isprintable()
