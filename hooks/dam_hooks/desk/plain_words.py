"""Sentences of ours as a page says them: no command of a terminal, no option of one, no id; what to press stands instead.

Each command stands for the button or page that does the same here. Whom a sentence speaks of is in `person_names.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dam_hooks.desk.finding_words import FIELDS, QUESTIONS

# What stands in the place of a command, by how it begins; the longest beginning counts. The rest is an administrator's.
PRESS: Mapping[str, Any] = {
    "break-glass": gettext_lazy("the page “Emergency”"),
    "consent add": gettext_lazy("the form for a signed consent on the student's page"),
    "custodian meaning": gettext_lazy("“Does hiding people change what it means?” on the request's page"),
    "custodian reopen": gettext_lazy("“It is open again” on the request's page"),
    "guardian": gettext_lazy("the student's page"),
    "hold": gettext_lazy("the list of holds"),
    "hold add": gettext_lazy("“Hold recordings”"),
    "hold release": gettext_lazy("“Release”"),
    "ledger student": gettext_lazy("the student's record"),
    "letter": gettext_lazy("the page of the letter"),
    "letter list": gettext_lazy("the list of letters"),
    "letter write": gettext_lazy("“Write a letter”"),
    "purposes": gettext_lazy("the district's list of purposes"),
    "queue": gettext_lazy("the custodian's queue"),
    "queue approve": gettext_lazy("“Approve” on the request's page"),
    "queue close": gettext_lazy("“Close it” on the request's page"),
    "queue disclosed": gettext_lazy("“It was handed over by hand” on the request's page"),
    "queue finding": gettext_lazy("“What was found” on the request's page"),
    "queue lift": gettext_lazy("“Lift the seal” on the request's page"),
    "queue seal": gettext_lazy("“Seal it” on the request's page"),
    "queue show": gettext_lazy("the request's page in the queue"),
    "queue withdraw": gettext_lazy("“The evidence holds no longer” on the request's page"),
    "reconcile": gettext_lazy("an administrator's look through the storage"),
    "redact": gettext_lazy("make a copy that hides them"),
    "request": gettext_lazy("the list of requests"),
    "request add": gettext_lazy("“Enter a request”"),
    "request amend": gettext_lazy("“The family asks to amend a record”"),
    "request appeal": gettext_lazy("“Appeal or complaint”"),
    "request assign": gettext_lazy("“Take it over”"),
    "request close": gettext_lazy("“Close it”"),
    "request extend": gettext_lazy("“Explain a delay”"),
    "request fee": gettext_lazy("“Estimate the fee”"),
    "request found": gettext_lazy("“It is not what was asked for”"),
    "request join": gettext_lazy("“It was answered already”"),
    "request log": gettext_lazy("“What was withheld”"),
    "request meeting": gettext_lazy("“Meeting or hearing”"),
    "request order": gettext_lazy("“Subpoena or court's order”"),
    "request reasons": gettext_lazy("“Written reasons”"),
    "request reopen": gettext_lazy("“Open it again”"),
    "request show": gettext_lazy("the request's page"),
    "request withdraw": gettext_lazy("“It was withdrawn”"),
    "revoke": gettext_lazy("“Take back” under My shares"),
    "share": gettext_lazy("“Share” on the recording's page"),
    "student": gettext_lazy("the student's page"),
    "tag": gettext_lazy("the recording's page"),
    "tags": gettext_lazy("the recording's page"),
    "view": gettext_lazy("“Show it in the office”"),
}
# Where an option of a command says which page it is: the command, the option, and what stands in their place.
_BY_OPTION: tuple[tuple[str, str, Any], ...] = (
    ("queue", "--disclosed-to", PRESS["queue disclosed"]),
    ("request", "--verified", gettext_lazy("“The order was verified”")),
    ("share", "--request", gettext_lazy("“Answer it”, beside the recording")),
)
ADMINISTRATOR = gettext_lazy("an administrator's help")
# Options of the register, letters and holds, and the label of the field that takes the same.
LABELS: Mapping[str, Any] = {
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
    "only": gettext_lazy("“It asks to see nothing”"),
    "officer": gettext_lazy("“Who holds it”"),
    "another-person": gettext_lazy("“It is another person of a like name”"),
    "reason": gettext_lazy("“The reasons”"),
    "record-of-disclosures": gettext_lazy("“The family asked for the record of disclosures alone, and was shown it”"),
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
_QUOTED = "|".join(sorted({*(each.split()[0] for each in PRESS), "custodian", "doctor", "export", "ledger", "roster"}))
_COMMAND = re.compile(
    r"(?P<before>[,:(] ?)?(?:"
    rf"`(?:dam-plugin |… )?(?P<quoted>(?:{_QUOTED})\b[^`]*)`"
    r"|`dam-plugin (?P<other>[^`]*)`"
    r"|\bdam-plugin (?P<bare>[a-z][a-z-]*(?: [a-z][a-z-]*)?(?: (?:ID|KEY|RQ-[0-9…]+|[a-z]{1,2}-[0-9a-f…]+))*"
    r"(?: --disclosed-to [A-Z:]+)?))"
)
_VALUE = (
    r"(?:[ =](?:whereabouts\b|'[^']*'|\"[^\"]*\"|[a-z]+:[A-Z]+\b|YYYY-MM-DD|(?:[a-z_]+:)?[SG]-[0-9A-HJKMNP-TV-Z]{12}"
    r"|R-[0-9A-Z]{8}|[A-Z][A-Z_0-9]+\b(?:[:=|][A-Za-z]+)*|S-…(?:,S-…)*|(?:[A-Z]|[a-z]{2})-…|…))?"
)
# Who acts is who is signed in.
_AS = re.compile(r"[:,;]? ?(?:add )?--as [a-z|]+(?::[A-Z]+)?")
_LABELLED = re.compile(rf"`?--([a-z][a-z-]*){_VALUE}`?")
_TWICE = re.compile(r"(“[^”]+”)(?:,? \1)+")
# An option that a sentence speaks of: `add --another-person`, `leave --no-place out`, or begins with.
_SPOKEN_OF = re.compile(rf"(^|\b(?:add|leave|in|with|without|of|and) )`?--([a-z][a-z-]*){_VALUE}`?")
# Any other option with what it takes, and what leads to it: `: --why TEXT`, `, --file COPY`, `(--no-place)`.
_OPTION = re.compile(rf"(?:[:,]?\s*\(|[:,]\s+(?:add |give )?|\s+)`?--[a-z][a-z-]*{_VALUE}`?\)?")
# What the place does that a command is named for: "`queue show` says how".
_VERB = re.compile(r" (?:closes|has|lists|prints|records|says|shows|tells)\b")
_KIND = re.compile(rf"\b({'|'.join(each for each in QUESTIONS if '_' in each)})\b(?: …)?")
# Whoever has a name is told by it before (`person_names.Names`).
_PERSON = re.compile(r"\b[SG]-[0-9A-HJKMNP-TV-Z]{12}\b")
_ROLE = re.compile(r"\b(?:parent|eligible_student|public):(?=\S)")
_IDS = (
    (re.compile(r"\brf-(?:[0-9a-f]{6,}\b|…)"), gettext_lazy("the work in the queue")),
    (re.compile(r"\blt-(?:[0-9a-f]{6,}\b|…)"), gettext_lazy("the letter")),
    (re.compile(r"\bsh-(?:[0-9a-f]{6,}\b|…)"), gettext_lazy("the answer")),
    (re.compile(r"\bh[do]-(?:[0-9a-f]{6,}\b|…)"), gettext_lazy("the hold")),
    (re.compile(r"\b(?:fi|l|a|ref|gs|co)-[0-9a-f]{6,}\b"), gettext_lazy("this one")),
)
_DAY = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_ID_ASIDE = re.compile(r"\s*\((?:rf|fi|sh|l|gs|lt|h[do])-[0-9a-f]{6,}\)")
_SPACES = re.compile(r"\s{2,}")
_BEFORE_STOP = re.compile(r"\s+([.,;:])")
_TWO_STOPS = re.compile(r"[:,;]\s*([.;])")
# A citation in brackets, with brackets of its own: it is folded behind its sentence.
_LAW = re.compile(r" ?\(((?:RSMo|34 CFR|20 U\.?S\.?C\.?)(?:[^()]|\([^()]*\))*)\)")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence for a page, and the law that it rests on, which is folded behind it ("" for none)."""

    text: str
    law: str = ""


