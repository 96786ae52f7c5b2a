"""What the use cases say, as a page says it: names for pseudonyms, the page's buttons for commands, days in words.

The sentences of the core name commands and options of the terminal. Each command stands for the button or page that does the
same here; what no button does yet is an administrator's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dam_hooks.desk.told import name_of
from dam_plugin.pseudonyms import guardian_ids_in, students_within
from dam_plugin.store import Unit

# Commands as sentences name them, the longer ones first, and what does the same at the desk.
COMMANDS: Mapping[str, Any] = {
    "request reopen": gettext_lazy("“Open it again”"),
    "request show": gettext_lazy("the request's page"),
    "request list": gettext_lazy("the list of requests"),
    "request close": gettext_lazy("“Close it”"),
    "request order": gettext_lazy("“Subpoena or court's order”"),
    "request assign": gettext_lazy("“Take it over”"),
    "request log": gettext_lazy("“What was withheld”"),
    "request fee": gettext_lazy("“Estimate the fee”"),
    "request add": gettext_lazy("“Enter a request”"),
    "request found": gettext_lazy("“It is not what was asked for”"),
    "request appeal": gettext_lazy("“Appeal or complaint”"),
    "request extend": gettext_lazy("“Explain a delay”"),
    "request withdraw": gettext_lazy("“It was withdrawn”"),
    "request reasons": gettext_lazy("“Written reasons”"),
    "request meeting": gettext_lazy("“Meeting or hearing”"),
    "request join": gettext_lazy("“It was answered already”"),
    "letter write": gettext_lazy("“Write a letter”"),
    "letter list": gettext_lazy("the list of letters"),
    "letter": gettext_lazy("the page of the letter"),
    "share": gettext_lazy("“Answer it”, beside the recording"),
    "view": gettext_lazy("“Show it in the office”"),
    "queue": gettext_lazy("the custodian's queue"),
    "student": gettext_lazy("the student's page"),
    "guardian": gettext_lazy("the student's page"),
    "hold release": gettext_lazy("“Release”"),
    "hold": gettext_lazy("the list of holds"),
    "purposes": gettext_lazy("the list of purposes"),
    "reconcile": gettext_lazy("an administrator's look through the storage"),
}
ADMINISTRATOR = gettext_lazy("an administrator's help")
# Options as sentences name them, and the label of the field that takes the same.
OPTIONS: Mapping[str, Any] = {
    "why": gettext_lazy("“Why”"),
    "provision": gettext_lazy("“By which provision of law”"),
    "not-about": gettext_lazy("“It is not about these”"),
    "on": gettext_lazy("“When it happened”"),
    "tried": gettext_lazy("“What was tried to get it back”"),
    "advised": gettext_lazy("“What the district's attorney advised”"),
    "return": gettext_lazy("“The day on which it has to be answered”"),
    "told": gettext_lazy("“How the families were told”"),
    "cause": gettext_lazy("“Why it takes longer”"),
    "place": gettext_lazy("“Where it will be available”"),
    "earliest": gettext_lazy("“The earliest day”"),
    "student": gettext_lazy("“Students whom it is about”"),
    "name": gettext_lazy("“Name”"),
    "described": gettext_lazy("“What was asked for, in words”"),
    "no-student-named": gettext_lazy("“No word here is a student's name”"),
    "guardian": gettext_lazy("“Whom it goes to”"),
    "student-name": gettext_lazy("“The student's name”"),
    "until": gettext_lazy("“Until when”"),
    "matter": gettext_lazy("“The matter”"),
    "source": gettext_lazy("“Where that comes from”"),
    "outcome": gettext_lazy("“How it ends”"),
    "paper": gettext_lazy("“What it is”"),
    "no-notice": gettext_lazy("“Why no family is told”"),
    "late": gettext_lazy("“It was explained too late”"),
    "officer": gettext_lazy("“Who holds it”"),
    "another-person": gettext_lazy("“It is another person of a like name”"),
    "reason": gettext_lazy("“The reasons”"),
    "attorney": gettext_lazy("“An attorney or another representative asks”"),
    "asked-again": gettext_lazy("“Asked anew on”"),
    "lost-on": gettext_lazy("“When it was lost”"),
    "how": gettext_lazy("“How”"),
    "no-record": gettext_lazy("“What there is no record of”"),
    "court": gettext_lazy("“Who issued the order”"),
    "case-number": gettext_lazy("“The number of the case”"),
    "answer-on": gettext_lazy("“When the order is answered”"),
    "directory-information": gettext_lazy("“What the policy calls directory information”"),
    "request": gettext_lazy("the request"),
    "referral": gettext_lazy("the work in the queue"),
}
_QUOTED = re.compile(r"`([^`]+)`")
_BARE = re.compile(r"\bdam-plugin (?:[a-z]+)(?: [a-z-]+)?(?: [^\s,;:()]+…?)*")
_OPTION = re.compile(r"--([a-z][a-z-]*)(?: (?:'[^']*'|\"[^\"]*\"|[A-Z]{2,}|R-[0-9A-Z]{8}|[A-Z]-…|[a-z]{2}-…|…))?")
_TWICE = re.compile(r"(“[^”]+”)(?:,? \1)+")
_AS = re.compile(r"[:,;]? ?(?:add )?--as [a-z|]+(?::[A-Z]+)?")
_DAY = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_IDS = (
    (re.compile(r"\brf-(?:[0-9a-f]+|…)"), gettext_lazy("the work in the queue")),
    (re.compile(r"\blt-(?:[0-9a-f]+|…)"), gettext_lazy("the letter")),
    (re.compile(r"\bsh-(?:[0-9a-f]+|…)"), gettext_lazy("the answer")),
    (re.compile(r"\bhd-(?:[0-9a-f]+|…)"), gettext_lazy("the hold")),
)
# A citation in brackets, with brackets of its own: it is folded behind its sentence.
_LAW = re.compile(r" ?\(((?:RSMo|34 CFR|20 U\.?S\.?C\.?)(?:[^()]|\([^()]*\))*)\)")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence for a page, and the law that it rests on, which is folded behind it ("" for none)."""

    text: str
    law: str = ""


