"""The key that signs a set: what is read as one, what is refused, and that nothing secret is told."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from dam_plugin.errors import InputError, SettingsError
from dam_plugin.settings import Settings
from dam_plugin.yearbook.signing_key import Signer, public_key, signer

SEED = bytes(range(100, 132))
# RFC 8032, 7.1, test 2.
RFC_SEED = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
RFC_PUBLIC = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
RFC_SIGNATURE = bytes.fromhex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)


def test_it_signs_as_rfc_8032_does() -> None:
    key = Signer(RFC_SEED)
    assert key.public.raw == RFC_PUBLIC
    assert key.sign(b"\x72") == RFC_SIGNATURE


def test_the_public_half_verifies_what_was_signed_and_nothing_else() -> None:
    key = Signer(SEED)
    signature = key.sign(b"a manifest")
    assert key.public.signed(signature, b"a manifest")
    assert not key.public.signed(signature, b"a manifesT")
    assert not key.public.signed(signature[:-1], b"a manifest")
    assert not key.public.signed(b"", b"a manifest")
    assert not Signer(RFC_SEED).public.signed(signature, b"a manifest")


@pytest.mark.parametrize("write", [base64.b64encode, base64.urlsafe_b64encode], ids=["base64", "base64url"])
@pytest.mark.parametrize("end", ["=", ""], ids=["padded", "bare"])
def test_the_setting_takes_either_base64(write: object, end: str) -> None:
    assert callable(write)
    text = write(b"\xfb" * 32).decode().rstrip("=") + end
    assert signer(Settings(export_key=text)).public == Signer(b"\xfb" * 32).public


@pytest.mark.parametrize(
    "text",
    ["short", "A" * 42, "A" * 45, "A" * 42 + "B", "A" * 42 + "!", "é" + "A" * 42, ""],
    ids=["short", "31 bytes", "long", "bits left over", "another letter", "not ASCII", "empty"],
)
def test_a_setting_that_is_no_key_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(SettingsError, match="must be 32 bytes written in base64") as caught:
        Settings.load(Path("/nonexistent"), {"DAM_PLUGIN_EXPORT_KEY": text or "=" * 44})
    assert not text or text not in str(caught.value)


def test_without_the_setting_nothing_is_signed() -> None:
    with pytest.raises(SettingsError, match="DAM_PLUGIN_EXPORT_KEY is not set: run `dam-plugin init`"):
        signer(Settings())


def test_no_secret_is_shown() -> None:
    text = base64.b64encode(SEED).decode()
    settings = Settings(export_key=text)
    assert text not in repr(settings)
    assert text not in repr(signer(settings))


def test_a_public_key_is_read_from_its_text_and_from_its_file(tmp_path: Path) -> None:
    key = Signer(SEED)
    pem, raw = tmp_path / "key.pem", tmp_path / "key.txt"
    pem.write_text(key.public_pem(), encoding="ascii")
    raw.write_text(key.public.text + "\n", encoding="ascii")
    for given in (key.public.text, str(pem), str(raw)):
        assert public_key(given) == key.public


def test_the_pem_is_the_one_that_others_write() -> None:
    theirs = Ed25519PrivateKey.from_private_bytes(SEED).public_key()
    assert Signer(SEED).public_pem().encode() == theirs.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def test_a_key_has_an_id_of_16_digits_that_is_of_the_public_half() -> None:
    key = Signer(SEED)
    assert len(key.key_id()) == 16
    assert key.key_id() == public_key(key.public.text).id != Signer(RFC_SEED).key_id()


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.OpenSSH])
def test_a_private_key_is_refused_with_a_warning_that_does_not_repeat_it(form: PrivateFormat, tmp_path: Path) -> None:
    pem = Ed25519PrivateKey.from_private_bytes(SEED).private_bytes(Encoding.PEM, form, NoEncryption()).decode()
    path = tmp_path / "key.pem"
    path.write_text(pem, encoding="ascii")
    with pytest.raises(InputError, match="this is a private key, and whoever has it can sign") as caught:
        public_key(str(path))
    assert pem.splitlines()[1] not in str(caught.value)


def test_the_private_half_given_as_a_text_is_known_by_the_id_of_the_key() -> None:
    key = Signer(SEED)
    assert public_key(base64.b64encode(SEED).decode()).is_private_half_of(key.key_id())
    assert not key.public.is_private_half_of(key.key_id())


def test_a_file_that_is_no_ed25519_key_is_refused(tmp_path: Path) -> None:
    other = generate_private_key(SECP256R1()).public_key()
    files = {
        "curve": other.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "empty": b"",
        "binary": bytes(range(256)),
        "long": b"A" * 100_000,
        "torn": Signer(SEED).public_pem().encode()[:60],
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(InputError, match="no public Ed25519 key"):
            public_key(str(tmp_path / name))


@pytest.mark.parametrize("given", ["no-such-file.pem", ".", "a\0b", "x" * 5000, "A" * 42], ids=lambda given: given[:8])
def test_what_is_neither_a_key_nor_a_file_is_not_repeated(given: str) -> None:
    with pytest.raises(InputError, match="neither a key nor a file") as caught:
        public_key(given)
    assert given == "." or given not in str(caught.value)


def test_a_command_that_signs_nothing_loads_no_cryptography() -> None:
    code = "import sys, dam_plugin.yearbook.signing_key; print('cryptography' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "False"


def test_a_pipe_is_no_key_and_nobody_waits_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="neither a key nor a file"):
        public_key(str(tmp_path / "pipe"))
