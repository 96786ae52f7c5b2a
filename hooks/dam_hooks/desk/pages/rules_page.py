"""Rules: the district's rule files, a draft with its mistakes while it is written, what it would change, and applying."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dam_hooks.desk.apps import services
from dam_hooks.desk.desk_roles import ADMIN, CUSTODIAN, DESIGNEE, SHARES, actor, for_roles, has_role, system_user
from dam_hooks.desk.job_told import job_of, job_told, progress
from dam_hooks.desk.told import Card, card
from dam_plugin.admin import rule_changes
from dam_plugin.admin.rule_changes import RULES_APPLY, RULES_DIFF
from dam_plugin.errors import InputError, UnknownThing
from dam_plugin.intake.tag_changes import TagChange, changes_between
from dam_plugin.intake.two_people import is_same_person
from dam_plugin.model import Actor
from dam_plugin.services import Services
from dam_plugin.store import RuleChange
from dam_plugin.store.jobs import OPEN, Job
from dam_tagging.rules.examples import Report, Value, try_examples
from dam_tagging.rules.load import load
from dam_tagging.rules.model import Problem, RuleFileError
from dam_tagging.rules.yaml_nodes import MAX_BYTES

MOST_SHOWN = 24
FIELDS = {
    "state": gettext_lazy("whether it is known who is in it"),
    "directory_status": gettext_lazy("whether it is directory information"),
    "official_uses": gettext_lazy("what the district uses it for"),
    "record_pii": gettext_lazy("whether it holds something of a student's records"),
    "closed": gettext_lazy("whether it is closed"),
    "confidential": gettext_lazy("whether it is confidential"),
    "unidentified_people": gettext_lazy("how many are not named"),
    "open_words": gettext_lazy("which words in it wait for a look"),
    "meaning": gettext_lazy("whether hiding somebody leaves it its meaning"),
    "appearances": gettext_lazy("who is in the background"),
    "closures": gettext_lazy("why it is closed"),
    "cannot_be_redacted": gettext_lazy("whether somebody can be hidden in it"),
    "maintained_by": gettext_lazy("who keeps it"),
}
WAYS = {
    "looser": gettext_lazy("more may go out"),
    "stricter": gettext_lazy("less may go out"),
    "otherwise": gettext_lazy("otherwise"),
}


class DraftForm(forms.Form):
    """A rule file as it would be."""

    file = forms.CharField(max_length=255, widget=forms.HiddenInput)
    text = forms.CharField(
        label=gettext_lazy("The rules"),
        max_length=MAX_BYTES,
        strip=False,
        widget=forms.Textarea(
            attrs={"class": "usa-textarea desk-rules", "rows": 24, "spellcheck": "false", "autocomplete": "off"}
        ),
    )


@dataclass(frozen=True, slots=True)
class Found:
    """What a draft comes to: its mistakes, or its rules with their examples."""

    problems: tuple[Problem, ...] = ()
    rules: int = 0
    report: Report | None = None

    @property
    def differences(self) -> list[tuple[str, str, str, str, str]]:
        """Each example that ends otherwise: its name, where it stands, what of it, how it should be and how it is."""
        tried = self.report.tried if self.report else ()
        return [
            (each.example.name, each.example.place, one.field, _word(one.expected), _word(one.found))
            for each in tried
            for one in each.differences
        ]


@dataclass(frozen=True, slots=True)
class Change:
    """A recording that would be tagged otherwise: its card, and what in which way by which rules."""

    card: Card
    lines: tuple[tuple[Any, Any, str], ...]


@for_roles(ADMIN, CUSTODIAN, DESIGNEE)
@require_safe
def rules(request: HttpRequest) -> HttpResponse:
    """Show the rules in force, what waits for somebody's yes, and how far applying them is."""
    at = services()
    texts = rule_changes.rule_texts(at.settings.rules)
    with at.store.reading() as unit:
        waiting = unit.rule_changes.pending()
        jobs = [each for each in unit.jobs.newest(20) if each.kind in (RULES_APPLY.name, RULES_DIFF.name)]
    context = {
        "files": sorted(texts),
        "count": len(at.rules.rules),
        "is_starter": at.settings.rules is None,
        "waiting": waiting,
        "jobs": [job_told(each, at.now()) for each in jobs[:5]],
        "is_admin": has_role(request, ADMIN),
        "title": _("Rules"),
    }
    return render(request, "desk/rules.html", context)


@for_roles(ADMIN)
@require_http_methods(["GET", "POST"])
def draft(request: HttpRequest) -> HttpResponse:
    """Write a draft: look for mistakes, or begin to compare it with the rules in force; nothing is kept of it."""
    at = services()
    texts = {name: text.decode(errors="replace") for name, text in rule_changes.rule_texts(at.settings.rules).items()}
    name = request.POST.get("file") or request.GET.get("file") or min(texts)
    if name not in texts:
        raise Http404
    form = DraftForm(request.POST or None, initial={"file": name, "text": texts[name]})
    found = None
    if request.method == "POST" and form.is_valid():
        becomes = {**texts, name: _unix(form.cleaned_data["text"])}
        found = _found(becomes)
        if request.POST.get("do") == "compare" and not found.problems:
            added = rule_changes.ask_to_compare(at, _by(request), texts, becomes, detach=True)
            if added is None:
                messages.info(request, _("There is no recording yet: nothing would change."))
                return redirect("desk:rules")
            return redirect("desk:rules_job", job=added.job.id)
    context = {"form": form, "found": found, "file": name, "title": _("Try a change of the rules")}
    part = request.headers.get("HX-Request") == "true"
    return render(request, "desk/rules_found.html" if part else "desk/rules_draft.html", context)


