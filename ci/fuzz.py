"""Runs each fuzz target for some seconds, from its committed corpus: a crash, a second for one input or 64 MiB is a failure.

    python3 ci/fuzz.py [SECONDS] [TARGET ...]     60 seconds and all targets, unless told otherwise
    python3 ci/fuzz.py prove [SECONDS]            ten minutes, all targets; goes on where it was interrupted

What `prove` has done is kept in fuzz/target/prove.json, with the sources it was done on (others begin anew), and when it is through it
is written into fuzz/proved.toml: on which commit, and for each target seconds, inputs and places reached.

It needs what builds libFuzzer: the sources of libfuzzer-sys and a C++ compiler. The coverage that guides it is one of LLVM's own
passes, so that any compiler of Rust will do. Where the tools are wanting it says so and ends with 0 (`prove` with 1): the corpora are
replayed by the tests of the crates all the same. What it finds is kept in fuzz/artifacts, and tried first the next time, until somebody
takes it away; what it learns in fuzz/target/learned.
"""

import datetime
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tomllib

from proving import sources

ROOT = pathlib.Path(__file__).resolve().parent.parent
FUZZ = ROOT / "fuzz"
STATE = FUZZ / "target/prove.json"
PROVED = FUZZ / "proved.toml"
SECONDS = 60
SECONDS_PROVE = 600
TIMEOUT_SECONDS = 1
MEMORY_MIB_MAX = 64
INPUT_BYTES_MAX = 4096
# What cargo-fuzz asks of the compiler, but for the sanitizer, which takes a nightly one: the little `unsafe` of the house reads no input.
COVERAGE = [
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Cdebug-assertions",
    "-Coverflow-checks",
    "-Ccodegen-units=1",
]


def main() -> int:
    arguments = sys.argv[1:]
    proves = arguments[:1] == ["prove"]
    del arguments[: int(proves)]
    seconds = int(arguments.pop(0)) if arguments and arguments[0].isdigit() else SECONDS_PROVE if proves else SECONDS
    known = [target["name"] for target in tomllib.loads((FUZZ / "Cargo.toml").read_text())["bin"]]
    strange = [name for name in arguments if name not in known]
    if strange:
        print(f"no such target: {', '.join(strange)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    if not any(shutil.which(compiler) for compiler in ("c++", "g++", "clang++")):
        print("not fuzzed: libFuzzer is built by a C++ compiler, and there is none")
        return int(proves)
    host = re.search(r"^host: (.+)$", output(["rustc", "-vV"]), re.M).group(1)
    targets = arguments or known
    if not build(targets, host):
        return 1
    state = resumed() if proves else {"targets": {}}
    failed = []
    for target in targets:
        done = state["targets"].get(target)
        if done and done["seconds"] >= seconds:
            continue
        counts = fuzz(FUZZ / "target" / host / "release" / target, target, seconds)
        if counts is None:
            failed.append(target)
        elif proves:
            state["targets"][target] = {"seconds": seconds} | counts
            STATE.write_text(json.dumps(state))
    if proves and not failed and not arguments:
        write_proved(state)
    print(f"{len(targets)} targets, {seconds} s each: " + (f"FAILED: {', '.join(failed)}" if failed else "nothing found"))
    return 1 if failed else 0


def resumed() -> dict:
    fuzzed = sources("crates", "shapes", "fuzz/Cargo.toml", "fuzz/src", "fuzz/fuzz_targets")
    state = json.loads(STATE.read_text()) if STATE.exists() else {}
    return state | fuzzed if state.get("sources") == fuzzed["sources"] else fuzzed | {"targets": {}}


def write_proved(state: dict) -> None:
    lines = [
        "# The last time that `fuzz.py prove` ran through: on which commit, and what each target was given.",
        f'commit = "{state["commit"]}"',
        f'date = "{datetime.date.today().isoformat()}"',
        *(
            f"{target} = {{ seconds = {done['seconds']}, inputs = {done['inputs']}, places = {done['places']} }}"
            for target, done in state["targets"].items()
        ),
    ]
    PROVED.write_text("\n".join(lines) + "\n")


def build(targets: list[str], host: str) -> bool:
    # The versions of the house, and libFuzzer beside them. With `--target`, build scripts go without the coverage.
    shutil.copy(ROOT / "Cargo.lock", FUZZ / "Cargo.lock")
    command = ["cargo", "build", "--release", "--target", host, *(f"--bin={target}" for target in targets)]
    environment = os.environ | {"CARGO_ENCODED_RUSTFLAGS": "\x1f".join(COVERAGE), "CARGO_TARGET_DIR": str(FUZZ / "target")}
    return subprocess.run(command, cwd=FUZZ, env=environment, check=False).returncode == 0


def fuzz(program: pathlib.Path, target: str, seconds: int) -> dict | None:
    """What was tried and reached; `None` if something was found."""
    learned, artifacts = FUZZ / "target/learned" / target, FUZZ / "artifacts" / target
    learned.mkdir(parents=True, exist_ok=True)
    artifacts.mkdir(parents=True, exist_ok=True)
    limits = [f"-timeout={TIMEOUT_SECONDS}", f"-max_len={INPUT_BYTES_MAX}", f"-artifact_prefix={artifacts}/"]
    # libFuzzer counts the whole process. What it has after an empty input is its own.
    own = re.findall(r"rss: (\d+)Mb", output([str(program), "-runs=1", *limits]))
    memory = MEMORY_MIB_MAX + int(own[-1])
    options = [*limits, f"-rss_limit_mb={memory}", f"-max_total_time={seconds}", "-print_final_stats=1", "-verbosity=1"]
    for artifact in sorted(artifacts.iterdir()):
        again = subprocess.run([str(program), *limits, f"-rss_limit_mb={memory}", str(artifact)], capture_output=True, check=False)
        if again.returncode != 0:
            print(f"fuzz {target}: FAILED: {artifact.relative_to(ROOT)} was found before and still fails", flush=True)
            return None
    done = subprocess.run(
        [str(program), str(learned), str(FUZZ / "corpus" / target), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        print("\n".join(done.stdout.splitlines()[-60:]))
    runs = re.findall(r"stat::number_of_executed_units:\s+(\d+)", done.stdout)
    covered = re.findall(r"cov: (\d+)", done.stdout)
    counts = f"{runs[-1] if runs else '?'} inputs, {covered[-1] if covered else '?'} places reached, {memory} MiB allowed"
    print(f"fuzz {target}: {'ok' if done.returncode == 0 else 'FAILED'}: {counts}", flush=True)
    if done.returncode != 0:
        return None
    # Without its figures nobody knows what it has done.
    return {"inputs": int(runs[-1]), "places": int(covered[-1])} if runs and covered else None


def output(command: list[str]) -> str:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
