"""One yearbook set: its pictures as they are in the book, what was left out and whom to ask, and the archive itself."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from itertools import islice
from typing import BinaryIO, cast

from django.contrib import messages
from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dam_hooks.desk.access_log import note
from dam_hooks.desk.apps import services
from dam_hooks.desk.desk_roles import CUSTODIAN, DESIGNEE, for_roles
from dam_hooks.desk.small_pictures import THUMBNAIL, small_copy
from dam_hooks.desk.told import name_of
from dam_hooks.desk.yearbook_told import (
    MAKERS,
    called,
    left,
    missing,
    name_of_set,
    picture,
    reads_in_full,
    set_told,
    signers,
    students_in,
)
from dam_plugin.errors import InputError, SetAltered
from dam_plugin.store import Totals, Unit, place_of
from dam_plugin.store.exports import Place
from dam_plugin.store.sets import PURPOSE, ExportFile, ExportSet, Kind
from dam_plugin.yearbook.contact_sheet import LARGEST
from dam_plugin.yearbook.exclusions import Asked, Asking, Explained, coverage, explained, summary
from dam_plugin.yearbook.own_set import opened_set, picture_of
from dam_plugin.yearbook.recheck import recheck
from dam_plugin.yearbook.spreadsheet import MARK, without_formula

PAGE = 48
MOST_NAMES = 500
CHUNK = 1024 * 1024
KINDS: dict[str, Kind] = {"portraits": "portrait", "candids": "candid"}


def set_of(unit: Unit, set_id: str) -> ExportSet:
    """Return the set of an address. Raises Http404."""
    found = unit.exports.set(set_id)
    if found is None:
        raise Http404
    return found


def made_set(unit: Unit, set_id: str) -> ExportSet:
    """Return a set of which there is an archive. Raises Http404 for any other."""
    found = set_of(unit, set_id)
    if found.state not in ("made", "locked"):
        raise Http404
    return found


@for_roles(*MAKERS)
@require_safe
def yearbook_set(request: HttpRequest, set_id: str) -> HttpResponse:
    """Show a set's pictures with the words below them, page by page."""
    kind = request.GET.get("show", "")
    with services().store.reading() as unit:
        found = set_of(unit, set_id)
        if found.state not in ("made", "locked"):
            return redirect("desk:left_out", set_id=set_id)
        totals = unit.exports.totals(set_id)
        handed = unit.exports.handovers(set_id)
        files = list(
            unit.exports.files(set_id, kind=KINDS.get(kind), after=_behind(request, unit, set_id), limit=PAGE + 1)
        )
        page = files[:PAGE]
        records = unit.people.students_of(students_in(page))
    note(request, students_in(page))
    context = {
        "set": set_told(found, totals, handed),
        "pictures": [picture(each, records) for each in page],
        "after": page[-1].number if files[PAGE:] else None,
        "show": kind,
        "title": name_of_set(found),
    }
    return render(request, "desk/yearbook/set.html", context)


@for_roles(*MAKERS)
@require_safe
def set_picture(request: HttpRequest, set_id: str, number: int) -> HttpResponse:
    """Return a picture of a set in small, as it is in the book: the copy, never the original."""
    at = services()
    with at.store.reading() as unit:
        found = made_set(unit, set_id)
        file = unit.exports.file(set_id, number)
    if file is None or file.state != "written" or file.sha256 is None:
        raise Http404
    try:
        made = small_copy(file.sha256, THUMBNAIL, lambda: picture_of(at, found, file, LARGEST))
    except (InputError, OSError):
        made = None
    if made is None:
        raise Http404(_("The archive of this set is not where it was made."))
    return HttpResponse(made, content_type="image/jpeg")


@for_roles(*MAKERS)
@require_safe
def left_out(request: HttpRequest, set_id: str) -> HttpResponse:
    """Show what was left out of a set, why, and whom to ask; to the custodian with the names of those families."""
    at, in_full = services(), reads_in_full(request)
    with at.store.reading() as unit:
        found = set_of(unit, set_id)
        reasons = summary(unit, found)
        page, more = _explained(request, unit, found, in_full=in_full)
        students = {each for one in page for each in (*one.students, *(ask.student for ask in one.asks))}
        records = unit.people.students_of(students)
        told = missing(unit, page, records, in_full=in_full)
        totals = unit.exports.totals(set_id)
    note(request, students)
    context = {
        "set": set_told(found, totals),
        "reasons": left(reasons, in_full=in_full),
        "missing": told,
        "after": page[-1].file.number if more else None,
        "in_full": in_full,
        "printer": found.order.recipient.id or found.order.publisher,
        "title": _("Left out of %s") % name_of_set(found),
    }
    return render(request, "desk/yearbook/left_out.html", context)


def _explained(request: HttpRequest, unit: Unit, found: ExportSet, *, in_full: bool) -> tuple[list[Explained], bool]:
    """Return a page of what stayed out, and whether more follows.

    INVARIANT: a recording that would reveal a family's choice is listed for the custodian and a designee alone.
    """
    files = unit.exports.files(found.id, states=("left_out",), after=_behind(request, unit, found.id))
    listed = (
        each
        for each in explained(unit, found, files, in_full=in_full, rulings=services().rulings)
        if in_full or not each.tells_of_a_choice
    )
    page = list(islice(listed, PAGE + 1))
    return page[:PAGE], len(page) > PAGE


