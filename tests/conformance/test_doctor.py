"""`kagiban doctor`: each defect is planted on a real house, and found; nothing is changed by looking."""

import json
import os
import pathlib
import shutil
import signal
import time

import pytest

from rig.clients import administrator
from rig.server import Server, free_port

OK, NOTE, WARNING, PROBLEM = "ok", "note", "warning", "problem"
LEVELS = [OK, NOTE, WARNING, PROBLEM]
STATUS = {OK: 0, NOTE: 0, WARNING: 1, PROBLEM: 2}


def doctor(server: Server, *flags: str) -> dict[str, dict]:
    """What it found, by check. The exit status is the worst finding's; each that is not `ok` says why it matters, and what mends it."""
    done = server.run("doctor", "--json", *server.command()[2:], *flags)
    report = json.loads(done.stdout)
    worst = max((found["level"] for found in report["findings"]), key=LEVELS.index)
    assert (report["level"], done.returncode) == (worst, STATUS[worst]), done
    for found in report["findings"]:
        assert found["level"] == OK or (found["why"] and found["mend"]), found
    by_check = {found["check"]: found for found in report["findings"]}
    assert len(by_check) == len(report["findings"]), "a check is told once"
    return by_check


def level(server: Server, check: str, *flags: str) -> str:
    return doctor(server, *flags)[check]["level"]


@pytest.fixture
def house(make_server):
    server = make_server()
    administrator(server).kms.create_key()
    return server


def test_a_house_that_is_well(house):
    time.sleep(6)  # The head of the trail is kept apart every five seconds.
    running = doctor(house)
    problems = {check: found for check, found in running.items() if found["level"] == PROBLEM}
    assert problems == {}, problems
    assert str(house.process.pid) in running["server"]["what"]
    for check in ("data-dir", "data-files", "data-owner", "credentials", "root-mode", "root", "seal", "database",
                  "trail-head", "clock", "sqlite", "core-dumps", "kernel"):  # fmt: skip
        assert running[check]["level"] == OK, running[check]
    assert running["root-apart"]["level"] == WARNING, "the root is on the disk of the data"
    assert running["tls"]["level"] == NOTE
    house.stop()
    content = lambda: {path: path.read_bytes() for path in house.data.rglob("*") if not path.name.endswith(("-wal", "-shm"))}  # noqa: E731
    before = content()
    stopped = doctor(house)
    assert "no process" in stopped["server"]["what"]
    assert {check: found["level"] for check, found in stopped.items()} == {
        check: found["level"] for check, found in running.items()
    }
    assert content() == before and len(before) > 3, "looking changes nothing"


def test_the_text_for_people(house):
    house.data.chmod(0o755)
    done = house.run("doctor", *house.command()[2:])
    assert done.returncode == 2, done
    first = done.stdout.split("\n\n")[1].splitlines()
    assert first[0].startswith("problem  data-dir: ") and "mode 0755" in first[0], done.stdout
    assert first[1].strip().startswith("why: ") and first[2].strip() == f"mend: chmod 700 {house.data}"
    assert done.stdout.rstrip().splitlines()[-1].startswith("problems: 1, warnings: ")


def test_before_the_first_start(make_server):
    server = make_server(start=False)
    found = doctor(server)
    assert found["data-dir"]["level"] == NOTE and "root" not in found and "database" not in found
    assert not server.data.exists() and not server.root_files(), "looking makes nothing"


def test_a_configuration_that_is_not_right(make_server):
    done = make_server(start=False).run("doctor", "--listen", "nowhere")
    assert done.returncode == 2 and "IP address" in done.stderr and not done.stdout, done


@pytest.mark.parametrize("check, path, mode", [
    ("data-dir", lambda s: s.data, 0o750),
    ("data-files", lambda s: s.data / "kagiban.db", 0o644),
    ("data-files", lambda s: s.data / "keyring.sealed", 0o660),
    ("credentials", lambda s: s.credentials_file, 0o644),
    ("root-mode", lambda s: s.root_files()[0], 0o640),
    ("root-folder", lambda s: s.root_files()[0].parent, 0o777),
])  # fmt: skip
def test_modes(house, check, path, mode):
    assert doctor(house).get(check, {"level": OK})["level"] == OK
    path(house).chmod(mode)
    assert level(house, check) == PROBLEM


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_owners(house):
    os.chown(house.data / "trail.head", 12345, -1)
    found = doctor(house)["data-owner"]
    assert found["level"] == PROBLEM and "`trail.head`" in found["what"]