@for_roles(ADMIN)
@require_safe
def rules_job(request: HttpRequest, job: str) -> HttpResponse:
    """Show how far a comparison or applying is, and what came of it; a comparison shows the first recordings."""
    at = services()
    found = job_of(at, job, RULES_APPLY, RULES_DIFF)
    is_comparison = found.kind == RULES_DIFF.name
    tally = rule_changes.tally_of(found)
    return progress(
        request,
        "desk/rules_job.html",
        job_told(found, at.now()),
        is_comparison=is_comparison,
        tally=tally,
        asked=found.result.get("asked", 0),
        by_tag=[(FIELDS.get(tag, tag), WAYS[way], count) for (tag, way), count in sorted(tally.tags.items()) if count],
        changes=_examples(at, found) if is_comparison and found.state not in OPEN else [],
        may_change=True,
        stop="desk:stop_job",
        again="desk:job_again",
        title=_("What would change") if is_comparison else _("Applying the rules"),
    )


@for_roles(ADMIN)
@require_POST
def apply(request: HttpRequest) -> HttpResponse:
    """Begin to tag every recording again by the rules in force; what would loosen waits for a second person."""
    added = rule_changes.ask_to_apply(services(), _by(request), system_user(request), detach=True)
    if added is None:
        messages.info(request, _("There is no recording yet: nothing is to be done."))
        return redirect("desk:rules")
    return redirect("desk:rules_job", job=added.job.id)


@for_roles(ADMIN, CUSTODIAN, DESIGNEE)
@require_http_methods(["GET", "POST"])
def rule_change(request: HttpRequest, change: str) -> HttpResponse:
    """Show what would loosen, and let the records custodian or a designee say yes who did not ask for it."""
    at = services()
    try:
        with at.store.reading() as unit:
            known = unit.rule_changes.need(change)
            tags = unit.rule_changes.tags(change)
            kept = unit.assets.current_of([each.key for each in tags[:MOST_SHOWN]])
    except UnknownThing:
        raise Http404 from None
    why_not = _why_not(request, at, known)
    if request.method == "POST":
        if why_not is not None:
            messages.error(request, why_not)
        else:
            _approve(request, at, known)
        return redirect("desk:rule_change", change=change)
    context = {
        "change": known,
        "count": len(tags),
        "changes": [
            _change(card(kept[each.key]), changes_between(each.before, each.after)) for each in tags if each.key in kept
        ],
        "why_not": why_not,
        "title": _("A change that waits"),
    }
    return render(request, "desk/rule_change.html", context)


def _approve(request: HttpRequest, at: Services, known: RuleChange) -> None:
    try:
        done = rule_changes.approve(at, known.id, actor(request), system_user(request), lambda _: None)
    except InputError:
        # Between the page and the button somebody else was quicker, or the rules are others now.
        messages.error(request, _("This was not done: something changed meanwhile. Look at the page again."))
        return
    if done.stale or done.tally.failed:
        said = _(
            "Done, but for recordings that have changed since or could not be read: an administrator applies the rules again."
        )
        messages.warning(request, said)
    else:
        messages.success(request, _("Done: the recordings are tagged by these rules now."))


def _why_not(request: HttpRequest, at: Services, known: RuleChange) -> str | None:
    """Return in a person's words why who is signed in cannot approve; the use case checks the same again."""
    if known.state != "pending":
        return _("This is decided already.")
    if not has_role(request, CUSTODIAN, DESIGNEE):
        return _("The records custodian or a designee says yes.")
    if is_same_person(known.user, system_user(request)):
        return _("You asked for this: another person says yes.")
    if known.digest != at.rules.digest:
        return _("The rules are others meanwhile: an administrator applies them again.")
    return None


def _by(request: HttpRequest) -> Actor:
    """Return as whom the record names who asks: as at the terminal, staff unless somebody has another role."""
    return actor(request) if has_role(request, *SHARES) else Actor("media_staff", request.user.get_username())


def _found(texts: dict[str, str]) -> Found:
    try:
        loaded = load(texts)
    except RuleFileError as error:
        return Found(problems=error.found)
    return Found(rules=len(loaded.rules.rules), report=try_examples(loaded.rules, loaded.examples))


def _word(value: Value) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return ", ".join(value) or _("nothing") if isinstance(value, tuple) else value


def _unix(text: str) -> str:
    # A browser sends lines that end as in a letter.
    return text.replace("\r\n", "\n")


def _examples(at: Services, job: Job) -> list[Change]:
    found = rule_changes.retagged_of(at, job)[:MOST_SHOWN]
    with at.store.reading() as unit:
        kept = unit.assets.current_of([each.key for each in found])
    return [_change(card(kept[each.key]), each.changes) for each in found if each.key in kept]


def _change(shown: Card, changes: tuple[TagChange, ...]) -> Change:
    lines = [(FIELDS.get(each.field, each.field), WAYS[each.direction], ", ".join(each.rules)) for each in changes]
    return Change(shown, tuple(lines))
