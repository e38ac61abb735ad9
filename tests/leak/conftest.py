"""The program under test, copied once so that a build in between changes nothing; and a folder for each life."""

import os
import pathlib
import shutil
import tempfile

import pytest

from rig.server import ROOT, binary

PLACE = ROOT / "target/leak"


@pytest.fixture(scope="session", autouse=True)
def program():
    PLACE.mkdir(parents=True, exist_ok=True)
    copy = PLACE / f"kagiban-{os.getpid()}"
    shutil.copy2(binary(), copy)
    os.environ["KAGIBAN_BIN"] = str(copy)
    yield copy
    copy.unlink()


@pytest.fixture(scope="module")
def folder() -> pathlib.Path:
    place = pathlib.Path(tempfile.mkdtemp(prefix="house-", dir=PLACE))
    yield place
    shutil.rmtree(place, ignore_errors=True)