@for_roles(CUSTODIAN, DESIGNEE)
@require_safe
def wanted_consents(request: HttpRequest, set_id: str) -> HttpResponse:
    """Return the consents to ask for as a table: those that help most pictures first."""
    at, asking, students = services(), Asking(), set[str]()
    with at.store.reading() as unit:
        found = set_of(unit, set_id)
        files = unit.exports.files(set_id, states=("left_out",))
        for each in explained(unit, found, files, in_full=True, rulings=at.rulings):
            if each.party is not None:
                asking.add(
                    each.file.asset_id, (Asked(one.student, one.signed_by, PURPOSE, each.party) for one in each.asks)
                )
                students.update(one.student for one in each.asks)
        records = unit.people.students_of(students)
    note(request, students)
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\r\n")
    table.writerow([_("student"), _("grade"), _("signed by"), _("for"), _("printer"), _("pictures")])
    for wanted, count in asking.lines():
        grade = (records[wanted.student].grade or "") if wanted.student in records else ""
        told = (name_of(records, wanted.student), grade, signers(wanted.student, wanted.signed_by, records))
        table.writerow([*map(without_formula, (*told, wanted.purpose, wanted.party)), count])
    name = f"{name_of_set(found)}-consents.csv"
    return HttpResponse(
        # Spreadsheets want the mark.
        f"{MARK}{out.getvalue()}",
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": content_disposition_header(as_attachment=True, filename=name)},
    )


@for_roles(*MAKERS)
@require_safe
def who_is_in_it(request: HttpRequest, set_id: str) -> HttpResponse:
    """Show how many students are in no picture of a set, in one, in many; to the custodian with their names."""
    in_full = reads_in_full(request)
    with services().store.reading() as unit:
        found = made_set(unit, set_id)
        counts = coverage(unit, found)
        shown = [*counts.none[:MOST_NAMES], *counts.one[:MOST_NAMES]] if in_full else []
        records = unit.people.students_of(shown)
    note(request, shown)

    def named(students: tuple[str, ...]) -> list[str]:
        return [called(records, each) for each in students[:MOST_NAMES]] if in_full else []

    context = {
        "set": set_told(found, Totals()),
        "counts": counts,
        "rows": [
            (_("In no picture"), len(counts.none), named(counts.none)),
            (_("In one picture"), len(counts.one), named(counts.one)),
            (_("In %(least)d pictures or more") % {"least": counts.at_least}, len(counts.many), []),
        ],
        "in_full": in_full,
        "title": _("Who is in it"),
    }
    return render(request, "desk/yearbook/who.html", context)


@for_roles(*MAKERS)
@require_safe
def set_archive(request: HttpRequest, set_id: str) -> HttpResponseBase:
    """Send the archive of a set, once every picture in it was decided again as of today: none of it may be stopped."""
    at = services()
    with at.store.reading() as unit:
        found = made_set(unit, set_id)
    if not recheck(at, set_id).may_be_printed:
        messages.error(
            request,
            _("The set is not handed out: some of its pictures may not be shown any more. They are listed here."),
        )
        return redirect("desk:set_today", set_id=set_id)
    with ExitStack() as stack:
        try:
            file = stack.enter_context(opened_set(at, found))
        except (InputError, SetAltered):
            messages.error(request, _("The archive of this set is not where it was made. Make the set again."))
            return redirect("desk:yearbook_set", set_id=set_id)
        # The words below the pictures, the list of pictures and the names of portraits' files name them.
        with at.store.reading() as unit:
            note(request, students_in(unit.exports.files(set_id)))
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
        held = stack.pop_all()
    parts = _PartsLater(file, held) if isinstance(request, ASGIRequest) else _Parts(file, held)
    return StreamingHttpResponse(
        cast("Iterator[bytes]", parts),
        content_type="application/zip",
        headers={
            "Content-Length": str(size),
            "Content-Disposition": content_disposition_header(as_attachment=True, filename=f"{name_of_set(found)}.zip"),
        },
    )


class _Parts:
    """A file part by part, which is closed with the answer."""

    def __init__(self, file: BinaryIO, held: ExitStack) -> None:
        self._file = file
        self._held = held

    def __iter__(self) -> Iterator[bytes]:
        while part := self._file.read(CHUNK):
            yield part

    def close(self) -> None:
        self._held.close()


class _PartsLater:
    """The same for a server that answers many at once: reading keeps no other answer waiting."""

    def __init__(self, file: BinaryIO, held: ExitStack) -> None:
        self._file = file
        self._held = held

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while part := await asyncio.to_thread(self._file.read, CHUNK):
            yield part

    def close(self) -> None:
        self._held.close()


def _behind(request: HttpRequest, unit: Unit, set_id: str) -> Place | None:
    """Return the place behind which a page begins; in addresses it is the picture's number: a place has a student's name."""
    after = request.GET.get("after", "")
    file: ExportFile | None = unit.exports.file(set_id, int(after)) if after.isdecimal() and len(after) < 10 else None
    return place_of(file) if file is not None else None
