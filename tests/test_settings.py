from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from dam_plugin.settings import Fees, Settings, SettingsError, school_year, settings_told

KEY = "correct horse battery staple, and more"
DELIVERY = "delivery's own secret"


def load(folder: Path, toml: str | bytes = "", **environ: str) -> Settings:
    (folder / "dam-plugin.toml").write_bytes(toml if isinstance(toml, bytes) else toml.encode())
    return Settings.load(folder, environ)


def problems(folder: Path, toml: str | bytes = "", **environ: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(folder, toml, **environ)
    return str(caught.value).splitlines()


def test_without_a_file_and_variables_the_defaults_hold(tmp_path: Path) -> None:
    settings = Settings.load(tmp_path, {})
    assert settings == Settings()
    assert settings.database_url == "sqlite:///dam-plugin.sqlite3"
    assert settings.bucket is None
    assert settings.rules is None
    assert settings.turbojpeg is None
    assert settings.district.name == "the school district"
    assert settings.district.directory_includes_images is False
    assert settings.district.holidays == ()


def test_the_file_gives_every_setting(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        f"""
        bucket = "photos"
        database_url = "sqlite:///elsewhere.sqlite3"
        queue_url = "https://queue"
        pseudonym_key = "{KEY}"
        signing_key = "{KEY}"
        delivery_access_key_id = "AKIA"
        delivery_secret_access_key = "{DELIVERY}"
        rules = "our-rules"
        turbojpeg = "lib/libturbojpeg.so"
        redaction_seconds = 600
        redaction_megabytes = 1024
        [district]
        name = "Riverbend R-II School District"
        directory_notice = 2026-08-20
        opt_out_window_ends = "2026-09-04"
        directory_includes_images = true
        directory_limited_to = ["yearbook", "website"]
        holidays = [2026-11-26, 2026-11-27]
        [fees]
        page_cents = 5
        copying_cents_an_hour = 1650
        """,
    )
    assert (settings.bucket, settings.queue_url) == ("photos", "https://queue")
    assert settings.database_url == "sqlite:///elsewhere.sqlite3"
    assert settings.pseudonym_key is not None
    assert settings.pseudonym_key.get_secret_value() == KEY
    assert settings.delivery_access_key_id == "AKIA"
    assert settings.delivery_secret_access_key is not None
    assert settings.delivery_secret_access_key.get_secret_value() == DELIVERY
    assert settings.rules == tmp_path / "our-rules"
    assert settings.turbojpeg == tmp_path / "lib" / "libturbojpeg.so"
    assert (settings.redaction_seconds, settings.redaction_megabytes) == (600, 1024)
    assert settings.district.name == "Riverbend R-II School District"
    assert settings.district.directory_notice == date(2026, 8, 20)
    assert settings.district.opt_out_window_ends == date(2026, 9, 4)
    assert settings.district.directory_includes_images is True
    assert settings.district.directory_limited_to == ("yearbook", "website")
    assert settings.district.holidays == (date(2026, 11, 26), date(2026, 11, 27))
    assert settings.fees == Fees(page_cents=5, copying_cents_an_hour=1650, research_cents_an_hour=0)


def test_the_environment_wins_one_setting_at_a_time(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        'bucket = "file"\nqueue_url = "file"\n[district]\ndirectory_notice = 2026-08-20\nholidays = [2026-11-26]\n'
        "[fees]\npage_cents = 5\nresearch_cents_an_hour = 1800\n",
        DAM_PLUGIN_FEES__PAGE_CENTS="7",
        DAM_PLUGIN_BUCKET="environment",
        DAM_PLUGIN_DISTRICT__DIRECTORY_NOTICE="2026-08-21",
        DAM_PLUGIN_DISTRICT__DIRECTORY_INCLUDES_IMAGES="yes",
        DAM_PLUGIN_DISTRICT__DIRECTORY_LIMITED_TO="yearbook, school website",
    )
    assert (settings.bucket, settings.queue_url) == ("environment", "file")
    assert settings.district.directory_notice == date(2026, 8, 21)
    assert settings.district.directory_includes_images is True
    assert settings.district.directory_limited_to == ("yearbook", "school website")
    assert settings.district.holidays == (date(2026, 11, 26),)
    assert (settings.fees.page_cents, settings.fees.research_cents_an_hour) == (7, 1800)


def test_holidays_in_the_environment_are_parted_by_commas(tmp_path: Path) -> None:
    settings = load(tmp_path, DAM_PLUGIN_DISTRICT__HOLIDAYS="2026-11-26, 2026-11-27")
    assert settings.district.holidays == (date(2026, 11, 26), date(2026, 11, 27))


def test_the_current_folder_and_environment_are_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dam-plugin.toml").write_text('bucket = "here"')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DAM_PLUGIN_QUEUE_URL", "there")
    settings = Settings.load()
    assert (settings.bucket, settings.queue_url) == ("here", "there")


