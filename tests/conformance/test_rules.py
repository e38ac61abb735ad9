"""Rules the suite keeps about itself: the list of skips only shrinks, and each entry has a reason and a test."""

import pathlib
import subprocess
import tomllib

HERE = pathlib.Path(__file__).parent
LIST = "tests/conformance/skips.toml"


def entries(text: str) -> set[str]:
    return {entry["test"] for entry in tomllib.loads(text)["skip"]}


def test_each_skip_has_a_reason_and_a_test():
    for entry in tomllib.loads((HERE / "skips.toml").read_text())["skip"]:
        assert set(entry) == {"test", "reason"} and len(entry["reason"]) > 20, entry
        path, _, name = entry["test"].partition("::")
        assert f"def {name.partition('[')[0]}(" in (HERE / path).read_text(), f"no such test: {entry['test']}"


def test_the_list_of_skips_only_shrinks():
    """Compared with every version that git still knows; a clone without history has nothing to compare."""
    now = entries((HERE / "skips.toml").read_text())
    for version in git("log", "--format=%H", "--", LIST).split():
        text = git("show", f"{version}:{LIST}")
        if text:
            added = now - entries(text)
            assert not added, f"added since {version[:10]}: {sorted(added)}"


def git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=HERE.parents[1], capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else ""


def test_the_rule_can_fail():
    old = '[[skip]]\ntest = "test_a.py::test_b"\nreason = "a reason that is long enough"\n'
    assert entries(old + old.replace("test_b", "test_c")) - entries(old) == {"test_a.py::test_c"}
