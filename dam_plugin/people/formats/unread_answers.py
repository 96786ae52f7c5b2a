"""Tells of a column that nothing reads whether it may hold families' answers: by its name, or by what stands in it. Pure.

No family's no may be passed over in silence, whatever its column is called.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

# What a column of families' answers, or of a protection, is called, without signs and blanks; a picture's place is neither.
_NAME = re.compile(
    r"(?:opt(?:s|ed)?(?:out|in)|photo|foto|picture|pics|image|imagen|video|(?<!inter)media|publi(?:city|sh|cation)|press(?!ion)"
    r"|prensa|ferpa|directoryinfo|consent|permi(?:ssion|so)|prohibit|release|suppress|privacy|donot|dnp"
    r"|web(?!site|mail|page|address)|withhold|confidential|safeathome|protect|restrain|nocontact|courtorder|custod|^sah$|^acp$)"
    r"(?!.*(?:url|uri|path|link|file|filename|id)$)"
)
# Answers that a family gives with one word or sign.
_ANSWERS = frozenset({
    "yes", "no", "y", "n", "true", "false", "t", "f", "0", "1", "x", "ja", "nein", "j", "si", "s\u00ed", "s", "non", "oui",
    "ok", "okay", "allow", "allowed", "deny", "denied", "decline", "declined", "refuse", "refused", "refusal", "permit",
    "permitted", "grant", "granted", "in", "out", "opt in", "opt out", "opted in", "opted out", "none", "all", "never",
    "always", "na", "n/a", "agree", "disagree", "approved", "rejected", "restricted",
    # Check marks and crosses.
    *"\u2610\u2611\u2612\u2713\u2714\u2717\u2718",
})  # fmt: skip
_MOST_ANSWERS = 6
_NO = r"\b(?:no|not|don'?t|dont|never|without|opt(?:ed|s|ing)?[ -]?out|refus\w*|declin\w*|den(?:y|ied|ies)|kein\w*|nicht|sin)\b"
_SHOWN = (
    r"\b(?:photos?|pics?|pictures?|images?|videos?|media|yearbook|publi\w+|release\w*|website|web|facebook|instagram|fotos?|"
    r"bild\w*|directory|news\w*|press)\b"
)
_SENTENCE = re.compile(rf"{_NO}.{{0,40}}{_SHOWN}|{_SHOWN}.{{0,40}}{_NO}", re.IGNORECASE)


def sounds_like_answers(column: str) -> bool:
    """Whether a column is called as one with families' answers, or with a protection."""
    return _NAME.search("".join(filter(str.isalnum, column.casefold()))) is not None


def with_answers(rows: Iterable[Mapping[str, str]]) -> Iterator[str]:
    """Yield each column of these rows that holds answers: few different words of yes and no, or a sentence that says no."""
    words: dict[str, set[str]] = {}
    settled: dict[str, bool] = {}
    for row in rows:
        for column, text in row.items():
            told = " ".join(text.casefold().split())
            if not told or settled.get(column):
                continue
            seen = words.setdefault(column, set())
            if _SENTENCE.search(told):
                settled[column] = True
            elif len(seen) <= _MOST_ANSWERS:
                seen.add(told)
    for column, seen in words.items():
        is_short = len(seen) <= _MOST_ANSWERS and bool(seen) and all(_is_answer(each) for each in seen)
        if settled.get(column) or is_short:
            yield column


def _is_answer(told: str) -> bool:
    return " ".join(re.split(r"[-_ ]+", told.strip(".!*() "))) in _ANSWERS