def test_settings_made_by_hand_read_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUCKET", "leak")
    monkeypatch.setenv("DAM_PLUGIN_BUCKET", "leak")
    assert Settings().bucket is None


def test_variables_of_others_are_none_of_ours(tmp_path: Path) -> None:
    assert load(tmp_path, AWS_ACCESS_KEY_ID="x", BUCKET="y", DISTRICT="z") == Settings()


ENVIRONMENT = "in the environment is not known here"
FILE = "in dam-plugin.toml"


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("DAM_PLUGIN_BUKCET", "x", f"'DAM_PLUGIN_BUKCET' {ENVIRONMENT}; did you mean 'DAM_PLUGIN_BUCKET'?"),
        ("dam_plugin_bucket", "x", f"'dam_plugin_bucket' {ENVIRONMENT}; did you mean 'DAM_PLUGIN_BUCKET'?"),
        ("DAM_PLUGIN_DISTRICT__HOLLIDAYS", "x", "did you mean 'DAM_PLUGIN_DISTRICT__HOLIDAYS'?"),
        ("DAM_PLUGIN_FEES__PAGE_CENT", "5", "did you mean 'DAM_PLUGIN_FEES__PAGE_CENTS'?"),
        ("DAM_PLUGIN_FEES__PAGE_CENTS", "11", "DAM_PLUGIN_FEES__PAGE_CENTS should be less than or equal to 10"),
        ("DAM_PLUGIN_FEES__COPYING_CENTS_AN_HOUR", "-1", "should be greater than or equal to 0"),
        ("DAM_PLUGIN_XYZZY_42", "x", f"'DAM_PLUGIN_XYZZY_42' {ENVIRONMENT}: remove it"),
        ("DAM_PLUGIN_DISTRICT", "{}", f"'DAM_PLUGIN_DISTRICT' {ENVIRONMENT}"),
        ("DAM_PLUGIN_DISTRICT__DIRECTORY_LIMITED_TO", " ", "DAM_PLUGIN_DISTRICT__DIRECTORY_LIMITED_TO is empty"),
        ("DAM_PLUGIN_DISTRICT__HOLIDAYS", "2026-02-30", "DAM_PLUGIN_DISTRICT__HOLIDAYS is no day of the calendar"),
        ("DAM_PLUGIN_DISTRICT__DIRECTORY_INCLUDES_IMAGES", "perhaps", "IMAGES should be a valid boolean"),
        ("DAM_PLUGIN_SIGNING_KEY", "short", "DAM_PLUGIN_SIGNING_KEY must have at least 32 characters"),
    ],
)
def test_a_variable_that_is_wrong_is_named(tmp_path: Path, name: str, value: str, sentence: str) -> None:
    found = problems(tmp_path, **{name: value})
    assert len(found) == 1
    assert sentence in found[0]


@pytest.mark.parametrize(
    ("toml", "sentence"),
    [
        ("bukcet = 1", f"'bukcet' {FILE} is not known here; did you mean 'bucket'?"),
        ("BUCKET = 'x'", f"'BUCKET' {FILE} is not known here; did you mean 'bucket'?"),
        (
            "[district]\nholliday = 1",
            f"'district.holliday' {FILE} is not known here; did you mean 'district.holidays'?",
        ),
        ("bucket = 5", f"'bucket' {FILE} should be a valid string"),
        ('bucket = " "', f"'bucket' {FILE} must not be empty or blank"),
        ('rules = ""', f"'rules' {FILE} must not be empty or blank"),
        ('delivery_secret_access_key = ""', f"'delivery_secret_access_key' {FILE} must not be empty"),
        ("district = 5", f"'district' {FILE} should be a valid dictionary"),
        ("[district]\ndirectory_limited_to = []", f"'district.directory_limited_to' {FILE} must not be an empty list"),
        ('[district]\ndirectory_limited_to = ["a", ""]', f"'district.directory_limited_to' {FILE} must not be empty"),
        ("[district]\ndirectory_notice = 20260820", "must be a date written YYYY-MM-DD"),
        ("pseudonym_key = 'short'", f"'pseudonym_key' {FILE} must have at least 32 characters"),
        ("bucket = 'x'\nqueue_url = ?\n", "dam-plugin.toml is not TOML: Invalid value (at line 2"),
        (b"bucket = '\xff'", "dam-plugin.toml is not UTF-8 text"),
    ],
)
def test_what_is_wrong_in_the_file_is_named_with_its_place(tmp_path: Path, toml: str | bytes, sentence: str) -> None:
    found = problems(tmp_path, toml)
    assert len(found) == 1
    assert sentence in found[0]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "dam-plugin.toml").mkdir()
    with pytest.raises(SettingsError, match=r"dam-plugin\.toml is no file"):
        Settings.load(tmp_path, {})


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "dam-plugin.toml").touch()
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(SettingsError, match=r"dam-plugin\.toml cannot be read: Permission denied"):
        Settings.load(tmp_path, {})


