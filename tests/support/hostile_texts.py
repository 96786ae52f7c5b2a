"""Texts that a name on file may be, and that a file format may stumble over."""

# ruff: noqa: RUF001 - characters that look like others are what this is about

from __future__ import annotations

from hypothesis import strategies

_PIECES = (
    "Ada", "Quill", "O'Brien", "José", "Jose\u0301", "木村", "Ω", "한국", "محمد", "\u202e", "\u200f", "\ufeff", "🎓", "👩🏽‍🎓",
    '"', '""', "'", "\t", "\r\n", "\n", "\r", "\x00", "\x85", "\u2028", ",", ";", "|", "=cmd", "+", "-", "@", " ", "\u00a0",
    "\ud800", "\ue000", "ﬁ", "ß", "ł", "Ã©", "Ä€", "–", "?", "\\", "/", "..", "CON", "Ẵ", "\u0301", "ﷺ",
)  # fmt: skip


def hostile_texts() -> strategies.SearchStrategy[str]:
    """Return names put together of what breaks formats, and any text at all."""
    pieces = strategies.lists(strategies.sampled_from(_PIECES), max_size=6).map("".join)
    return strategies.one_of(pieces, strategies.text(max_size=20), pieces.map(lambda text: text * 40))
