"""docs/hosts.md: its client asks a live service, and its table names every path."""

from __future__ import annotations

import base64
import os
import re
import secrets
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from district import CROWD
from http_host import Host
from pydantic import SecretStr
from use_cases import entries

from dam_hooks.http.operations import OPERATIONS
from dam_hooks.http.problems import STATUSES
from dam_hooks.http.signed_requests import host_keys
from dam_plugin.cli.demo.samples import sample_folder
from dam_plugin.gate.open_link import open_link
from dam_plugin.services import Services
from dam_plugin.settings import Settings

DOCUMENT = (Path(__file__).resolve().parents[3] / "docs" / "hosts.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)


@pytest.fixture
def _told(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the host of the document has in its environment, and its recording in the bucket."""
    monkeypatch.setenv("PRIVACY_URL", str(host.client.base_url).rstrip("/"))
    monkeypatch.setenv("PRIVACY_KEY", host.secret)
    host.district.services.library.put(CROWD, (sample_folder() / CROWD).read_bytes(), media_type="image/jpeg")


@pytest.mark.usefixtures("_told")
def test_the_client_of_the_document_asks_everything_of_a_live_service(host: Host) -> None:
    client, use = blocks("python")
    host_of: dict[str, Any] = {}
    exec(compile(client, "docs/hosts.md", "exec"), host_of)  # noqa: S102 - what a reader would run
    exec(compile(use, "docs/hosts.md", "exec"), host_of)  # noqa: S102
    assert [host_of[name][0] for name in ("uploaded", "explained", "shared", "again", "tags", "revoked")] == [
        200, 200, 201, 201, 200, 200
    ]  # fmt: skip
    shared = host_of["shared"][1]
    assert host_of["again"][1] == shared
    assert host_of["explained"][1]["decision"]["outcome"] == shared["outcome"]
    assert host_of["uploaded"][1]["asset"] == host_of["tags"][1]
    assert host_of["revoked"][1]["closed"] == [shared["link"]]
    assert open_link(host.district.services, shared["token"]).url is None
    assert len(entries(host.district.services, "share")) == 1


def test_the_client_has_ten_lines() -> None:
    lines = [line for line in blocks("python")[0].splitlines() if line.strip()]
    assert len([line for line in lines if not line.startswith("import")]) <= 10


@pytest.mark.usefixtures("_told")
@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("openssl")), reason="curl or openssl is not installed")
def test_the_shell_of_the_document_asks_a_live_service(host: Host) -> None:
    host.post("/v1/events", "asset.uploaded", {"key": CROWD})
    script = next(block for block in blocks("bash") if "curl" in block)
    done = subprocess.run(["bash", "-euc", script], capture_output=True, check=True, encoding="utf-8", env=os.environ)
    assert f'"key":"{CROWD}"' in done.stdout


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_the_key_that_the_document_makes_is_one() -> None:
    made = subprocess.run(["bash", "-euc", blocks("bash")[0]], capture_output=True, check=True, encoding="utf-8")
    assert host_keys(Settings(http_keys=SecretStr(f"gallery:{made.stdout.strip()}")))[0].client == "gallery"


def test_the_document_names_every_path_and_type() -> None:
    for operation in OPERATIONS:
        row = next(line for line in DOCUMENT.splitlines() if line.startswith(f"| `{operation.path}` |"))
        kinds = operation.body.__dataclass_fields__["type"].type
        assert all(f"`{kind}`" in row for kind in re.findall(r'"([a-z.]+)"', str(kinds)))


def test_the_document_tells_every_status() -> None:
    told = {int(number) for line in DOCUMENT.splitlines() for number in re.findall(r"\b[2-5]\d\d\b", line)}
    answered = {status for operation in OPERATIONS for status in operation.answers}
    assert answered | set(STATUSES.values()) <= told


def test_a_key_is_changed_without_a_gap(host: Host) -> None:
    new = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    services, old = host.district.services, host.secret
    for keys, works in (
        (f"portal:{old}", (old,)),
        (f"portal:{old},portal:{new}", (old, new)),
        (f"portal:{new}", (new,)),
    ):
        settings = services.settings.model_copy(update={"http_keys": SecretStr(keys)})
        with host.of(_with(services, settings)) as asking:
            for secret in (old, new):
                answer = asking.with_key(secret).post("/v1/referrals", "referral.list", {})
                assert answer.status_code == (200 if secret in works else 401)


def _with(services: Services, settings: Settings) -> Services:
    return replace(services, settings=settings)
