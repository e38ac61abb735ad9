"""The long form: 100,000 seeds on all cores. It goes on where it was interrupted, and writes tests/sim/proved.toml.

    python3 tests/sim/prove.py [SEEDS]        100000 unless said

What is done is kept in target/sim/prove.json, with the commit it was done on; another commit begins anew. A seed that fails is written into
proved.toml at once, under `failed`. It is tried first the next time, and stays there, and the run fails, until it passes; from then on it
stands under `failed_once`, and the ordinary tests run it with their own seeds.
"""

import concurrent.futures
import datetime
import json
import os
import pathlib
import resource
import subprocess
import sys
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SEEDS = 100_000
# Away from the seeds of CI.
FIRST_SEED = 1_000
SEEDS_OF_A_PORTION = 250
PLACE = ROOT / "target/sim"
STATE = PLACE / "prove.json"
PROVED = HERE / "proved.toml"
PROFILE = "prove"


def main() -> int:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS
    subprocess.run(["cargo", "build", "--profile", PROFILE, "-p", "sim"], cwd=ROOT, check=True)
    PLACE.mkdir(parents=True, exist_ok=True)
    state, known = resumed(commit()), tomllib.loads(PROVED.read_text()) if PROVED.exists() else {}
    once = set(known.get("failed_once", [])) | set(known.get("failed", []))
    failed = {seed: what for seed in sorted(once) for what in portion(seed, seed + 1)["failed"].values()}
    wanted = range(FIRST_SEED, FIRST_SEED + seeds, SEEDS_OF_A_PORTION)
    left = [start for start in wanted if start not in state["done"]]
    print(f"{len(state['done']) * SEEDS_OF_A_PORTION} seeds are done already, {len(left) * SEEDS_OF_A_PORTION} are left", flush=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for told in pool.map(lambda start: portion(start, start + SEEDS_OF_A_PORTION), left):
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
    """Runs the seeds from `first` to `end`, which is excluded, in a process of their own."""
    program = ROOT / "target" / PROFILE / "sim"
    done = subprocess.run([str(program), str(first), str(end)], cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    if not done.stdout:
        raise SystemExit(f"the seeds from {first} to {end} end the program with {done.returncode}")
    return json.loads(done.stdout)


def take(state: dict, told: dict) -> None:
    state["done"].append(told["from"])
    state["seeds"] += told["to"] - told["from"]
    for what, times in told["counts"].items():
        state["counts"][what] = state["counts"].get(what, 0) + times
    # All that this process has started and that has ended, the build included, which finds nothing to do the second time.
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    state["cpu_seconds"] = state["cpu_before"] + used.ru_utime + used.ru_stime
    STATE.write_text(json.dumps(state))


def resumed(commit_: str) -> dict:
    if STATE.exists():
        state = json.loads(STATE.read_text())
        if state["commit"] == commit_:
            return state | {"cpu_before": state["cpu_seconds"]}
    return {"commit": commit_, "done": [], "seeds": 0, "cpu_seconds": 0.0, "cpu_before": 0.0, "counts": {}}


def commit() -> str:
    """The commit of the checkout; `-changed` behind it if tracked files differ from it."""
    git = ["git", "-C", str(ROOT)]
    head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    changed = subprocess.run([*git, "diff", "--quiet", "HEAD", "--", ":!tests/*/proved.toml", ":!fuzz/proved.toml"], check=False)
    return head + ("-changed" if changed.returncode != 0 else "")


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
