"""Stating what was found: the form of one kind of finding, then how it would change the decision, then one click."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from dam_hooks.desk.access_log import note
from dam_hooks.desk.apps import services
from dam_hooks.desk.desk_roles import CUSTODIANS, actor, for_roles, system_user
from dam_hooks.desk.finding_forms import FindingForm, Setting, digest, kind_of, words_of
from dam_hooks.desk.finding_words import CHOICES
from dam_hooks.desk.forms import told_of
from dam_hooks.desk.pages.queue_page import work_of
from dam_hooks.desk.papers import carried_on, paper_of
from dam_hooks.desk.person_names import Names, names_in
from dam_hooks.desk.queue_case import decisions_told, stamp_of
from dam_hooks.desk.queue_words import DecisionTold
from dam_hooks.desk.told import card
from dam_plugin.custodian.findings import PreviewedFinding, StatedFinding, preview_finding, state_finding
from dam_plugin.custodian.missing import missing_of
from dam_plugin.custodian.work import Work, decision_on_file
from dam_plugin.errors import DamPluginError, InputError, place_of
from dam_plugin.services import Services
from dam_plugin.sharing.finding_kinds import Finding, PersonIdentified, fits
from dam_plugin.sharing.json_output import link_url
from dam_plugin.store import StoredAsset, Unit

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ahead:
    """What would come of a finding, in words: whether a second person is needed, and the decision without and with it."""

    waits: bool
    decides: bool
    before: DecisionTold | None
    after: DecisionTold | None


@for_roles(*CUSTODIANS)
@require_http_methods(["GET", "POST"])
def finding(request: HttpRequest, referral: str, slug: str) -> HttpResponse:
    """Show the form of a kind of finding, what would come of it, and state it once the person says so."""
    work = work_of(request, referral)
    kind = kind_of(slug)
    if kind is None or not fits(kind, work.referral.kind):
        raise Http404
    if not work.referral.is_open:
        messages.error(request, _("This request was closed meanwhile, and nothing was saved: read below how it ended."))
        return redirect("desk:queue_case", referral=referral)
    at = services()
    with at.store.reading() as unit:
        setting, names = setting_of(unit, work)
        form = FindingForm(slug, setting, unit, request.POST or None, request.FILES or None)
        # It finds students by name.
        form.is_valid()
    paper = paper_of(request, form, "file", referral)
    note(request, names.shown)
    stored = at.store
    with stored.reading() as unit:
        recording = unit.assets.current(work.referral.asset_key)
        kept = unit.shares.share(work.referral.share_id)
    missing = missing_of(work.referral, work.share, decision_on_file(at, work.referral, kept), None, in_full=True)
    context: dict[str, Any] = {
        "form": form,
        "words": words_of(slug),
        "referral": referral,
        "card": card(recording) if recording is not None else None,
        "missing": tuple(dict.fromkeys(names.told(each.text) for each in missing if kind in each.answered_by)),
        "title": words_of(slug).title,
        "is_sealed": work.referral.secret,
    }
    context |= carried_on(paper, request, referral)
    if form.is_valid():
        try:
            found = form.finding(paper.file if paper else None)
            _check_nobody(found, recording, names)
            answered = _answered(request, at, work, found, context)
            if answered is not None:
                return answered
        except InputError as error:
            form.add_error(None, told_of(error, names.told))
    return render(request, "desk/queue_finding.html", context)


def _check_nobody(found: Finding, recording: StoredAsset | None, names: Names) -> None:
    """Raise InputError for "nobody else" without a name, where somebody is named: it would take all of them out."""
    if not isinstance(found, PersonIdentified) or not found.nobody or recording is None:
        return
    left = recording.tagging.students - found.named_students()
    if left:
        told = ", ".join(sorted(names.of(each) for each in left))
        raise InputError(
            _(
                "%(who)s is named in this recording. Write down everybody who is in it; whoever is not, is taken out on the "
                "recording's page, each by name."
            )
            % {"who": told}
        )


def _answered(
    request: HttpRequest, at: Services, work: Work, found: Finding, context: dict[str, Any]
) -> HttpResponse | None:
    """State a finding that was seen as it is now, or put into the context what would come of it. Raises InputError."""
    by, user = actor(request), system_user(request)
    seen = digest(found, stamp_of(work), request.user.get_username())
    said = request.POST.get("seen", "")
    if request.POST.get("do") == "save" and said == seen:
        return carried_out(request, at, work, lambda: state_finding(at, work.referral.id, found, by, user))
    if request.POST.get("do") == "save":
        context["is_other"] = True
    context["ahead"] = _ahead(at, preview_finding(at, work.referral.id, found, by, user), request)
    context["seen"] = seen
    return None


def carried_out(request: HttpRequest, at: Services, work: Work, state: Callable[[], StatedFinding]) -> HttpResponse:
    """State or approve a finding, and say what came of it.

    INVARIANT: a finding that took effect before the share could be decided is not told as nothing done. Raises the errors
    of the use case where nothing was kept.
    """
    try:
        return tell_stated(request, state())
    except DamPluginError as error:
        before = {each.id: each.state for each in work.findings}
        with at.store.reading() as unit:
            now = {each.id: each.state for each in unit.referrals.findings(work.referral.id)}
        if now == before:
            raise
        log.warning("a finding is kept and its share was not decided (%s at %s)", type(error).__name__, place_of(error))
        messages.warning(
            request,
            _("It is kept and counts, but the request could not be decided with it yet: press “Decide it now” below."),
        )
        return redirect("desk:queue_case", referral=work.referral.id)


def _ahead(at: Services, preview: PreviewedFinding, request: HttpRequest) -> Ahead:
    compared = preview.compared
    if compared is None:
        return Ahead(preview.waits, preview.decides, None, None)
    (before, after), names = decisions_told(at, compared.before, compared.after)
    note(request, names.shown)
    return Ahead(preview.waits, preview.decides, before, after)


def tell_stated(request: HttpRequest, stated: StatedFinding) -> HttpResponse:
    """Say what came of a finding: on the page of the work, or with the link of what goes out, which is shown once."""
    referral, answer = stated.referral, stated.answer
    match stated.finding.state:
        case "pending":
            messages.info(request, _("It is kept, and has no effect yet: somebody else has to approve it."))
        case "stale":
            messages.error(
                request,
                _(
                    "Nothing happened: the recording, what is known of it, or the request is no more what this was about."
                ),
            )
        case "rejected":
            messages.success(request, _("It is rejected and never takes effect."))
        case _:
            messages.success(request, _("It is kept."))
            for each in stated.still_published:
                messages.warning(
                    request,
                    _("The district published it on %(day)s (%(purpose)s): take it down, see the queue.")
                    % {"day": each.published, "purpose": each.purpose},
                )
    if answer is None:
        return redirect("desk:queue_case", referral=referral.id)
    at = services()
    (told,), names = decisions_told(at, answer.decision)
    note(request, names.shown)
    if not answer.token:
        messages.info(request, told.headline)
        return redirect("desk:queue_case", referral=referral.id)
    context = {
        "answer": answer,
        "told": told,
        "url": link_url(at.settings, answer.token),
        "why_not": [names.told(each) for each in answer.why_not],
        "referral": referral.id,
        "title": _("It goes out"),
    }
    return render(request, "desk/queue_answer.html", context)


def setting_of(unit: Unit, work: Work) -> tuple[Setting, Names]:
    """Return what a form of this work offers, and the names in it."""
    stored = unit.assets.newest(work.referral.asset_key)
    tagging = stored.tagging if stored is not None else None
    in_it = tuple(tagging.students) if tagging is not None else ()
    students = tuple(dict.fromkeys((*in_it, *work.referral.students, *work.share.names)))
    with_reasons = unit.shares.share(work.referral.share_id)
    texts = [each["text"] for each in with_reasons.decision.get("reasons", [])] if with_reasons else []
    names = names_in(unit, [*texts, work.share.recipient.id or ""], students)
    records = names.records
    guardians = {
        person: names.of(person)
        for each in students
        if each in records
        for person in (*records[each].guardians, *(who for who, _name in records[each].named_guardians))
    }
    uses = tagging.official_uses if tagging is not None else ()
    flat = [(each.purpose, student) for each in uses for student in (each.students or ("",))]
    setting = Setting(
        work.referral.kind,
        tuple(sorted(((each, _called(names, each)) for each in students), key=lambda each: each[1])),
        tuple(sorted(guardians.items(), key=lambda each: each[1])),
        tuple(
            (
                ":".join(filter(None, (use, student))),
                f"{CHOICES.get(use, use)}{f': {names.of(student)}' if student else ''}",
            )
            for use, student in dict.fromkeys(flat)
        ),
        {each.student: each for each in tagging.appearances} if tagging is not None else {},
    )
    return setting, names


def _called(names: Names, student: str) -> str:
    record = names.records.get(student)
    if record is None or not record.grade:
        return names.of(student)
    return _("%(name)s, grade %(grade)s") % {"name": names.of(student), "grade": record.grade}
