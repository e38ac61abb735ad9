"""The long form: thousands of kills. It goes on where it was interrupted, and writes tests/kill/proved.toml.

    .venv-tests/bin/python tests/kill/prove.py [CYCLES]        2000 unless said

What is done is kept in target/kill/prove.json, with the sources it was done on; others begin anew. A house that fails is kept in
target/kill/failed, and its seed says the same plan again: KAGIBAN_KILL_SEEDS=SEED, with KAGIBAN_KILL_CYCLES=20. The seed is written
into proved.toml at once, under `failed`, and is tried first the next time; when it passes it stays under `failed_once`: the moments of
a kill are nobody's to repeat, so one that passes is not yet mended.
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
sys.path[:0] = [str(HERE), str(HERE.parent / "conformance"), str(HERE.parent.parent / "ci")]

from killing.house import House  # noqa: E402
from proving import PROGRAM, known_failures, sources  # noqa: E402
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
    subprocess.run(["cargo", "build", "--profile", "ci", "-p", "kagiban"], cwd=ROOT, check=True)
    PLACE.mkdir(parents=True, exist_ok=True)
    state, once = resumed(sources(*PROGRAM, "tests/kill", "tests/conformance/rig")), known_failures(PROVED)
    program = PLACE / f"kagiban-prove-{os.getpid()}"
    shutil.copy2(binary(), program)
    os.environ["KAGIBAN_BIN"] = str(program)
    try:
        again = sorted(once - set(state["passed_again"]))
        while again or state["cycles"] < cycles:
            seed = again.pop(0) if again else state["next_seed"]
            if wrong := one_house(state, seed):
                write_proved(state, {seed}, once)
                print("\n".join(wrong))
                return 1
            if seed in once:
                state["passed_again"].append(seed)
            else:
                state["next_seed"] += 1
            STATE.write_text(json.dumps(state))
    finally:
        program.unlink()
    write_proved(state, set(), once)
    print(f"{state['cycles']} cycles passed; {PROVED.relative_to(ROOT)} says so")
    return 0


def one_house(state: dict, seed: int) -> list[str]:
    folder = pathlib.Path(tempfile.mkdtemp(prefix="prove-", dir=PLACE))
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
    for figure in FIGURES:
        state[figure] += getattr(house.totals, figure)
    return []


def resumed(now: dict[str, str]) -> dict:
    if STATE.exists():
        state = json.loads(STATE.read_text())
        if state.get("sources") == now["sources"]:
            print(f"going on after {state['cycles']} cycles")
            return state | now
    return now | {"first_seed": FIRST_SEED, "next_seed": FIRST_SEED, "passed_again": []} | dict.fromkeys(FIGURES, 0)


def write_proved(state: dict, failed: set[int], once: set[int]) -> None:
    lines = [
        "# What prove.py has run last: on which commit, with which seeds, and what it counted.",
        f'commit = "{state["commit"]}"',
        f'date = "{datetime.date.today().isoformat()}"',
        f"seeds = [{state['first_seed']}, {state['next_seed'] - 1}] # from, to",
        f"failed = {sorted(failed)}",
        f"failed_once = {sorted(once - failed)}",
        *(f"{figure} = {state[figure]}" for figure in FIGURES),
    ]
    PROVED.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())
