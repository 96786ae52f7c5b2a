"""Clients: how they address objects, whatever the user's own AWS settings say."""

from __future__ import annotations

from pathlib import Path

import boto3.session
import pytest

from dam_plugin.library import clients
from dam_plugin.library.clients import s3_client

AT_AMAZON = "https://photos.s3.amazonaws.com/team.jpg"


def url_of_object() -> str:
    client = s3_client()
    url = client.generate_presigned_url("get_object", Params={"Bucket": "photos", "Key": "team.jpg"})
    client.close()
    return url.partition("?")[0]


@pytest.mark.parametrize("style", ["auto", "path", "virtual"])
def test_another_storage_than_amazons_is_addressed_by_path(
    style: str, aws_env: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    config.write_text(f"[default]\ns3 =\n    addressing_style = {style}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    assert url_of_object() == f"{aws_env}/photos/team.jpg"


def test_amazon_is_addressed_by_the_buckets_name(aws_env: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    assert url_of_object() == AT_AMAZON


@pytest.mark.parametrize("amazon", [False, True], ids=["another storage", "Amazon"])
def test_one_client_is_made_for_one_that_is_asked_for(
    amazon: bool, aws_env: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if amazon:
        monkeypatch.delenv("AWS_ENDPOINT_URL")
    made: list[str] = []
    new = boto3.session.Session.client

    def counted(self: boto3.session.Session, service: str, **more: object) -> object:
        made.append(service)
        return new(self, service, **more)

    monkeypatch.setattr(clients.boto3.session.Session, "client", counted)
    s3_client().close()
    assert made == ["s3"]