def plainly(unit: Unit, text: str, recordings: Mapping[str, str] | None = None) -> str:
    """Return a sentence of the core as a page says it. `recordings`: what a page calls each short id (`R-…`) in it."""
    text = _QUOTED.sub(lambda found: _command(found[1]), text)
    text = _AS.sub("", _BARE.sub(lambda found: _command(found[0]), text))
    text = _OPTION.sub(lambda found: str(OPTIONS.get(found[1], _("the field for it"))), text)
    text = _TWICE.sub(r"\1", text)
    for pattern, words in _IDS:
        text = pattern.sub(str(words), text)
    for short, called in (recordings or {}).items():
        text = text.replace(short, called)
    text = with_people(unit, _DAY.sub(_day, text))
    return f"{text[:1].upper()}{text[1:]}"


def sentence(unit: Unit, text: str, recordings: Mapping[str, str] | None = None) -> Sentence:
    """Return a sentence of the core as a page says it, its citations apart."""
    text = plainly(unit, text, recordings)
    laws = "; ".join(dict.fromkeys(_LAW.findall(text)))
    text = _LAW.sub("", text).strip()
    return Sentence(text if text.endswith((".", "?", "!", ":")) else f"{text}.", laws)


def with_people(unit: Unit, text: str) -> str:
    """Return a text of ours with the names of students and of guardians in the place of their pseudonyms."""
    students, guardians = set(students_within(text)), set(guardian_ids_in(text))
    if not students and not guardians:
        return text
    related = unit.people.with_guardians(guardians) if guardians else []
    records = unit.people.students_of({*students, *related})
    for each in students:
        text = text.replace(each, name_of(records, each))
    names = {person: name for record in records.values() for person, name in record.named_guardians}
    for each in guardians:
        text = text.replace(each, names.get(each, _("a guardian whose name is not on file")))
    return re.sub(r"\b(?:parent|eligible_student|public):(?=\S)", "", text)


def field_of(text: str, fields: Iterable[str]) -> str | None:
    """Return the field at which an error of the core belongs, by the option or the thing that it names; None: at none."""
    for name in fields:
        option = name.replace("_", "-")
        if re.search(rf"--{re.escape(option)}\b|^the {re.escape(option)}\b|'{re.escape(option)}'", text):
            return name
    return None


def _command(text: str) -> str:
    words = text.removeprefix("dam-plugin ").strip()
    if text.startswith("--"):
        return text
    for command, told in COMMANDS.items():
        if words == command or words.startswith(f"{command} "):
            return str(told)
    return str(ADMINISTRATOR)


def _day(found: re.Match[str]) -> str:
    try:
        return date_format(date(*map(int, found.groups())), "DATE_FORMAT")
    except ValueError:
        return found[0]
