"""Small pictures for lists and pages: made once of each version, kept in a private folder beside the desk's database."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from django.conf import settings as configured

from dam_plugin.services import Services
from dam_plugin.store import StoredAsset
from dam_plugin.yearbook.contact_sheet import LARGEST, small_jpeg

THUMBNAIL, PAGE = 320, 1600
MOST_BYTES = {THUMBNAIL: 60 * 1024}


def small_picture(services: Services, stored: StoredAsset, widest: int) -> bytes | None:
    """Return a JPEG of at most `widest` pixels a side, without metadata; None for what is no picture that we can open.

    Raises StorageError.
    """
    asset = stored.asset

    def read() -> bytes | None:
        if asset.size > LARGEST:
            return None
        return services.library.read(asset.key, version_id=asset.version_id, etag=asset.etag, limit=LARGEST)

    return small_copy(asset.id, widest, read)


def small_copy(name: str, widest: int, read: Callable[[], bytes | None]) -> bytes | None:
    """Return a JPEG of bytes of this name, as `small_picture` does; `read` fetches them once.

    The name is a version's id or a SHA-256: it never means other bytes.
    """
    kept = _folder() / f"{name}-{widest}.jpg"
    try:
        return kept.read_bytes()
    except OSError:
        pass
    body = read()
    made = _made(body, widest) if body is not None else None
    if made is not None:
        _keep(kept, made)
    return made


def _made(body: bytes, widest: int) -> bytes | None:
    most = MOST_BYTES.get(widest)
    for quality in (80, 60, 40):
        made = small_jpeg(body, widest, quality)
        if made is None or most is None or len(made) <= most:
            return made
    return small_jpeg(body, widest // 2, 40)


def _keep(place: Path, made: bytes) -> None:
    """Keep a small picture; where there is no room for it, it is made again the next time."""
    beside = place.with_name(f".{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(made)
        beside.replace(place)
    except OSError:
        beside.unlink(missing_ok=True)


def _folder() -> Path:
    folder = Path(configured.DESK_PICTURES)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
