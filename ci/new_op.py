"""Begins an operation in a copy of the tree by `xtask new-op`, and looks what came of it: one new file, two lines in the table, the model
and the ledger; everything builds; and exactly one test fails, with a message that says what is to be written where.

    python3 ci/new_op.py [SERVICE OPERATION]        kms RotateKeyOnDemand unless said

In target/new-op it builds and tests whatever an operation can reach: the shapes, the services, the program and what stands behind it. What
stands below the services does not know of them, and cargo sees to that: its suites, with those of the toy service that lives there too,
took half of the processor's time and could tell nothing. Of what is not run by cargo, `tests/model` asks for stories of the operation too
(its README). A step of `make prove`.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PLACE = ROOT / "target/new-op"
TREE = PLACE / "tree"
FAILS = "tidy::tests::the_tree_is_tidy"
BELOW = "locked secret names shape shape-gen cipher policy vault store kernel wire house toy bench".split()
REACHED = ["--workspace", *(word for name in BELOW for word in ("--exclude", name)), "--no-fail-fast"]


def main() -> int:
    service, operation = sys.argv[1:3] if len(sys.argv) > 2 else ("kms", "RotateKeyOnDemand")
    copy()
    botocore = next((ROOT / ".venv-tests/lib").glob("python3*/site-packages"))
    cargo(["run", "--profile", "ci", "-p", "xtask", "--", "new-op", service, operation, str(botocore)], check=True)
    file = f"services/{service}/src/{re.sub(r'(?<!^)(?=[A-Z])', '_', operation).lower()}.rs"
    wrong = changes(service, file)
    runner = ["nextest", "run", "--cargo-profile", "ci"] if shutil.which("cargo-nextest") else ["test", "--profile", "ci"]
    said = cargo([*runner, *REACHED], check=False)
    # nextest: `FAIL [   4.1s] (1/9) xtask::bin/xtask tidy::…`; cargo test: `test tidy::… ... FAILED`.
    found = re.findall(r"^\s*FAIL \[.*\] .*?(\S+)$|^test (\S+) \.\.\. FAILED$", said, re.M)
    failed = sorted({one or other for one, other in found})
    if failed != [FAILS]:
        wrong.append(f"these tests fail, and not {FAILS} alone: {failed}\n{said[-4000:]}")
    marks = [number for number, line in enumerate((TREE / file).read_text().splitlines(), 1) if "// UN" "WRITTEN: " in line]
    wrong += [f"the test does not name {file}:{number}" for number in marks if f"{file}:{number}: still to be written: " not in said]
    print("\n".join(wrong) or f"one file, two lines, the model and the ledger; {len(marks)} parts are to be written, and one test says so")
    return 1 if wrong or not marks else 0


def copy() -> None:
    """The files that git knows, as they are here; what did not change keeps its time, so that a second run builds little."""
    known = output(["git", "ls-files", "-z"], ROOT).split("\0")
    wanted = {name for name in known if name and (ROOT / name).is_file()}
    for path in [path for path in TREE.rglob("*") if path.is_file() ]:
        if str(path.relative_to(TREE)) not in wanted:
            path.unlink()
    for name in wanted:
        to = TREE / name
        if not to.exists() or to.read_bytes() != (ROOT / name).read_bytes():
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, to)


def changes(service: str, file: str) -> list[str]:
    """What is wrong with what was written."""
    lib, page = f"services/{service}/src/lib.rs", "docs/ledger.md"
    models = {f"models/{service}.house.toml", f"models/{service}.json"}
    known = {name for name in output(["git", "ls-files", "-z"], ROOT).split("\0") if name and (ROOT / name).is_file()}
    there = {str(path.relative_to(TREE)) for path in TREE.rglob("*") if path.is_file()}
    changed = {name for name in known if (TREE / name).read_bytes() != (ROOT / name).read_bytes()}
    wrong = []
    if there - known != {file}:
        wrong.append(f"new are {sorted(there - known)}, and not {file} alone")
    if changed != models | {lib, page}:
        wrong.append(f"changed are {sorted(changed)}")
    more = len((TREE / lib).read_text().splitlines()) - len((ROOT / lib).read_text().splitlines())
    if more != 2:
        wrong.append(f"{lib} has {more} lines more, and not two")
    return wrong


def cargo(words: list[str], check: bool) -> str:
    environment = os.environ | {"CARGO_TARGET_DIR": str(PLACE / "target"), "CARGO_TERM_COLOR": "never"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    done = subprocess.run(["cargo", *words], cwd=TREE, env=environment, check=False, **pipes)
    if check and done.returncode != 0:
        raise SystemExit(f"cargo {' '.join(words)} fails:\n{done.stdout[-4000:]}")
    return done.stdout


def output(command: list[str], folder: pathlib.Path) -> str:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    sys.exit(main())
