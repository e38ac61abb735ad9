"""The program under test, copied once so that a build in between changes nothing; and folders, whose logs are kept on failure."""

import os
import pathlib
import shutil
import tempfile

import pytest

from rig.server import ROOT, binary

PLACE = ROOT / "target/kill"


@pytest.fixture(scope="session", autouse=True)
def program():
    PLACE.mkdir(parents=True, exist_ok=True)
    copy = PLACE / f"kagiban-{os.getpid()}"
    shutil.copy2(binary(), copy)
    os.environ["KAGIBAN_BIN"] = str(copy)
    yield copy
    copy.unlink()


@pytest.fixture
def folder(request) -> pathlib.Path:
    place = pathlib.Path(tempfile.mkdtemp(prefix="house-", dir=PLACE))
    yield place
    if not getattr(request.node, "passed", False):
        kept = PLACE / "failed" / request.node.name.replace("/", "-")
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(place, kept)
    shutil.rmtree(place, ignore_errors=True)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if call.when == "call":
        item.passed = outcome.get_result().passed
