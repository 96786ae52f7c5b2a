"""The demo's own storage: where it points, and that the machine's settings are put back as they were."""

from __future__ import annotations

import os
import sys

import boto3
import pytest
from district import District

from dam_plugin.cli.demo.environment import local_service, local_storage
from dam_plugin.cli.demo.visits import visit
from dam_plugin.errors import SettingsError


def test_the_server_answers_although_a_proxy_and_a_profile_are_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "intranet.example")
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with local_storage() as variables:
        client = boto3.session.Session().client("s3")
        assert client.list_buckets()["ResponseMetadata"]["HTTPStatusCode"] == 200
        assert client.meta.endpoint_url == variables["AWS_ENDPOINT_URL"]
        client.close()


def test_the_environment_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ours")
    monkeypatch.setenv("DAM_PLUGIN_BUCKET", "ours")
    monkeypatch.setenv("no_proxy", "intranet.example")
    before = dict(os.environ)
    with local_storage():
        assert "DAM_PLUGIN_BUCKET" not in os.environ
        assert os.environ["AWS_ACCESS_KEY_ID"] == "demo-plugin"
    assert dict(os.environ) == before


def test_without_its_extra_the_demo_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "moto.server", None)
    with pytest.raises(SettingsError, match=r"pip install 'dam-plugin\[demo\]'"), local_storage():
        pass


def test_without_its_extra_the_demo_has_no_service_and_says_what_to_install(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "dam_hooks.http.serve", None)
    with pytest.raises(SettingsError, match=r"pip install 'dam-plugin\[demo\]'"):
        local_service(district.pm)


def test_the_service_answers_on_a_port_of_its_own_until_the_block_ends(district: District) -> None:
    with local_service(district.pm) as one, local_service(district.pm) as other:
        assert one != other
        assert [visit(each, "t" * 64).status for each in (one, other)] == [404, 404]
    with pytest.raises(OSError, match="refused"):
        visit(one, "t" * 64)
