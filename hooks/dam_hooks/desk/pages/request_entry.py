"""Entering a request that came by mail, by telephone or in person: who asks, when, for what, and whom it is about.

Looking somebody or something up changes nothing: the same form comes back with what was found, to be ticked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from dam_hooks.desk.access_log import note
from dam_hooks.desk.apps import services
from dam_hooks.desk.desk_roles import CUSTODIANS, actor, for_roles, system_user
from dam_hooks.desk.forms import (
    add_error,
    choice,
    clock,
    day,
    moment,
    nobody_named,
    one_line,
    one_of,
    several,
    tick,
    words,
)
from dam_hooks.desk.pages import register_words as say
from dam_plugin.custodian.request_register import add_request
from dam_plugin.custodian.requests import AmendmentAsked, AskedToo, OrderNoted
from dam_plugin.errors import InputError
from dam_plugin.model import Recipient, StudentRecord
from dam_plugin.procedure.exceptions import FAMILY, ROLES
from dam_plugin.procedure.terms import has_rights
from dam_plugin.services import Services
from dam_plugin.sharing.secret_order import DIVISION
from dam_plugin.store import StoredRequest, Unit

MOST_FOUND = 25
MOST_ASSETS = 60
A_FAMILY = "family"
PUBLIC = "public"
_LOOKS_UP = ("find_person", "find_student", "find_recording")


def _roles() -> list[tuple[str, Any]]:
    others = [(role.id, role.audience) for role in ROLES.values() if role.id not in (*FAMILY, PUBLIC, "emergency")]
    return [
        (PUBLIC, gettext_lazy("a newspaper, a resident, or anybody else")),
        (A_FAMILY, gettext_lazy("a parent, a guardian, or a student who holds the rights")),
        *others,
    ]


class RequestForm(forms.Form):
    """What a person writes down of a request."""

    role = choice(gettext_lazy("Who asks"), [])
    family = words(
        gettext_lazy("Find the family by a name"),
        required=False,
        longest=100,
        hint=gettext_lazy("The name of the student or of the parent. Then choose below who it is."),
    )
    person = one_of(gettext_lazy("Who of them asks"), required=False)
    name = words(
        gettext_lazy("Name"),
        required=False,
        longest=150,
        hint=gettext_lazy("Of whoever asks, where it is no family. The same name is the same person in every request."),
    )
    contact = words(gettext_lazy("Address, e-mail or telephone"), required=False, longest=500)
    received = day(gettext_lazy("On which day it came"))
    received_at = clock(gettext_lazy("At what time"), required=False)
    channel = choice(gettext_lazy("How it came"), list(say.CHANNELS.items()))
    wanted = choice(gettext_lazy("What is wanted"), list(say.WANTED.items()))
    purpose = choice(gettext_lazy("What for"), [])
    format = words(
        gettext_lazy("In which form"), required=False, longest=200, hint=gettext_lazy("Such as: MP4 on a disk")
    )
    described = words(
        gettext_lazy("What was asked for, in words"),
        required=False,
        lines=3,
        hint=gettext_lazy("Without a student's name: choose students below."),
    )
    recording = words(gettext_lazy("Find recordings by a word of their name or folder"), required=False, longest=200)
    recordings = several(gettext_lazy("Recordings that were asked for"), [])
    folder = words(
        gettext_lazy("A whole folder"), required=False, longest=500, hint=gettext_lazy("Such as: events/fall-concert")
    )
    student = words(gettext_lazy("Find a student by name"), required=False, longest=100)
    students = several(gettext_lazy("Students whom it is about"), [])
    meeting = day(gettext_lazy("A meeting or hearing before which the family has to see it"), required=False)
    meeting_kind = choice(
        gettext_lazy("What that is"), [("", gettext_lazy("There is none")), *say.MEETINGS.items()], required=False
    )
    paper = choice(
        gettext_lazy("It is a subpoena or a court's order"),
        [("", gettext_lazy("No")), *say.PAPERS.items()],
        required=False,
    )
    return_day = day(gettext_lazy("The day on which the order has to be answered"), required=False)
    no_notice = words(gettext_lazy("Why no family is told of the order"), required=False)
    amend = words(
        gettext_lazy("The family asks to amend a record: what is wrong with it, and why"),
        required=False,
        lines=2,
        hint=gettext_lazy("It is entered as a request of its own, beside what the family asks to see."),
    )
    only = tick(gettext_lazy("It asks to see nothing"))
    no_student_named = nobody_named()

    def __init__(self, *args: Any, found: Found, **kwargs: Any) -> None:
        """Take what was found so far."""
        super().__init__(*args, **kwargs)
        purposes = [(each.name, each.name) for each in services().settings.purposes.purposes if not each.ours]
        for name, choices in (
            ("role", _roles()),
            ("purpose", purposes),
            ("person", found.people),
            ("recordings", found.recordings),
            ("students", found.students),
        ):
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Ask who it was, and for the other half of what has two."""
        said: dict[str, Any] = super().clean() or {}
        if said.get("role") == A_FAMILY and not said.get("person"):
            self.add_error("family", _("Find the family, and choose who of them asks."))
        if said.get("role") not in (A_FAMILY, None) and not said.get("name"):
            self.add_error("name", _("Write down who asks."))
        if bool(said.get("paper")) != bool(said.get("return_day")):
            self.add_error(
                "return_day", _("A subpoena or an order has both: what it is, and the day that the paper gives.")
            )
        if said.get("paper") and said.get("amend"):
            self.add_error("amend", _("A family asks for this, and no court: enter it by itself."))
        if said.get("meeting") and not said.get("meeting_kind"):
            self.add_error("meeting_kind", _("Say what it is."))
        return said


