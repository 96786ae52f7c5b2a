"""The keys of hosts in the settings: what is taken, and what stops the start without being quoted."""

from __future__ import annotations

import base64

import pytest
from pydantic import SecretStr

from dam_hooks.http.keys import HostKey, host_keys
from dam_plugin.errors import SettingsError
from dam_plugin.settings import Settings

FIRST, SECOND = (base64.b64encode(bytes([each]) * 24).decode() for each in (1, 2))


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
