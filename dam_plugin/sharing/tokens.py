"""The secrets of a link: the random token in its address, and the word that some also ask for. Both are kept as hashes."""

from __future__ import annotations

import hashlib
import secrets

TOKEN_BYTES = 32
# Crockford's alphabet without letters that sound alike: 32 letters, 5 bits each.
_WORD_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_token() -> str:
    """Return a token of 256 random bits, in hexadecimal."""
    return secrets.token_hex(TOKEN_BYTES)


def token_hash(token: str) -> str:
    """Return the hash of a token that the store keeps: 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def new_word() -> str:
    """Return a word that can be read out on the telephone: 60 random bits, in letters and digits that sound and look apart."""
    letters = "".join(secrets.choice(_WORD_LETTERS) for _ in range(12))
    return "-".join(letters[at : at + 4] for at in range(0, len(letters), 4))


def word_hash(word: str, salt: str) -> str:
    """Return the hash of a link's word that the store keeps; case and hyphens are ignored; slow, since a word is short."""
    plain = "".join(each for each in word.upper() if each.isalnum())
    return hashlib.scrypt(plain.encode("utf-8", "surrogatepass"), salt=salt.encode(), n=1 << 14, r=8, p=1).hex()
