"""Sentences of ours as a page says them: no command of a terminal, no option of one, no id; what to press stands instead."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dam_hooks.desk.finding_words import FIELDS, QUESTIONS

# What stands in the place of a command, by how it begins; the longest beginning counts.
PRESS: dict[str, Any] = {
    "break-glass": gettext_lazy("the page “Emergency”"),
    "consent add": gettext_lazy("add the signed consent on the student's page"),
    "custodian meaning": gettext_lazy("“Does hiding people change what it means?” on the request's page"),
    "custodian reopen": gettext_lazy("“It is open again” on the request's page"),
    "doctor": gettext_lazy("ask your administrator"),
    "hold": gettext_lazy("ask your administrator about the hold"),
    "ledger student": gettext_lazy("the student's record"),
    "letter": gettext_lazy("the letters"),
    "purposes": gettext_lazy("the district's list of purposes"),
    "queue approve": gettext_lazy("“Approve” on the request's page"),
    "queue close": gettext_lazy("“Close it” on the request's page"),
    "queue disclosed": gettext_lazy("“It was handed over by hand” on the request's page"),
    "queue finding": gettext_lazy("“What was found” on the request's page"),
    "queue lift": gettext_lazy("“Lift the seal” on the request's page"),
    "queue list": gettext_lazy("the queue"),
    "queue seal": gettext_lazy("“Seal it” on the request's page"),
    "queue show": gettext_lazy("the request's page in the queue"),
    "queue withdraw": gettext_lazy("“The evidence holds no longer” on the request's page"),
    "redact": gettext_lazy("make a copy that hides them"),
    "request": gettext_lazy("the register of requests"),
    "revoke": gettext_lazy("“Take back” under My shares"),
    "share": gettext_lazy("“Share” on the recording's page"),
    "student": gettext_lazy("the student's page"),
    "tag": gettext_lazy("the recording's page"),
    "tags": gettext_lazy("the recording's page"),
}
_COMMAND = re.compile(
    r"(?P<before>[,:(] ?)?(?:"
    r"`(?:dam-plugin |… )?(?P<quoted>(?:break-glass|consent|custodian|doctor|export|hold|ledger|letter|purposes|queue|redact|"
    r"request|revoke|roster|share|student|tags?)\b[^`]*)`"
    r"|`dam-plugin (?P<other>[^`]*)`"
    r"|\bdam-plugin (?P<bare>[a-z][a-z-]*(?: [a-z][a-z-]*)?(?: (?:ID|KEY|[a-z]{1,2}-[0-9a-f…]+))*"
    r"(?: --disclosed-to [A-Z:]+)?))"
)
_VALUE = (
    r"(?:[ =](?:whereabouts\b|'[^']*'|\"[^\"]*\"|[a-z]+:[A-Z]+\b|YYYY-MM-DD|[A-Z][A-Z_]+\b(?:[:=|][A-Za-z]+)*"
    r"|S-…(?:,S-…)*))?"
)
# An option that a sentence speaks of: `add --another-person`, `leave --no-place out`.
_SPOKEN_OF = re.compile(rf"\b(add|leave|in|with|without|of|and) `?--([a-z][a-z-]*){_VALUE}`?")
# Any other option with what it takes, and what leads to it: `: --why TEXT`, `, --file COPY`, `(--no-place)`.
_OPTION = re.compile(rf"(?:[:,]?\s*\(|[:,]\s+(?:add |give )?|\s+)`?--[a-z][a-z-]*{_VALUE}`?\)?")
# What the place does that a command is named for: "`queue show` says how".
_VERB = re.compile(r" (?:closes|has|lists|prints|records|says|shows|tells)\b")
_KIND = re.compile(rf"\b({'|'.join(each for each in QUESTIONS if '_' in each)})\b(?: …)?")
# Whoever has a name is told by it before (`queue_words.Names`).
_PERSON = re.compile(r"\b[SG]-[0-9A-HJKMNP-TV-Z]{12}\b")
_OWN_ID = re.compile(r"\b(?:rf|fi|sh|l|a|ref|gs|lt|ho|co)-[0-9a-f]{6,}\b")
_CASE = re.compile(r"\brf-[0-9a-f]{6,}\b")
_DAY = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_ID_ASIDE = re.compile(r"\s*\((?:rf|fi|sh|l|gs|lt|ho)-[0-9a-f]{6,}\)")
_SPACES = re.compile(r"\s{2,}")
_BEFORE_STOP = re.compile(r"\s+([.,;:])")
_TWO_STOPS = re.compile(r"[:,;]\s*([.;])")


def plain(text: str) -> str:
    """Return a sentence of ours without commands, options and ids of ours; what a person presses stands in their place."""
    text = _SPOKEN_OF.sub(_spoken_of, _COMMAND.sub(_pressed, text))
    text = _PERSON.sub(lambda found: str(_("this student") if found[0][0] == "S" else _("this guardian")), text)
    text = _KIND.sub(lambda found: f"“{QUESTIONS[found[1]].title}”", text)
    text = _ID_ASIDE.sub("", _OPTION.sub("", text))
    text = _CASE.sub(_("another case"), text)
    text = _DAY.sub(_in_words, _OWN_ID.sub(_("this one"), text)).replace("`", "")
    text = _TWO_STOPS.sub(r"\1", _BEFORE_STOP.sub(r"\1", _SPACES.sub(" ", text)))
    return text.strip().rstrip(":,;")


def sentence(text: str) -> str:
    """Return the same, as a sentence: with a capital in front and a full stop behind."""
    text = plain(text)
    if not text:
        return ""
    return f"{text[0].upper()}{text[1:]}{'' if text[-1] in '.?!)”' else '.'}"


def _pressed(found: re.Match[str]) -> str:
    before = found["before"] or ""
    command = found["quoted"] or found["other"] or found["bare"] or ""
    words = command.split()
    key = "queue disclosed" if "--disclosed-to" in words else " ".join(words[:2])
    said = PRESS.get(key) or PRESS.get(words[0] if words else "")
    if said is None:
        return f"{before}{_('ask your administrator')}"
    is_told_of = before and not _VERB.match(found.string, found.end())
    return f"{before}{_('see %(place)s') % {'place': said}}" if is_told_of else f"{before}{said}"


def _in_words(found: re.Match[str]) -> str:
    try:
        return date_format(date(*map(int, found.groups())), "DATE_FORMAT")
    except ValueError:
        return found[0]


def _spoken_of(found: re.Match[str]) -> str:
    name = found[2].replace("-", "_")
    words = FIELDS.get(name) or FIELDS.get(f"{name}s")
    return f"{found[1]} “{words.title}”" if words is not None else found[1]
