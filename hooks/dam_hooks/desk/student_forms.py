"""The forms of what is stated about a student: what a person fills in, and no rule of the procedure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.utils.translation import ngettext

from dam_hooks.desk.forms import PaperField, choice, day, one_of, several, tick, words
from dam_hooks.desk.student_words import called, guardians_called
from dam_plugin.custodian.letter_words import PARTIES
from dam_plugin.custodian.opt_out_mistakes import noted_of
from dam_plugin.model import OF_GUARDIANS, PROTECTION_KINDS, Consent, StudentRecord
from dam_plugin.procedure.purposes import PurposeList
from dam_plugin.sharing.same_person import others_to_tell_apart
from dam_plugin.store.people import KeptOptOut

Choices = list[tuple[str, Any]]
KINDS = {
    "address-confidentiality": _l("The state's Safe at Home program"),
    "no-contact-order": _l("An order against contact"),
    "foster-care": _l("Foster care"),
    "other": _l("Another reason"),
}
_ALL, _SOME = "all", "some"


_SHORT = 300
_RECORDINGS = 8_000
_of_paper = partial(PaperField, _l("A copy of the paper"))


class StatementForm(forms.Form):
    """The form of one statement about `record`, as it is on file today."""

    def __init__(
        self,
        *args: Any,
        record: StudentRecord,
        today: date,
        purposes: PurposeList,
        consents: Sequence[Consent] = (),
        opt_outs: Sequence[KeptOptOut] = (),
        **kwargs: Any,
    ) -> None:
        """Take whom it is about, and the consents and opt-outs on file."""
        super().__init__(*args, **kwargs)
        self.record, self.today, self.purposes, self.consents = record, today, purposes, consents
        self.opt_outs = opt_outs
        self.names = guardians_called(record)
        self.fill()

    def fill(self) -> None:
        """Fill in what there is to choose."""

    def clean(self) -> dict[str, Any]:
        """Return what was said."""
        return super().clean() or {}

    def choose(self, name: str, choices: Choices) -> None:
        """Give a field its list."""
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def holders(self) -> Choices:
        """Return who holds a parent's rights today, by name."""
        return [(each, self.names.get(each, each)) for each in self.record.guardians_on(self.today)]

    def people(self) -> Choices:
        """Return every guardian who is on file, by name."""
        stated = (each.guardian for each in self.record.guardianships if each.what in OF_GUARDIANS)
        known = dict.fromkeys((*self.record.guardians, *stated))
        return [(each, self.names.get(each, each)) for each in known]

    def student_too(self) -> Choices:
        """Return the student as one of who may say something."""
        return [(self.record.id, _("%(name)s, the student") % {"name": called(self.record)})]


class _Purposes(StatementForm):
    """A form that is about everything or about some purposes."""

    extent = one_of(
        _l("What it is about"), [(_ALL, _l("Every use")), (_SOME, _l("Only the uses chosen below"))], initial=_ALL
    )
    purpose = several(_l("Uses"))

    def fill(self) -> None:
        """Offer the district's purposes."""
        self.choose("purpose", [(each.name, each.name) for each in self.purposes.purposes])

    def clean(self) -> dict[str, Any]:
        """Ask for the uses where it is about some: without one it would be about nothing."""
        said = super().clean()
        if said.get("extent") == _SOME and not said.get("purpose"):
            self.add_error("purpose", _("Choose at least one use."))
        return said


def limited_to(said: dict[str, Any]) -> tuple[str, ...] | None:
    """Return the purposes that were chosen; None for everything."""
    return tuple(said["purpose"]) if said["extent"] == _SOME else None


class OptOutForm(_Purposes):
    """A family's opt-out."""

    since = day(_l("From which day on"), _l("Left empty: from today."), required=False)
    sure = tick(_l("That day is right, although it is long ago or a consent was signed after it"))
    by = choice(_l("Who said so"), required=False)

    def fill(self) -> None:
        """Offer who may say it."""
        super().fill()
        self.choose("by", [("", _("Not known")), *self.holders(), *self.student_too()])

    def clean(self) -> dict[str, Any]:
        """Ask about a day of another year, and about consents that are newer: these would stand, and the child be shown."""
        said = super().clean()
        since = said.get("since")
        if since is None or said.get("sure"):
            return said
        if since <= self.today - _LONG_AGO:
            self.add_error("since", _("That day is a year ago or more. Is the year right? Tick below if it is."))
        elif newer := sum(each.revoked_on is None and (each.signed_on or date.min) >= since for each in self.consents):
            told = ngettext(
                "A consent was signed on that day or later, and would stand: what it is for may still be shown. Tick below if "
                "the day is right.",
                "%(count)d consents were signed on that day or later, and would stand: what they are for may still be shown. "
                "Tick below if the day is right.",
                newer,
            )
            self.add_error("since", told % {"count": newer})
        return said


