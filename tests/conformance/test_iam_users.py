"""IAM users and their access keys: the life of both, conflicts, limits, lists in pages, texts."""

import re

import pytest

from rig import raw
from rig.clients import make_user, policy, statement, unique
from rig.refusals import constraint, refused


def test_the_life_of_a_user(admin, account):
    name = unique("alice")
    made = admin.iam.create_user(UserName=name)["User"]
    assert (made["UserName"], made["Path"], made["Arn"]) == (name, "/", f"arn:aws:iam::{account}:user/{name}")
    assert re.fullmatch("AIDA[A-Z2-7]{17}|AIDA[A-Z0-9]{12,17}", made["UserId"])
    assert admin.iam.get_user(UserName=name)["User"] == made
    with refused("EntityAlreadyExists", f"^User with name {name} already exists.$", status=409):
        admin.iam.create_user(UserName=name)
    admin.iam.delete_user(UserName=name)
    gone = f"^The user with name {name} cannot be found.$"
    with refused("NoSuchEntity", gone, status=404):
        admin.iam.get_user(UserName=name)
    with refused("NoSuchEntity", gone, status=404):
        admin.iam.delete_user(UserName=name)
    with refused("NoSuchEntity", gone):
        admin.iam.create_access_key(UserName=name)
    with refused("NoSuchEntity", gone):
        admin.iam.list_user_policies(UserName=name)
    again = admin.iam.create_user(UserName=name)["User"]
    assert again["UserId"] != made["UserId"], "a name that comes again is another user"


def test_names_differ_by_more_than_case(admin):
    name = unique("Bob")
    admin.iam.create_user(UserName=name)
    with refused("EntityAlreadyExists", status=409):
        admin.iam.create_user(UserName=name.upper())


def test_a_path(admin, account):
    name = unique("carol")
    made = admin.iam.create_user(UserName=name, Path="/dept/sales/")["User"]
    assert made["Path"] == "/dept/sales/" and made["Arn"] == f"arn:aws:iam::{account}:user/dept/sales/{name}"
    assert [u["UserName"] for u in admin.iam.list_users(PathPrefix="/dept/")["Users"]] == [name]
    assert admin.iam.list_users(PathPrefix="/nowhere/")["Users"] == []
    for path in ("no-slash", "/dept", "/with blank/"):
        with refused("ValidationError", "(?i)path", status=400):
            admin.loose_iam.create_user(UserName=unique("x"), Path=path)


@pytest.mark.parametrize(
    "name, text",
    [
        ("x" * 65, "(?i)'userName' failed to satisfy constraint: Member must have length less than or equal to 64"),
        ("with blank", "(?i)userName"),
        ("a/b", "(?i)userName"),
        ("", "(?i)'userName' failed to satisfy constraint: Member must have length greater than or equal to 1"),
        ("日本", "(?i)userName"),
    ],
)
def test_names_that_are_none(admin, name, text):
    with refused("ValidationError", text, status=400):
        admin.loose_iam.create_user(UserName=name)


def test_a_missing_name(admin):
    with refused(
        "ValidationError",
        "^1 validation error detected: Value (null )?" + constraint("userName", "not be null") + "$",
        status=400,
    ):
        admin.loose_iam.create_user()


