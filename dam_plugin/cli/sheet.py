"""The sheet of `review --sheet`: what waits for a look, as pictures on one self-contained page. For staff's eyes only."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from PIL import Image, ImageOps

from dam_plugin.cli.output import write_private
from dam_plugin.errors import DamPluginError, InputError
from dam_plugin.services import Services
from dam_plugin.store import StoredAsset

WIDEST = 480
LARGEST = 64 * 1024 * 1024
# Pillow refuses larger pictures by itself; a warning is taken as a refusal too.
MOST_PIXELS = 120_000_000
# Nothing that Pillow hands to another program (EPS).
FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "GIF")


@dataclass(frozen=True, slots=True)
class _Waiting:
    stored: StoredAsset
    why: str
    picture: str | None


def write_sheet(path: Path, services: Services, waiting: Iterable[tuple[StoredAsset, str]]) -> None:
    """Write the page of recordings and why they wait, readable by its owner alone: it shows students.

    Raises InputError where it cannot be written.
    """
    templates = Environment(
        loader=PackageLoader("dam_plugin.cli"), autoescape=select_autoescape(default=True), undefined=StrictUndefined
    )
    rows = [_Waiting(stored, why, _picture(services, stored)) for stored, why in waiting]
    page = templates.get_template("review.html.j2").render(rows=rows, today=services.now().date())
    try:
        write_private(path, page)
    except OSError as error:
        raise InputError(f"'{path}' cannot be written: {(error.strerror or 'refused').lower()}") from error


def _picture(services: Services, stored: StoredAsset) -> str | None:
    """Return a small upright picture as a `data:` URL; None for what is no picture that we can open."""
    asset = stored.asset
    if asset.size > LARGEST:
        return None
    try:
        body = services.library.read(asset.key, version_id=asset.version_id, etag=asset.etag, limit=LARGEST)
        with Image.open(io.BytesIO(body), formats=FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                return None
            opened.draft("RGB", (WIDEST * 2, WIDEST * 2))
            upright = ImageOps.exif_transpose(opened).convert("RGB")
    except (DamPluginError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    upright.thumbnail((WIDEST, WIDEST))
    small = io.BytesIO()
    upright.save(small, "JPEG", quality=80)
    return "data:image/jpeg;base64," + base64.b64encode(small.getvalue()).decode("ascii")
