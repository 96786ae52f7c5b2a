"""Texts in tables that a spreadsheet may open."""

from __future__ import annotations

import pytest

from dam_plugin.yearbook.spreadsheet import COMPUTES, harmless, without_formula


@pytest.mark.parametrize("mark", COMPUTES, ids=[f"U+{ord(each):04X}" for each in COMPUTES])
@pytest.mark.parametrize("before", ["", " ", "\t", "\u200b"], ids=["bare", "blank", "tab", "unseen"])
def test_a_text_that_would_be_computed_stands_behind_an_apostrophe(mark: str, before: str) -> None:
    assert harmless(f"{before}{mark}cmd").startswith("'")


@pytest.mark.parametrize("text", ["Muñoz", "O'Brien-Lee", "a=b", ""])
def test_any_other_text_stays_as_it_is(text: str) -> None:
    assert (harmless(text), without_formula(text)) == (text, text)
