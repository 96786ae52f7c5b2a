"""Uploading, also from a phone: each file is stored as `dam-plugin upload` does, tagged at once, and shown with its state.

Nothing is replaced here. A name that is taken gets a number, and the same file sent twice is there once.
"""

from __future__ import annotations

import hashlib
import logging
import warnings
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import Any, BinaryIO, cast

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods
from PIL import Image

from dam_hooks.desk.access_log import note
from dam_hooks.desk.apps import plugin, services
from dam_hooks.desk.desk_roles import SHARES, for_roles
from dam_hooks.desk.forms import words
from dam_hooks.desk.told import Card, card, with_names
from dam_plugin.errors import InputError, StorageError, StoreError, place_of
from dam_plugin.intake import uploads
from dam_plugin.intake.events import is_asset
from dam_plugin.intake.waiting import why_waiting
from dam_plugin.library.object_keys import is_ours
from dam_plugin.library.s3 import CHUNK
from dam_plugin.model import AssetEvent
from dam_plugin.pseudonyms import students_within
from dam_plugin.services import Services
from dam_plugin.store import StoredAsset
from dam_plugin.yearbook.contact_sheet import FORMATS, MOST_PIXELS
from dam_tagging.metadata.read import HEAD, sniff

MOST_FILES = 50
MOST_BYTES = 2 * 1024**3
MOST_OF_ONE_NAME = 200
PART = "X-Desk-Part"
SECONDS = 4.0
"""How long an answer waits until a recording is read and tagged; that goes on behind it."""
_READING = ThreadPoolExecutor(max_workers=2, thread_name_prefix="desk-upload")
_KINDS = ("image/", "video/", "audio/", "application/ogg")

log = logging.getLogger(__name__)


class UploadForm(forms.Form):
    """Where the files go."""

    folder = words(gettext_lazy("Folder"), gettext_lazy("Such as: events/athletics"), required=False, longest=300)


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What became of a file: its name, its state as a colour and in words, why, and its card once it is in the library."""

    name: str
    color: str
    state: str
    why: tuple[str, ...] = ()
    card: Card | None = None
    students: frozenset[str] = frozenset()


class NotTaken(Exception):
    """A file is not stored; the text says why."""


@for_roles(*SHARES)
@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Take files in, and say of each what became of it. A script asks for the part of one file alone."""
    form = UploadForm(request.POST or None, initial={"folder": request.GET.get("folder", "")[:300]})
    done: list[Uploaded] = []
    missing = False
    if request.method == "POST" and form.is_valid():
        files = [*request.FILES.getlist("files"), *request.FILES.getlist("taken")]
        missing = not files
        done = [_taken(each, form.cleaned_data["folder"]) for each in files[:MOST_FILES]]
        done += [Uploaded(each.name or "", "red", _too_many()) for each in files[MOST_FILES:]]
    note(request, (student for each in done for student in each.students))
    context: dict[str, Any] = {"form": form, "done": done, "missing": missing, "title": _("Upload")}
    template = "desk/uploaded.html" if request.headers.get(PART) and done else "desk/upload.html"
    return render(request, template, context)


def _too_many() -> str:
    return _("Not stored: at most %(count)d files at once.") % {"count": MOST_FILES}


def _taken(file: UploadedFile[Any], folder: str) -> Uploaded:
    """Store and tag one file; return what became of it, whatever it is."""
    at, name = services(), file.name or ""
    stored_key = None
    try:
        _check(file)
        key, is_there = _free_key(at, folder, name, file)
        if not is_there:
            head = uploads.upload(at, key, cast("BinaryIO", file.file))
            stored_key = key
            event = AssetEvent(key, version_id=head.version_id, etag=head.etag, size=head.size)
            if not _is_read(event):
                return Uploaded(name, "amber", _being_read())
        with at.store.reading() as unit:
            stored = unit.assets.current(key)
            reasons = () if stored is None else why_waiting(stored)
            why = tuple(with_names(unit, reasons))
    except NotTaken as error:
        return Uploaded(name, "red", str(error))
    except Exception as error:  # noqa: BLE001 - what is stored has to be told, and the text might name somebody
        _log_unfinished(error)
        if stored_key is not None:
            return Uploaded(name, "amber", _not_read())
        if isinstance(error, StorageError | StoreError):
            return Uploaded(name, "red", _("Not stored: the storage does not answer. Try again in a moment."))
        return Uploaded(name, "red", _("Not stored: an error came up. Try again, or tell an administrator."))
    told = _told(name, key, stored, why, is_there=is_there)
    return replace(told, students=frozenset(one for each in reasons for one in students_within(each)))