NO_HOLDER = "no-holder"
_LONG_AGO = timedelta(days=365)


class OptInForm(_Purposes):
    """The end of an opt-out."""

    by = choice(_l("Who ends it"), hint=_l("As the family's paper says. From 18 on the student alone ends it."))
    why = words(_l("Why it ends"), _l("What the family gave in writing, and where that paper is kept."), lines=3)

    def fill(self) -> None:
        """Offer who may end it."""
        super().fill()
        of_nobody = (NO_HOLDER, _("The office: whoever opted out had no right to"))
        self.choose("by", [("", _("Choose")), *self.holders(), *self.student_too(), of_nobody])


class OptOutMistakeForm(StatementForm):
    """An opt-out that the office noted by mistake."""

    opt_out = choice(_l("Which opt-out"))
    why = words(_l("How the mistake came about"), _l("And where the form is kept. Write no name."), lines=3)

    def fill(self) -> None:
        """Offer the opt-outs on file."""
        kept = {noted_of(each): each for each in self.opt_outs}
        self.noted = {str(index): each for index, each in enumerate(kept)}
        told = [(index, self._told(kept[each])) for index, each in self.noted.items()]
        self.choose("opt_out", [("", _("Choose")), *told])

    def clean(self) -> dict[str, Any]:
        """Return what was said, with the opt-out itself."""
        said = super().clean()
        return {**said, "noted": self.noted.get(said.get("opt_out", ""))}

    def _told(self, kept: KeptOptOut) -> str:
        noted, by = kept.opt_out, kept.stated_by or ""
        about = _("everything") if noted.purposes is None else ", ".join(noted.purposes)
        names = {"": _("not known"), self.record.id: called(self.record), **self.names}
        told = {"day": date_format(noted.since), "about": about, "who": names.get(by, by)}
        return _("From %(day)s on: %(about)s (who said so: %(who)s)") % told


class ConsentForm(StatementForm):
    """A written consent."""

    purpose = choice(_l("What for"), hint=_l("The use that the consent states."))
    party = several(_l("Who may receive it"), hint=_l("As the consent says."))
    party_named = words(
        _l("Somebody by name"), _l("A newspaper or a company, as the consent has it."), required=False, longest=_SHORT
    )
    signed_by = choice(_l("Who signed it"))
    signed_on = day(_l("When it was signed"))
    signature = one_of(
        _l("How it was signed"), [("ink", _l("On paper")), ("electronic", _l("Electronically"))], initial="ink"
    )
    authenticated = tick(_l("Of an electronic signature: it is proven who signed"))
    expires = day(_l("Last day on which it holds"), _l("Left empty: it has no end."), required=False)
    recordings = words(
        _l("Only for these recordings"),
        _l("Their folder and file name, one a line. Left empty: for all recordings."),
        required=False,
        lines=3,
        longest=_RECORDINGS,
    )
    proof = words(_l("Where the signed paper is"), _l("Such as: file cabinet 3, folder of 2026."), longest=_SHORT)
    paper = _of_paper(_l("A scan of the signed paper, kept where only this program reads it."))
    after_opt_out = words(
        _l("If the family opted out on the same day: what shows that this was signed later"),
        required=False,
        longest=_SHORT,
    )
    after_revocation = words(
        _l("If a consent was withdrawn on the same day: what shows that this is a new one"),
        required=False,
        longest=_SHORT,
    )

    def fill(self) -> None:
        """Offer purposes, parties and signers."""
        self.choose("purpose", [("", _("Choose a use")), *((each.name, each.name) for each in self.purposes.purposes)])
        self.choose("party", [(role, said.en) for role, said in PARTIES.items()])
        self.choose("signed_by", [("", _("Choose a person")), *self.holders(), *self.student_too()])

    def clean(self) -> dict[str, Any]:
        """Ask who may receive it."""
        said = super().clean()
        if not said.get("party") and not said.get("party_named"):
            self.add_error("party", _("Say who may receive it."))
        return said


