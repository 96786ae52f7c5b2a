"""Answering one recording of a request: what would come of it, then giving it by a link, or showing it in the office."""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from dam_hooks.desk.access_log import note
from dam_hooks.desk.apps import plugin, services
from dam_hooks.desk.desk_roles import CUSTODIANS, actor, for_roles
from dam_hooks.desk.pages import register_words as say
from dam_hooks.desk.pages.recording_page import recording_of
from dam_hooks.desk.person_names import plainly, with_law
from dam_hooks.desk.plain_words import Sentence
from dam_hooks.desk.queue_words import OUTCOMES
from dam_hooks.desk.told import card
from dam_plugin.custodian.request_register import RequestView, get_request
from dam_plugin.errors import InputError
from dam_plugin.model import Outcome, Share
from dam_plugin.private_files import workroom
from dam_plugin.pseudonyms import students_within
from dam_plugin.sharing.in_person import Viewing, show_in_office
from dam_plugin.sharing.json_output import link_url, reasons_told
from dam_plugin.sharing.preview import Preview
from dam_plugin.sharing.share import Answer as Given
from dam_plugin.store import Unit
from dam_plugin.yearbook.contact_sheet import small_jpeg

WIDEST = 1_600


@dataclass(frozen=True, slots=True)
class Reason:
    """Why it is answered so, and what could be done."""

    why: Sentence
    remedy: str


@for_roles(*CUSTODIANS)
@require_http_methods(["GET", "POST"])
def answer(request: HttpRequest, number: str, asset: str) -> HttpResponseBase:
    """Show what would come of an answer; on a button give it, or record that it is shown here."""
    at = services()
    view = get_request(at, number)
    with at.store.reading() as unit:
        stored = recording_of(unit, asset)
        names = say.names_of_askers(unit, [view.request])
    note(request, students_within(" ".join(names)))
    if stored.asset.id != asset:
        return redirect("desk:request_answer", number=number, asset=stored.asset.id)
    if not view.status.is_open or view.request.secret:
        raise Http404
    asked = _asked(view, stored.asset.key, request)
    context: dict[str, Any] = {
        "view": view,
        "card": card(stored),
        "who": say.who_asks(view.request, names),
        "title": _("Answer it"),
    }
    do = request.POST.get("do")
    try:
        if do == "show":
            return _shown(request, asked, view, context)
        context |= _shared(request, asked) if do == "give" else _previewed(request, asked)
    except InputError as error:
        with at.store.reading() as unit:
            context["refused"] = with_law(unit, str(error))
        note(request, students_within(str(error)))
    return render(request, "desk/request_answer.html", context)


def _shared(request: HttpRequest, asked: Share) -> dict[str, Any]:
    """Give it, as far as it may be given; return what the page tells."""
    given: Given = plugin().hook.share_requested(share=asked)
    url = link_url(services().settings, given.token)
    return _told(given, request) | {"answer": given, "url": url, "is_done": True}


def _previewed(request: HttpRequest, asked: Share) -> dict[str, Any]:
    """Return what would come of it. Nothing happens."""
    with workroom() as folder:
        preview: Preview = plugin().hook.share_explained(share=asked, folder=folder)
        copy = preview.copy
        picture = _picture(copy.path) if copy is not None and copy.media_type.startswith("image/") else None
    return _told(preview.answer, request) | {"expected": preview.answer.referrals, "copy": picture}


def _shown(request: HttpRequest, asked: Share, view: RequestView, context: dict[str, Any]) -> HttpResponseBase:
    """Record that it is shown in the office, and show the copy: a picture on the page, anything else as a file."""
    with workroom() as folder:
        place = folder / "copy"
        shown = show_in_office(services(), asked, Viewing(), lambda: place.open("wb"))
        decision = shown.answer.decision
        if decision.outcome <= Outcome.REDACT and not shown.has_copy:
            messages.success(
                request, _("It is on record that it was shown here. It is shown as it is: nobody is hidden.")
            )
            return redirect("desk:request", number=view.request.id)
        if shown.has_copy and (picture := _picture(place)) is None:
            # The file is open: it is there until it was sent.
            return FileResponse(place.open("rb"), as_attachment=True, filename=_("copy-to-show"))
    told = _told(shown.answer, request) | {"answer": shown.answer, "is_done": True, "is_shown": shown.has_copy}
    told |= {"copy": picture if shown.has_copy else None}
    return render(request, "desk/request_answer.html", context | told)


def _picture(copy: Path) -> str | None:
    """Return a copy's picture in base64, for the page alone; None for what is no picture."""
    try:
        made = small_jpeg(copy.read_bytes(), WIDEST, 85)
    except (OSError, ValueError):
        return None
    return base64.b64encode(made).decode() if made is not None else None


def _asked(view: RequestView, key: str, request: HttpRequest) -> Share:
    """Return the share that answers a request: to whom it came from, naming whom a stranger asked for by name."""
    asked = view.request
    named = tuple(each for each in asked.students if each not in view.status.wrong_students)
    return Share(
        id="",
        asset_key=key,
        kind="request",
        purpose=asked.purpose,
        actor=actor(request),
        recipient=replace(asked.recipient),
        names=named if asked.recipient.role == "public" else (),
        answers=asked.id,
        user=request.user.get_username(),
    )


def _told(answer: Given, request: HttpRequest) -> dict[str, Any]:
    decision = answer.decision
    color, headline = OUTCOMES[decision.outcome]
    told = reasons_told(decision, answer.share)
    with services().store.reading() as unit:
        reasons = [_reason(unit, each) for each in told]
        why_not = [plainly(unit, each) for each in answer.why_not]
    texts = (*(f"{each.text} {each.remedy}" for each in told), *answer.why_not)
    note(request, students_within(" ".join(texts)))
    return {
        "color": color,
        "headline": headline,
        "reasons": reasons,
        "why_not": why_not,
        "may": decision.outcome <= Outcome.REDACT,
        "outcome": decision.outcome.word,
    }


def _reason(unit: Unit, told: Any) -> Reason:
    why = with_law(unit, told.text)
    law = "; ".join(filter(None, (why.law, told.source, told.clause)))
    return Reason(Sentence(why.text, law), with_law(unit, told.remedy).text if told.remedy else "")
