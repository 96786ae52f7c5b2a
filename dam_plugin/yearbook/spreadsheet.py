"""Makes texts safe for tables that a spreadsheet may open: none is taken as a formula, or hides its beginning.

Source: OWASP, "CSV Injection"; the full-width and small forms are those that spreadsheets of other languages take too.
"""

from __future__ import annotations

import unicodedata

COMPUTES = "=+-@|%\uff1d\uff0b\uff0d\uff20\u2212\ufe62\ufe63\ufe66\ufe6b"
"""The characters that begin a formula in a spreadsheet, also behind blanks."""
MARK = "\ufeff"
"""The mark by which Excel knows that a table is in UTF-8."""

_BLANKS = "\t\r\n"
_BEGINNINGS = (*COMPUTES, *_BLANKS)
# Control and format characters, such as a zero-width space; halves of characters.
_UNSEEN = ("Cc", "Cf", "Cs")


def harmless(text: str) -> str:
    """Return a text without invisible characters, behind an apostrophe where a spreadsheet would compute it."""
    shown = "".join(each if each in _BLANKS or unicodedata.category(each) not in _UNSEEN else "" for each in text)
    return f"'{shown}" if shown.lstrip().startswith(_BEGINNINGS) or shown.startswith(_BEGINNINGS) else shown


def without_formula(text: str) -> str:
    """Return a text without the beginning that a spreadsheet would compute: for readers that know no such apostrophe."""
    return text.lstrip(COMPUTES + _BLANKS + " ")