@dataclass(frozen=True, slots=True)
class Found:
    """What can be chosen: people who ask, recordings and students, each with its words."""

    people: list[tuple[str, str]]
    recordings: list[tuple[str, str]]
    students: list[tuple[str, str]]
    shown: frozenset[str]


@for_roles(*CUSTODIANS)
@require_http_methods(["GET", "POST"])
def new_request(request: HttpRequest) -> HttpResponse:
    """Ask for a request, look up whom and what it is about, and enter it."""
    at = services()
    data = request.POST if request.method == "POST" else None
    with at.store.reading() as unit:
        found = _found(at, unit, request)
    note(request, found.shown)
    # Looking up leaves the form as it is, without a word on what is not filled in yet.
    is_looking = data is not None and any(name in data for name in _LOOKS_UP)
    now = at.now()
    start = {"received": now.date(), "received_at": now.strftime("%H:%M"), "role": PUBLIC, "wanted": "copy"}
    if is_looking and data is not None:
        role = {"role": A_FAMILY} if found.people and not data.get("name") else {}
        form = RequestForm(initial={**start, **kept_of(data), **role}, found=found)
    else:
        form = RequestForm(data, initial=start, found=found)
    if data is not None and not is_looking and form.is_valid():
        try:
            number, is_sealed = _entered(at, request, form.cleaned_data)
        except InputError as error:
            add_error(form, error)
        else:
            if is_sealed:
                messages.warning(
                    request,
                    _(
                        "It is entered and sealed, since it may be about a report: no list shows it. An administrator goes on."
                    ),
                )
                return redirect("desk:requests")
            messages.success(request, _("The request is entered. Its days are below."))
            return redirect("desk:request", number=number)
    context = {"form": form, "found": found, "is_looking": is_looking, "title": _("Enter a request")}
    return render(request, "desk/request_new.html", context)


def kept_of(data: Any) -> dict[str, Any]:
    """Return what was typed and ticked so far, to begin the same form with once something was looked up."""
    return {name: data.getlist(name) if name in ("recordings", "students") else data[name] for name in data}


