"""The long form: 100 million requests on all cores. It goes on where it was interrupted, and writes tests/oracle/proved.toml.

    python3 tests/oracle/prove.py [SEEDS]        500000 unless said, of 200 requests each

What is done is kept in target/oracle/prove.json, with the sources it was done on; others begin anew. A seed of which one request is not
answered alike is written into proved.toml, under `failed`. It is tried first the next time, and stands under `failed_once` when it passes.
"""

import concurrent.futures
import datetime
import json
import os
import pathlib
import resource
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "ci"))

from proving import known_failures, sources  # noqa: E402

SEEDS = 500_000
# Away from the seeds of CI.
FIRST_SEED = 1_000_000
SEEDS_OF_A_PORTION = 2_500
PLACE = ROOT / "target/oracle"
STATE = PLACE / "prove.json"
PROVED = HERE / "proved.toml"
PROFILE = "prove"


def main() -> int:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS
    subprocess.run(["cargo", "build", "--profile", PROFILE, "-p", "oracle"], cwd=ROOT, check=True)
    PLACE.mkdir(parents=True, exist_ok=True)
    now = sources("Cargo.toml", "Cargo.lock", "crates/policy", "crates/names", "tests/oracle")
    state, once = resumed(now), known_failures(PROVED)
    failed = {seed: what for seed in sorted(once) for what in portion(seed, seed + 1)["failed"].values()}
    wanted = range(FIRST_SEED, FIRST_SEED + seeds, SEEDS_OF_A_PORTION)
    left = [start for start in wanted if start not in state["done"]]
    print(f"{state['requests']} requests are done already, {len(left)} portions are left", flush=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for told in pool.map(lambda start: portion(start, min(start + SEEDS_OF_A_PORTION, FIRST_SEED + seeds)), left):
            failed |= {int(seed): what for seed, what in told["failed"].items()}
            take(state, told)
            if told["failed"]:
                once |= set(failed)
                write_proved(state, failed, once)
    write_proved(state, failed, once)
    for seed, what in failed.items():
        print(f"seed {seed} fails: {what}")
    cpu = state["cpu_seconds"]
    print(f"{state['requests']} requests, {cpu:.0f} CPU s, {len(failed)} seeds failed; {PROVED.relative_to(ROOT)} says so")
    return 1 if failed else 0


def portion(first: int, end: int) -> dict:
    """Asks the requests of the seeds from `first` to `end`, which is excluded, in a process of their own. One that dies fails them all."""
    program = ROOT / "target" / PROFILE / "oracle"
    done = subprocess.run([str(program), str(first), str(end)], stdout=subprocess.PIPE, check=False)
    if done.stdout:
        return json.loads(done.stdout)
    failed = {str(seed): f"the program ends with {done.returncode}" for seed in range(first, end)}
    return {"from": first, "to": end, "requests": 0, "failed": failed, "counts": {}}


def take(state: dict, told: dict) -> None:
    # A portion cut short by the number of seeds that was asked for is asked again, whole.
    if told["to"] - told["from"] == SEEDS_OF_A_PORTION:
        state["done"].append(told["from"])
    state["requests"] += told["requests"]
    for row, times in told["counts"].items():
        state["counts"][row] = state["counts"].get(row, 0) + times
    # All that this process has started and that has ended, the build included, which finds nothing to do the second time.
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    state["cpu_seconds"] = state["cpu_before"] + used.ru_utime + used.ru_stime
    STATE.write_text(json.dumps(state))


def resumed(now: dict[str, str]) -> dict:
    if STATE.exists():
        state = json.loads(STATE.read_text())
        if state.get("sources") == now["sources"]:
            return state | now | {"cpu_before": state["cpu_seconds"]}
    return now | {"done": [], "requests": 0, "cpu_seconds": 0.0, "cpu_before": 0.0, "counts": {}}


def write_proved(state: dict, failed: dict, once: set) -> None:
    lines = [
        "# What prove.py has run last: on which commit, how much, and what decided.",
        f'commit = "{state["commit"]}"',
        f'date = "{datetime.date.today().isoformat()}"',
        f"requests = {state['requests']}",
        f"cpu_seconds = {state['cpu_seconds']:.0f}",
        f"failed = {sorted(failed)}",
        f"failed_once = {sorted(once - set(failed))}",
        "",
        "[counts]",
        *(f'"{row}" = {times}' for row, times in sorted(state["counts"].items())),
    ]
    PROVED.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())