def _is_read(event: AssetEvent) -> bool:
    """Read and tag a recording; whether that is done in the time that an answer waits. Raises what failed in it."""
    reading = _READING.submit(plugin().hook.asset_uploaded, event=event)
    if wait([reading], SECONDS).not_done:
        reading.add_done_callback(_log_late)
        return False
    reading.result()
    return True


def _being_read() -> str:
    return _("Stored, and being read: it is on hold until that is done. Look again in a moment.")


def _not_read() -> str:
    return _("Stored, but not read yet: it is on hold until the desk has read it.")


def _log_late(reading: Future[Any]) -> None:
    """Log how the reading of a file failed that nobody waited for any more."""
    error = reading.exception()
    if error is not None:
        _log_unfinished(error)


def _log_unfinished(error: BaseException) -> None:
    log.warning("an upload could not be finished (%s at %s)", type(error).__name__, place_of(error))


def _told(name: str, key: str, stored: StoredAsset | None, why: tuple[str, ...], *, is_there: bool) -> Uploaded:
    if stored is None:
        return Uploaded(name, "amber", _not_read())
    shown = card(stored)
    remarks = []
    if is_there:
        remarks.append(_("This very file was in the library already."))
    elif shown.title != name:
        remarks.append(
            _("Another file is called so already: this one is kept as “%(title)s”.") % {"title": shown.title}
        )
    return Uploaded(name, shown.color, shown.state, (*remarks, *(why if shown.color != "green" else ())), shown)


def _check(file: UploadedFile[Any]) -> None:
    """Raise NotTaken for what is no picture, video or sound that can be looked at here. By its bytes, whatever it is called."""
    size = file.size or 0
    if not size:
        raise NotTaken(_("Not stored: the file is empty."))
    if size > MOST_BYTES:
        raise NotTaken(_("Not stored: the file is larger than 2 GB."))
    head = file.read(HEAD)
    file.seek(0)
    media_type = sniff(head)
    if not media_type.startswith(_KINDS):
        if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
            raise NotTaken(_("Not stored: this is a web page or a drawing (HTML or SVG), and no picture."))
        raise NotTaken(_("Not stored: this is no picture, video or sound that the desk knows."))
    if media_type.startswith("image/"):
        _check_pixels(file)


def _check_pixels(file: UploadedFile[Any]) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(cast("BinaryIO", file.file), formats=FORMATS) as opened:
                pixels = opened.width * opened.height
    except Image.DecompressionBombError:
        pixels = MOST_PIXELS + 1
    except (OSError, ValueError, SyntaxError):
        # What Pillow does not know may still be one of ours; tagging says what it could read.
        pixels = 0
    finally:
        file.seek(0)
    if pixels > MOST_PIXELS:
        raise NotTaken(
            _(
                "Not stored: the picture has more than %(count)d megapixels, and could not be looked at here. Save it "
                "smaller, and upload that."
            )
            % {"count": MOST_PIXELS // 1_000_000}
        )


def _free_key(at: Services, folder: str, name: str, file: UploadedFile[Any]) -> tuple[str, bool]:
    """Return a key that nothing has yet; or that of this very file, and True. Raises NotTaken."""
    stem, dot, ending = name.rpartition(".")
    digest: str | None = None
    for number in range(1, MOST_OF_ONE_NAME):
        called = name if number == 1 else f"{stem}-{number}.{ending}" if dot else f"{name}-{number}"
        try:
            key = uploads.key_for(folder, called)
        except InputError as error:
            if is_ours(f"{folder.strip('/')}/"):
                raise NotTaken(_("Not stored: this folder is kept for the desk itself. Choose another one.")) from error
            raise NotTaken(
                _(
                    "Not stored: the name of the file or of the folder cannot be used. Choose a shorter one, without “..” "
                    "or “//”."
                )
            ) from error
        if not is_asset(key):
            raise NotTaken(_("Not stored: a file of this name would not be taken for a picture. Call it otherwise."))
        there = at.library.etag(key)
        if there is None:
            return key, False
        digest = digest or _md5(file)
        if there == digest:
            return key, True
    raise NotTaken(_("Not stored: too many files are called so in this folder. Choose another folder."))


def _md5(file: UploadedFile[Any]) -> str:
    """Return what the storage calls a file that was sent in one piece."""
    digest = hashlib.md5(usedforsecurity=False)
    for chunk in file.chunks(CHUNK):
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()
