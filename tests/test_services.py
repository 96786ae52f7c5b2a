from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from use_cases import Voice

from dam_plugin.errors import SettingsError
from dam_plugin.services import NoThirdParties, assemble, local_now, rules_of
from dam_plugin.settings import Settings
from dam_tagging.rules.load import default_rules

KEY = "k" * 40
RULE = """
rules:
  - name: cameras
    when: {key: "cameras/**"}
    then: {directory_status: not_eligible}
    why: A camera's footage is not directory information.
"""


def settings(tmp_path: Path, **more: object) -> Settings:
    database = f"sqlite:///{(tmp_path / 'dam.sqlite3').as_posix()}"
    needed = {"bucket": "photos", "pseudonym_key": KEY, "signing_key": KEY, "database_url": database}
    return Settings(**{**needed, **more})  # type: ignore[arg-type]


def test_services_are_put_together_without_connecting(aws_env: str, tmp_path: Path) -> None:
    services = assemble(settings(tmp_path))
    assert services.library.bucket == "photos"
    assert services.rules.digest == default_rules().digest
    assert isinstance(services.third_parties, NoThirdParties)
    assert services.now is local_now
    assert not (tmp_path / "dam.sqlite3").exists()
    services.library.close()


def test_the_voices_given_are_asked(aws_env: str, tmp_path: Path) -> None:
    voice = Voice()
    services = assemble(settings(tmp_path), voice)
    assert services.third_parties is voice
    services.library.close()


@pytest.mark.parametrize("missing", ["bucket", "pseudonym_key", "signing_key"])
def test_what_is_missing_is_named(tmp_path: Path, missing: str) -> None:
    with pytest.raises(SettingsError, match=f"DAM_PLUGIN_{missing.upper()}"):
        assemble(settings(tmp_path, **{missing: None}))


@pytest.mark.parametrize("one", ["delivery_access_key_id", "delivery_secret_access_key"])
def test_half_of_deliverys_credentials_signs_nothing(aws_env: str, tmp_path: Path, one: str) -> None:
    services = assemble(settings(tmp_path, **{one: "half-of-it"}))
    with services.library as library, pytest.raises(SettingsError, match="delivery"):
        library.presign("released/r-1/x.jpg", None)


def test_the_districts_now_knows_its_zone() -> None:
    assert local_now().tzinfo is not None


def test_nobody_attached_answers_nothing() -> None:
    nobody: object = NoThirdParties()
    answers = [getattr(nobody, hook)(None, None) for hook in ("propose_findings", "find_people", "review_decision")]
    assert [NoThirdParties().read_metadata(BytesIO(), "a.jpg", "image/jpeg"), *answers] == [(), (), (), ()]
    assert [getattr(nobody, hook)(None, None) for hook in ("decision_made", "disclosure_recorded")] == [None, None]


# Rules


def test_rules_come_from_a_file_or_from_every_file_of_a_folder(tmp_path: Path) -> None:
    one, two = tmp_path / "a.yaml", tmp_path / "b.yaml"
    one.write_text(RULE)
    two.write_text(RULE.replace("name: cameras", "name: more cameras"))
    (tmp_path / "notes.txt").write_text("no rules")
    assert [rule.name for rule in rules_of(one).rules] == ["cameras"]
    assert [rule.name for rule in rules_of(tmp_path).rules] == ["cameras", "more cameras"]


def test_a_folder_without_rules_is_an_error_and_not_a_district_without_any(tmp_path: Path) -> None:
    (tmp_path / "rules.txt").write_text(RULE)
    with pytest.raises(SettingsError, match=r"no \.yaml file"):
        rules_of(tmp_path)


def test_every_problem_of_the_rules_is_told(tmp_path: Path) -> None:
    wrong = tmp_path / "school.yaml"
    wrong.write_text(RULE.replace("key:", "kee:").replace("why:", "wy:"))
    with pytest.raises(SettingsError) as raised:
        rules_of(wrong)
    assert "DAM_PLUGIN_RULES" in str(raised.value)
    assert [problem.split(": ")[0] for problem in raised.value.problems] == [
        "school.yaml:3:5", "school.yaml:4:12", "school.yaml:6:5",
    ]  # fmt: skip


def test_rules_that_are_not_there_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="DAM_PLUGIN_RULES"):
        rules_of(tmp_path / "school.yaml")


def test_rules_in_another_encoding_are_an_error(tmp_path: Path) -> None:
    path = tmp_path / "school.yaml"
    path.write_bytes(b"\xff\xfe\x00rules")
    with pytest.raises(SettingsError, match="UTF-16"):
        rules_of(path)
