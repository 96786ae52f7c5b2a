"""Finds and decodes texts in bytes and values that no standard describes, and tells whether they may be words.

Only values that cannot name a person are left out: numbers, dates, identifiers, web addresses, switches.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

SHORTEST_RUN = 6
"""Fewest characters in a row that count as text among unknown bytes. There are thousands of shorter runs by chance."""
LONGEST_TOKEN = 300
"""Most characters of an identifier. A longer value is a text."""
LETTERS = 0.7
"""Least share of letters, spaces and the marks of names in a run that counts as text."""
_LETTERS = re.compile(r"[^\W\d_]{2}")
_NO_WORDS = re.compile(
    r"""\s*(?:
        [a-z][a-z0-9+.-]*://\S*
        |(?:urn|mailto|tel|adobe|data):\S*
        |[0-9a-f]{8,}(?:-[0-9a-f]{4,})*           # a digest or an identifier
        |(?:[a-z]+\.did:|uuid:|xmp\.[a-z]+:)\S*
        |\d[\d\s:.,/+\-]*(?:t|z|am|pm|utc|gmt|[\d:.+\-])*  # a number, a day, a time
        |true|false|yes|no|none|null
    )\s*""",
    re.IGNORECASE | re.VERBOSE,
)
_PLAIN = re.compile(r"[a-z0-9]+(?:\.[a-z0-9]{2,4})?")
_UTF8 = re.compile(
    rb"(?:[\t\n\r\x20-\x7e]|[\xc3-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|\xf0[\x90-\xbf][\x80-\xbf]{2}){6,}"
)
_LITTLE = re.compile(rb"(?:[\t\n\r\x20-\x7e\xa0-\xff]\0|.[\x01-\x05]){6,}", re.DOTALL)
_BIG = re.compile(rb"(?:\0[\t\n\r\x20-\x7e\xa0-\xff]|[\x01-\x05].){6,}", re.DOTALL)
_KINDS = ((_UTF8, "utf-8"), (_LITTLE, "utf-16-le"), (_BIG, "utf-16-be"))
_WITHIN = frozenset(" '\u2019-.,;\n\r\t")


def may_be_words(text: str) -> bool:
    """Whether a value may name a person: it has two letters in a row, and is neither a plain lower-case token nor a number."""
    if _LETTERS.search(text) is None:
        return False
    return len(text) > LONGEST_TOKEN or not (_PLAIN.fullmatch(text.strip()) or _NO_WORDS.fullmatch(text))


def runs(data: bytes) -> Iterator[str]:
    """Yield the texts among bytes of an unknown format, in UTF-8 and UTF-16, each once."""
    whole = _whole(data)
    if whole is not None:
        if may_be_words(whole):
            yield whole
        return
    seen = set()
    for pattern, encoding in _KINDS:
        for found in pattern.finditer(data):
            text = found.group().decode(encoding, "ignore").strip()
            if len(text) >= SHORTEST_RUN and text not in seen and _is_text(text):
                seen.add(text)
                yield text


def _whole(data: bytes) -> str | None:
    """Return the text if all bytes are one text."""
    try:
        text = data.strip(b"\0").decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text.strip() if all(sign.isprintable() or sign in "\t\n\r" for sign in text) else None


def _is_text(text: str) -> bool:
    fit = sum(sign.isalpha() or sign in _WITHIN for sign in text)
    return fit >= LETTERS * len(text) and may_be_words(text)


def decoded(value: bytes, encoding: str = "utf-8") -> str:
    """Decode a value. A text that is not in its stated encoding is read as cp1252, which never fails."""
    try:
        return value.decode(encoding)
    except UnicodeDecodeError:
        return value.decode("cp1252", "replace")
