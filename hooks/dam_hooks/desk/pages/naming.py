"""Saying who is in a recording, one after the other: names from the roster, places, how many have none, nobody, skip, undo.

What somebody says is a look, as `dam-plugin tag` keeps it. It is said of what they looked at: where that has changed meanwhile
the page shows the recording of now, with what they were about to say, and nothing is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dam_hooks.desk.access_log import note
from dam_hooks.desk.apps import services
from dam_hooks.desk.candidates import MOST_FOUND, Candidate, candidates
from dam_hooks.desk.desk_roles import SHARES, actor, for_roles
from dam_hooks.desk.look_told import outcome, refusal
from dam_hooks.desk.pages.recording_page import recording_of
from dam_hooks.desk.sightings import (
    LONGEST_NAME,
    MOST_ROWS,
    PREFIX,
    Sightings,
    Statement,
    initial_rows,
    look_of,
    with_added,
)
from dam_hooks.desk.told import Box, card, name_of, with_names
from dam_plugin.errors import LookOvertaken, LookRefused, UnknownThing
from dam_plugin.intake.keep_look import as_seen, last_own_look, look_and_close
from dam_plugin.intake.looks import with_looks
from dam_plugin.intake.waiting import faces_to_name, named_beside, students_meant, why_waiting
from dam_plugin.model import CUSTODIANS, Actor, Look, Region, StudentRecord
from dam_plugin.pseudonyms import students_within
from dam_plugin.services import Services
from dam_plugin.sharing.whereabouts import has_time
from dam_plugin.store import StoredAsset, Unit

MOST_BESIDE = 24
OF_GRADE = 60
FEWEST_LETTERS = 2


@dataclass(frozen=True, slots=True)
class Suggested:
    """Students whom a word of the recording may mean: the word, and where it stands."""

    word: str
    source: str
    students: tuple[Candidate, ...]


@for_roles(*SHARES)
@require_safe
def waiting(request: HttpRequest) -> HttpResponse:
    """Lead to the first recording that waits, or to the next one behind `after`, of a folder or of all."""
    folder, after = _folder(request.GET), request.GET.get("after", "")
    with services().store.reading() as unit:
        where = next_address(unit, folder, after, request.GET.get("said", ""))
    if where is not None:
        return redirect(where)
    context = {"folder": folder, "skipped": bool(after), "title": _("Waiting")}
    return render(request, "desk/nothing_waits.html", context)


def next_address(unit: Unit, folder: str, after: str, said: str = "") -> str | None:
    """Return where the next recording that waits is named; None where none does. `after` and `said` are ids of recordings."""
    behind = None
    if after:
        last = unit.assets.by_id(after)
        now = unit.assets.current(last.asset.key) if last is not None else None
        # One that was replaced stands at the end, and what is before it would be left out.
        behind = now.asset.key if now is not None and now.asset.id == after else None
    found = unit.assets.waiting_page(limit=1, after=behind, folder=f"{folder}/" if folder else "")
    if not found:
        return None
    return who_address(found[0].asset.id, queue=True, folder=folder, said=said)


def who_address(asset: str, *, queue: bool = False, folder: str = "", said: str = "") -> str:
    """Return where it is said who is in a recording."""
    asked = {"queue": "1" if queue else "", "folder": folder, "said": said}
    query = urlencode({name: value for name, value in asked.items() if value})
    return reverse("desk:who", args=[asset]) + (f"?{query}" if query else "")


@for_roles(*SHARES)
@require_http_methods(["GET", "POST"])
def who(request: HttpRequest, asset: str) -> HttpResponse:
    """Show a recording with who is in it, and keep what a person says of it."""
    at = services()
    with at.store.reading() as unit:
        stored = recording_of(unit, asset)
    if request.method == "GET":
        if stored.asset.id != asset:
            return redirect(_where(request, stored.asset.id))
        return _page(request, stored, Form.of(stored))
    form = Form.sent(request.POST)
    do = request.POST.get("do", "")
    if "add" in request.POST or do == "find" or not form.is_whole:
        return _page(request, stored, form)
    if stored.asset.id != asset:
        return _overtaken(request, stored, form)
    look = form.look(request, stored, nobody=do == "nobody")
    if look is None or not form.says_all(request, stored, look):
        return _page(request, stored, form)
    return _kept(request, at, stored, form, look)


class Form:
    """What a person says before it is kept: the rows, and the rest of the statement."""

    def __init__(self, statement: Statement, rows: Any) -> None:
        """Take both forms."""
        self.statement, self.rows = statement, rows

    @classmethod
    def of(cls, stored: StoredAsset) -> Form:
        """Return the form as it begins: with what is on file."""
        rows = Sightings(initial=initial_rows(stored), prefix=PREFIX)
        return cls(Statement(initial={"seen": as_seen(stored)}), rows)

    @classmethod
    def sent(cls, data: QueryDict) -> Form:
        """Return the form as it was sent, with one more row for whom the person wants to add."""
        data = with_added(data)
        return cls(Statement(data), Sightings(data, prefix=PREFIX))

    @property
    def is_whole(self) -> bool:
        """Whether each part of what was sent can be understood."""
        return bool(self.statement.is_valid()) & bool(self.rows.is_valid())

    @property
    def students(self) -> set[str]:
        """The students of the rows, as far as they were sent."""
        told = (each["student"].value() for each in self.rows.forms)
        return {str(each) for each in told if each}

    @property
    def taken_out(self) -> set[str]:
        """The students whose names are crossed out in a form that is whole."""
        return {each.cleaned_data["student"] for each in self.rows.forms if each.cleaned_data.get("DELETE")}

    def refresh(self, stored: StoredAsset) -> None:
        """Make the form one about the recording of now."""
        self.statement = Statement({**dict(self.statement.data.items()), "seen": as_seen(stored)})

    def says_all(self, request: HttpRequest, stored: StoredAsset, look: Look) -> bool:
        """Whether nothing was typed and not chosen, and nobody who was named or counted is passed over by one button.

        INVARIANT: "no student" is never said of a picture with names or counted people by accident. The sentence is in the
        form where it is not so.
        """
        if not self.statement.is_all_chosen():
            return False
        wrong = None
        left = {each.student for each in stored.tagging.appearances} - self.taken_out
        if look.nobody and not look.persons and left:
            wrong = _(
                "Somebody is named in this recording: take each name out in the list, if they are not in it after all."
            )
        elif look.nobody and not look.persons and not look.unidentified and not request.POST.get("sure"):
            wrong = _passed_over(stored)
            self.is_asked_again = wrong is not None
        if wrong is not None:
            self.statement.add_error(None, wrong)
        return wrong is None

    is_asked_again = False

    def look(self, request: HttpRequest, stored: StoredAsset, *, nobody: bool) -> Look | None:
        """Return what a whole form says; None where it says nothing, with the sentence in the form."""
        by, now = actor(request), services().now()
        rows = [each.cleaned_data for each in self.rows.forms if each.cleaned_data.get("student")]
        counted = self.statement.cleaned_data["unknown"]
        staying = [each for each in rows if not each.get("DELETE")]
        if nobody and not staying and not counted:
            return Look(now, by, nobody=True)
        look = look_of(stored, rows, counted, at=now, by=by)
        wrong = None
        if nobody:
            wrong = _("You named somebody, or counted people: take that out first.")
        elif not staying and not counted:
            wrong = _("Name somebody, say how many you cannot name, or say that no student is in it.")
        elif look.nobody and by.role not in CUSTODIANS:
            wrong = refusal(LookRefused("", "named-already"), {})
        if wrong is not None:
            self.statement.add_error(None, wrong)
            return None
        left = with_looks(stored.tagging, [replace(look, nobody=False, unidentified=None)]).unidentified_people
        if counted is None and left:
            # INVARIANT: nobody who was counted, or is meant by a word, is left out by what a person did not say: also not by
            # a name that is taken out.
            told = ngettext(
                "One person in it seems to have no name yet: name them, or write down how many you cannot name (0 if none).",
                "%(count)d people in it seem to have no name yet: name them, or write down how many you cannot name (0 if "
                "none).",
                left,
            )
            self.statement.add_error("unknown", told % {"count": left})
            return None
        return look


def _passed_over(stored: StoredAsset) -> str | None:
    """Return what is asked before "no student" is said of people who were counted, or of a word; None where there is none."""
    if count := stored.tagging.unidentified_people:
        told = ngettext(
            "One person was counted in it. If that is no student, press “No student is in it” once more.",
            "%(count)d people were counted in it. If none is a student, press “No student is in it” once more.",
            count,
        )
        return told % {"count": count}
    if words := stored.tagging.open_words:
        told = _("“%(word)s” may be a student's name. If no student is meant, press “No student is in it” once more.")
        return told % {"word": words[0].word[:LONGEST_NAME]}
    return None


def _kept(request: HttpRequest, at: Services, stored: StoredAsset, form: Form, look: Look) -> HttpResponse:
    """Keep a look and lead on; else show the page with why it was not kept."""
    key = stored.asset.key
    try:
        after, closed = look_and_close(at, key, look, seen=form.statement.cleaned_data["seen"])
    except LookOvertaken:
        return _overtaken(request, stored, form)
    except LookRefused as error:
        with at.store.reading() as unit:
            records = unit.people.students_of(error.students)
        note(request, error.students)
        form.statement.add_error(None, refusal(error, records))
        return _page(request, stored, form)
    except UnknownThing:
        form.statement.add_error(None, _("One of these students is not on the roster any more."))
        return _page(request, stored, form)
    with at.store.reading() as unit:
        records = unit.people.students_of(after.tagging.students)
        where = next_address(unit, _folder(request.GET), stored.asset.id, stored.asset.id)
    messages.success(
        request, _("Saved: %(title)s. %(state)s.") % {"title": card(after).title, "state": card(after).state}
    )
    told = list(outcome(after, closed, look, records))
    for text in told:
        messages.warning(request, text)
    if told:
        note(request, records)
    if not request.GET.get("queue"):
        return redirect("desk:recording", asset=stored.asset.id)
    if where is None:
        folder = _folder(request.GET)
        where = f"{reverse('desk:waiting')}?{urlencode({'folder': folder, 'after': stored.asset.id})}"
    return redirect(where)


def _overtaken(request: HttpRequest, stored: StoredAsset, form: Form) -> HttpResponse:
    """Show the recording of now with what the person was about to say; nothing was kept."""
    with services().store.reading() as unit:
        stored = recording_of(unit, stored.asset.id)
    form.refresh(stored)
    return _page(request, stored, form, overtaken=True)


def _page(request: HttpRequest, stored: StoredAsset, form: Form, *, overtaken: bool = False) -> HttpResponse:
    at, by = services(), actor(request)
    folder, queue = _folder(request.GET), bool(request.GET.get("queue"))
    typed = request.POST.get("q", "")[:LONGEST_NAME] if request.method == "POST" else ""
    with at.store.reading() as unit:
        meant = students_meant(at, unit, stored)
        beside = named_beside(unit, stored)[:MOST_BESIDE]
        found = unit.people.called(typed, limit=MOST_FOUND) if request.POST.get("do") == "find" else []
        on_file = {each.student for each in stored.tagging.appearances}
        records = unit.people.students_of(
            {*on_file, *form.students, *beside, *(each for one in meant for each in one.students)}
        )
        waits = stored.tagging.state != "complete" or stored.tagging.unidentified_people
        reasons = why_waiting(stored) if waits else ()
        why = with_names(unit, reasons)
        left = unit.assets.count_waiting(at.now()) if queue else 0
        coming = unit.assets.waiting_page(limit=1, after=stored.asset.key, folder=f"{folder}/" if folder else "")
        before = _undoable(unit, request, stored.asset.id, by)
    found_now = candidates(found)
    suggested = tuple(
        Suggested(
            each.word, each.source, candidates(records[student] for student in each.students if student in records)
        )
        for each in meant
    )
    note(request, {*records, *(each.student for each in found_now)})
    note(request, (one for each in reasons for one in students_within(each)))
    is_film = has_time(stored.asset.media_type)
    context: dict[str, Any] = {
        "card": card(stored),
        "most": MOST_ROWS,
        "is_film": is_film,
        "is_video": stored.asset.media_type.startswith("video/"),
        "form": form.statement,
        "is_asked_again": form.is_asked_again,
        "rows": _rows(form, records, stored),
        "formset": form.rows,
        "faces": [] if is_film else [_box(each) for each in faces_to_name(stored)],
        "why": why,
        "suggested": [each for each in suggested if each.students],
        "beside": candidates(records[each] for each in beside if each in records and each not in on_file),
        "found": found_now,
        "typed": typed,
        "is_searched": request.POST.get("do") == "find",
        "queue": queue,
        "left": left,
        "folder": folder,
        "own_folder": stored.asset.key.rpartition("/")[0],
        "coming": coming[0].asset.id if queue and coming and coming[0].asset.media_type.startswith("image/") else None,
        "overtaken": overtaken,
        "before": before,
        "may_take_out": by.role in CUSTODIANS,
        "here": _where(request, stored.asset.id),
        "title": _("Who is in it"),
    }
    return render(request, "desk/who.html", context)


@dataclass(frozen=True, slots=True)
class Undoable:
    """What the person said just before, or of this recording, and can take back."""

    asset: str
    title: str
    at: datetime
    seen: str


def _undoable(unit: Unit, request: HttpRequest, asset: str, by: Actor) -> Undoable | None:
    said = request.GET.get("said", "") or asset
    stored = unit.assets.by_id(said)
    if stored is None or not stored.current or stored.deleted:
        return None
    last = last_own_look(unit, stored, by)
    return Undoable(said, card(stored).title, last.at, as_seen(stored)) if last is not None else None


@for_roles(*SHARES)
@require_POST
def take_back_look(request: HttpRequest, asset: str) -> HttpResponse:
    """Take back the last look of who is signed in: what held before it holds again."""
    at, by = services(), actor(request)
    with at.store.reading() as unit:
        stored = unit.assets.by_id(asset)
        if stored is None or not stored.current or stored.deleted:
            raise Http404
    try:
        said = datetime.fromisoformat(request.POST.get("at", ""))
    except ValueError:
        raise Http404 from None
    try:
        look = Look(at.now(), by, takes_back=said)
        after, _closed = look_and_close(at, stored.asset.key, look, seen=request.POST.get("seen", "")[:64])
    except LookOvertaken:
        messages.error(request, refusal(LookRefused("", "not-your-look"), {}))
    except LookRefused as error:
        with at.store.reading() as unit:
            records = unit.people.students_of(error.students)
        note(request, error.students)
        messages.error(request, refusal(error, records))
    else:
        told = {"title": card(after).title, "state": card(after).state}
        messages.success(
            request,
            _(
                "Taken back: %(title)s. %(state)s. A link that was closed stays closed, and a copy of the picture keeps the "
                "names."
            )
            % told,
        )
    return redirect(who_address(asset, queue=bool(request.GET.get("queue")), folder=_folder(request.GET)))


@for_roles(*SHARES)
@require_POST
def find_student(request: HttpRequest) -> HttpResponse:
    """Return students by what somebody types of a name, or of a grade, as JSON; or the grades. A name stands in no address."""
    typed, grade = request.POST.get("q", "")[:LONGEST_NAME].strip(), request.POST.get("grade", "")[:64]
    skip = request.POST.get("skip", "0")
    with services().store.reading() as unit:
        if request.POST.get("grades"):
            told = [{"id": each, "name": _("Grade %(grade)s") % {"grade": each}} for each in unit.people.grades()]
            return JsonResponse({"grades": told})
        if grade:
            start = min(int(skip), 100_000) if skip.isdecimal() else 0
            found = unit.people.of_grade(grade, limit=OF_GRADE + 1, skip=start)
            more, found = len(found) > OF_GRADE, found[:OF_GRADE]
        else:
            few = len(typed) < FEWEST_LETTERS and typed.isascii()
            found, more = ([] if few else unit.people.called(typed, limit=MOST_FOUND)), False
    shown = candidates(found)
    note(request, (each.student for each in shown))
    plain = [{"id": e.student, "name": e.name, "grade": e.grade, "remark": e.remark} for e in shown]
    said = ngettext("%(count)d student", "%(count)d students", len(plain)) % {"count": len(plain)}
    return JsonResponse({"students": plain, "more": more, "said": said})


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the form with the student's name, and whether the student was on file before."""

    form: Any
    name: str
    grade: str
    on_file: bool
    times: str


