"""The policy as a document: what each role gets, laws that hold for any ARNs, and whom it does not take for a role."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dam_plugin.errors import InputError
from dam_plugin.library import outsiders, policy
from dam_plugin.library.policy import READ_BY_TAG, STRICT, Ground, statements
from dam_plugin.library.roles import Roles, arn_of_user, user_of

BUCKET = "district-media"
ACCOUNT = "arn:aws:iam::123456789012"
AMAZON = Roles(f"{ACCOUNT}:role/plugin", f"{ACCOUNT}:role/dam/host", f"{ACCOUNT}:user/delivery")
GATEWAY = Roles("arn:aws:iam:::user/plugin", "arn:aws:iam:::user/host", "arn:aws:iam:::user/delivery")
OWNER = "arn:aws:iam:::user/owner"
OWNED = Ground(owner=OWNER)
BY_HEADER = Ground(owner=OWNER, tells_urls=True, keeps_versions=True)
GROUNDS = st.builds(Ground, st.sampled_from([None, OWNER]), st.booleans(), st.booleans())

NAMES = st.lists(st.text("abcXYZ019+=,.@_-", min_size=1, max_size=64), min_size=3, max_size=3, unique_by=str.casefold)
KINDS = st.sampled_from([f"{ACCOUNT}:role", "arn:aws-us-gov:iam::123456789012:user", "arn:aws:iam:::user"])
ROLES = st.builds(
    lambda names, kind, is_delivered: Roles(*(f"{kind}/{name}" for name in names[: 3 if is_delivered else 2])),
    NAMES, KINDS, st.booleans(),
)  # fmt: skip


def named(roles: Roles, ground: Ground = OWNED) -> dict[str, dict[str, Any]]:
    return {each.sid.removeprefix("DamPlugin"): each.body for each in statements(BUCKET, roles, ground)}


@given(ROLES, GROUNDS)
def test_a_policy_fits_and_its_statements_have_ids_and_reasons(roles: Roles, ground: Ground) -> None:
    found = statements(BUCKET, roles, ground)
    assert len({each.sid for each in found}) == len(found)
    assert all(each.sid.isalnum() and each.reason and each.without and each.who for each in found)
    assert len(policy.written(policy.document(BUCKET, roles, ground=ground), BUCKET)) < policy.MOST_BYTES


@given(ROLES, GROUNDS)
def test_no_denial_reaches_the_plugin(roles: Roles, ground: Ground) -> None:
    for body in named(roles, ground).values():
        if body["Sid"] == "DamPluginDenyBucketByAccount":
            assert body["Condition"] == {"StringNotEquals": {"aws:PrincipalAccount": "123456789012"}}
        elif body["Effect"] == "Deny" and body.get("Principal") == "*":
            assert body["Condition"]["ArnNotEquals"] == {"aws:PrincipalArn": roles.plugin}
        elif body["Effect"] == "Deny":
            listed = body["NotPrincipal" if "NotPrincipal" in body else "Principal"]["AWS"]
            assert (roles.plugin in listed) == ("NotPrincipal" in body)


@given(ROLES, GROUNDS)
def test_every_denial_stands_by_name_and_by_arn(roles: Roles, ground: Ground) -> None:
    found = named(roles, ground)
    # What is tried on the trial's copies concerns the host alone.
    by_name = {sid.removesuffix("ByName") for sid in found if sid.endswith("ByName")} - {"DenyBucket", "DenyUrlTrial"}
    by_arn = {sid.removesuffix("ByArn") for sid in found if sid.endswith("ByArn")}
    others = {sid.removesuffix("ToOthers") for sid in found if sid.endswith("ToOthers")} - {"DenyBucket"}
    without_name = {"DenyStaff", "DenyOriginals"} if ground.tells_urls and not roles.delivery else set()
    assert by_arn - by_name == without_name
    assert by_name <= by_arn
    # NotPrincipal is not for AWS, which knows everybody else by aws:PrincipalArn.
    assert others == (set() if roles.is_amazon else by_arn)


@given(ROLES, GROUNDS)
def test_a_negated_condition_never_has_two_values(roles: Roles, ground: Ground) -> None:
    # They would mean "neither" on AWS, and on RGW "not both", which is always so.
    for body in named(roles, ground).values():
        for operator, condition in body.get("Condition", {}).items():
            assert "Not" not in operator or all(isinstance(value, str) for value in condition.values())


def test_the_host_is_kept_from_all_but_two_values() -> None:
    tag = "s3:ExistingObjectTag/dam-release"
    assert named(AMAZON)["DenyHoldByName"] == {
        "Sid": "DamPluginDenyHoldByName",
        "Effect": "Deny",
        "Principal": {"AWS": [AMAZON.host, AMAZON.delivery]},
        "Action": list(READ_BY_TAG),
        "Resource": f"arn:aws:s3:::{BUCKET}/*",
        "Condition": {"StringNotEquals": {tag: "staff"}, "StringNotLike": {tag: "open"}},
    }
    assert named(AMAZON)["DenyUntaggedByName"]["Condition"] == {"Null": {tag: "true"}}


@pytest.mark.parametrize("roles", [AMAZON, GATEWAY], ids=["AWS", "RGW"])
def test_copies_evidence_and_exports_are_the_plugins_in_every_form_of_the_denial(roles: Roles) -> None:
    forms = {sid: body for sid, body in named(roles).items() if sid.startswith("DenyOurs")}
    assert len(forms) == (2 if roles.is_amazon else 3)
    for body in forms.values():
        assert body["Action"] == ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObject"]
        assert body["Resource"] == [
            f"arn:aws:s3:::{BUCKET}/{folder}/*" for folder in ("released", "evidence", "exports", "ledger")
        ]


def test_a_role_that_no_user_bears_is_told_where_the_server_can_tell() -> None:
    assert [each.who for each in outsiders.of_nobody(GATEWAY, frozenset({"plugin", "host"}))] == ["delivery"]
    assert list(outsiders.of_nobody(GATEWAY, None)) == []


def test_without_delivery_nothing_names_it() -> None:
    roles = Roles(AMAZON.plugin, AMAZON.host)
    assert "AllowDeliveryReads" not in named(roles)
    assert "delivery" not in json.dumps(policy.document(BUCKET, roles))


def test_the_bucket_lies_in_the_partition_of_its_roles() -> None:
    gov = Roles(*(arn.replace("arn:aws:", "arn:aws-us-gov:") for arn in AMAZON.named().values()))
    assert named(gov)["AllowHostLists"]["Resource"] == f"arn:aws-us-gov:s3:::{BUCKET}"


# Who is taken for a role


@pytest.mark.parametrize(
    "arn",
    [
        "",
        "plugin",
        "*",
        "arn:aws:iam::123456789012:root",
        "arn:aws:iam::12345678901:role/plugin",
        "arn:aws:iam::123456789012:role/",
        "arn:aws:iam::123456789012:role/*",
        "arn:aws:iam::123456789012:role/a?c",
        "arn:aws:iam::123456789012:role/${aws:username}",
        "arn:aws:iam::123456789012:group/staff",
        "arn:aws:s3:::bucket",
        "arn:aws-moon:iam::123456789012:role/plugin",
        "arn:aws:iam:::user/plugin\n",
        "arn:aws:iam:::user/pl\u00fcgin",
    ],
)
def test_what_is_no_arn_of_a_user_or_role_is_refused(arn: str) -> None:
    with pytest.raises(InputError, match="host is no ARN of a user or role"):
        Roles(AMAZON.plugin, arn)


def test_a_session_is_told_from_its_role() -> None:
    with pytest.raises(InputError, match="give its role"):
        Roles("arn:aws:sts::123456789012:assumed-role/plugin/me", AMAZON.host)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Roles(AMAZON.plugin, AMAZON.plugin), "plugin and host are one and the same"),
        (
            lambda: Roles(AMAZON.plugin, AMAZON.host, AMAZON.host.upper().replace("ARN:AWS:IAM", "arn:aws:iam")),
            "is no ARN",
        ),
        (lambda: Roles(AMAZON.plugin, f"{ACCOUNT}:role/HOST", f"{ACCOUNT}:role/host"), "host and delivery are one"),
        (lambda: Roles(AMAZON.plugin, GATEWAY.host), "not of one server"),
        (lambda: Roles(AMAZON.plugin, AMAZON.host.replace("aws", "aws-us-gov", 1)), "not of one server"),
    ],
    ids=["plugin and host", "letters", "host and delivery", "two servers", "two partitions"],
)
def test_roles_are_distinct_and_of_one_server(make: Callable[[], Roles], told: str) -> None:
    with pytest.raises(InputError, match=told):
        make()


def test_a_gateway_has_tenants_and_users_that_differ_by_case() -> None:
    roles = Roles("arn:aws:iam::district:user/plugin", "arn:aws:iam::district:user/Plugin")
    assert not roles.is_amazon


# Others' statements

FOREIGN = st.lists(
    st.fixed_dictionaries(
        {"Effect": st.sampled_from(["Allow", "Deny"]), "Principal": st.just("*"), "Action": st.just("s3:GetObject")},
        optional={"Sid": st.text("abc", max_size=5)},
    ),
    max_size=4,
)


@given(FOREIGN)
def test_others_statements_stay_as_they_are_and_a_second_run_changes_nothing(statements: list[dict[str, Any]]) -> None:
    before = {"Version": "2008-10-17", "Id": "x", "Statement": statements}
    once = policy.document(BUCKET, GATEWAY, before)
    assert policy.foreign(once) == statements
    assert (once["Version"], once["Id"]) == ("2008-10-17", "x")
    assert policy.document(BUCKET, GATEWAY, once) == once
    assert policy.changes(once, once) == ""


def test_a_policy_with_one_statement_and_no_list_is_read() -> None:
    only = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    assert policy.foreign({"Statement": only}) == [only]


def test_a_server_may_sort_and_unwrap() -> None:
    ours = policy.document(BUCKET, AMAZON)
    theirs = json.loads(json.dumps(ours).replace(f'["{AMAZON.host}"]', f'"{AMAZON.host}"'))
    theirs["Statement"].reverse()
    assert policy.canonical(ours) == policy.canonical(theirs)
    assert policy.differing(statements(BUCKET, AMAZON), theirs) == []


@pytest.mark.parametrize("ground", [STRICT, BY_HEADER], ids=["strict", "by header"])
@pytest.mark.parametrize("roles", [AMAZON, GATEWAY], ids=["AWS", "RGW"])
def test_each_statement_that_is_missing_is_told(roles: Roles, ground: Ground) -> None:
    whole = policy.document(BUCKET, roles, ground=ground)
    assert list(outsiders.of_policy(whole, BUCKET, roles, ground=ground)) == []
    for statement in whole["Statement"]:
        rest = {**whole, "Statement": [each for each in whole["Statement"] if each != statement]}
        (found,) = outsiders.of_policy(rest, BUCKET, roles, ground=ground)
        assert statement["Sid"] in found.could


def opened(statement: dict[str, Any]) -> set[tuple[str, str]]:
    whole = policy.document(BUCKET, AMAZON, {"Statement": [{"Effect": "Allow", "Sid": "Theirs", **statement}]})
    found = outsiders.of_policy(whole, BUCKET, AMAZON)
    return {(each.who, each.could.removesuffix(" (statement Theirs)")) for each in found}


LIST = "list what there is, names of files included"


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ({"Principal": "*", "Action": "s3:getobject"}, {("anybody", "read open copies without a link")}),
        ({"Principal": {"AWS": "*"}, "Action": ["s3:List*"]}, {("anybody", LIST)}),
        ({"NotPrincipal": {"AWS": "x"}, "Action": "s3:ListBucket"}, {("anybody", LIST)}),
        ({"Principal": {"AWS": "999999999999"}, "Action": "s3:ListBucket?ersions"}, {("999999999999", LIST)}),
        ({"Principal": {"Service": "x.amazonaws.com"}, "Action": "s3:PutObject"}, {("x.amazonaws.com", "upload or delete")}),
        ({"Principal": {"AWS": AMAZON.delivery}, "Action": "s3:*"}, {("delivery", LIST), ("delivery", "upload or delete")}),
        ({"Principal": {"AWS": AMAZON.host}, "Action": "*"}, set()),
        ({"Principal": {"AWS": AMAZON.plugin}, "Action": "*"}, set()),
        ({"Principal": "*", "Action": "s3:GetBucketLocation"}, set()),
    ],
)  # fmt: skip
def test_what_others_statements_open_is_told(statement: dict[str, Any], told: set[tuple[str, str]]) -> None:
    assert opened(statement) == told


def test_what_is_allowed_but_for_some_actions_opens_the_rest() -> None:
    assert len(opened({"Principal": "*", "NotAction": ["s3:ListBucket*"]})) == 3


@pytest.mark.parametrize(
    ("grantee", "is_ignored", "who"),
    [
        ({"URI": "http://acs.amazonaws.com/groups/global/AllUsers"}, False, ["anybody"]),
        ({"URI": "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"}, False, ["anybody with an account"]),
        ({"URI": "http://acs.amazonaws.com/groups/global/AllUsers"}, True, []),
        ({"URI": "http://acs.amazonaws.com/groups/s3/LogDelivery"}, False, []),
        ({"ID": "stranger"}, True, ["user stranger"]),
        ({"ID": "owner"}, False, []),
    ],
)
def test_what_the_buckets_acl_grants_is_told(grantee: dict[str, str], is_ignored: bool, who: list[str]) -> None:
    found = outsiders.of_acl([{"Grantee": grantee, "Permission": "READ"}], "owner", public_ignored=is_ignored)
    assert [each.who for each in found] == who


def test_each_switch_that_is_off_is_told() -> None:
    assert len(list(outsiders.of_block(None))) == 3
    assert [
        each.could.split(" (")[1] for each in outsiders.of_block(["IgnorePublicAcls", "RestrictPublicBuckets"])
    ] == ["BlockPublicPolicy is off)"]


@pytest.mark.parametrize("action", ["s3:PutLifecycleConfiguration", "s3:PutBucketNotification", "s3:RestoreObject"])
def test_whatever_else_others_allow_is_told_by_its_name(action: str) -> None:
    theirs = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam:::user/stranger"}, "Action": action, "Resource": "*"}
    whole = policy.document(BUCKET, GATEWAY, {"Statement": [theirs]})
    (found,) = outsiders.of_policy(whole, BUCKET, GATEWAY)
    assert action in found.could


# Who may change the bucket


def test_the_bucket_is_kept_from_all_but_the_plugin_and_its_owner() -> None:
    assert named(GATEWAY)["DenyBucketToOthers"]["NotPrincipal"] == {"AWS": [GATEWAY.plugin, OWNER]}
    same = statements(BUCKET, GATEWAY, Ground(owner=GATEWAY.plugin))[-1].body
    assert same["NotPrincipal"] == {"AWS": [GATEWAY.plugin]}
    assert "DenyBucketByAccount" not in named(GATEWAY)
    assert "DenyBucketToOthers" not in named(AMAZON)


def test_without_its_owner_nobody_is_locked_out() -> None:
    assert not [each for each in statements(BUCKET, GATEWAY) if each.sid.startswith("DamPluginDenyBucketTo")]


@pytest.mark.parametrize(
    ("user", "arn"),
    [
        ("media", "arn:aws:iam:::user/media"),
        ("district$media", "arn:aws:iam::district:user/media"),
        ("RGW12345678901234567", "arn:aws:iam::RGW12345678901234567:root"),
    ],
)
def test_the_owner_is_named_as_the_gateway_names_users(user: str, arn: str) -> None:
    assert arn_of_user(user) == arn
    assert arn.endswith("root") or user_of(arn) == user


@pytest.mark.parametrize(
    ("principal", "is_told"),
    [("*", True), ("999999999999", False), ("arn:aws:iam::999999999999:root", False), (f"{ACCOUNT}:role/x", True)],
)
def test_on_aws_only_the_buckets_own_account_changes_it(principal: str, is_told: bool) -> None:
    told = {could for _, could in opened({"Principal": {"AWS": principal}, "Action": "s3:PutBucketPolicy"})}
    assert told == ({"change the policy or what else protects the bucket"} if is_told else set())


@pytest.mark.parametrize("is_amazon", [True, False], ids=["AWS", "RGW"])
def test_a_condition_on_tags_stands_beside_actions_that_know_it(is_amazon: bool) -> None:
    for body in named(AMAZON if is_amazon else GATEWAY).values():
        if "s3:ExistingObjectTag/dam-release" in json.dumps(body.get("Condition", {})):
            assert body["Action"] == (list(READ_BY_TAG) if is_amazon else ["s3:GetObject*"])


def test_what_knows_no_tags_is_denied_whatever_the_tag_and_so_is_replication() -> None:
    for how in ("ByName", "ByArn"):
        assert "s3:GetObjectTorrent" in named(AMAZON)[f"DenyRegardless{how}"]["Action"]
        assert "s3:Replicate*" in named(AMAZON)[f"DenyTags{how}"]["Action"]


# What others deny the plugin


def denied(statement: dict[str, Any]) -> list[str]:
    whole = policy.document(BUCKET, AMAZON, {"Statement": [{"Effect": "Deny", "Sid": "Theirs", **statement}]})
    return [each.could for each in outsiders.of_policy(whole, BUCKET, AMAZON) if each.who == "plugin"]


@pytest.mark.parametrize(
    "statement",
    [
        {"Principal": "*", "Action": "s3:*"},
        {"Principal": {"AWS": "*"}, "Action": "s3:GetObject*"},
        {"Principal": {"AWS": AMAZON.plugin}, "Action": "s3:PutObjectTagging"},
        {"Principal": {"AWS": "123456789012"}, "Action": "s3:putobject"},
        {"Principal": {"AWS": f"{ACCOUNT}:root"}, "Action": ["s3:ListBucket"]},
        {"NotPrincipal": {"AWS": [AMAZON.host]}, "Action": "s3:*"},
        {"Principal": "*", "NotAction": "s3:ListBucket"},
        {"Principal": "*", "Action": "s3:*", "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}},
        {"Principal": "*", "Action": "s3:*", "Condition": {"ArnNotEquals": {"aws:PrincipalArn": AMAZON.host}}},
    ],
)
def test_what_others_deny_the_plugin_is_told(statement: dict[str, Any]) -> None:
    (told,) = denied(statement)
    assert told.endswith("(statement Theirs)")
    assert ("where its condition holds" in told) == ("Condition" in statement)


@pytest.mark.parametrize(
    "statement",
    [
        {"Principal": {"AWS": AMAZON.host}, "Action": "s3:*"},
        {"Principal": "*", "Action": "s3:PutBucketPolicy"},
        {"NotPrincipal": {"AWS": [AMAZON.plugin]}, "Action": "s3:*"},
        {"Principal": "*", "Action": "s3:*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        {"Principal": "*", "Action": "s3:*", "Condition": {"ArnNotEquals": {"aws:PrincipalArn": [AMAZON.plugin]}}},
        {
            "Principal": "*",
            "Action": "s3:*",
            "Condition": {"StringNotEquals": {"aws:PrincipalAccount": "123456789012"}},
        },
    ],
)
def test_what_others_deny_somebody_else_is_not(statement: dict[str, Any]) -> None:
    assert denied(statement) == []


# Compared


def test_two_statements_with_one_sid_are_a_change() -> None:
    once = policy.document(BUCKET, GATEWAY)
    twice = {**once, "Statement": [{**once["Statement"][0], "Action": "s3:GetObject"}, *once["Statement"]]}
    assert policy.changes(twice, policy.document(BUCKET, GATEWAY, twice)) == "changed: DamPluginAllowPlugin"
    same = {**once, "Statement": [once["Statement"][0], *once["Statement"]]}
    assert policy.changes(same, once) == "changed: DamPluginAllowPlugin"


@pytest.mark.parametrize("roles", [AMAZON, GATEWAY], ids=["AWS", "RGW"])
def test_a_policy_for_other_roles_hides_what_is_not_tagged_already(roles: Roles) -> None:
    before = policy.document(BUCKET, roles)
    other = roles.host.replace("host", "other")
    assert policy.hides_untagged(before, BUCKET, roles)
    assert policy.hides_untagged(before, BUCKET, Roles(roles.plugin, other))
    # The plugin of before is spared there.
    assert not policy.hides_untagged(before, BUCKET, Roles(other, roles.plugin))
    assert not policy.hides_untagged({"Statement": []}, BUCKET, roles)
    weaker = json.loads(json.dumps(before).replace('"Null"', '"StringEquals"'))
    assert not policy.hides_untagged(weaker, BUCKET, roles)


def test_a_policy_that_is_too_long_is_refused_with_its_size() -> None:
    others = {"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:x" + "x" * 20000}]}
    with pytest.raises(InputError, match=r"S3 takes 20480: take statements of others out \(1 are there\)"):
        policy.written(policy.document(BUCKET, AMAZON, others), BUCKET)
