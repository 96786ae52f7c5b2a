"""Texts in tables that a spreadsheet may open: none of them may be taken as a formula, nor hide its beginning.

Source: OWASP, "CSV Injection"; the full-width and small forms are what spreadsheets of other languages take too.
"""

from __future__ import annotations

import unicodedata

COMPUTES = "=+-@|%\uff1d\uff0b\uff0d\uff20\u2212\ufe62\ufe63\ufe66\ufe6b"
"""What a spreadsheet takes as the beginning of a formula, also behind blanks."""
MARK = "\ufeff"
"""By this Excel knows that a table is in UTF-8."""

_BLANKS = "\t\r\n"
_BEGINNINGS = (*COMPUTES, *_BLANKS)
# Control and format characters, such as a zero-width space; halves of characters.
_UNSEEN = ("Cc", "Cf", "Cs")


def harmless(text: str) -> str:
    """Return a text as it is, behind an apostrophe where it would be computed, without what is not to be seen."""
    shown = "".join(each if each in _BLANKS or unicodedata.category(each) not in _UNSEEN else "" for each in text)
    return f"'{shown}" if shown.lstrip().startswith(_BEGINNINGS) or shown.startswith(_BEGINNINGS) else shown


def without_formula(text: str) -> str:
    """Return a text without the beginning that would make it be computed: what goes to somebody who reads no apostrophe."""
    return text.lstrip(COMPUTES + _BLANKS + " ")