def test_every_problem_is_named_at_once(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        "bukcet = 1\nqueue_url = 2\n[district]\nholliday = 3\nholidays = [4, 5]",
        DAM_PLUGIN_SIGNING_KEY="short",
        DAM_PLUGIN_RULES="",
        DAM_PLUGIN_WHAT="x",
    )
    assert len(found) == 8


def test_no_secret_is_shown(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        database_url_toml("postgresql://u:hunter2@h/d"),
        DAM_PLUGIN_PSEUDONYM_KEY=KEY,
        DAM_PLUGIN_SIGNING_KEY=KEY,
        DAM_PLUGIN_DELIVERY_SECRET_ACCESS_KEY=DELIVERY,
    )
    for shown in (repr(settings), str(settings)):
        assert KEY not in shown
        assert DELIVERY not in shown
        assert "hunter2" not in shown


def test_no_secret_is_in_a_message(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, "signing_key = ['hunter2']\npseudonym_key = 'hunter2'", DAM_PLUGIN_SIGNING_KEY="hunter2")
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError):
        Settings().bucket = "other"  # type: ignore[misc]


def test_what_is_needed_and_set_passes(tmp_path: Path) -> None:
    load(tmp_path, DAM_PLUGIN_BUCKET="b", DAM_PLUGIN_SIGNING_KEY=KEY).need("bucket", "SIGNING_KEY", "database_url")


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["bucket"], "DAM_PLUGIN_BUCKET is not set: run `dam-plugin init`, or set it"),
        (["BUCKET", "signing_key"], "DAM_PLUGIN_BUCKET and DAM_PLUGIN_SIGNING_KEY are not set: run `dam-plugin init`"),
    ],
)
def test_what_is_needed_and_missing_is_named_with_the_remedy(names: list[str], sentence: str) -> None:
    with pytest.raises(SettingsError, match="run `dam-plugin init`") as caught:
        Settings().need(*names)
    assert sentence in str(caught.value)


def database_url_toml(url: str) -> str:
    return f'database_url = "{url}"'


def test_the_districts_purposes_stand_in_a_table_or_as_json(tmp_path: Path) -> None:
    toml = '[purposes]\nwebsite = ["Falcon Wire"]\n"board packet" = []\n'
    assert load(tmp_path, toml).purposes.need("falcon wire") == "website"
    own = load(tmp_path, toml, DAM_PLUGIN_PURPOSES='{"starter_pack": false, "facebook": ["fb"]}').purposes
    assert own.need("FB") == "facebook"
    assert own.word("board packet") is own.word("website") is None


PURPOSES = {
    "two": ('[purposes]\n"press day" = ["press"]\n', "'purposes' in dam-plugin.toml does not fit: 'press' stands for"),
    "blank": (
        '[purposes]\nwebsite = [" "]\n',
        "'purposes' in dam-plugin.toml does not fit: 'website' has a word that is",
    ),
    "braces": ('[purposes]\n"{x}" = 1\n', "the synonyms of '{x}' must be a list of words"),
    "no table": ('purposes = "website"\n', "'purposes' in dam-plugin.toml must be JSON"),
    "limit": (
        '[district]\ndirectory_limited_to = ["webiste"]\n',
        (
            "'district.directory_limited_to' in dam-plugin.toml has 'webiste', which is not a purpose of this district; did "
            "you mean 'website'?"
        ),
    ),
    "part": (
        '[district]\ndirectory_limited_to = ["facebook"]\n',
        "has 'facebook', which is only a part of the purpose 'social media'",
    ),
}


@pytest.mark.parametrize(("toml", "sentence"), PURPOSES.values(), ids=PURPOSES)
def test_purposes_that_do_not_fit_are_named_with_their_place(tmp_path: Path, toml: str, sentence: str) -> None:
    [told] = problems(tmp_path, toml)
    assert sentence in told


def test_a_limit_in_the_environment_is_named_by_its_variable(tmp_path: Path) -> None:
    [told] = problems(tmp_path, DAM_PLUGIN_DISTRICT__DIRECTORY_LIMITED_TO="yearbook, flurb")
    assert told.startswith("DAM_PLUGIN_DISTRICT__DIRECTORY_LIMITED_TO has 'flurb', which is not a purpose")


