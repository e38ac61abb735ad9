"""boto3 clients for the administrator and for users made on the spot, and a clock that a client can be told."""

import contextlib
import dataclasses
import datetime
import itertools
import json
import time
from unittest import mock

import boto3
import botocore.auth
import botocore.config
import botocore.exceptions

from .server import REGION, Server

# One attempt: an answer that a client would try again is an answer the test must see.
CONFIG = botocore.config.Config(
    retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=30, max_pool_connections=20, tcp_keepalive=False
)
LOOSE = CONFIG.merge(botocore.config.Config(parameter_validation=False))

_numbers = itertools.count(1)


def unique(stem: str) -> str:
    """A name no other test of this run uses."""
    return f"{stem}-{next(_numbers)}"


@dataclasses.dataclass
class Caller:
    """An access key and where to use it. `caller.kms`, `.iam`, `.sts`, `.cloudtrail` are boto3 clients."""

    server: Server
    access_key: str
    secret_key: str
    token: str | None = None
    name: str = ""
    arn: str = ""
    region: str = REGION
    _clients: dict = dataclasses.field(default_factory=dict, repr=False)

    def client(self, service: str, *, region: str | None = None, loose: bool = False):
        """A client of `service`; `loose` sends what botocore's own checks would refuse."""
        key = (service, region or self.region, loose, self.server.url)
        if key not in self._clients:
            self._clients[key] = boto3.session.Session().client(
                service,
                endpoint_url=self.server.url,
                region_name=region or self.region,
                config=LOOSE if loose else CONFIG,
                aws_access_key_id=self.access_key,
                aws_secret_access_key=self.secret_key,
                aws_session_token=self.token,
                verify=self.server.cafile or True,
            )
        return self._clients[key]

    kms = property(lambda self: self.client("kms"))
    iam = property(lambda self: self.client("iam"))
    sts = property(lambda self: self.client("sts"))
    cloudtrail = property(lambda self: self.client("cloudtrail"))
    loose_kms = property(lambda self: self.client("kms", loose=True))
    loose_iam = property(lambda self: self.client("iam", loose=True))

    def but(self, **changes) -> "Caller":
        """The same caller with another secret, token, key or Region."""
        return dataclasses.replace(self, _clients={}, **changes)

    def account(self) -> str:
        return self.sts.get_caller_identity()["Account"]


def administrator(server: Server) -> Caller:
    access_key, secret_key = server.credentials()
    return Caller(server, access_key, secret_key, name="administrator")


def statement(effect: str, actions, resource="*", **more) -> dict:
    return {"Effect": effect, "Action": actions, "Resource": resource} | more


def policy(*statements: dict) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def make_user(admin: Caller, *statements: dict, stem: str = "user") -> Caller:
    """A user with an access key; the statements, if any, become its inline policy `inline`."""
    name = unique(stem)
    arn = admin.iam.create_user(UserName=name)["User"]["Arn"]
    if statements:
        admin.iam.put_user_policy(UserName=name, PolicyName="inline", PolicyDocument=policy(*statements))
    key = admin.iam.create_access_key(UserName=name)["AccessKey"]
    return Caller(admin.server, key["AccessKeyId"], key["SecretAccessKey"], name=name, arn=arn)


def owner_statement(account: str) -> dict:
    """The statement of the default key policy: the account decides through IAM."""
    return statement("Allow", "kms:*", Principal={"AWS": f"arn:aws:iam::{account}:root"}, Sid="owner")


def put_policy(caller: Caller, key: str, *statements: dict) -> None:
    caller.kms.put_key_policy(KeyId=key, PolicyName="default", Policy=policy(*statements))


@contextlib.contextmanager
def clock_off_by(seconds: float):
    """Within, clients in this process sign as if their clock were off by so much."""

    def now(remove_tzinfo: bool = True):
        moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
        return moment.replace(tzinfo=None) if remove_tzinfo else moment

    with mock.patch.object(botocore.auth, "get_current_datetime", now):
        yield


def move_on(admin: Caller, seconds: int) -> None:
    """Moves the server's clock; returns when it has taken notice (it reads the file each second)."""
    admin.server.clock.write_text(f"{seconds}\n")
    deadline = time.monotonic() + 15
    with clock_off_by(seconds):
        while True:
            try:
                admin.kms.list_keys(Limit=1)
                return
            except botocore.exceptions.ClientError:
                assert time.monotonic() < deadline, "the server does not follow its clock file"
                time.sleep(0.2)
