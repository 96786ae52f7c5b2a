"""Signed requests, which Standard Webhooks' own library signs, and the keys of hosts in the settings."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from standardwebhooks import Webhook

from dam_hooks.http.signed_requests import (
    ID,
    SIGNATURE,
    TIMESTAMP,
    TOLERANCE_SECONDS,
    HostKey,
    NotSigned,
    Signed,
    host_keys,
    verified,
)
from dam_plugin.errors import SettingsError
from dam_plugin.settings import Settings

NOW = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
SECRETS = [bytes([each]) * 32 for each in (1, 2, 3)]
KEYS = (HostKey("portal", SECRETS[0]), HostKey("portal", SECRETS[1]), HostKey("gallery", SECRETS[2]))
BODY = b'{"type":"asset.tags","data":{"key":"a.jpg"}}'
FIRST, SECOND = (base64.b64encode(bytes([each]) * 24).decode() for each in (1, 2))


def signed(
    body: bytes = BODY, *, secret: bytes = SECRETS[0], at: datetime = NOW, **changes: str
) -> dict[str, list[str]]:
    """The headers of a request that the standard's own library signed."""
    webhook = Webhook(secret)
    headers = {
        ID: "msg_1",
        TIMESTAMP: str(int(at.timestamp())),
        SIGNATURE: webhook.sign("msg_1", at, body.decode()),
    }
    return {name: [value] for name, value in {**headers, **changes}.items()}


def test_what_the_standards_own_library_signs_holds() -> None:
    assert verified(KEYS, signed(), BODY, NOW) == Signed("portal", "msg_1", int(NOW.timestamp()))


@pytest.mark.parametrize(("secret", "client"), list(zip(SECRETS, ["portal", "portal", "gallery"], strict=True)))
def test_the_key_says_whose_request_it_is(secret: bytes, client: str) -> None:
    assert verified(KEYS, signed(secret=secret), BODY, NOW).client == client


def test_one_of_several_signatures_is_enough_while_keys_change() -> None:
    unknown, known = (signed(secret=each)[SIGNATURE][0] for each in (b"x" * 32, SECRETS[1]))
    headers = signed(**{SIGNATURE: f"v1a,AAAA {unknown} {known}"})
    assert verified(KEYS, headers, BODY, NOW).client == "portal"


@pytest.mark.parametrize("seconds", [-TOLERANCE_SECONDS, 0, TOLERANCE_SECONDS])
def test_a_time_within_five_minutes_is_now(seconds: int) -> None:
    at = NOW + timedelta(seconds=seconds)
    assert verified(KEYS, signed(at=at), BODY, NOW).sent_at == int(at.timestamp())


@pytest.mark.parametrize("seconds", [-TOLERANCE_SECONDS - 1, TOLERANCE_SECONDS + 1, -86_400, 10**9])
def test_a_time_further_away_is_not(seconds: int) -> None:
    at = NOW + timedelta(seconds=seconds)
    with pytest.raises(NotSigned, match="5 minutes"):
        verified(KEYS, signed(at=at), BODY, NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {ID: "msg_2"},
        {ID: ""},
        {ID: "msg.1"},
        {ID: "msg 1"},
        {ID: "m" * 256},
        {ID: "msg_1é"},
        {TIMESTAMP: str(int(NOW.timestamp()) + 1)},
        {TIMESTAMP: f"+{int(NOW.timestamp())}"},
        {TIMESTAMP: f"{int(NOW.timestamp())}.0"},
        {TIMESTAMP: f"0{int(NOW.timestamp())}"},
        {TIMESTAMP: "١٢٣"},
        {TIMESTAMP: "1e9"},
        {TIMESTAMP: "9" * 400},
        {TIMESTAMP: ""},
        {SIGNATURE: ""},
        {SIGNATURE: "v1,"},
        {SIGNATURE: "v1"},
        {SIGNATURE: "v1,é"},
        {SIGNATURE: "v1a," + "A" * 44},
        {SIGNATURE: " ".join(["v1,AAAA"] * 9)},
    ],
    ids=str,
)
def test_a_header_that_was_changed_is_refused(changes: dict[str, str]) -> None:
    with pytest.raises(NotSigned):
        verified(KEYS, signed(**changes), BODY, NOW)


@pytest.mark.parametrize("name", [ID, TIMESTAMP, SIGNATURE])
@pytest.mark.parametrize("times", [0, 2])
def test_a_header_that_is_missing_or_there_twice_is_refused(name: str, times: int) -> None:
    headers = signed()
    with pytest.raises(NotSigned, match=name):
        verified(KEYS, {**headers, name: headers[name] * times}, BODY, NOW)


