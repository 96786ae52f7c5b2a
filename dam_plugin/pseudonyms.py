"""Keyed pseudonyms: they replace a student, a guardian or an object's key where a name is not allowed.

HMAC-SHA256 (RFC 2104) under the district's PSEUDONYM_KEY, one domain per kind, written in Crockford's base 32.
"""

from __future__ import annotations

import hashlib
import hmac

from dam_plugin.errors import InputError, SettingsError

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# 60 bits: among a million students two share a pseudonym with a chance of one in two million.
_PERSON_LENGTH = 12
# 80 bits: a store may hold a hundred million objects.
_ASSET_LENGTH = 16
# 40 bits: it tells the recordings of one letter apart.
_LETTER_LENGTH = 8
# 130 bits, too many for a collision: the pseudonym decides that a copy is used again.
_PLAN_LENGTH = 26


class Pseudonyms:
    """Turns ids into pseudonyms; the same key and id always give the same one, and without the key none can be made."""

    __slots__ = ("_key",)

    def __init__(self, key: str) -> None:
        """Take the district's key; raise SettingsError if it is empty."""
        if not key:
            raise SettingsError("DAM_PLUGIN_PSEUDONYM_KEY is empty: run `dam-plugin init`")
        self._key = key.encode("utf-8", "surrogatepass")

    def student(self, roster_id: str) -> str:
        """Return the pseudonym of a student, `S-` and 12 characters; raise InputError for an empty id."""
        return "S-" + self._digest("student", roster_id, _PERSON_LENGTH)

    def guardian(self, guardian_id: str) -> str:
        """Return the pseudonym of a guardian, `G-` and 12 characters; raise InputError for an empty id."""
        return "G-" + self._digest("guardian", guardian_id, _PERSON_LENGTH)

    def staff(self, staff_id: str) -> str:
        """Return the pseudonym of a member of staff, `T-` and 12 characters; raise InputError for an empty id."""
        return "T-" + self._digest("staff", staff_id, _PERSON_LENGTH)

    def asset(self, key: str) -> str:
        """Return the pseudonym of an object's key, `a-` and 16 characters; file names often hold people's names."""
        return "a-" + self._digest("asset", key, _ASSET_LENGTH)

    def outside(self, key: str) -> str:
        """Return the short id of an object's key for the outside, `R-` and 8 characters: no other id of ours follows from it.

        Letters, and all else that is made for handing out, call a recording so.
        """
        return "R-" + self._digest("letter", key, _LETTER_LENGTH)

    def plan(self, text: str) -> str:
        """Return the pseudonym of the plan of a copy, `p-` and 26 characters; a plan is made from names and places."""
        return "p-" + self._digest("plan", text, _PLAN_LENGTH)

    def decision(self, text: str) -> str:
        """Return the pseudonym of a decision with its case, `d-` and 26 characters; the details stay with the district."""
        return "d-" + self._digest("decision", text, _PLAN_LENGTH)

    def state(self, text: str) -> str:
        """Return the pseudonym of a state of the roster or the rules, `f-` and 26 characters; changes with it."""
        return "f-" + self._digest("state", text, _PLAN_LENGTH)

    def _digest(self, domain: str, text: str, length: int) -> str:
        if not text:
            raise InputError(f"an empty {domain} id has no pseudonym: give the id")
        message = domain.encode() + b"\0" + text.encode("utf-8", "surrogatepass")
        number = int.from_bytes(hmac.new(self._key, message, hashlib.sha256).digest(), "big")
        return "".join(_ALPHABET[(number >> (5 * place)) & 31] for place in range(length))
