"""Sharing: to whom and what for, then what would come of it with the copy beside the original, then one click."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from dam_hooks.desk.access_log import note
from dam_hooks.desk.apps import plugin, services
from dam_hooks.desk.desk_roles import SHARES, actor, for_roles
from dam_hooks.desk.forms import choice, number, one_of, words
from dam_hooks.desk.pages.recording_page import recording_of
from dam_hooks.desk.person_names import names_in
from dam_hooks.desk.queue_words import OUTCOMES, Why
from dam_hooks.desk.told import card
from dam_plugin.model import LinkTerms, Recipient, Share
from dam_plugin.private_files import workroom
from dam_plugin.sharing.json_output import link_url, reasons_told
from dam_plugin.sharing.preview import Preview
from dam_plugin.sharing.share import MOST_LINK_DAYS, Answer
from dam_plugin.yearbook.contact_sheet import small_jpeg

WIDEST = 1000
PUBLISHED = "published"
SOMEBODY = "somebody"


class ShareForm(forms.Form):
    """To whom and what for. A publication goes to everybody; what somebody asks for goes by a link to that person."""

    to = one_of(
        gettext_lazy("Who gets it"),
        [
            (PUBLISHED, gettext_lazy("Everybody: the district publishes it")),
            (SOMEBODY, gettext_lazy("Somebody outside asked for it")),
        ],
    )
    who = words(
        gettext_lazy("Who asked"),
        gettext_lazy("The person or the newspaper, such as: the Harmon Herald"),
        required=False,
        longest=200,
    )
    purpose = choice(gettext_lazy("What for"))
    days = number(gettext_lazy("Days that the link works"), least=1, most=MOST_LINK_DAYS, initial=LinkTerms().days)

    def __init__(self, *args: Any, purposes: list[tuple[str, str]], **kwargs: Any) -> None:
        """Take the district's purposes."""
        super().__init__(*args, **kwargs)
        self.fields["purpose"].choices = purposes  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Ask who it was where somebody asked."""
        said: dict[str, Any] = super().clean() or {}
        if said.get("to") == SOMEBODY and not said.get("who"):
            self.add_error("who", _("Write down who asked for it."))
        return said


@dataclass(frozen=True, slots=True)
class Said:
    """What a share would be answered, in sentences. `copy` is the copy's picture in base64, for the page alone."""

    color: str
    headline: str
    reasons: tuple[Why, ...]
    copy: str | None
    facts: tuple[str, ...]
    why_not: tuple[str, ...]
    students: frozenset[str]


@for_roles(*SHARES)
@require_http_methods(["GET", "POST"])
def share(request: HttpRequest, asset: str) -> HttpResponse:
    """Ask, show what would come of it, and carry it out once the person says so."""
    at = services()
    with at.store.reading() as unit:
        stored = recording_of(unit, asset)
    if stored.asset.id != asset:
        return redirect("desk:share", asset=stored.asset.id)
    purposes = [(each.name, each.name) for each in at.settings.purposes.purposes]
    form = ShareForm(request.POST or None, purposes=purposes)
    context: dict[str, Any] = {"form": form, "card": card(stored), "title": _("Share")}
    if request.method == "POST" and form.is_valid():
        asked = _asked(request, stored.asset.key, form.cleaned_data)
        if request.POST.get("do") == "share":
            answer = plugin().hook.share_requested(share=asked)
            context["answer"] = answer
            context["url"] = link_url(at.settings, answer.token)
            said = _said(answer, None, ())
        else:
            with workroom() as folder:
                preview: Preview = plugin().hook.share_explained(share=asked, folder=folder)
                said = _previewed(preview)
            context["preview"] = preview
        note(request, said.students)
        context |= {"said": said, "why_not": said.why_not}
    return render(request, "desk/share.html", context)


def _asked(request: HttpRequest, key: str, said: dict[str, Any]) -> Share:
    is_published = said["to"] == PUBLISHED
    return Share(
        id="",
        asset_key=key,
        kind="publication" if is_published else "request",
        purpose=said["purpose"],
        actor=actor(request),
        recipient=Recipient("public", "public" if is_published else said["who"]),
        terms=LinkTerms(days=said["days"]),
        user=request.user.get_username(),
    )


def _previewed(preview: Preview) -> Said:
    copy = preview.copy
    picture, facts = None, ()
    if copy is not None:
        facts = tuple(copy.proof["facts"])
        if copy.media_type.startswith("image/"):
            made = small_jpeg(copy.path.read_bytes(), WIDEST, 85)
            picture = base64.b64encode(made).decode() if made is not None else None
    return _said(preview.answer, picture, facts)


def _said(answer: Answer, picture: str | None, facts: tuple[str, ...]) -> Said:
    color, headline = OUTCOMES[answer.decision.outcome]
    reasons = reasons_told(answer.decision, answer.share)
    with services().store.reading() as unit:
        names = names_in(unit, [*(f"{each.text} {each.remedy}" for each in reasons), *answer.why_not])
    told = tuple(Why(names.told(each.text), names.told(each.remedy), each.source, each.clause) for each in reasons)
    why_not = tuple(names.told(each) for each in answer.why_not)
    return Said(color, str(headline), told, picture, facts, why_not, frozenset(names.shown))