def test_without_keys_nothing_holds() -> None:
    with pytest.raises(NotSigned):
        verified((), signed(), BODY, NOW)


def test_a_key_that_was_taken_out_signs_no_more() -> None:
    with pytest.raises(NotSigned):
        verified(KEYS[1:], signed(), BODY, NOW)


@given(at=st.integers(0, len(BODY) - 1), bit=st.integers(0, 7))
def test_no_bit_of_the_body_can_be_changed(at: int, bit: int) -> None:
    other = BODY[:at] + bytes([BODY[at] ^ (1 << bit)]) + BODY[at + 1 :]
    with pytest.raises(NotSigned):
        verified(KEYS, signed(), other, NOW)


@given(
    headers=st.dictionaries(
        st.sampled_from([ID, TIMESTAMP, SIGNATURE]), st.lists(st.text(max_size=80), max_size=2), max_size=3
    ),
    body=st.binary(max_size=80),
)
def test_nothing_that_comes_in_is_anything_but_refused(headers: Any, body: bytes) -> None:
    with pytest.raises(NotSigned):
        verified(KEYS, headers, body, NOW)


def test_a_body_that_is_no_text_is_signed_by_nobody() -> None:
    with pytest.raises(NotSigned, match="UTF-8"):
        verified(KEYS, signed(), b"\xff", NOW)


def test_a_message_is_not_taken_apart_in_another_way() -> None:
    inner = b'{"type":"share.revoked","data":{"key":"a.jpg"}}'
    at = int(NOW.timestamp())
    outer = str(at).encode() + b"." + inner
    made = Webhook(SECRETS[0]).sign("msg_1", NOW, outer.decode())
    headers = {ID: [f"msg_1.{at}"], TIMESTAMP: [str(at)], SIGNATURE: [made]}
    with pytest.raises(NotSigned, match=ID):
        verified(KEYS, headers, inner, NOW)


# Keys


def keys_of(text: str) -> tuple[HostKey, ...]:
    return host_keys(Settings(http_keys=SecretStr(text)))


def test_without_the_setting_no_host_has_a_key() -> None:
    assert host_keys(Settings()) == ()


def test_each_key_is_the_bytes_behind_its_hosts_name() -> None:
    keys = keys_of(f"portal:whsec_{FIRST}, gallery:whsec_{SECOND}")
    assert keys == (HostKey("portal", b"\x01" * 24), HostKey("gallery", b"\x02" * 24))


def test_a_host_may_have_two_keys_while_they_change() -> None:
    assert [key.client for key in keys_of(f"portal:whsec_{FIRST},portal:whsec_{SECOND}")] == ["portal", "portal"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"whsec_{FIRST}", "no name"),
        (f":whsec_{FIRST}", "no name"),
        (f"a host:whsec_{FIRST}", "no name"),
        (f"{'n' * 65}:whsec_{FIRST}", "no name"),
        (f"portal:{FIRST}", "does not begin with whsec_"),
        (f"portal:whsk_{FIRST}", "does not begin with whsec_"),
        ("portal:whsec_", "24 to 64 bytes"),
        (f"portal:whsec_{FIRST[:-4]}", "24 to 64 bytes"),
        (f"portal:whsec_{FIRST * 3}", "24 to 64 bytes"),
        (f"portal:whsec_{FIRST[:-1]}", "24 to 64 bytes"),
        (f"portal:whsec_{FIRST[:-1]}!", "24 to 64 bytes"),
        (f"portal:whsec_{FIRST[:-1]}é", "24 to 64 bytes"),
        (f"portal:whsec_{FIRST},", "no name"),
        (f"portal:whsec_{FIRST},gallery:whsec_{FIRST}", "stands there twice"),
        (f"portal:whsec_{FIRST},portal:whsec_{FIRST}", "stands there twice"),
    ],
)
def test_a_malformed_key_stops_the_start_and_is_not_quoted(text: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told) as caught:
        keys_of(text)
    assert FIRST[:8] not in str(caught.value)


def test_more_keys_than_a_request_can_be_checked_with_stop_the_start() -> None:
    keys = [f"portal:whsec_{base64.b64encode(bytes([each]) * 24).decode()}" for each in range(65)]
    with pytest.raises(SettingsError, match="more than 64"):
        keys_of(",".join(keys))


def test_a_key_is_in_no_repr() -> None:
    assert repr(keys_of(f"portal:whsec_{FIRST}")) == "(HostKey(client='portal'),)"