def _rows(form: Form, records: Mapping[str, StudentRecord], stored: StoredAsset) -> Sequence[Row]:
    known = {each.student: each for each in stored.tagging.appearances}
    rows = []
    for each in form.rows.forms:
        student = str(each["student"].value() or "")
        if student not in records:
            continue
        record, before = records[student], known.get(student)
        stretches = [(one, "") for one in before.intervals] if before else []
        stretches += [(one, _("heard")) for one in before.heard] if before else []
        times = ", ".join(f"{_clock(one.start)} to {_clock(one.end)} {how}".strip() for one, how in stretches)
        grade = _("grade %(grade)s") % {"grade": record.grade} if record.grade else ""
        rows.append(Row(each, name_of(records, student), grade, student in known, times))
    return rows


def _clock(seconds: float) -> str:
    return f"{int(seconds // 60)}:{int(seconds % 60):02}"


def _box(region: Region) -> Box:
    left, top, width, height = (round(part * 100, 3) for part in (region.x, region.y, region.w, region.h))
    return Box(left, top, width, height, _("A face without a name"))


def _folder(data: QueryDict) -> str:
    return data.get("folder", "").strip().strip("/")


def _where(request: HttpRequest, asset: str) -> str:
    asked = request.GET
    return who_address(asset, queue=bool(asked.get("queue")), folder=_folder(asked), said=asked.get("said", ""))