def test_a_policy_is_told_by_the_words_of_its_files_own_list(tmp_path: Path) -> None:
    (tmp_path / "dam-plugin.toml").write_text(
        '[purposes]\n"falcon wire" = ["wire"]\n[district]\ndirectory_limited_to = ["Wire", "Home Page"]\n', "utf-8"
    )
    assert Settings.policy_in(tmp_path).directory_limited_to == ("falcon wire", "website")


@pytest.mark.parametrize(
    ("day", "year"),
    [(date(2026, 7, 1), "2026-2027"), (date(2027, 6, 30), "2026-2027"), (date(2026, 12, 31), "2026-2027")],
    ids=str,
)
def test_a_school_year_begins_in_july(day: date, year: str) -> None:
    assert school_year(day) == year


def test_the_folder_of_letters_is_beside_the_file(tmp_path: Path) -> None:
    assert load(tmp_path, '[letters]\nfolder = "texts"\n').letters.folder == tmp_path / "texts"
    assert load(tmp_path, DAM_PLUGIN_LETTERS__FOLDER="/elsewhere").letters.folder == Path("/elsewhere")
    assert load(tmp_path).letters.folder is None
    (told,) = problems(tmp_path, '[letters]\nfolders = "texts"\n')
    assert told == "'letters.folders' in dam-plugin.toml is not known here; did you mean 'letters.folder'?"


OIDC = {
    "DAM_PLUGIN_DESK_OIDC_ISSUER": "https://id.district.test/",
    "DAM_PLUGIN_DESK_OIDC_CLIENT_ID": "desk",
    "DAM_PLUGIN_DESK_OIDC_CLIENT_SECRET": "a secret of the provider",
}


def test_groups_of_the_districts_sign_in_give_roles(tmp_path: Path) -> None:
    (tmp_path / "dam-plugin.toml").write_text(
        '[desk_oidc_roles]\n"Communications" = "media"\nA = ["custodian", "admin"]\n'
    )
    of_file = Settings.load(tmp_path, OIDC)
    of_variable = Settings.load(tmp_path, OIDC | {"DAM_PLUGIN_DESK_OIDC_ROLES": '{"Communications": ["auditor"]}'})
    assert of_file.desk_oidc_roles == {"Communications": ("media",), "A": ("custodian", "admin")}
    assert of_variable.desk_oidc_roles == {"Communications": ("auditor",)}
    assert of_file.desk_oidc_issuer == "https://id.district.test"
    assert "a secret" not in repr(of_file)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"DAM_PLUGIN_DESK_OIDC_ROLES": '{"A": "king"}'}, "DAM_PLUGIN_DESK_OIDC_ROLES should be 'media'"),
        ({"DAM_PLUGIN_DESK_OIDC_ROLES": "A=media"}, "must be JSON: an object of groups"),
        ({"DAM_PLUGIN_DESK_OIDC_ROLES": '["media"]'}, "should be a valid dictionary"),
        ({"DAM_PLUGIN_DESK_OIDC_SECOND_FACTOR": "yes"}, "should be 'provider', 'amr' or 'here'"),
        ({"DAM_PLUGIN_DESK_OIDC_ISSUER": "http://id.district.test"}, "must begin with https"),
        ({"DAM_PLUGIN_DESK_SESSION_HOURS": "25"}, "less than or equal to 24"),
    ],
)
def test_a_wrong_setting_of_the_districts_sign_in_is_told(
    tmp_path: Path, changes: dict[str, str], sentence: str
) -> None:
    with pytest.raises(SettingsError, match=re.escape(sentence)):
        Settings.load(tmp_path, OIDC | changes)


@pytest.mark.parametrize("missing", OIDC)
def test_half_of_the_districts_sign_in_is_none(tmp_path: Path, missing: str) -> None:
    with pytest.raises(SettingsError, match=f"{missing} is missing"):
        Settings.load(tmp_path, {name: value for name, value in OIDC.items() if name != missing})


def test_settings_are_told_without_secrets(tmp_path: Path) -> None:
    variables = OIDC | {"DAM_PLUGIN_DATABASE_URL": "postgresql://me:hidden@db/x", "DAM_PLUGIN_SIGNING_KEY": "k" * 32}
    told = {each.name: each for each in settings_told(Settings.load(tmp_path, variables))}
    for name in ("desk_oidc_client_secret", "database_url", "signing_key"):
        assert (told[name].is_secret, told[name].is_set, told[name].value) == (True, True, "")
    assert (told["pseudonym_key"].is_secret, told["pseudonym_key"].is_set) == (True, False)
    assert (told["district.name"].value, told["district.name"].is_set) == ("the school district", False)
    assert (told["purposes"].is_secret, told["purposes"].is_set) == (False, False)
    assert "yearbook" in told["purposes"].value.split(", ")
    assert (told["desk_oidc_issuer"].value, told["desk_oidc_issuer"].is_set) == ("https://id.district.test", True)
