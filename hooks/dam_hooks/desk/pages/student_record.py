"""One student's record of disclosures (34 CFR 99.32) as its family reads it, to print: nobody else's name or id is in it."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dam_hooks.desk.access_log import note
from dam_hooks.desk.apps import services
from dam_hooks.desk.desk_roles import AUDITOR, CUSTODIANS, actor, for_roles, has_role
from dam_hooks.desk.pages.students import student_of
from dam_hooks.desk.student_words import called, guardians_called, said_plainly
from dam_plugin.custodian.family_record import (
    SECTIONS,
    check_reader,
    leaves_places_out,
    page_words,
    pictures_for,
    rows_of,
    whom_to_hand,
    whose_record,
    whose_to_hand,
)
from dam_plugin.errors import InputError
from dam_plugin.ledger.student import COLUMNS, as_asked_once, file_names, party_names, record_of, recordings_called
from dam_plugin.model import Actor
from dam_plugin.procedure.outside_words import Language, day_in_words
from dam_plugin.services import Services

# The page has it as a heading.
_HEADING = "note for the custodian alone: "
# Where a family would be given no picture: one pixel that shows nothing.
_NOTHING = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


def reader(request: HttpRequest) -> Actor:
    """Return as whom a record is read: an auditor reads what every parent may be handed, as staff do."""
    return actor(request) if has_role(request, *CUSTODIANS) else Actor("media_staff", request.user.get_username())


@for_roles(*CUSTODIANS, AUDITOR)
@require_safe
def record(request: HttpRequest, student: str) -> HttpResponse:
    """Show a record: all of it or what the law requires, in English or Spanish, for a guardian or for whoever may have all."""
    at = services()
    language: Language = "es" if request.GET.get("language") == "es" else "en"
    required, guardian = "required" in request.GET, request.GET.get("to", "")[:100] or None
    context: dict[str, Any] = {
        "language": language,
        "required": required,
        "guardian": guardian,
        "title": _("A record of disclosures"),
    }
    status = 200
    try:
        context |= _shown(request, at, student, language, guardian, required=required)
    except InputError as error:
        with at.store.reading() as unit:
            own = student_of(unit, student)
            context |= {"own": own, "name": called(own), "refused": said_plainly(unit, own, str(error))}
        context["guardians"] = _guardians(at, context["own"]) if has_role(request, *CUSTODIANS) else []
        status = 422
    note(request, [student])
    return render(request, "desk/students/record.html", context, status=status)


def _shown(
    request: HttpRequest, at: Services, student: str, language: Language, guardian: str | None, *, required: bool
) -> dict[str, Any]:
    today = at.now().date()
    is_custodian = has_role(request, *CUSTODIANS)
    with at.store.reading() as unit:
        own = student_of(unit, student)
        check_reader(own, today, reader(request))
        hides = guardian is not None and leaves_places_out(own, guardian, today, at.rulings)
        lines = record_of(unit, at.ledger, own.id, rulings=at.rulings)
        names = party_names(unit, own.id, lines)
        lines = [each for each in lines if each.required or not required]
        called_as = recordings_called(unit, own.id, lines, language, with_events=not hides)
        files = {} if hides else file_names(unit, own.id, lines)
        hand = whom_to_hand(own, today, at.rulings) if is_custodian and guardian is None else None
        note_beside = said_plainly(unit, own, hand.removeprefix(_HEADING)) if hand else None
    whose = replace(whose_record(own), kept_from=guardian if hides else None)
    rows = rows_of(whose, as_asked_once(lines), language, zone=at.now().tzinfo, called=called_as, contacts=names)
    sections = [
        (
            section,
            said.in_(language),
            [(row, files.get(row.line.recording or "", "")) for row in rows if row.section == section],
        )
        for section, said in SECTIONS.items()
    ]
    words = page_words(language)
    district = at.settings.district
    return {
        "own": own,
        "name": whose.name,
        "sections": sections,
        "columns": [(column.name, column.heading[language]) for column in COLUMNS if column.heading],
        "words": {name.replace(" ", "_"): words(name) for name in _WORDS},
        "district_name": words(district.name),
        "contact": words(district.contact),
        "printed": day_in_words(today, language),
        "hides": hides,
        "with_pictures": not hides,
        "beside": note_beside,
        "to_whom": _to_whom(at, own, guardian, note_beside),
        "guardians": _guardians(at, own) if is_custodian else [],
    }


_WORDS = (
    "title",
    "of",
    "printed",
    "statement",
    "required",
    "all",
    "pictures",
    "questions",
    "without_places",
    "none",
    "must",
)


def _guardians(at: Services, own: Any) -> list[tuple[str, str]]:
    names = guardians_called(own)
    return [(each, names[each]) for each in own.guardians_on(at.now().date())]


def _to_whom(at: Services, own: Any, guardian: str | None, beside: str | None) -> str:
    if guardian is not None:
        name = guardians_called(own).get(guardian, "")
        return _("Hand it only to %(name)s, once you know who it is.") % {"name": name}
    if beside:
        return _("Hand it only to whom the note names.")
    return _("Hand it %(whom)s.") % {"whom": whose_to_hand(own, at.now().date(), at.rulings)}


@for_roles(*CUSTODIANS, AUDITOR)
@require_safe
def record_picture(request: HttpRequest, student: str, asset: str) -> HttpResponse:
    """Return a small picture as the student's family would be given it now; nothing to see where it would not."""
    at = services()
    with at.store.reading() as unit:
        own = student_of(unit, student)
        check_reader(own, at.now().date(), reader(request))
        is_on_record = any(each.recording == asset for each in record_of(unit, at.ledger, own.id, rulings=at.rulings))
    made = pictures_for(at, own.id, [asset]).get(asset) if is_on_record else None
    if made is None:
        return HttpResponse(_NOTHING, content_type="image/gif")
    head, _comma, body = made.partition(",")
    media_type = head.removeprefix("data:").partition(";")[0]
    return HttpResponse(base64.b64decode(body), content_type=media_type)
