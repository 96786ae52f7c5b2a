"""A copy of a paper that is handed in with a form, and carried from one page of the form to the next by a signed token."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from django import forms
from django.core import signing
from django.http import HttpRequest
from django.utils.translation import gettext as _

from dam_hooks.desk.apps import services
from dam_plugin.custodian.evidence_files import keep_file
from dam_plugin.sharing.finding_kinds import EvidenceFile

TOKEN = "paper_token"  # noqa: S105 - the name of a field
_SALT = "desk.paper"
# A paper that was handed in for a form that nobody saved within this time is handed in again.
_LASTS_SECONDS = 12 * 3600
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Paper:
    """A copy that is kept already, and what its file is called; that name is not kept with it."""

    file: EvidenceFile
    name: str


def paper_of(request: HttpRequest, form: forms.Form, field: str, about: str) -> Paper | None:
    """Return the copy that a form was sent with: handed in by it, or by it before. None where there is none.

    `about` is what the form is about: a copy counts for this and this account alone. Raises InputError, StorageError.
    INVARIANT: nothing is saved without a copy that was handed in. One that cannot be found again is an error of the form, at
    its field; one beside another mistake is kept.
    """
    if field not in form.fields or not form.is_bound:
        return None
    form.is_valid()
    upload = form.cleaned_data.get(field)
    if upload:
        return Paper(keep_file(services(), upload.read()), str(upload.name)[:_LONGEST])
    token = request.POST.get(TOKEN, "")
    found = _before(token, request, about)
    if token and found is None:
        form.add_error(field, _("The copy that you handed in before cannot be found any more: choose the file again."))
    return found


def carried_on(paper: Paper | None, request: HttpRequest, about: str) -> dict[str, str]:
    """Return what the template `paper.html` carries on to the next page."""
    if paper is None:
        return {}
    told = {"file": asdict(paper.file), "name": paper.name, "of": [about, request.user.pk]}
    return {TOKEN: signing.dumps(told, salt=_SALT), "paper_name": paper.name}


def _before(token: str, request: HttpRequest, about: str) -> Paper | None:
    try:
        told = signing.loads(token, salt=_SALT, max_age=_LASTS_SECONDS)
    except signing.BadSignature:
        return None
    return Paper(EvidenceFile(**told["file"]), told["name"]) if told["of"] == [about, request.user.pk] else None