class WithdrawForm(StatementForm):
    """The end of a consent."""

    on = day(_l("From which day on"), _l("Left empty: from today."), required=False)
    by = choice(_l("Who withdrew it"), required=False)

    def fill(self) -> None:
        """Offer who may say it."""
        self.choose("by", [("", _("Not known")), *self.holders(), *self.student_too()])


class MistakeForm(StatementForm):
    """What the office entered by mistake."""

    why = words(_l("How the mistake came about"), _l("And where the paper is. Write no name."), lines=3)


class NoticeForm(StatementForm):
    """What the family was told of the yearly notice, or answered."""

    on = day(_l("On which day"), _l("Left empty: today."), required=False)
    why = words(_l("What you saw"), _l("Such as the form, and where it is kept."), lines=3)


_SEEN = _l("What you saw that proves it, such as: birth certificate. Write no name.")


class AddGuardianForm(StatementForm):
    """A parent or guardian whom the roster does not have."""

    name = words(_l("Name"), _l("As letters are to have it."), longest=120)
    relation = words(_l("What the person is to the student"), _l("Mother, guardian, surrogate parent, …"), longest=120)
    seen = words(_l("Proof"), _SEEN, lines=3)
    paper = _of_paper(_l("A surrogate parent's appointment is needed here; of others it may be added."))
    absence = words(
        _l("Of who acts as a parent: how it is known that no parent or guardian is there"),
        _l("Only for a relative, a step-parent or whoever else cares for the student."),
        required=False,
        lines=3,
    )
    until = day(_l("Last day on which it holds"), _l("Left empty: it has no end."), required=False)
    in_place_of = several(
        _l("Whose rights end with it"), hint=_l("As by an adoption. What these people could open closes at once.")
    )
    another = tick(_l("It is another person than whoever of this name is on file"))

    def fill(self) -> None:
        """Offer whose rights may end."""
        self.choose("in_place_of", self.people())
        if not self.people():
            del self.fields["in_place_of"]


class _OfPerson(StatementForm):
    """A statement about one of the student's guardians."""

    person = choice(_l("Who"))
    seen = words(_l("Proof"), _SEEN, lines=3)
    paper = _of_paper(_l("It may be added: kept where only this program reads it."))
    until = day(_l("Last day on which it holds"), _l("Left empty: it has no end."), required=False)

    def fill(self) -> None:
        """Offer the guardians on file."""
        self.choose("person", [("", _("Choose a person")), *self.people()])


class VerifyForm(_OfPerson):
    """Somebody on file is a guardian."""

    not_against = tick(
        _l("I know whom the student's protection is against, and it is not this guardian"),
        _l("Only for a protected student. It counts once a second person says the same."),
    )
    another = tick(_l("It is another person than whom an order or a protection is about"))


class DependentForm(_OfPerson):
    """A student with the rights is a guardian's dependent for tax."""


class AppointedForm(_OfPerson):
    """A court made somebody the guardian of a student of 18 or more."""

    paper = _of_paper(_l("The letters of guardianship: a copy is needed."))