def plain(text: str, *, named: Callable[[str], str] | None = None, labels: Mapping[str, Any] | None = None) -> str:
    """Return a sentence of ours without commands, options and ids of ours; what a person presses stands in their place.

    `named` puts names in the place of pseudonyms. `labels`: what the form calls what an option takes; others are left out.
    """
    text = _AS.sub("", _COMMAND.sub(_pressed, text))
    if labels is not None:
        text = _LABELLED.sub(lambda found: str(labels.get(found[1], found[0])), text)
        text = _TWICE.sub(r"\1", text)
    text = _OPTION.sub("", _SPOKEN_OF.sub(_spoken_of, text))
    text = _ROLE.sub("", named(text) if named is not None else text)
    text = _PERSON.sub(lambda found: str(_("this student") if found[0][0] == "S" else _("this guardian")), text)
    text = _KIND.sub(lambda found: f"“{QUESTIONS[found[1]].title}”", text)
    text = _ID_ASIDE.sub("", text)
    for pattern, words in _IDS:
        text = pattern.sub(str(words), text)
    text = days_in_words(text).replace("`", "")
    text = _TWO_STOPS.sub(r"\1", _BEFORE_STOP.sub(r"\1", _SPACES.sub(" ", text)))
    return text.strip().rstrip(":,;")


