"""The original of a video or a sound, for whoever says who is in it: in pieces, as a player asks for them."""

from __future__ import annotations

import re
from http import HTTPStatus

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dam_hooks.desk.apps import services
from dam_hooks.desk.desk_roles import SHARES, for_roles
from dam_hooks.desk.pages.recording_page import recording_of
from dam_plugin.sharing.whereabouts import has_time

PIECE = 2 * 1024 * 1024
"""Most bytes of one answer; a player asks for the next ones by itself."""
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


@for_roles(*SHARES)
@require_safe
def original(request: HttpRequest, asset: str) -> HttpResponse:
    """Return a piece of the original (RFC 9110, 14: `Range`), whole if it is small."""
    at = services()
    with at.store.reading() as unit:
        stored = recording_of(unit, asset)
    one = stored.asset
    # Of another version a player would put pieces of two files together.
    if one.id != asset or not has_time(one.media_type) or not one.size:
        raise Http404(_("This recording cannot be played."))
    wanted = _RANGE.fullmatch(request.headers.get("Range", ""))
    start, stop = _piece(wanted, one.size) if wanted else (0, one.size)
    if not start < stop or (wanted is None and one.size > PIECE):
        return HttpResponse(
            status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers={"Content-Range": f"bytes */{one.size}"}
        )
    with at.library.open(one.key, version_id=one.version_id, etag=one.etag, size=one.size, budget=4 * PIECE) as file:
        file.seek(start)
        body = file.read(stop - start)
    answer = HttpResponse(body, content_type=one.media_type, headers={"Accept-Ranges": "bytes"})
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    if wanted is not None:
        answer.status_code = HTTPStatus.PARTIAL_CONTENT
        answer.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{one.size}"
    return answer


def _piece(wanted: re.Match[str], size: int) -> tuple[int, int]:
    """Return from where until where (exclusive) a piece is sent; an empty stretch where there is none."""
    first, last = wanted.groups()
    if not first:
        # The last bytes; a player asks so for the index at the end of a file.
        start = max(size - int(last), 0) if last else size
        return start, min(size, start + PIECE)
    stop = min(size, int(last) + 1 if last else size)
    return int(first), min(stop, int(first) + PIECE)
