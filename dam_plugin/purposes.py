"""Purposes of sharing by name: the everyday ones, and which spellings are one purpose. Which are in use, the store knows."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

# Purposes that need no setting and no consent to be known.
EVERYDAY_PURPOSES = frozenset({"inspection", "news", "yearbook", "website", "social_media", "emergency"})


def folded_purpose(purpose: str) -> str:
    """Return a purpose so that every case, width, hyphen and space of its name find each other: `Social Media`."""
    return "_".join(unicodedata.normalize("NFKC", purpose).casefold().replace("-", " ").replace("_", " ").split())


def is_among(purpose: str, purposes: Iterable[str]) -> bool:
    """Whether a purpose is one of these, however either is spelt."""
    return folded_purpose(purpose) in map(folded_purpose, purposes)