def sentence(text: str, *, named: Callable[[str], str] | None = None) -> str:
    """Return the same, as a sentence: with a capital in front and a full stop behind."""
    return stopped(capital(plain(text, named=named)))


def capital(text: str) -> str:
    """Return a text with a capital in front."""
    return f"{text[:1].upper()}{text[1:]}"


def stopped(text: str) -> str:
    """Return a text with a full stop behind, where it has no end."""
    return text if not text or text.endswith((".", "?", "!", ".”")) else f"{text}."


def law_apart(text: str) -> Sentence:
    """Return a sentence with its citations apart."""
    laws = "; ".join(dict.fromkeys(_LAW.findall(text)))
    return Sentence(stopped(_LAW.sub("", text).strip()), laws)


def days_in_words(text: str) -> str:
    """Return a text with its days as people write them."""
    return _DAY.sub(_day, text)


def _pressed(found: re.Match[str]) -> str:
    before = found["before"] or ""
    words = (found["quoted"] or found["other"] or found["bare"] or "").split()
    said = next((each for command, option, each in _BY_OPTION if words[:1] == [command] and option in words), None)
    said = said or PRESS.get(" ".join(words[:2])) or PRESS.get(words[0] if words else "")
    does = _VERB.match(found.string, found.end())
    if said is None and before and not does:
        return f"{before}{_('ask your administrator')}"
    if said is None:
        return f"{before}{_('your administrator') if does else ADMINISTRATOR}"
    return f"{before}{_('see %(place)s') % {'place': said}}" if before and not does else f"{before}{said}"


def _day(found: re.Match[str]) -> str:
    try:
        return date_format(date(*map(int, found.groups())), "DATE_FORMAT")
    except ValueError:
        return found[0]


def _spoken_of(found: re.Match[str]) -> str:
    name = found[2].replace("-", "_")
    words = FIELDS.get(name) or FIELDS.get(f"{name}s")
    return f"{found[1]}“{words.title}”" if words is not None else f"{found[1]}{_('the field for it')}"