class LimitForm(StatementForm):
    """A court order that limits a parent's rights."""

    person = choice(_l("Who"), required=False)
    name = words(_l("If the person is not on file: the name as the order has it"), required=False, longest=120)
    relation = words(_l("And what the person is to the student"), required=False, longest=120)
    only = one_of(
        _l("What is kept from the person"),
        [
            ("all", _l("The whole record: the order takes the parent's rights")),
            ("whereabouts", _l("Only where the student can be found")),
        ],
        initial="all",
    )
    seen = words(_l("What you saw"), _l("Such as: order of the circuit court, 5 October. Write no name."), lines=3)
    paper = _of_paper(_l("The order. Where it takes the rights, a copy is needed."))
    since = day(_l("From which day on"), _l("Left empty: from today."), required=False)
    until = day(_l("Last day on which it holds"), _l("Left empty: it has no end."), required=False)
    same_person = several(_l("Who else on file is the same person"), hint=_l("They are limited, too."))
    other_person = several(_l("Who on file is somebody else"))
    another = tick(_l("It is another person than whoever of this name is on file"))

    def fill(self) -> None:
        """Offer the guardians on file, and those who have to be told apart."""
        self.choose("person", [("", _("Nobody on file")), *self.people()])
        person, name = str(self.data.get("person", "")), str(self.data.get("name", "")).strip() or None
        told = others_to_tell_apart(self.record, person, name, self.today) if person or name else ()
        for field in ("same_person", "other_person"):
            if told:
                self.choose(field, [(each, self.names.get(each, each)) for each in told])
            else:
                del self.fields[field]

    def clean(self) -> dict[str, Any]:
        """Ask whom the order is about."""
        said = super().clean()
        if not said.get("person") and not said.get("name"):
            self.add_error("person", _("Say whom the order is about."))
        if said.get("person") and said.get("name"):
            self.add_error("name", _("Choose a person on file, or write a name: one of the two."))
        return said


class RepresentForm(StatementForm):
    """Somebody inspects the record in the place of a guardian, or of the student with the rights."""

    name = words(_l("Name of the person"), _l("As the record of access is to have it."), longest=120)
    represents = choice(_l("In whose place"))
    seen = words(_l("What was signed"), _l("The authority that you saw. Write no name."), lines=3)
    paper = _of_paper(_l("A copy of what was signed is needed."))
    until = day(_l("Last day on which it holds"), _l("Left empty: it has no end."), required=False)
    another = tick(_l("It is another person than whoever of this name is on file"))

    def fill(self) -> None:
        """Offer who may be represented."""
        self.choose("represents", [("", _("Choose a person")), *self.holders(), *self.student_too()])


class WhyForm(StatementForm):
    """The end of something."""

    why = words(_l("Why it ends"), _l("And what you saw. Write no name."), lines=3)


class SeenForm(StatementForm):
    """Something that is seen and holds from now on."""

    seen = words(_l("What you saw"), _l("Such as an enrolment letter or a court's letters. Write no name."), lines=3)
    paper = _of_paper(_l("Kept where only this program reads it."))
    until = day(_l("Last day on which it holds"), _l("Left empty: it has no end."), required=False)


class CollegeForm(SeenForm):
    """The student attends a college."""

    since = day(_l("From which day on"), _l("Left empty: as on file, or from today."), required=False)


class LeftCollegeForm(WhyForm):
    """The student attends a college no more."""

    on = day(
        _l("First day on which it is not so"),
        _l("Left empty: today. With its first day it was never so."),
        required=False,
    )


class DiedForm(StatementForm):
    """The student died."""

    on = day(_l("The day on which the student died"))
    seen = words(_l("What you saw"), _l("Such as the death certificate. Write no name."), lines=3)
    paper = _of_paper(_l("Kept where only this program reads it."))


class ProtectForm(StatementForm):
    """It must not become known where the student is."""

    kind = choice(_l("Why"), hint=_l("Only the custodian and a designee are ever told."))
    seen = words(
        _l("What you saw"), _l("Such as the card of the program, or the court's order. Write no name."), lines=3
    )
    paper = _of_paper(_l("Kept where only this program reads it."))
    since = day(_l("From which day on"), _l("Left empty: from today."), required=False)
    until = day(_l("Last day on which it holds"), _l("Left empty: it has no end."), required=False)

    def fill(self) -> None:
        """Offer the reasons."""
        self.choose("kind", [("", _("Choose a reason")), *((each, KINDS[each]) for each in PROTECTION_KINDS)])


class UnprotectForm(WhyForm):
    """The end of a protection."""

    kind = choice(_l("Which protection ends"))

    def fill(self) -> None:
        """Offer what was stated by hand and stands."""
        there = dict.fromkeys(each.kind for each in self.record.protections if each.is_open(self.today))
        self.choose("kind", [("", _("Choose")), *((each, KINDS[each]) for each in there)])


class ForgetNameForm(StatementForm):
    """A former name that is the student's no more."""

    name = choice(_l("Which name"))
    why = words(_l("Why the student no longer has this name"), lines=3)

    def fill(self) -> None:
        """Offer the former names."""
        self.choose("name", [("", _("Choose a name")), *((each, each) for each in self.record.former_names)])
