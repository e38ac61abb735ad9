"""Each error that an operation declares is produced by a story, or excused with a reason in a list that shrinks."""

import pathlib
import subprocess
import tomllib

from conftest import OPERATIONS
from modelling import faults, wire as wires
from rig.server import ROOT

HERE = pathlib.Path(__file__).parent
LIST = HERE / "excused.toml"

_produced: dict[tuple[str, str], set[str]] = {}


def codes(service: str, name: str) -> dict[str, str]:
    """The errors that an operation declares: what the wire says, by the model's name."""
    return {error.name: error.error_code for error in wires.operation(service, name).error_shapes}


def excused(text: str) -> dict[tuple[str, str, str], str]:
    """`(service, operation, error)` → the reason."""
    found = {}
    for entry in tomllib.loads(text)["excused"]:
        assert set(entry) == {"service", "error", "operations", "reason"} and len(entry["reason"]) > 20, entry
        for name in entry["operations"]:
            place = (entry["service"], name, entry["error"])
            assert place not in found, f"excused twice: {place}"
            found[place] = entry["reason"]
    return found


def test_each_story_ends_with_its_error(wire, stock, service, name):
    model, wrong = wires.operation(service, name), []
    by_code = {code: error for error, code in codes(service, name).items()}
    statuses = {error.name: error.metadata.get("error", {}).get("httpStatusCode", 400) for error in model.error_shapes}
    for code, members in faults.stories(service, name, stock):
        answer = wire.call(service, name, members)
        if answer.code != code or code not in by_code:
            got = f"{answer.status} {answer.code}: {answer.text}"
            wrong.append(f"expected {code}, got {got}\n  {wires.shortened(members)}")
        elif answer.status != statuses[by_code[code]]:
            wrong.append(f"{code} came with {answer.status} and not {statuses[by_code[code]]}")
        else:
            _produced.setdefault((service, name), set()).add(by_code[code])
    assert not wrong, "\n".join(wrong)


def test_each_declared_error_is_produced_or_excused():
    declared = {(service, name, error) for service, name in OPERATIONS for error in codes(service, name)}
    produced = {(*place, error) for place, errors in _produced.items() for error in errors}
    listed = set(excused(LIST.read_text()))
    assert produced, "the stories ran before"
    missing = sorted(declared - produced - listed)
    assert not missing, f"{len(missing)} neither produced nor excused:\n" + "\n".join(map(str, missing))
    stale = sorted(listed & produced) + sorted(listed - declared)
    assert not stale, f"excused and not in need of it:\n{stale}"
    print(f"{len(declared)} declared errors: {len(produced)} produced, {len(listed)} excused")


def test_the_list_of_excuses_only_shrinks():
    """Compared with every version that git still knows: only an operation that came to be served may add to it."""
    text = LIST.read_text()
    now = excused(text)
    assert len(now) == tomllib.loads(text)["count"], f"there are {len(now)} excuses; let the number not grow"
    path = LIST.relative_to(ROOT)
    for version in git("log", "--format=%H", "--", str(path)).split():
        then = excused(git("show", f"{version}:{path}"))
        served = {place for place in now if place[1] in operations(version, place[0])}
        added = sorted(place for place in served if place not in then)
        assert not added, f"added since {version[:10]}: {added}"


def operations(version: str, service: str) -> list[str]:
    text = git("show", f"{version}:models/{service}.house.toml")
    return tomllib.loads(text)["operations"] if text else []


def git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else ""