def test_a_configuration_file_that_others_can_write(house):
    file = house.folder / "kagiban.toml"
    file.write_text('region = "ap-northeast-1"\n')
    for mode, expected in [(0o644, OK), (0o664, PROBLEM)]:
        file.chmod(mode)
        assert level(house, "config-file", "--config", str(file)) == expected


def test_a_root_that_is_missing_wrong_or_not_apart(house, make_server):
    house.stop()
    root = house.root_files()[0]
    inside = house.data / "root.key"
    shutil.copy(root, inside)
    assert level(house, "root-apart", "--root-key-file", str(inside)) == PROBLEM
    inside.unlink()
    other = make_server("other").root_files()[0]
    assert level(house, "root", "--root-key-file", str(other)) == PROBLEM
    root.rename(root.with_suffix(".away"))
    found = doctor(house)["root"]
    assert found["level"] == PROBLEM and str(root) in found["what"]


def test_a_keyring_or_an_installation_that_is_gone(house):
    house.stop()
    keyring = house.data / "keyring.sealed"
    keyring.rename(keyring.with_suffix(".away"))
    assert level(house, "keyring") == PROBLEM
    (house.data / "installation").write_text("x")
    assert level(house, "installation") == PROBLEM


def test_a_database_that_is_no_database(house):
    house.stop()
    for left in house.data.glob("kagiban.db-*"):
        left.unlink()
    (house.data / "kagiban.db").write_bytes(b"no database" * 1000)
    assert level(house, "database") == PROBLEM


def test_a_head_that_is_gone_or_ahead(house):
    house.stop()
    head = house.data / "trail.head"
    assert level(house, "trail-head") == OK
    kept = head.read_bytes()
    head.write_bytes((10**6).to_bytes(8, "big") + kept[8:])
    assert level(house, "trail-head") == PROBLEM
    head.unlink()
    assert level(house, "trail-head") == WARNING


@pytest.mark.parametrize("days, expected", [(30, PROBLEM), (-30, WARNING)])
def test_a_clock_that_is_not_that_of_the_last_event(make_server, days, expected):
    """The house ran under a clock of its own; the doctor has that of the machine."""
    server = make_server(start=False)
    clock = server.folder / "clock"
    clock.write_text(str(days * 24 * 3600))
    flags, server.flags = server.flags, ("--danger-clock-file", str(clock))
    server.start()
    server.stop()
    server.flags = flags
    assert level(server, "clock") == expected


def test_a_clock_that_is_right_behind_a_start_with_one_that_was_not(make_server):
    """What a start with a wrong clock leaves on the trail has wrong times; when the house last believed its clock it has noted."""
    server = make_server()
    time.sleep(1.5)  # Within a second of the start, a clock that is believed is noted.
    server.stop()
    clock = server.folder / "clock"
    clock.write_text(str(30 * 24 * 3600))
    flags, server.flags = server.flags, ("--danger-clock-file", str(clock))
    server.start()
    server.process.kill()
    server.process.wait()
    server.flags = flags
    assert level(server, "clock") == OK


def test_a_variable_that_is_none_of_a_setting(house, monkeypatch):
    assert "variables" not in doctor(house)
    environment = house.environment | {"KAGIBAN_REGOIN": "x", "KAGIBAN_MADE_UP": "x"}
    monkeypatch.setattr(Server, "environment", property(lambda _: environment))
    found = doctor(house)["variables"]
    assert found["level"] == NOTE and "KAGIBAN_REGOIN" in found["what"] and "KAGIBAN_MADE_UP" in found["what"]


def test_a_listener_without_tls(house, certificate):
    plain = ("--listen", f"0.0.0.0:{free_port()}", "--danger-plain-listen")
    command = [word for word in house.command()[2:] if not word.startswith("127.0.0.1:") and word != "--listen"]
    ask = lambda *flags: json.loads(house.run("doctor", "--json", *command, *flags).stdout)["findings"]  # noqa: E731
    by_check = {found["check"]: found["level"] for found in ask(*plain)}
    assert by_check["tls"] == WARNING
    crt, key = map(str, certificate)
    tls = ("--tls-certificate-file", crt, "--tls-key-file", key)
    by_check = {found["check"]: found["level"] for found in ask(*tls)}
    assert (by_check["tls"], by_check["tls-certificate"], by_check["tls-key"]) == (OK, WARNING, OK), "two days are few"
    pathlib.Path(key).chmod(0o644)
    assert {found["check"]: found["level"] for found in ask(*tls)}["tls-key"] == PROBLEM


def test_a_server_that_was_killed_is_not_seen(house):
    house.process.send_signal(signal.SIGKILL)
    house.process.wait()
    found = doctor(house)
    assert "no process" in found["server"]["what"] and found["database"]["level"] == OK