def _entered(at: Services, request: HttpRequest, said: dict[str, Any]) -> tuple[str, bool]:
    """Enter a request as who is signed in; return its number, and whether it is sealed. Raises InputError."""
    recipient, contact = _recipient(at, said)
    with at.store.reading() as unit:
        stored = unit.assets.by_ids(said["recordings"])
    folder = said["folder"].strip().strip("/")
    asked = StoredRequest(
        id="",
        received_at=moment(said["received"], said["received_at"]),
        recipient=recipient,
        channel=said["channel"],
        wanted=said["wanted"],
        purpose=said["purpose"],
        format=one_line(said["format"]) or None,
        recordings=(*(each.asset.key for each in stored), *((f"{folder}/",) if folder else ())),
        students=tuple(said["students"]),
        described=one_line(said["described"]) or None,
        meeting=said["meeting"],
        meeting_kind=said["meeting_kind"] or None if said["meeting"] else None,
        contact=contact,
    )
    noted: list[OrderNoted | AmendmentAsked | AskedToo] = []
    if said["paper"]:
        noted.append(OrderNoted(said["paper"], said["return_day"], one_line(said["no_notice"])))
    if said["amend"]:
        noted.append((AmendmentAsked if said["only"] else AskedToo)(one_line(said["amend"])))
    view = add_request(
        at, asked, actor(request), system_user(request), no_student_named=said["no_student_named"], noted=noted
    )
    return view.request.id, view.request.secret


def _recipient(at: Services, said: dict[str, Any]) -> tuple[Recipient, str | None]:
    """Return who asks and the contact. The name of one of the public stands in the contact alone."""
    name, contact = one_line(said["name"]), one_line(said["contact"])
    if said["role"] == A_FAMILY:
        role, _colon, person = said["person"].partition(":")
        return Recipient(role, person), contact or None
    told = ", ".join(filter(None, (name, contact))) or None
    if said["role"] == PUBLIC:
        return Recipient(PUBLIC, at.pseudonyms.outsider(name)), told
    if said["role"] == DIVISION:
        return Recipient(DIVISION, name), contact or None
    return Recipient(said["role"], name), told


# Looking up


def _found(at: Services, unit: Unit, request: HttpRequest) -> Found:
    """Return what the words that were typed find, and what is chosen already."""
    data = request.POST
    family = data.get("family", "").strip()[:100]
    relatives = _relatives(at, unit, family) if family else []
    people = [choice for record in relatives for choice in _askers(at, record)]
    chosen = unit.people.students_of(data.getlist("students"))
    typed = data.get("student", "").strip()[:100]
    by_name = unit.people.find_page(typed, limit=MOST_FOUND) if typed else []
    records = {**chosen, **{each.id: each for each in by_name}}
    students = [(each, _called(record)) for each, record in records.items()]
    shown = frozenset({*records, *(each.id for each in relatives)})
    return Found(people, recordings_found(unit, data), students, shown)


def recordings_found(unit: Unit, data: Any) -> list[tuple[str, str]]:
    """Return the recordings, id and key, that are ticked in a form, and those that its words find."""
    ticked = unit.assets.by_ids(data.getlist("recordings")[:MOST_ASSETS])
    more = unit.assets.current_named(data.get("recording", "")[:200], MOST_FOUND)
    return list({each.asset.id: each.asset.key for each in (*ticked, *more)}.items())


def _relatives(at: Services, unit: Unit, text: str) -> list[StudentRecord]:
    """Return students by their own name, or by a guardian's."""
    found = {each.id: each for each in unit.people.find_page(text, limit=MOST_FOUND)}
    of_guardians = list(unit.people.find_by_guardian(text))[:MOST_FOUND]
    return list((found | unit.people.students_of(set(of_guardians) - found.keys())).values())


def _askers(at: Services, record: StudentRecord) -> Iterator[tuple[str, str]]:
    """Yield who of a student's family may be the one who asks: guardians by name, and a student who holds the rights."""
    if has_rights(record, at.now().date(), at.rulings):
        yield f"eligible_student:{record.id}", _("%(student)s, who holds the rights") % {"student": _called(record)}
    for person, name in record.named_guardians:
        yield f"parent:{person}", _("%(name)s, of %(student)s") % {"name": name, "student": _called(record)}


def _called(record: StudentRecord) -> str:
    name = record.names[0] if record.names else _("a student without a name on file")
    return _("%(name)s, grade %(grade)s") % {"name": name, "grade": record.grade} if record.grade else name
