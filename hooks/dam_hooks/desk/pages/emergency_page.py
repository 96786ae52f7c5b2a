"""A health or safety emergency: one screen, three fields, and the recording goes out at once; it is reviewed afterwards.

Nothing here delays it (34 CFR 99.36): who may release it, and on what words, the procedure says.
"""

from __future__ import annotations

import logging
import unicodedata
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from dam_hooks.desk.access_log import note
from dam_hooks.desk.apps import plugin, services
from dam_hooks.desk.desk_roles import CUSTODIAN, DESIGNEE, MEDIA, actor, for_roles, has_role, system_user
from dam_hooks.desk.forms import one_of, told_of, words
from dam_hooks.desk.queue_case import decisions_told
from dam_hooks.desk.told import card
from dam_plugin.custodian.findings import note_releaser
from dam_plugin.errors import DamPluginError, InputError, place_of
from dam_plugin.model import Outcome, Recipient, Share
from dam_plugin.services import Services
from dam_plugin.sharing.check_request import MOST_CHARACTERS, MOST_THREAT_CHARACTERS
from dam_plugin.sharing.json_output import link_url
from dam_plugin.sharing.share import Answer
from dam_plugin.store import StoredAsset

log = logging.getLogger(__name__)

ON_DUTY = (CUSTODIAN, DESIGNEE, MEDIA)
"""Who releases in an emergency."""
MOST_FOUND = 12
_UNSEEN = ("Cc", "Cf", "Zl", "Zp")
RESPONDER, POLICE, OTHER = "emergency", "law_enforcement", "public"


class EmergencyForm(forms.Form):
    """Who needs it, and what threatens whom; the recording is chosen beside it."""

    recording = forms.CharField(max_length=100, required=False, widget=forms.HiddenInput())
    agency = one_of(gettext_lazy("Who they are"), initial=POLICE)
    who = words(
        gettext_lazy("Who needs it, and at what phone number"),
        gettext_lazy("Such as: Sergeant Miller, Harmon police, 555 0123."),
        longest=MOST_CHARACTERS,
    )
    threat = words(
        gettext_lazy("What threatens whom"),
        gettext_lazy("Such as: a six-year-old is missing since noon."),
        lines=3,
        longest=MOST_THREAT_CHARACTERS,
    )

    def __init__(self, *args: Any, is_custodian: bool, asks_confirmation: bool, **kwargs: Any) -> None:
        """Take whether the custodian acts, who alone gives it to others, and whether the district has staff call back first."""
        super().__init__(*args, **kwargs)
        others = [(OTHER, gettext_lazy("Somebody else who can protect them"))] if is_custodian else []
        self.fields["agency"].choices = [  # type: ignore[attr-defined]
            (POLICE, gettext_lazy("Police or sheriff")),
            (RESPONDER, gettext_lazy("Ambulance, fire, hospital, 911")),
            *others,
        ]
        if asks_confirmation:
            self.fields["confirmed_by"] = words(
                gettext_lazy("Who confirmed it"),
                gettext_lazy("An administrator, or the number of the agency that you called back."),
                required=False,
                longest=MOST_CHARACTERS,
            )


@for_roles(*ON_DUTY)
@require_http_methods(["GET", "POST"])
def emergency(request: HttpRequest) -> HttpResponse:
    """Find the recording, ask who needs it and why, and release it at once."""
    at = services()
    is_custodian = has_role(request, CUSTODIAN, DESIGNEE)
    wanted = request.POST.get("recording") or request.GET.get("recording") or ""
    find = (request.GET.get("find") or "").strip()[:MOST_CHARACTERS]
    with at.store.reading() as unit:
        stored = _recording(unit.assets.by_id(wanted), unit) if wanted else None
        found = unit.assets.current_named(find, MOST_FOUND + 1) if find and stored is None else []
    form = EmergencyForm(
        request.POST or None,
        is_custodian=is_custodian,
        asks_confirmation=at.rulings.staff_confirmed and not is_custodian,
        initial={"recording": stored.asset.id if stored is not None else ""},
    )
    if request.method == "POST" and form.is_valid():
        if stored is None:
            form.add_error(None, _("Choose the recording first."))
        else:
            try:
                return _released(request, at, _asked(request, stored, form.cleaned_data))
            except InputError as error:
                form.add_error(None, told_of(error))
    context = {
        "form": form,
        "card": card(stored) if stored is not None else None,
        "find": find,
        "found": [card(each) for each in found[:MOST_FOUND]],
        "is_more": len(found) > MOST_FOUND,
        "title": _("Emergency"),
    }
    return render(request, "desk/emergency.html", context)


def _recording(stored: StoredAsset | None, unit: Any) -> StoredAsset:
    now = unit.assets.current(stored.asset.key) if stored is not None else None
    if now is None:
        raise Http404
    found: StoredAsset = now
    return found


def _line(text: str) -> str:
    """Return a text on one line, without what cannot be seen: no sign that somebody pasted delays an emergency."""
    return " ".join("".join(" " if unicodedata.category(each) in _UNSEEN else each for each in text).split())


def _asked(request: HttpRequest, stored: StoredAsset, said: dict[str, Any]) -> Share:
    """Return the share that `break-glass` asks for, too."""
    confirmed = {"confirmed_by": _line(said["confirmed_by"])} if said.get("confirmed_by") else {}
    return Share(
        id="",
        asset_key=stored.asset.key,
        kind="request",
        purpose="emergency",
        actor=actor(request),
        recipient=Recipient(said["agency"], _line(said["who"])),
        evidence={"emergency": {"threat": _line(said["threat"]), "recipient_needs_it": True, **confirmed}},
        user=request.user.get_username(),
    )


def _released(request: HttpRequest, at: Services, asked: Share) -> HttpResponse:
    answer: Answer = plugin().hook.share_requested(share=asked)
    reviews = [each for each in answer.referrals if each.kind == "review"]
    is_noted = True
    for each in reviews:
        # The link is out already: whatever fails now, it is shown.
        try:
            note_releaser(at, each, asked.actor, system_user(request))
        except DamPluginError as error:
            log.error(  # noqa: TRY400 - an error's text may name somebody
                "an emergency is released and nothing says by which account (%s at %s)",
                type(error).__name__,
                place_of(error),
            )
            is_noted = False
    (told,), names = decisions_told(at, answer.decision)
    note(request, names.shown)
    context = {
        "answer": answer,
        "told": told,
        "url": link_url(at.settings, answer.token),
        "is_out": answer.decision.outcome <= Outcome.REDACT,
        "reviews": reviews,
        "waits": [each for each in answer.referrals if each.kind != "review"],
        "is_told": bool(answer.told),
        "is_noted": is_noted,
        "contact": at.settings.district.contact,
        "why_not": [names.told(each) for each in answer.why_not],
        "title": _("Emergency"),
    }
    return render(request, "desk/emergency_answer.html", context)
