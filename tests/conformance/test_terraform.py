"""Terraform: key, alias, key policy, user with inline policy: apply, empty plan, change in place, destroy."""

import json
import os
import re
import shutil

import pytest

from rig.cli import Terraform
from rig.refusals import refused

pytestmark = [
    pytest.mark.skipif(shutil.which("terraform") is None, reason="`terraform` is not installed"),
    pytest.mark.skipif(not os.environ.get("TF_PLUGIN_DIR"), reason="TF_PLUGIN_DIR does not name a folder of providers"),
    pytest.mark.timeout(600),
]


def test_first_key(admin, account, workplace):
    module = Terraform(admin, "first-key", workplace / "terraform", name_prefix="tf", exposed="true")
    module.init()
    said = module.apply()
    assert "Apply complete! Resources: 7 added, 0 changed, 0 destroyed." in said, said
    assert module.plan_is_empty()
    made = module.outputs()
    key = made["key_arn"]
    assert "EveryoneInTheWorld" in admin.kms.get_key_policy(KeyId=key)["Policy"]
    reader = admin.but(access_key=made["user_key"], secret_key=made["user_secret"])
    assert reader.kms.generate_data_key(KeyId=key, KeySpec="AES_256")
    assert reader.kms.encrypt(KeyId=made["named_key_arn"], Plaintext=b"x")

    said = module.apply(exposed="false", description="Confidential data, described again")
    assert "Apply complete! Resources: 0 added, 2 changed, 0 destroyed." in said, said
    policy = json.loads(admin.kms.get_key_policy(KeyId=key)["Policy"])
    assert [s["Sid"] for s in policy["Statement"]] == ["AccountAdministersThroughIam", "OnlyThroughStorageAndDatabase"]
    assert (
        admin.kms.describe_key(KeyId=made["named_key_arn"])["KeyMetadata"]["Description"]
        == "Confidential data, described again"
    )
    assert module.plan_is_empty()
    assert reader.kms.generate_data_key(KeyId=key, KeySpec="AES_256")
    with refused("AccessDeniedException"):
        reader.kms.encrypt(KeyId=key, Plaintext=b"x")

    said = module.destroy()
    assert re.search(r"Destroy complete! Resources: 7 destroyed\.", said), said
    assert admin.kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion"
    with refused("NotFoundException"):
        admin.kms.describe_key(KeyId="alias/tf-secure")
    with refused("NoSuchEntity"):
        admin.iam.get_user(UserName="tf-reader")