def test_a_user_is_deleted_only_when_bare(admin):
    user = make_user(admin, statement("Allow", "kms:*"))
    admin.iam.attach_user_policy(UserName=user.name, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    steps = [
        lambda: admin.iam.delete_access_key(UserName=user.name, AccessKeyId=user.access_key),
        lambda: admin.iam.delete_user_policy(UserName=user.name, PolicyName="inline"),
        lambda: admin.iam.detach_user_policy(
            UserName=user.name, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"
        ),
    ]
    for step in steps:
        with refused("DeleteConflict", "^Cannot delete entity, must ", status=409):
            admin.iam.delete_user(UserName=user.name)
        step()
    admin.iam.delete_user(UserName=user.name)


@pytest.mark.parametrize(
    "what, text",
    [
        ("key", "must delete access keys first"),
        ("inline", "must delete policies first"),
        ("attached", "must detach all policies first"),
    ],
)
def test_what_stands_in_the_way_is_named(admin, what, text):
    name = unique("dave")
    admin.iam.create_user(UserName=name)
    if what == "key":
        admin.iam.create_access_key(UserName=name)
    elif what == "inline":
        admin.iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy(statement("Allow", "kms:*")))
    else:
        admin.iam.attach_user_policy(UserName=name, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    with refused("DeleteConflict", f"^Cannot delete entity, {text}\\.$", status=409):
        admin.iam.delete_user(UserName=name)


def test_rename(admin, account):
    user = make_user(admin, statement("Allow", "kms:ListKeys"))
    other, new = make_user(admin), unique("renamed")
    before = admin.iam.get_user(UserName=user.name)["User"]
    admin.iam.update_user(UserName=user.name, NewUserName=new, NewPath="/moved/")
    after = admin.iam.get_user(UserName=new)["User"]
    assert (after["UserId"], after["Arn"], after["CreateDate"]) == (
        before["UserId"],
        f"arn:aws:iam::{account}:user/moved/{new}",
        before["CreateDate"],
    )
    with refused("NoSuchEntity"):
        admin.iam.get_user(UserName=user.name)
    # Its key and its policies went with it.
    assert user.sts.get_caller_identity()["Arn"] == after["Arn"]
    assert user.kms.list_keys(Limit=1)
    assert admin.iam.list_user_policies(UserName=new)["PolicyNames"] == ["inline"]
    assert [k["AccessKeyId"] for k in admin.iam.list_access_keys(UserName=new)["AccessKeyMetadata"]] == [
        user.access_key
    ]
    with refused("EntityAlreadyExists", f"^User with name {other.name} already exists.$", status=409):
        admin.iam.update_user(UserName=new, NewUserName=other.name)
    with refused("NoSuchEntity", status=404):
        admin.iam.update_user(UserName=unique("nobody"), NewUserName=unique("x"))
    admin.iam.create_user(UserName=user.name)


def test_a_renamed_user_keeps_what_a_key_policy_gave_it(admin, account, key):
    from rig.clients import owner_statement, put_policy

    user = make_user(admin)
    put_policy(
        admin, key["KeyId"], owner_statement(account), statement("Allow", "kms:Encrypt", Principal={"AWS": user.arn})
    )
    admin.iam.update_user(UserName=user.name, NewUserName=unique("renamed"))
    assert user.kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")


def test_get_user_without_a_name_is_about_the_caller(admin):
    user = make_user(admin, statement("Allow", "iam:GetUser"))
    assert user.iam.get_user()["User"]["UserName"] == user.name
    assert (
        user.iam.list_access_keys
        and admin.iam.list_access_keys()["AccessKeyMetadata"][0]["AccessKeyId"] == admin.access_key
    )


def test_list_users_in_pages(admin):
    names = [admin.iam.create_user(UserName=unique("page"), Path="/paged/")["User"]["UserName"] for _ in range(5)]
    seen, marker = [], {}
    while True:
        page = admin.iam.list_users(PathPrefix="/paged/", MaxItems=2, **marker)
        seen += [u["UserName"] for u in page["Users"]]
        if not page["IsTruncated"]:
            assert "Marker" not in page
            break
        assert len(page["Users"]) <= 2
        marker = {"Marker": page["Marker"]}
    assert sorted(seen) == sorted(names)
    assert sorted(
        admin.iam.get_paginator("list_users")
        .paginate(PathPrefix="/paged/", PaginationConfig={"PageSize": 1})
        .search("Users[].UserName")
    ) == sorted(names)
    with refused("ValidationError|InvalidInput", "(?i)marker", status=400):
        admin.iam.list_users(Marker="nonsense")
    for items in (0, 1001):
        with refused("ValidationError", "(?i)'maxItems' failed to satisfy constraint", status=400):
            admin.loose_iam.list_users(MaxItems=items)


def test_no_groups_yet(admin):
    user = make_user(admin)
    assert admin.iam.list_groups_for_user(UserName=user.name)["Groups"] == []
    with refused("NoSuchEntity", status=404):
        admin.iam.list_groups_for_user(UserName=unique("nobody"))


def test_tags_of_a_user(admin):
    name = unique("tagged")
    admin.iam.create_user(UserName=name, Tags=[{"Key": "team", "Value": "blue"}])
    assert admin.iam.get_user(UserName=name)["User"]["Tags"] == [{"Key": "team", "Value": "blue"}]
    with refused("InvalidInput", "(?i)duplicate", status=400):
        admin.iam.create_user(UserName=unique("x"), Tags=[{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}])
    with refused("LimitExceeded|ValidationError|InvalidInput", status=(400, 409)):
        admin.iam.create_user(UserName=unique("x"), Tags=[{"Key": f"k{i}", "Value": ""} for i in range(51)])


# --- access keys -----------------------------------------------------------------------------------


def test_two_access_keys_and_no_more(admin):
    user = make_user(admin)
    second = admin.iam.create_access_key(UserName=user.name)["AccessKey"]
    assert re.fullmatch("AKIA[A-Z2-7]{16}", second["AccessKeyId"]) and re.fullmatch(
        "[A-Za-z0-9+/]{40}", second["SecretAccessKey"]
    )
    assert second["Status"] == "Active" and second["UserName"] == user.name
    with refused("LimitExceeded", "^Cannot exceed quota for AccessKeysPerUser: 2$", status=409):
        admin.iam.create_access_key(UserName=user.name)
    listed = admin.iam.list_access_keys(UserName=user.name)["AccessKeyMetadata"]
    assert {k["AccessKeyId"] for k in listed} == {user.access_key, second["AccessKeyId"]}
    assert all("SecretAccessKey" not in k for k in listed)
    again = user.but(access_key=second["AccessKeyId"], secret_key=second["SecretAccessKey"])
    assert again.sts.get_caller_identity()["Arn"] == user.arn == user.sts.get_caller_identity()["Arn"]


def test_the_status_of_an_access_key(admin):
    user = make_user(admin)
    admin.iam.update_access_key(UserName=user.name, AccessKeyId=user.access_key, Status="Inactive")
    assert [k["Status"] for k in admin.iam.list_access_keys(UserName=user.name)["AccessKeyMetadata"]] == ["Inactive"]
    with refused("InvalidClientTokenId", status=403):
        user.sts.get_caller_identity()
    admin.iam.update_access_key(UserName=user.name, AccessKeyId=user.access_key, Status="Active")
    assert user.sts.get_caller_identity()
    with refused(
        "ValidationError", "at 'status' failed to satisfy constraint: Member must satisfy enum value set", status=400
    ):
        admin.loose_iam.update_access_key(UserName=user.name, AccessKeyId=user.access_key, Status="Sleepy")


def test_an_access_key_that_is_not_there(admin):
    user, other = make_user(admin), make_user(admin)
    for key in ("AKIAIOSFODNN7EXAMPLE", other.access_key):
        with refused("NoSuchEntity", f"^The Access Key with id {key} cannot be found.?$", status=404):
            admin.iam.delete_access_key(UserName=user.name, AccessKeyId=key)
        with refused("NoSuchEntity", status=404):
            admin.iam.update_access_key(UserName=user.name, AccessKeyId=key, Status="Inactive")
    assert other.sts.get_caller_identity()


def test_access_keys_in_pages(admin):
    user = make_user(admin)
    admin.iam.create_access_key(UserName=user.name)
    first = admin.iam.list_access_keys(UserName=user.name, MaxItems=1)
    assert len(first["AccessKeyMetadata"]) == 1 and first["IsTruncated"]
    second = admin.iam.list_access_keys(UserName=user.name, MaxItems=1, Marker=first["Marker"])
    assert len(second["AccessKeyMetadata"]) == 1 and not second["IsTruncated"]
    assert first["AccessKeyMetadata"] != second["AccessKeyMetadata"]


def test_a_user_makes_keys_for_itself(admin, account):
    user = make_user(
        admin,
        statement(
            "Allow", ["iam:CreateAccessKey", "iam:ListAccessKeys"], f"arn:aws:iam::{account}:user/${{aws:username}}"
        ),
    )
    made = user.iam.create_access_key()["AccessKey"]
    assert made["UserName"] == user.name
    assert len(user.iam.list_access_keys()["AccessKeyMetadata"]) == 2
    with refused("AccessDenied", "iam:CreateAccessKey", status=403):
        user.iam.create_access_key(UserName=make_user(admin).name)


# --- who may, and who one is ------------------------------------------------------------------------


def test_a_user_without_rights(admin, account):
    user, name = make_user(admin), unique("not-to-be")
    text = re.escape(
        f"User: {user.arn} is not authorized to perform: iam:CreateUser "
        f"on resource: arn:aws:iam::{account}:user/{name} "
    )
    with refused(
        "AccessDenied", f"^{text}because no identity-based policy allows the iam:CreateUser action$", status=403
    ):
        user.iam.create_user(UserName=name)
    with refused("NoSuchEntity"):
        admin.iam.get_user(UserName=name)
    with refused("AccessDenied", "iam:GetUser on resource: user administrator because", status=403) as known:
        user.iam.get_user(UserName="administrator")
    with refused("AccessDenied", "iam:GetUser", status=403) as unknown:
        user.iam.get_user(UserName="nobody-of-that-name")
    assert known.text.replace("administrator", "nobody-of-that-name") == unknown.text, "no oracle for names"
    with refused("AccessDenied", f"iam:ListUsers on resource: arn:aws:iam::{account}:user/ because", status=403):
        user.iam.list_users()


def test_the_list_of_users_is_judged_by_its_path(admin, account):
    team = make_user(admin, statement("Allow", "iam:ListUsers", f"arn:aws:iam::{account}:user/team/*"))
    assert team.iam.list_users(PathPrefix="/team/")["Users"] == []
    with refused("AccessDenied", "iam:ListUsers", status=403):
        team.iam.list_users()


def test_a_users_own_tags_are_facts_about_him(admin):
    red = {"StringEquals": {"aws:PrincipalTag/Team": "red"}}
    name = unique("tagged")
    admin.iam.create_user(UserName=name, Tags=[{"Key": "team", "Value": "red"}])
    admin.iam.put_user_policy(
        UserName=name,
        PolicyName="p",
        PolicyDocument=policy(
            statement("Allow", "kms:ListKeys", Condition=red), statement("Allow", "kms:ListAliases")
        ),
    )
    key = admin.iam.create_access_key(UserName=name)["AccessKey"]
    user = admin.but(access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"], name=name)
    user.kms.list_keys()
    admin.iam.put_user_policy(
        UserName=name,
        PolicyName="p",
        PolicyDocument=policy(statement("Allow", "kms:*"), statement("Deny", "kms:ListKeys", Condition=red)),
    )
    with refused("AccessDeniedException", "explicit deny"):
        user.kms.list_keys()


def test_get_caller_identity_needs_no_right(admin, account):
    user = make_user(admin, statement("Deny", "*"))
    assert user.sts.get_caller_identity()["UserId"] == admin.iam.get_user(UserName=user.name)["User"]["UserId"]
    told = user.sts.get_caller_identity()
    assert (told["Account"], told["Arn"]) == (account, user.arn)
    with refused("AccessDenied", "with an explicit deny in an identity-based policy", status=403):
        user.iam.get_user()


def test_the_form_of_query_answers(admin):
    user = make_user(admin)
    body = raw.send_form(admin, "GetUser", {"UserName": user.name}).body.decode()
    assert '<GetUserResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">' in body and "<GetUserResult>" in body
    body = raw.send_form(admin, "GetCallerIdentity", service="sts").body.decode()
    assert '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">' in body
    error = raw.send_form(admin, "GetUser", {"UserName": "nobody-of-that-name"})
    body = error.body.decode()
    assert (
        error.status == 404
        and "<ErrorResponse" in body
        and "<Type>Sender</Type>" in body
        and "<Code>NoSuchEntity</Code>" in body
    )
    listed = raw.send_form(admin, "ListGroupsForUser", {"UserName": user.name}).body.decode()
    assert "<IsTruncated>false</IsTruncated>" in listed and "<Groups" in listed


def test_characters_of_xml_survive(admin):
    name = unique("a=b,c@d.e_f+g-")
    assert admin.iam.create_user(UserName=name)["User"]["UserName"] == name
    document = policy(statement("Allow", "kms:Encrypt", Condition={"StringEquals": {"aws:username": "<&\"'>\u00e9"}}))
    admin.iam.put_user_policy(UserName=name, PolicyName="xml", PolicyDocument=document)
    got = admin.iam.get_user_policy(UserName=name, PolicyName="xml")["PolicyDocument"]
    assert got["Statement"][0]["Condition"] == {"StringEquals": {"aws:username": "<&\"'>\u00e9"}}
