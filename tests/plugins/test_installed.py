"""Third parties as a district installs them: packages of their own, found by entry point, in real processes."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from district import GRADUATION, HANNAH, PORTRAIT, SCIENCE_LAB, District
from PIL import Image
from plugin_environments import Environment, make_environment

from dam_plugin.cli.demo.samples import sample_folder

PIXMAP = "events/athletics/finish.ppm"
PUBLISH = ("--to", "public", "--kind", "publication", "--json")


@pytest.fixture(scope="session")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str | None, Environment]]:
    """Every environment by the third party in it; each is made when it is first asked for."""

    class Made(dict[str | None, Environment]):
        def __missing__(self, package: str | None) -> Environment:
            self[package] = make_environment(tmp_path_factory.mktemp(package or "alone"), package)
            return self[package]

    made = Made()
    yield made
    for environment in made.values():
        environment.close()


def shared(environment: Environment, key: str, purpose: str) -> tuple[int, dict[str, Any]]:
    done = environment.dam_plugin("share", key, *PUBLISH, "--purpose", purpose)
    assert done.out, done.err
    return done.code, json.loads(done.out)


def tagged(environment: Environment, key: str) -> dict[str, Any]:
    """Have what is new in the bucket tagged in the environment; what is then held of one recording."""
    done = environment.dam_plugin("reconcile", "--json")
    assert json.loads(done.out)["tagged"], done.err
    tagging: dict[str, Any] = json.loads(environment.dam_plugin("tags", key, "--json").out)
    return tagging


def pixmap(*comments: str) -> bytes:
    """A picture in a format that only the package `redacting` knows."""
    levels = Image.effect_noise((160, 120), 60).convert("RGB").tobytes()
    return b"\n".join([b"P6", *(f"# {each}".encode() for each in comments), b"160 120", b"255", levels])


def released(district: District, answer: dict[str, Any]) -> Image.Image:
    body = district.services.library.read(answer["release"]["key"], limit=10_000_000)
    return Image.open(io.BytesIO(body)).convert("L")


def put(district: District, key: str) -> None:
    """Store a sample and tell nobody."""
    district.services.library.put(key, (sample_folder() / key).read_bytes(), media_type="image/jpeg")


def test_without_third_parties_the_procedure_alone_speaks(
    district: District, environments: dict[str | None, Environment]
) -> None:
    district.upload(GRADUATION)
    code, answer = shared(environments[None], GRADUATION, "website")
    assert (code, answer["outcome"]) == (0, "allow")


def test_a_third_party_makes_an_answer_stricter(
    district: District, environments: dict[str | None, Environment]
) -> None:
    district.upload(GRADUATION)
    code, answer = shared(environments["stricter"], GRADUATION, "website")
    assert (code, answer["outcome"], answer["token"]) == (4, "refer", None)
    assert answer["reasons"][0]["clause"] == "THIRD-PARTY"
    said = "The plugin 'stricter' says: the web team looks at every picture first"
    assert answer["reasons"][0]["text"] == said


def test_a_third_party_loosens_nothing(district: District, environments: dict[str | None, Environment]) -> None:
    district.upload(PORTRAIT)
    code, answer = shared(environments["stricter"], PORTRAIT, "social_media")
    assert (code, answer["outcome"]) == (3, "deny")


def test_a_third_party_that_agrees_leaves_the_answer_as_it_is(
    district: District, environments: dict[str | None, Environment]
) -> None:
    district.upload(GRADUATION)
    code, answer = shared(environments["stricter"], GRADUATION, "social_media")
    assert (code, answer["outcome"]) == (0, "allow")


def test_a_finding_makes_a_tag_stricter(district: District, environments: dict[str | None, Environment]) -> None:
    put(district, PORTRAIT)
    tagging = tagged(environments["stricter"], PORTRAIT)
    assert [use["purpose"] for use in tagging["official_uses"]] == ["other"]
    assert tagging["object_tags"]["dam-release"] == "hold"


def test_a_finding_loosens_no_tag(district: District, environments: dict[str | None, Environment]) -> None:
    put(district, SCIENCE_LAB)
    tagging = tagged(environments["stricter"], SCIENCE_LAB)
    assert ("directory_status", "eligible") in [(each["tag"], each["value"]) for each in tagging["findings"]]
    assert tagging["directory_status"] == "undetermined"


def test_one_that_raises_denies_a_share_and_is_named(
    district: District, environments: dict[str | None, Environment]
) -> None:
    district.upload(GRADUATION)
    code, answer = shared(environments["raising"], GRADUATION, "website")
    assert (code, answer["outcome"], answer["token"]) == (3, "deny", None)
    assert answer["reasons"][0]["clause"] == "THIRD-PARTY-DOWN"
    assert "'raising' failed (error " in answer["reasons"][0]["text"]


def test_one_that_raises_holds_an_upload_and_is_named(
    district: District, environments: dict[str | None, Environment]
) -> None:
    put(district, GRADUATION)
    tagging = tagged(environments["raising"], GRADUATION)
    assert tagging["state"] == "failed"
    assert tagging["object_tags"]["dam-release"] == "hold"
    assert [f["source"] for f in tagging["findings"] if f["tag"] == "missing_voice"] == ["plugin raising"]


def test_the_log_of_one_that_raises_gives_the_error_id_and_nothing_that_it_said(
    district: District, environments: dict[str | None, Environment]
) -> None:
    district.upload(GRADUATION)
    done = environments["raising"].dam_plugin("share", GRADUATION, *PUBLISH, "--purpose", "website")
    text = json.loads(done.out)["reasons"][0]["text"]
    error = text.partition("(error ")[2].partition(")")[0]
    assert f"plugin raising raised RuntimeError in review_decision, error {error}" in done.err
    assert "Hannah" not in done.out + done.err
    assert GRADUATION not in done.err


def test_one_redacts_a_format_that_we_do_not_know(
    district: District, environments: dict[str | None, Environment]
) -> None:
    body = pixmap("Hannah Lindqvist 0.1 0.1 0.1 0.1", "Theresa Okafor 0.7 0.2 0.1 0.1")
    district.services.library.put(PIXMAP, body, media_type="image/x-portable-pixmap")
    assert tagged(environments["redacting"], PIXMAP)["media_type"] == "image/x-portable-pixmap"
    code, answer = shared(environments["redacting"], PIXMAP, "website")
    assert (code, answer["outcome"], answer["redact"]) == (0, "redact", [district.student(HANNAH)])
    picture = released(district, answer)
    assert (picture.size, picture.getpixel((24, 20))) == ((160, 120), 128)
    assert len(set(picture.crop((100, 10, 150, 60)).tobytes())) > 20


def test_a_copy_that_somebody_else_did_not_fill_is_not_released(
    district: District, environments: dict[str | None, Environment]
) -> None:
    body = pixmap("Hannah Lindqvist 0.1 0.1 0.1 0.1", "Theresa Okafor 0.7 0.2 0.1 0.1", "lazy")
    district.services.library.put(PIXMAP, body, media_type="image/x-portable-pixmap")
    tagged(environments["redacting"], PIXMAP)
    code, answer = shared(environments["redacting"], PIXMAP, "website")
    assert (code, answer["release"]) == (3, None)
    assert "REDACT-UNABLE" in [each["clause"] for each in answer["reasons"]]
    assert list(district.services.library.list("released/")) == []


@pytest.mark.parametrize(
    ("package", "said"),
    [
        ("misspelt", "the plugin 'misspelt' has a hook 'revew_decision' that does not exist; "),
        ("broken", "the plugin 'broken' (broken_voice) cannot be imported (ModuleNotFoundError): "),
    ],
)
def test_one_that_cannot_be_used_stops_the_start_with_its_name(
    district: District, environments: dict[str | None, Environment], package: str, said: str
) -> None:
    district.upload(GRADUATION)
    done = environments[package].dam_plugin("share", GRADUATION, *PUBLISH, "--purpose", "website")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(f"dam-plugin: {said}")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize("package", ["misspelt", "broken"])
def test_the_doctor_names_one_that_cannot_be_used(
    district: District, environments: dict[str | None, Environment], package: str
) -> None:
    done = environments[package].dam_plugin("doctor", "--json")
    checks = {each["check"]: each for each in done.objects()}
    assert done.code == 1
    assert checks["plugins"]["state"] == "failed"
    assert f"'{package}'" in checks["plugins"]["detail"]


def test_the_doctor_names_what_is_attached(district: District, environments: dict[str | None, Environment]) -> None:
    done = environments["stricter"].dam_plugin("doctor", "--json")
    checks = {each["check"]: each for each in done.objects()}
    assert checks["plugins"]["detail"] == "attached: stricter"


def test_building_the_packages_leaves_nothing_in_the_repository(environments: dict[str | None, Environment]) -> None:
    environments["stricter"]
    folder = Path(__file__).parent / "stricter"
    left = {each.name for each in folder.iterdir()} - {"__pycache__"}
    assert left == {"pyproject.toml", "stricter_voice.py"}
