"""Writing a letter: the kind that fits, what has to be typed, the text as it would read and may be changed, and keeping it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import time
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from dam_hooks.desk.access_log import note
from dam_hooks.desk.apps import services
from dam_hooks.desk.desk_roles import CUSTODIANS, actor, for_roles, system_user
from dam_hooks.desk.forms import add_error, choice, clock, day, moment, nobody_named, tick, words
from dam_hooks.desk.pages import register_words as say
from dam_hooks.desk.pages.letters_page import students_about
from dam_hooks.desk.person_names import with_law
from dam_hooks.desk.told import name_of
from dam_plugin.custodian.letter_facts import KINDS
from dam_plugin.custodian.letter_sources import OPTION_OF, TO_GUARDIAN, Typed, kinds_that_fit
from dam_plugin.custodian.letter_templates import LONGEST_LETTER
from dam_plugin.custodian.letters import preview_letter, write_letter
from dam_plugin.custodian.request_register import get_request
from dam_plugin.errors import InputError, UnknownThing
from dam_plugin.model import StudentRecord
from dam_plugin.procedure.exceptions import FAMILY
from dam_plugin.store import LetterAbout, Unit
from dam_plugin.store.referrals import NO_SUCH_REFERRAL

LANGUAGES = [("en", gettext_lazy("English")), ("es", gettext_lazy("Spanish"))]
# What is typed for a letter, by the name of what takes it; which kind takes which is the core's to say (`OPTION_OF`).
_FIELDS: Mapping[str, Callable[[], forms.Field]] = {
    "cause": lambda: words(gettext_lazy("Why it takes longer"), required=False, lines=2),
    "place": lambda: words(gettext_lazy("Where it will be available"), required=False),
    "earliest": lambda: day(gettext_lazy("The earliest day"), required=False),
    "earliest_at": lambda: clock(gettext_lazy("From what time on"), required=False),
    "provisions": lambda: words(
        gettext_lazy("By which provision of law"),
        required=False,
        lines=2,
        hint=gettext_lazy("One on each line, such as: 34 CFR 99.30"),
    ),
    "court": lambda: words(gettext_lazy("Who issued the order"), required=False, longest=200),
    "case_number": lambda: words(gettext_lazy("The number of the case"), required=False, longest=200),
    "answer_on": lambda: day(gettext_lazy("When the order is answered"), required=False),
    "directory_information": lambda: words(
        gettext_lazy("What the policy calls directory information"),
        required=False,
        lines=3,
        hint=gettext_lazy("One on each line."),
    ),
    "no_record": lambda: words(
        gettext_lazy("What there is no record of"), required=False, lines=2, hint=gettext_lazy("One on each line.")
    ),
    "how": lambda: words(gettext_lazy("How it was lost"), required=False, lines=2),
    "tried": lambda: words(gettext_lazy("What was tried to get it back"), required=False, lines=2),
    "lost_on": lambda: day(gettext_lazy("When it was lost"), required=False),
    "student_name": lambda: words(
        gettext_lazy("The student's name"),
        required=False,
        longest=200,
        hint=gettext_lazy("Only in a letter to that student's own family."),
    ),
}
_LISTS = ("provisions", "directory_information", "no_record")


@for_roles(*CUSTODIANS)
@require_http_methods(["GET", "POST"])
def write(request: HttpRequest) -> HttpResponse:
    """Choose a kind, type what it needs, see it, change it, keep it. What it is about stands in the address by its id."""
    at = services()
    about = _about(request)
    with at.store.reading() as unit:
        records, suggested = _looked_up(unit, about)
    kinds = _kinds(about)
    kind = request.GET.get("kind", "")
    if kind not in kinds:
        offered = [(each, KINDS[each].called) for each in kinds]
        choosing = {"kinds": offered, "about": about, "title": _("Write a letter")}
        return render(request, "desk/letter_kinds.html", choosing)
    note(request, records)
    is_seen = request.method == "POST"
    form = _form(kind, records, request.POST if is_seen else None, suggested)
    context: dict[str, Any] = {"kind": kind, "called": KINDS[kind].called, "source": KINDS[kind].source, "form": form}
    context |= {"about": about, "title": _("Write a letter"), "longest": LONGEST_LETTER}
    if is_seen and form.is_valid():
        keeps = request.POST.get("do") == "keep"
        typed = _typed(kind, form.cleaned_data, request.POST.get("text", "") if keeps else "")
        language = cast("Any", form.cleaned_data["language"])
        about = replace(about, student_id=form.cleaned_data.get("student") or about.student_id)
        try:
            if keeps:
                made = write_letter(at, kind, about, language, typed, actor(request), system_user(request))
                messages.success(request, _("The letter is kept. Now print it, or send it."))
                for each in _cautions(made.cautions):
                    messages.warning(request, each)
                return redirect("desk:letter", letter=made.letter.id)
            seen = preview_letter(at, kind, about, language, typed)
            context |= {"text": seen.text, "cautions": _cautions(seen.cautions)}
        except InputError as error:
            add_error(form, error)
            # What somebody changed is not lost.
            context["text"] = request.POST.get("text", "")[:LONGEST_LETTER] if keeps else ""
    return render(request, "desk/letter_write.html", context)


def _cautions(cautions: tuple[str, ...]) -> list[str]:
    with services().store.reading() as unit:
        return [with_law(unit, each).text for each in cautions]


def _about(request: HttpRequest) -> LetterAbout:
    """Return what the address says that a letter is about. Raises Http404 for nothing."""
    given = {
        name: request.GET.get(name, "")[:64] or None for name in ("request", "referral", "student", "consent", "year")
    }
    year = given["year"]
    about = LetterAbout(
        given["request"],
        given["referral"],
        given["consent"],
        given["student"],
        int(year) if year is not None and year.isdecimal() and len(year) == 4 else None,
    )
    if about == LetterAbout():
        raise Http404
    return about


def _looked_up(unit: Unit, about: LetterAbout) -> tuple[dict[str, StudentRecord], dict[str, str]]:
    """Return the students whom a letter is about, and the name and address that are on file for who asks."""
    suggested: dict[str, str] = {}
    if about.request_id is not None:
        asked = unit.requests.need(about.request_id)
        names = say.names_of_askers(unit, [asked])
        name, _comma, rest = (asked.contact or "").partition(",")
        is_family = asked.recipient.role in FAMILY
        suggested = {
            "name": names.get(asked.recipient.id or "", "") if is_family else name.strip(),
            "address": rest.strip(),
        }
    if about.referral_id is not None and unit.referrals.need(about.referral_id).secret:
        raise UnknownThing(NO_SUCH_REFERRAL)
    return unit.people.students_of(students_about(unit, about)), suggested


def _kinds(about: LetterAbout) -> tuple[str, ...]:
    """Return the kinds that fit; one under an order that forbids telling is not there (UnknownThing)."""
    if about.request_id is not None:
        return kinds_that_fit(get_request(services(), about.request_id))
    given = {"referral": about.referral_id, "consent": about.consent_id, "year": about.year}
    subject = next((each for each, value in given.items() if value is not None), "opt-out")
    return tuple(kind for kind, row in KINDS.items() if subject in row.about)


def _form(kind: str, records: Mapping[str, StudentRecord], data: Any, suggested: Mapping[str, str]) -> forms.Form:
    form = forms.Form(data, initial={"language": "en", **suggested})
    form.fields["language"] = choice(gettext_lazy("Language"), LANGUAGES)
    form.fields["name"] = words(
        gettext_lazy("Name"), required=False, longest=200, hint=gettext_lazy("As it stands above the address.")
    )
    form.fields["greeting"] = words(
        gettext_lazy("Form of address"), required=False, longest=200, hint=gettext_lazy("Such as: Dear Ms. López")
    )
    form.fields["address"] = words(gettext_lazy("Address"), required=False, lines=3, longest=1_000)
    if kind in TO_GUARDIAN:
        guardians = [(person, name) for each in records.values() for person, name in each.named_guardians]
        form.fields["guardian"] = choice(
            gettext_lazy("Whom it goes to"), [("", gettext_lazy("The family")), *guardians], required=False
        )
    if ("referral" in KINDS[kind].about and "order" in KINDS[kind].parts) or kind == "offer":
        named = [(each, name_of(records, each)) for each in records]
        form.fields["student"] = choice(gettext_lazy("The family of which student"), named)
    parts = KINDS[kind].parts
    for name, made in _FIELDS.items():
        if OPTION_OF[name.removesuffix("_at")][1] in parts:
            form.fields[name] = made()
    if "amendment" in parts:
        form.fields["reason"] = words(gettext_lazy("The reasons"), required=False, lines=3)
    if kind == "acknowledgement":
        form.fields["attorney"] = tick(gettext_lazy("An attorney or another representative asks"))
    form.fields["no_student_named"] = nobody_named()
    return form


def _typed(kind: str, said: dict[str, Any], text: str) -> Typed:
    """Return what was typed, as the core takes it."""
    given: dict[str, Any] = {
        name: said[name]
        for name in ("name", "greeting", "student_name", "cause", "place", "court", "case_number", "answer_on")
        if said.get(name)
    }
    given |= {name: said[name] for name in ("how", "tried", "lost_on", "reason", "guardian") if said.get(name)}
    given |= {name: tuple(filter(None, map(str.strip, said[name].splitlines()))) for name in _LISTS if said.get(name)}
    if said.get("earliest"):
        given["earliest"] = moment(said["earliest"], said.get("earliest_at") or time())
    return Typed(
        **given,
        address=tuple(filter(None, map(str.strip, said["address"].splitlines()))),
        attorney=bool(said.get("attorney")),
        no_student_named=said["no_student_named"],
        text=text,
    )
