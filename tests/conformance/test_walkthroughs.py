"""The walk-through scripts with the unmodified AWS CLI, the parts that are served, and some commands alone (C-01)."""

from rig.cli import cli, walkthrough


def test_kms_overview(admin):
    walkthrough(admin, "00-kms-overview.sh", "symmetric roles policy audit", "walk-overview")


def test_public_access(admin):
    walkthrough(admin, "20-public-access.sh", "default public unsigned malformed corrected review", "walk-public")


def test_the_lines_a_person_pastes(admin):
    """The credentials file as it was written, by its path: nothing else is configured."""
    paste = {
        "AWS_SHARED_CREDENTIALS_FILE": str(admin.server.credentials_file),
        "AWS_ACCESS_KEY_ID": "",
        "AWS_SECRET_ACCESS_KEY": "",
    }
    told = cli(admin, "sts", "get-caller-identity", extra=paste).json()
    assert told["Account"] == admin.account() and told["Arn"] == admin.sts.get_caller_identity()["Arn"]


def test_c01_one_endpoint_for_all_services(admin):
    assert cli(admin, "iam", "list-users").json()["Users"]
    assert "Keys" in cli(admin, "kms", "list-keys", "--max-items", "1").json()
    assert cli(admin, "cloudtrail", "lookup-events", "--max-results", "1", "--no-paginate").json()["Events"]


def test_what_is_not_offered_is_refused_without_delay(admin):
    assert (
        cli(admin, "kms", "list-retirable-grants", "--retiring-principal", admin.sts.get_caller_identity()["Arn"]).error
        == "UnknownOperationException"
    )
    assert cli(admin, "iam", "list-instance-profiles").error == "InvalidAction"
    refused = cli(admin, "secretsmanager", "list-secrets")
    assert refused.code != 0 and refused.error
