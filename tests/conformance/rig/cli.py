"""The AWS CLI of .venv-awscli, the walk-through scripts, and Terraform, each pointed at one server."""

import dataclasses
import json
import os
import pathlib
import re
import shutil
import subprocess

from .clients import Caller
from .server import ROOT, clean_environment

ACCEPTANCE = pathlib.Path(__file__).resolve().parents[1] / "acceptance"
AWSCLI = pathlib.Path(os.environ.get("KAGIBAN_AWSCLI", ROOT / ".venv-awscli/bin"))


def environment(caller: Caller) -> dict[str, str]:
    """What a person pastes: endpoint, Region and credentials; our own CLI stands first in PATH."""
    base = clean_environment(caller.server.home)
    chosen = {
        "PATH": f"{AWSCLI}:{base['PATH']}",
        "AWS_ENDPOINT_URL": caller.server.url,
        "AWS_DEFAULT_REGION": caller.region,
        "AWS_ACCESS_KEY_ID": caller.access_key,
        "AWS_SECRET_ACCESS_KEY": caller.secret_key,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
        "AWS_MAX_ATTEMPTS": "1",
        "TMPDIR": str(caller.server.folder),
    }
    token = {"AWS_SESSION_TOKEN": caller.token} if caller.token else {}
    ca = {"AWS_CA_BUNDLE": caller.server.cafile} if caller.server.cafile else {}
    return base | chosen | token | ca


@dataclasses.dataclass
class Run:
    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The service's error code, as the CLI prints it."""
        found = re.search(r"An error occurred \(([^)]*)\)", self.err)
        return found.group(1) if found else ""

    def json(self):
        assert self.code == 0, f"exit {self.code}: {self.err}"
        return json.loads(self.out)


def cli(caller: Caller, *arguments: str, prefix: tuple[str, ...] = (), extra: dict[str, str] | None = None) -> Run:
    """`aws ARGUMENTS --output json` as this caller."""
    done = subprocess.run(
        [*prefix, str(AWSCLI / "aws"), *arguments, "--output", "json"],
        env=environment(caller) | (extra or {}),
        cwd=caller.server.folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return Run(done.returncode, done.stdout, done.stderr)


def walkthrough(caller: Caller, script: str, parts: str, prefix: str) -> str:
    """Runs some parts of a walk-through script; its output. Fails, saying what did, unless it ends with 0 failed."""
    done = subprocess.run(
        ["sh", str(ACCEPTANCE / "cli" / script)],
        env=environment(caller) | {"PARTS": parts, "PREFIX": prefix},
        cwd=caller.server.folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=220,
    )
    closing = done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""
    assert done.returncode == 0 and re.fullmatch(r"\d+ passed, 0 failed, \d+ skipped", closing), (
        done.stdout + done.stderr
    )
    return done.stdout


class Terraform:
    """One module, copied into a folder of its own, its provider from TF_PLUGIN_DIR, nothing from the network."""

    def __init__(self, caller: Caller, module: str, folder: pathlib.Path, **variables: str):
        self.caller, self.folder = caller, folder
        self.variables = {"endpoint": caller.server.url, "region": caller.region} | variables
        shutil.copytree(ACCEPTANCE / "terraform" / module, folder)
        self.rc = folder.parent / "terraform.rc"
        self.rc.write_text(
            "provider_installation {\n  filesystem_mirror {\n"
            f'    path    = "{os.environ["TF_PLUGIN_DIR"]}"\n'
            '    include = ["registry.terraform.io/hashicorp/*"]\n  }\n}\n'
        )

    def run(self, *arguments: str, accept: tuple[int, ...] = (0,)) -> subprocess.CompletedProcess:
        settings = {
            "TF_CLI_CONFIG_FILE": str(self.rc),
            "CHECKPOINT_DISABLE": "1",
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
        }
        done = subprocess.run(
            ["terraform", *arguments],
            env=environment(self.caller) | settings,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode in accept, (
            f"terraform {' '.join(arguments)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        )
        return done

    def chosen(self, **changes: str) -> list[str]:
        self.variables |= changes
        return [f"-var={name}={value}" for name, value in self.variables.items()]

    def init(self) -> None:
        self.run("init", "-no-color")

    def apply(self, **changes: str) -> str:
        return self.run("apply", "-auto-approve", "-no-color", *self.chosen(**changes)).stdout

    def plan_is_empty(self) -> bool:
        """True when nothing is to be changed (detailed exit code 0)."""
        return self.run("plan", "-detailed-exitcode", "-no-color", *self.chosen(), accept=(0, 2)).returncode == 0

    def outputs(self) -> dict:
        return {name: value["value"] for name, value in json.loads(self.run("output", "-json").stdout).items()}

    def destroy(self) -> str:
        return self.run("destroy", "-auto-approve", "-no-color", *self.chosen()).stdout
