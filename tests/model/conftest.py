"""Fixtures: one server for the run, a wire to it, and the list of operations that it says to serve."""

import pathlib
import shutil
import tempfile
import tomllib

import pytest

from modelling import wire as wires
from modelling.stock import Stock
from rig.clients import administrator
from rig.server import ROOT, Server

LOGS = ROOT / "target/model-logs"


def house_files() -> dict[str, list[str]]:
    """The operations that each house file lists. `test_served` holds them against what the program answers."""
    files = sorted((ROOT / "models").glob("*.house.toml"))
    texts = {path.name.removesuffix(".house.toml"): tomllib.loads(path.read_text()) for path in files}
    return {service: text["operations"] for service, text in texts.items() if "origin" in text}


OPERATIONS = [(service, name) for service, names in house_files().items() for name in names]


def pytest_generate_tests(metafunc):
    if {"service", "name"} <= set(metafunc.fixturenames):
        metafunc.parametrize("service, name", OPERATIONS, ids=[f"{service}-{name}" for service, name in OPERATIONS])


@pytest.fixture(scope="session")
def server():
    base = ROOT / "target/model"
    base.mkdir(parents=True, exist_ok=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="run-", dir=base))
    server = Server(folder).start()
    yield server
    stopped = server.stop()
    if stopped == 0 and "panicked" not in server.output():
        shutil.rmtree(folder, ignore_errors=True)
    else:
        LOGS.mkdir(parents=True, exist_ok=True)
        shutil.copy(server.log, LOGS / "server.log")
        pytest.fail(f"the server ended with {stopped}:\n{server.output()[-2000:]}")


@pytest.fixture(scope="session")
def admin(server):
    return administrator(server)


@pytest.fixture(scope="session")
def wire(admin):
    return wires.Wire(admin)


@pytest.fixture(scope="session")
def stock(admin):
    """Makes keys, aliases and users for tests to act upon."""
    return Stock(admin)
