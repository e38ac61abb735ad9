"""The long form: thousands of kills. It goes on where it was interrupted, and writes tests/kill/proved.toml when it is through.

    .venv-tests/bin/python tests/kill/prove.py [CYCLES]        2000 unless said

What is done is kept in target/kill/prove.json, with the commit it was done on; another commit begins anew. A house that fails is kept in
target/kill/failed, and its seed says the same plan again: KAGIBAN_KILL_SEEDS=SEED, with KAGIBAN_KILL_CYCLES=20.
"""

import datetime
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "conformance")]

from killing.house import House  # noqa: E402
from rig.server import ROOT, binary  # noqa: E402

CYCLES = 2000
CYCLES_OF_A_HOUSE = 20
# Away from the seeds of CI.
FIRST_SEED = 10_000
PLACE = ROOT / "target/kill"
STATE = PLACE / "prove.json"
PROVED = HERE / "proved.toml"
FIGURES = ("cycles", "writes", "answers", "conflicts", "in_flight", "in_flight_done", "starts_killed", "read_back")


def main() -> int:
    cycles = int(sys.argv[1]) if len(sys.argv) > 1 else CYCLES
    PLACE.mkdir(parents=True, exist_ok=True)
    state = resumed(commit())
    program = PLACE / f"kagiban-prove-{os.getpid()}"
    shutil.copy2(binary(), program)
    os.environ["KAGIBAN_BIN"] = str(program)
    try:
        while state["cycles"] < cycles:
            if wrong := one_house(state):
                print("\n".join(wrong))
                return 1
            STATE.write_text(json.dumps(state))
    finally:
        program.unlink()
    write_proved(state)
    print(f"{state['cycles']} cycles passed; {PROVED.relative_to(ROOT)} says so")
    return 0


def one_house(state: dict) -> list[str]:
    folder = pathlib.Path(tempfile.mkdtemp(prefix="prove-", dir=PLACE))
    seed = state["next_seed"]
    house = House(folder, seed)
    try:
        wrong = house.live(CYCLES_OF_A_HOUSE)
        house.server.kill()
        if wrong:
            kept = PLACE / "failed" / f"seed-{seed}"
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(folder, kept)
            return wrong
    finally:
        house.server.kill()
        shutil.rmtree(folder, ignore_errors=True)
    state["next_seed"] += 1
    for figure in FIGURES:
        state[figure] += getattr(house.totals, figure)
    return []


def resumed(commit_: str) -> dict:
    if STATE.exists():
        state = json.loads(STATE.read_text())
        if state["commit"] == commit_:
            print(f"going on after {state['cycles']} cycles")
            return state
    return {"commit": commit_, "first_seed": FIRST_SEED, "next_seed": FIRST_SEED} | dict.fromkeys(FIGURES, 0)


def commit() -> str:
    """The commit of the checkout; `-changed` behind it if tracked files differ from it."""
    git = ["git", "-C", str(ROOT)]
    head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    changed = subprocess.run([*git, "diff", "--quiet", "HEAD", "--", ":!tests/kill/proved.toml"]).returncode != 0
    return head + ("-changed" if changed else "")


def write_proved(state: dict) -> None:
    lines = [
        "# The last time that prove.py ran through: on which commit, with which seeds, and what it counted.",
        f'commit = "{state["commit"]}"',
        f'date = "{datetime.date.today().isoformat()}"',
        f"seeds = [{state['first_seed']}, {state['next_seed'] - 1}] # from, to",
        *(f"{figure} = {state[figure]}" for figure in FIGURES),
    ]
    PROVED.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())
