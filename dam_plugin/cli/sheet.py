"""The sheet of `review --sheet`: what waits for a look, as pictures on one self-contained page. For staff's eyes only."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from dam_plugin.cli.output import write_private
from dam_plugin.errors import DamPluginError, InputError
from dam_plugin.model import Tagging
from dam_plugin.services import Services
from dam_plugin.store import StoredAsset
from dam_plugin.yearbook.thumbnail import LARGEST, thumbnail

WIDEST = 480


@dataclass(frozen=True, slots=True)
class _Waiting:
    stored: StoredAsset
    why: str
    likely: Sequence[str]
    picture: str | None

    @property
    def commands(self) -> tuple[str, ...]:
        """What to paste once it has been looked at; nothing for a key that a terminal would not take as it is."""
        key = self.stored.asset.key
        if not key.isprintable():
            return ()
        answers = ["--nobody", f"--unidentified {self.stored.tagging.unidentified_people or 1}", "--person ID@x,y,w,h"]
        return tuple(f"dam-plugin tag {answer} -- {shlex.quote(key)}" for answer in answers)


def write_sheet(path: Path, services: Services, waiting: Iterable[tuple[StoredAsset, str, Sequence[str]]]) -> None:
    """Write the page of recordings, why they wait and who may be meant, readable by its owner alone: it shows students.

    Raises InputError where it cannot be written.
    """
    templates = Environment(
        loader=PackageLoader("dam_plugin.cli"), autoescape=select_autoescape(default=True), undefined=StrictUndefined
    )
    rows = [_Waiting(stored, why, likely, _picture(services, stored)) for stored, why, likely in waiting]
    page = templates.get_template("review.html.j2").render(
        rows=rows, today=services.now().date(), in_bulk=_in_bulk(rows)
    )
    try:
        write_private(path, page)
    except OSError as error:
        raise InputError(f"'{path}' cannot be written: {(error.strerror or 'refused').lower()}") from error


def _in_bulk(rows: Iterable[_Waiting]) -> str:
    """Return one command for all that nothing is known of, a key a line, so that those of others are easily struck."""
    keys = [shlex.quote(row.stored.asset.key) for row in rows if row.commands and _says_nothing(row.stored.tagging)]
    return " \\\n  ".join(["dam-plugin tag --nobody --", *keys]) if keys else ""


def _says_nothing(tagging: Tagging) -> bool:
    return tagging.state == "pending" and not tagging.appearances and not tagging.unidentified_people


def _picture(services: Services, stored: StoredAsset) -> str | None:
    """Return a small upright picture as a `data:` URL; None for what is no picture that we can open."""
    asset = stored.asset
    if asset.size > LARGEST:
        return None
    try:
        body = services.library.read(asset.key, version_id=asset.version_id, etag=asset.etag, limit=LARGEST)
    except DamPluginError:
        return None
    return thumbnail(body, WIDEST)
