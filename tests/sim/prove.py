"""The long form: 100,000 seeds on all cores. It goes on where it was interrupted, and writes tests/sim/proved.toml.

    python3 tests/sim/prove.py [SEEDS]        100000 unless said

What is done is kept in target/sim/prove.json, with the sources it was done on; others begin anew. A seed that fails, or ends the
program, is written into proved.toml as soon as it is known, under `failed`. It is tried first the next time, and stays there, and the run
fails, until it passes; from then on it stands under `failed_once`. The ordinary tests run both with their own seeds.
"""

import concurrent.futures
import datetime
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "ci"))

from proving import PROGRAM, known_failures, sources  # noqa: E402

SEEDS = 100_000
# Away from the seeds of CI.
FIRST_SEED = 1_000
SEEDS_OF_A_PORTION = 250
PLACE = ROOT / "target/sim"
STATE = PLACE / "prove.json"
PROVED = HERE / "proved.toml"
PROFILE = "prove"
# Of what the program says on standard error, where it fails.
ERRORS_BYTES_SHOWN = 4_000


def main() -> int:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS
    subprocess.run(["cargo", "build", "--profile", PROFILE, "-p", "sim"], cwd=ROOT, check=True)
    PLACE.mkdir(parents=True, exist_ok=True)
    state, once = resumed(sources(*PROGRAM, "tests/house", "tests/sim")), known_failures(PROVED)
    failed = {seed: what for seed in sorted(once) for what in portion(seed, seed + 1)["failed"].values()}
    wanted = range(FIRST_SEED, FIRST_SEED + seeds, SEEDS_OF_A_PORTION)
    left = [start for start in wanted if start not in state["done"]]
    print(f"{len(state['done']) * SEEDS_OF_A_PORTION} seeds are done already, {len(left) * SEEDS_OF_A_PORTION} are left", flush=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for portion_ in concurrent.futures.as_completed(pool.submit(portion, start, start + SEEDS_OF_A_PORTION) for start in left):
            told = portion_.result()
            failed |= {int(seed): what for seed, what in told["failed"].items()}
            take(state, told)
            if told["failed"]:
                once |= set(failed)
                write_proved(state, failed, once)
    write_proved(state, failed, once)
    for seed, what in failed.items():
        print(f"seed {seed} fails: {what}")
    cpu = state["cpu_seconds"]
    print(f"{state['seeds']} seeds, {cpu:.0f} CPU s, {len(failed)} failed; {PROVED.relative_to(ROOT)} says so")
    return 1 if failed else 0


def portion(first: int, end: int) -> dict:
    """Runs the seeds from `first` to `end`, which is excluded, in a process of their own. If that dies of one, each runs alone."""
    program = ROOT / "target" / PROFILE / "sim"
    with tempfile.TemporaryFile() as errors:
        done = subprocess.run([str(program), str(first), str(end)], cwd=HERE, stdout=subprocess.PIPE, stderr=errors, check=False)
        errors.seek(max(0, errors.tell() - ERRORS_BYTES_SHOWN))
        tail = errors.read().decode(errors="replace")
    if done.stdout:
        told = json.loads(done.stdout)
        if told["failed"]:
            print(tail, file=sys.stderr, flush=True)
        return told
    if end - first == 1:
        print(tail, file=sys.stderr, flush=True)
        return {"from": first, "to": end, "failed": {str(first): f"it ends the program with {done.returncode}"}, "counts": {}}
    whole = {"from": first, "to": end, "failed": {}, "counts": {}}
    for seed in range(first, end):
        one = portion(seed, seed + 1)
        whole["failed"] |= one["failed"]
        for what, times in one["counts"].items():
            whole["counts"][what] = whole["counts"].get(what, 0) + times
    return whole


def take(state: dict, told: dict) -> None:
    state["done"].append(told["from"])
    state["seeds"] += told["to"] - told["from"]
    for what, times in told["counts"].items():
        state["counts"][what] = state["counts"].get(what, 0) + times
    # All that this process has started and that has ended, the build included, which finds nothing to do the second time.
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    state["cpu_seconds"] = state["cpu_before"] + used.ru_utime + used.ru_stime
    STATE.write_text(json.dumps(state))


def resumed(now: dict[str, str]) -> dict:
    if STATE.exists():
        state = json.loads(STATE.read_text())
        if state.get("sources") == now["sources"]:
            return state | now | {"cpu_before": state["cpu_seconds"]}
    return now | {"done": [], "seeds": 0, "cpu_seconds": 0.0, "cpu_before": 0.0, "counts": {}}


def write_proved(state: dict, failed: dict, once: set) -> None:
    ranges = merged(sorted(state["done"]))
    lines = [
        "# What prove.py has run last: on which commit, which seeds, and what they met.",
        f'commit = "{state["commit"]}"',
        f'date = "{datetime.date.today().isoformat()}"',
        f"seeds = {ranges} # from, to",
        f"count = {state['seeds']}",
        f"cpu_seconds = {state['cpu_seconds']:.0f}",
        f"failed = {sorted(failed)}",
        f"failed_once = {sorted(once - set(failed))}",
        "",
        "[counts]",
        *(f'"{what}" = {times}' for what, times in sorted(state["counts"].items())),
    ]
    PROVED.write_text("\n".join(lines) + "\n")


def merged(starts: list[int]) -> list[list[int]]:
    """The portions, those that follow each other as one."""
    ranges: list[list[int]] = []
    for start in starts:
        if ranges and ranges[-1][1] == start - 1:
            ranges[-1][1] = start + SEEDS_OF_A_PORTION - 1
        else:
            ranges.append([start, start + SEEDS_OF_A_PORTION - 1])
    return ranges


if __name__ == "__main__":
    sys.exit(main())
