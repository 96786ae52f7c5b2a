"""Letters: those that were written, one as it is kept, printing it, and sending it by mail."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dam_hooks.desk.access_log import note
from dam_hooks.desk.apps import services
from dam_hooks.desk.desk_roles import CUSTODIANS, actor, for_roles, system_user
from dam_hooks.desk.forms import add_error
from dam_hooks.desk.person_names import plainly
from dam_hooks.desk.told import name_of
from dam_plugin.custodian.letter_facts import KINDS
from dam_plugin.custodian.letter_templates import blocks
from dam_plugin.custodian.letters import OUTCOME_OF, get_letter, list_letters, mail_letter, note_printed, sendings
from dam_plugin.custodian.mail import can_send
from dam_plugin.custodian.request_register import get_request
from dam_plugin.errors import InputError, MailError
from dam_plugin.pseudonyms import students_within
from dam_plugin.settings import LONGEST_ADDRESS
from dam_plugin.store import LetterAbout, StoredLetter, Unit

PAGE = 100


class MailForm(forms.Form):
    """To which address a letter goes."""

    to = forms.CharField(
        label=gettext_lazy("Address for e-mail"),
        max_length=LONGEST_ADDRESS,
        widget=forms.EmailInput(attrs={"class": "usa-input", "autocomplete": "off"}),
        help_text=gettext_lazy("One address. It is not kept. Ask first whether they want it by e-mail."),
    )
    sent_before = forms.IntegerField(required=False, widget=forms.HiddenInput)


@for_roles(*CUSTODIANS)
@require_safe
def letters(request: HttpRequest) -> HttpResponse:
    """Show the letters that were written, the newest first."""
    at = services()
    kept = list_letters(at, LetterAbout(), PAGE)
    with at.store.reading() as unit:
        records = unit.people.students_of({each.about.student_id for each in kept if each.about.student_id})
    note(request, records)
    rows = [(each, KINDS[each.kind].called, _about(each, records)) for each in kept]
    return render(request, "desk/letters.html", {"rows": rows, "title": _("Letters")})


def _about(letter: StoredLetter, records: Any) -> str:
    about = letter.about
    if about.request_id is not None:
        return _("request %(number)s") % {"number": about.request_id}
    if about.student_id is not None:
        return name_of(records, about.student_id)
    if about.year is not None:
        return _("the school year that begins in %(year)s") % {"year": about.year}
    return _("work in the queue") if about.referral_id is not None else _("a consent")


@for_roles(*CUSTODIANS)
@require_safe
def letter(request: HttpRequest, letter: str) -> HttpResponse:
    """Show a letter as it is kept, and when it went out."""
    kept = get_letter(services(), letter)
    return render(request, "desk/letter.html", _context(request, kept, MailForm(initial=_before(kept))))


@for_roles(*CUSTODIANS)
@require_safe
def print_letter(request: HttpRequest, letter: str) -> HttpResponse:
    """Show a letter alone, as it prints."""
    kept = get_letter(services(), letter)
    _note(request, kept)
    context = {"letter": kept, "blocks": list(blocks(kept.text)), "title": KINDS[kept.kind].called}
    return render(request, "desk/letter_print.html", context)


@for_roles(*CUSTODIANS)
@require_http_methods(["POST"])
def send_letter(request: HttpRequest, letter: str) -> HttpResponse:
    """Send a letter by mail; what went wrong is said at the field, and nothing is recorded as sent."""
    at, kept = services(), get_letter(services(), letter)
    if not can_send(at.settings):
        raise Http404
    form = MailForm(request.POST)
    if form.is_valid():
        if form.cleaned_data["sent_before"] != len(sendings(at, letter)):
            form.add_error(
                None, _("This letter went out since you opened this page. Look below before you send it again.")
            )
        else:
            try:
                mail_letter(at, letter, form.cleaned_data["to"], actor(request), system_user(request))
            except MailError as error:
                form.add_error(None, str(error))
            except InputError as error:
                add_error(form, error)
                form.errors["to"] = form.error_class([*form.errors.pop("__all__", []), *form.errors.get("to", [])])
            else:
                messages.success(request, _("The letter is sent, and that is on record."))
                return redirect("desk:letter", letter=letter)
    return render(request, "desk/letter.html", _context(request, kept, form))


@for_roles(*CUSTODIANS)
@require_POST
def letter_printed(request: HttpRequest, letter: str) -> HttpResponse:
    """Record that a letter was printed and went out on paper."""
    at, kept = services(), get_letter(services(), letter)
    try:
        note_printed(at, kept.id, actor(request), system_user(request))
    except InputError as error:
        with at.store.reading() as unit:
            messages.error(request, plainly(unit, str(error)))
    else:
        messages.success(request, _("It is on record that it went out on paper."))
    return redirect("desk:letter", letter=letter)


def _before(letter: StoredLetter) -> dict[str, int]:
    return {"sent_before": len(sendings(services(), letter.id))}


def _context(request: HttpRequest, letter: StoredLetter, form: MailForm) -> dict[str, Any]:
    _note(request, letter)
    return {
        "letter": letter,
        "form": form,
        "called": KINDS[letter.kind].called,
        "source": KINDS[letter.kind].source,
        "blocks": list(blocks(letter.text)),
        "recordings": [(short, key.rpartition("/")[2]) for short, key in letter.recordings],
        "sendings": sendings(services(), letter.id),
        "can_send": can_send(services().settings),
        "next": _next(letter),
        "title": _("Letter"),
    }


def _next(letter: StoredLetter) -> tuple[str, str] | None:
    """Return what the register has to hear of once a letter is out: the button's words, and where it is."""
    number = letter.about.request_id
    if number is None:
        return None
    status = get_request(services(), number).status
    if letter.kind in ("denial", "redacted-release") and any(each.name == "reasons" for each in status.running):
        return _("Then note that the reasons were given"), reverse("desk:request_act", args=(number, "reasons-given"))
    if letter.kind == "extension" and status.state == "open":
        return _("Then note that the delay is explained"), reverse("desk:request_act", args=(number, "delay"))
    if letter.kind in OUTCOME_OF and status.is_open:
        where = reverse("desk:request_act", args=(number, "close"))
        return _("Then close the request"), f"{where}?outcome={OUTCOME_OF[letter.kind]}"
    return None


def _note(request: HttpRequest, letter: StoredLetter) -> None:
    with services().store.reading() as unit:
        note(request, students_about(unit, letter.about))


def students_about(unit: Unit, about: LetterAbout) -> set[str]:
    """Return the students whom a letter is about; its text may have the name of each. Raises UnknownThing."""
    students = {about.student_id} if about.student_id is not None else set()
    if about.request_id is not None:
        asked = unit.requests.need(about.request_id)
        students |= {*asked.students, *students_within(asked.recipient.id or "")}
    if about.referral_id is not None:
        students |= set(unit.referrals.need(about.referral_id).students)
    if about.consent_id is not None:
        students.add(unit.people.consent(about.consent_id).student)
    return students
