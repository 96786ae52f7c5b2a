"""The form of each kind of finding, made of the kind's own fields in the core: one function, and no form written by hand.

`finding_words.py` says what each field is called. What a finding may say, the core checks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, Field, asdict, dataclass, field, fields
from datetime import date
from typing import Any, cast, get_args, get_type_hints

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dam_hooks.desk.finding_words import BLOCKS, CHOICES, EVIDENCE, FIELDS, FLAGS, QUESTIONS, Words, literal_words
from dam_hooks.desk.forms import Choices, PaperField, day, number, one_of, several, tick, words
from dam_plugin.model import Appearance, ReferralKind
from dam_plugin.sharing.finding_kinds import (
    KINDS,
    LONGEST_TEXT,
    EvidenceFile,
    EvidenceVerified,
    Finding,
    fits,
    plain,
)
from dam_plugin.store import Unit
from dam_plugin.store.codec import canonical, to_plain

_EVIDENCE = "evidence-"
# Texts of more than a line.
_LONG = ("answer", "found", "how", "persons", "seen", "why")
# What a form of evidence leaves out: a report cannot wait here, and a finding is about one recording.
_LEFT_OUT = {"child_welfare": ("ground", "report", "reported_on"), "order": ("assets",)}
_GIVEN = {"child_welfare": {"ground": "legal_responsibility"}}
MOST_PERSONS = 60
MOST_NAMES = 12_000
MOST_ALIKE = 100


@dataclass(frozen=True, slots=True)
class Setting:
    """What a form offers: the students of the recording and their guardians by name, and the uses it is marked for."""

    referral: ReferralKind
    students: tuple[tuple[str, str], ...] = ()
    guardians: tuple[tuple[str, str], ...] = ()
    uses: tuple[tuple[str, str], ...] = ()
    persons: Mapping[str, Appearance] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Offered:
    """One form that can be filled in: its word in the address, and what it is called."""

    slug: str
    words: Words


def slugs() -> Iterator[str]:
    """Yield the word of each form: that of its kind; of evidence, one for each thing that can be proven."""
    for kind in KINDS:
        if kind == EvidenceVerified.kind:
            yield from (f"{_EVIDENCE}{each}" for each in EVIDENCE)
        else:
            yield kind


def kind_of(slug: str) -> str | None:
    """Return the kind of finding that a form states; None for no such form."""
    known = slug in set(slugs())
    return None if not known else EvidenceVerified.kind if slug.startswith(_EVIDENCE) else slug


def words_of(slug: str) -> Words:
    """Return what a form is called."""
    return EVIDENCE[slug.removeprefix(_EVIDENCE)] if slug.startswith(_EVIDENCE) else QUESTIONS[slug]


def offered(referral: ReferralKind) -> tuple[Offered, ...]:
    """Return the forms that say something about such a referral."""
    return tuple(Offered(each, words_of(each)) for each in slugs() if fits(kind_of(each) or "", referral))


def answering(kinds: Iterable[str], offers: Iterable[Offered]) -> tuple[Offered, ...]:
    """Return those of the forms that state one of these kinds."""
    wanted = set(kinds)
    return tuple(each for each in offers if kind_of(each.slug) in wanted)


class FindingForm(forms.Form):
    """The form of one kind of finding."""

    def __init__(self, slug: str, setting: Setting, unit: Unit | None, *args: Any, **kwargs: Any) -> None:
        """Make the fields. `unit` finds students by name."""
        super().__init__(*args, **kwargs)
        self._slug, self._setting, self._unit = slug, setting, unit
        self._block = slug.removeprefix(_EVIDENCE) if slug.startswith(_EVIDENCE) else None
        for name, made in _form_fields(slug, setting):
            self.fields[name] = made

    def clean_persons(self) -> tuple[Appearance, ...]:
        """Return the students of a list of names. Raises ValidationError for a name that is nobody's, or several people's."""
        lines = [each.strip() for each in self.cleaned_data["persons"].splitlines() if each.strip()]
        if len(lines) > MOST_PERSONS:
            raise forms.ValidationError(_("At most %(most)s names at once.") % {"most": MOST_PERSONS})
        return tuple(self._person(each) for each in lines)

    def _person(self, line: str) -> Appearance:
        called, _comma, grade = (part.strip() for part in line.partition(","))
        grade = grade.removeprefix(_("grade")).strip()
        found = self._unit.people.find_page(called, limit=MOST_ALIKE + 1) if self._unit is not None else []
        if len(found) > MOST_ALIKE:
            # Whoever is meant may be behind those that were read.
            raise forms.ValidationError(
                _(
                    "More than %(most)s students have “%(name)s” in their name: write the whole name, or the student's "
                    "number on the roster."
                )
                % {"most": MOST_ALIKE, "name": called}
            )
        found = [each for each in found if each.active and (not grade or each.grade == grade)]
        exact = [each for each in found if called.casefold() in (name.casefold() for name in each.names)]
        found = exact or found
        if not found:
            raise forms.ValidationError(_("Nobody on the roster is called “%(name)s”.") % {"name": called})
        if len(found) > 1:
            names = "; ".join(f"{each.names[0]}, {_('grade')} {each.grade}" for each in found[:5])
            raise forms.ValidationError(
                _("More than one student is called “%(name)s”: write it as one of these: %(names)s")
                % {"name": called, "names": names}
            )
        return self._setting.persons.get(found[0].id, Appearance(found[0].id))

    def finding(self, paper: EvidenceFile | None) -> Finding:
        """Return what the form says, as a finding of the core; `paper` is the copy that was handed in."""
        said = {name: value for name, value in self.cleaned_data.items() if name != "file"}
        if self._block is not None:
            return EvidenceVerified(_evidence(self._block, said), paper)
        kind = KINDS[self._slug]
        known = {each.name: each for each in fields(cast("Any", kind))}
        values = {name: _value(value, known[name]) for name, value in said.items()}
        if "file" in known:
            values["file"] = paper
        return kind(**{name: value for name, value in values.items() if value is not MISSING})


def digest(found: Finding, *besides: str) -> str:
    """Return what tells two findings apart, and what was seen beside them."""
    told = canonical(to_plain({"kind": found.kind, "content": plain(found), "besides": list(besides)}))
    return hashlib.sha256(told.encode()).hexdigest()


def _form_fields(slug: str, setting: Setting) -> Iterator[tuple[str, forms.Field]]:
    if not slug.startswith(_EVIDENCE):
        hints = get_type_hints(KINDS[slug])
        for each in fields(cast("Any", KINDS[slug])):
            if _is_asked(each.name, setting.referral):
                yield each.name, _form_field(each, hints[each.name], setting)
        return
    block = slug.removeprefix(_EVIDENCE)
    for name in FLAGS.get(block, ()):
        yield name, _flag(FIELDS[name])
    if block in BLOCKS:
        hints = get_type_hints(BLOCKS[block])
        for each in fields(BLOCKS[block]):
            if each.name not in _LEFT_OUT.get(block, ()):
                yield each.name, _form_field(each, hints[each.name], setting)
    if block != "child_welfare":
        yield "copy_considered", _flag(FIELDS["copy_considered"])
    yield "file", _file()


def _is_asked(name: str, referral: ReferralKind) -> bool:
    """Whether a field says something about such a referral: a threat of an emergency, a place of a request."""
    return name not in ("was_threat", "no_place") or (name == "was_threat") is (referral == "review")


def _form_field(column: Field[Any], hint: Any, setting: Setting) -> forms.Field:
    """Return the form's field for one of the core's, by its name where that says more than its type."""
    said = FIELDS[column.name]
    needed = column.default is MISSING and column.default_factory is MISSING
    if column.name in _BY_NAME:
        return _BY_NAME[column.name](said, setting, needed)
    if allowed := literal_words(hint):
        return _one_of(said, allowed, column, may_be_left=type(None) in get_args(hint))
    types = (hint, *get_args(hint))
    if bool in types:
        return _flag(said, initial=column.default is True)
    if date in types:
        return day(said.title, said.hint, required=needed)
    if int in types:
        return number(said.title, said.hint, least=0, most=100_000, required=False)
    is_needed = needed or (column.name == "found" and setting.referral == "review")
    return _text(said, needed=is_needed, long=column.name in _LONG)


def _one_of(said: Words, allowed: Iterable[str], column: Field[Any], *, may_be_left: bool) -> forms.Field:
    left = [("", gettext_lazy("Not said"))] if may_be_left else []
    chosen = "" if may_be_left else column.default if isinstance(column.default, str) else None
    return _radio(said, [*left, *((each, CHOICES[each]) for each in allowed)], needed=not may_be_left, initial=chosen)


def _text(said: Words, *, needed: bool, long: bool, most: int = LONGEST_TEXT) -> forms.Field:
    return words(said.title, said.hint, required=needed, lines=3 if long else 1, longest=most)


def _boxes(said: Words, choices: Choices, *, needed: bool) -> forms.Field:
    return several(said.title, choices, hint=said.hint, required=needed)


def _radio(said: Words, choices: Choices, *, needed: bool, initial: str | None = None) -> forms.Field:
    return one_of(said.title, choices, hint=said.hint, required=needed, initial=initial)


def _flag(said: Words, *, initial: bool = False) -> forms.Field:
    return tick(said.title, said.hint, initial=initial)


def _file() -> forms.Field:
    return PaperField(FIELDS["file"].title, FIELDS["file"].hint)


_Made = Callable[[Words, Setting, bool], forms.Field]
_EITHER = (("yes", gettext_lazy("Yes")), ("no", gettext_lazy("No: its links close at once")))
_PARTS = (
    ("", gettext_lazy("All of a parent's rights")),
    ("whereabouts", gettext_lazy("Only where the student can be found")),
)
_WHO_ASKS = ("", gettext_lazy("The person who asks"))
_BY_NAME: Mapping[str, _Made] = {
    "students": lambda said, setting, needed: _boxes(said, setting.students, needed=needed),
    "notified": lambda said, setting, needed: _boxes(said, setting.students, needed=needed),
    "same_person": lambda said, setting, needed: _boxes(said, setting.guardians, needed=needed),
    "other_person": lambda said, setting, needed: _boxes(said, setting.guardians, needed=needed),
    "guardian": lambda said, setting, _needed: _radio(said, [_WHO_ASKS, *setting.guardians], needed=False, initial=""),
    "only": lambda said, _setting, _needed: _radio(said, _PARTS, needed=False, initial=""),
    "use": lambda said, setting, _needed: _radio(said, setting.uses, needed=True),
    "was_threat": lambda said, _setting, _needed: _radio(said, _EITHER, needed=True),
    "persons": lambda said, _setting, _needed: _text(said, needed=False, long=True, most=MOST_NAMES),
    "file": lambda _words, _setting, _needed: _file(),
}


def _value(value: Any, column: Field[Any]) -> Any:
    """Return what a field of the form says as the core's field has it; MISSING where nothing was said."""
    if column.name == "was_threat":
        return value == "yes"
    if isinstance(value, list):
        return tuple(value)
    if value in ("", None) and column.default is not MISSING:
        return MISSING
    return value


def _evidence(block: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """Return the block `evidence` of a case that a form says; what was left empty is left out."""
    flags = {name: True for name in (*FLAGS.get(block, ()), "copy_considered") if said.get(name)}
    if block not in BLOCKS:
        return flags
    defaults = asdict(BLOCKS[block]())
    inner: dict[str, Any] = {}
    for name, value in said.items():
        if name not in defaults or value in ("", None, []) or value == defaults[name]:
            continue
        inner[name] = value.isoformat() if isinstance(value, date) else value
    return {block: {**_GIVEN.get(block, {}), **inner}, **flags} if inner else flags
