"""The OpenAPI document: the one that is checked in is the service's own, and it is one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from http_host import Host

from dam_hooks.http.app import create_app
from dam_hooks.http.operations import OPERATIONS

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "openapi.json"
CHECKED_IN = json.loads(DOCUMENT.read_text("utf-8"))


def test_the_document_that_is_checked_in_is_what_the_service_answers_to(host: Host) -> None:
    assert create_app(host.district.pm).openapi() == CHECKED_IN


def test_it_is_a_document_of_openapi() -> None:
    validator = pytest.importorskip("openapi_spec_validator", reason="openapi-spec-validator is not installed")
    validator.validate(CHECKED_IN)


def test_every_operation_is_signed_and_tells_each_status() -> None:
    for operation in OPERATIONS:
        told = CHECKED_IN["paths"][operation.path]["post"]
        assert told["security"] == [{"webhookSignature": []}]
        assert {str(status) for status in operation.answers} <= told["responses"].keys()
        assert {"400", "401", "404", "409", "413", "415", "422", "500", "503"} <= told["responses"].keys()


def test_a_token_is_in_no_example_and_no_address() -> None:
    assert all("{" not in path for path in CHECKED_IN["paths"])
