"""Changes the evaluator of production one line at a time, in a copy of the sources, and asks whether the comparison notices.

    python3 tests/oracle/mutants.py [FIRST [END]]        all of them unless said, by number from 0

A mutant that does not compile, or whose line is no longer there once, fails the run as one that nobody notices does.
"""

import json
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# Beside the sources, so that a build of one mutant serves the next.
COPY = ROOT / "target/oracle/mutants"
SOURCES = "crates/policy/src"
# 200 requests each. One tenth of what CI asks.
SEEDS = "1000"

# File, what stands there exactly once, and what stands there instead.
MUTANTS = [
    ("evaluate.rs", "&& statement.conditions.iter().all(", "&& statement.conditions.iter().any("),
    ("evaluate.rs", "    listed() != list.not", "    listed()"),
    (
        "evaluate.rs",
        "if let (Some(hit), None) = (resource.limited, judged.limit_gap)",
        "if let Some(hit) = resource.limited",
    ),
    (
        "evaluate.rs",
        "if let Some(hit) = resource.direct {",
        "if let (Some(hit), None) = (resource.direct, judged.limit_gap) {",
    ),
    (
        "evaluate.rs",
        "let delegated = !matches!(sources.resource, ResourceSide::Explicit(_)) || resource.account.is_some();",
        "let delegated = true;",
    ),
    (
        "evaluate.rs",
        "if delegated && judged.identity_gap.is_none() && judged.limit_gap.is_none()",
        "if delegated && judged.identity_gap.is_none()",
    ),
    ("evaluate.rs", "(identity.allow.is_none() && !root).then_some", "(identity.allow.is_none()).then_some"),
    (
        "evaluate.rs",
        "sources.session.is_some() || matches!(bench.caller, Principal::FederatedUser { .. })",
        "sources.session.is_some()",
    ),
    (
        "evaluate.rs",
        "self.identity_denies.or(self.boundary_denies).or(self.session_denies)",
        "self.identity_denies.or(self.session_denies)",
    ),
    (
        "evaluate.rs",
        "self.identity_denies.or(self.boundary_denies).or(self.session_denies)",
        "self.identity_denies.or(self.boundary_denies)",
    ),
    ("evaluate.rs", "guardrail_denies = guardrail_denies.or(said.deny);", "guardrail_denies = said.deny;"),
    (
        "evaluate.rs",
        "                guardrail_gap = Some(Place::Guardrail);",
        "                guardrail_gap = None;",
    ),
    (
        "evaluate.rs",
        "let theirs = resource.direct.or(resource.limited).or(resource.account);",
        "let theirs = resource.direct.or(resource.limited);",
    ),
    (
        "evaluate.rs",
        "if let (None, Some(grant)) = (resource.deny, sources.grant)",
        "if let Some(grant) = sources.grant",
    ),
    (
        "evaluate.rs",
        "let own_gap = judged.identity_gap.or(judged.limit_gap);\n    let theirs",
        "let own_gap = judged.identity_gap;\n    let theirs",
    ),
    ("evaluate.rs", "(self.bounded || !principal::spares", "(!principal::spares"),
    ("evaluate.rs", "strongest(named).is_none().then_some(Reach::Direct)", "Some(Reach::Direct)"),
    ("evaluate.rs", "is_none_or(|owner| owner == account)", "is_some_and(|owner| owner == account)"),
    (
        "principal.rs",
        "Principal::AssumedRole { .. } => account() && limited() && direct(),",
        "Principal::AssumedRole { .. } => account() && direct(),",
    ),
    (
        "principal.rs",
        "Principal::User { .. } | Principal::FederatedUser { .. } => account() && direct(),",
        "Principal::User { .. } | Principal::FederatedUser { .. } => direct(),",
    ),
    ("principal.rs", "(is(name, user_arn, user_id), Reach::Limited)", "(is(name, user_arn, user_id), Reach::Direct)"),
    ("principal.rs", "(is(name, role_arn, role_id), Reach::Limited)", "(is(name, role_arn, role_id), Reach::Direct)"),
    ("principal.rs", "Binding::Nobody => false,", "Binding::Nobody => arn.as_str() == caller_arn,"),
    ("principal.rs", "Binding::Id(id) => **id == *caller_id,", "Binding::Id(_) => arn.as_str() == caller_arn,"),
    ("condition.rs", "Quantifier::None => negated,", "Quantifier::None => false,"),
    ("condition.rs", "Quantifier::ForAllValues => true,", "Quantifier::ForAllValues => negated,"),
    ("condition.rs", "Quantifier::ForAnyValue => false,", "Quantifier::ForAnyValue => negated,"),
    ("condition.rs", "            return if_exists\n                ||", "            return"),
    ("condition.rs", "void || values.iter().all(", "void || values.iter().any("),
    (
        "condition.rs",
        "!void && values.iter().any(|value| matches(value) != negated)",
        "!void && values.iter().any(matches) != negated",
    ),
    ("condition.rs", "Self::LessThanEquals => ordering.is_le(),", "Self::LessThanEquals => ordering.is_lt(),"),
    ("condition.rs", "wanted.contains(&Some(fact.is_none()))", "wanted.contains(&Some(fact.is_some()))"),
    (
        "condition.rs",
        '"arnnotequals" | "arnnotlike" => (Test::ArnLike, true)',
        '"arnnotequals" | "arnnotlike" => (Test::StringLike, true)',
    ),
    ("condition.rs", "const ARN_PARTS: usize = 6;", "const ARN_PARTS: usize = 5;"),
    ("condition.rs", "key: key.to_lowercase().into_boxed_str()", "key: key.into()"),
    (
        "template.rs",
        "variable.value(context)?.chars().map(Atom::Char)",
        "variable.value(context)?.chars().map(|char| if char == '*' { Atom::Run } else { Atom::Char(char) })",
    ),
    ("template.rs", "None => self.default.as_deref().map(Cow::Borrowed),", "None => None,"),
    ("template.rs", "Some(Fact::Many(_)) => None,", "Some(Fact::Many(values)) => values.into_iter().next(),"),
    ("template.rs", "None | Some(':')) => {", "None) => {"),
    (
        "template.rs",
        "'?' if wild && early => parts.push(Part::Atom(Atom::OneInside)),",
        "'?' if wild && early => parts.push(Part::Atom(Atom::One)),",
    ),
    ("template.rs", "key: key.trim().to_lowercase().into_boxed_str()", "key: key.trim().into()"),
    (
        "request.rs",
        "Self::AssumedRole { role_arn, .. } => Some(Cow::Borrowed(*role_arn)),",
        "Self::AssumedRole { session_arn, .. } => Some(Cow::Borrowed(*session_arn)),",
    ),
    (
        "request.rs",
        "matches!(fact, Fact::Many(values) if values.is_empty())",
        "matches!(fact, Fact::Many(values) if values.len() > 9)",
    ),
]


def main() -> int:
    first, end = (int(word) for word in (*sys.argv[1:], *("0", str(len(MUTANTS)))[len(sys.argv) - 1 :]))
    if COPY.exists():
        shutil.rmtree(COPY)
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in filter(None, listed.decode().split("\0")):
        if (ROOT / name).is_file():
            (COPY / name).parent.mkdir(parents=True, exist_ok=True)
            # As of now: a build of the last run may be of its last mutant.
            shutil.copyfile(ROOT / name, COPY / name)
    lost = [] if notices() is None else ["without a change, both sides do not agree"]
    for number, (file, old, new) in list(enumerate(MUTANTS))[first:end]:
        path = COPY / SOURCES / file
        text = path.read_text()
        if text.count(old) != 1:
            seen = f"stands there {text.count(old)} times"
            lost.append(f"{number} {file}: {old!r} {seen}")
        else:
            path.write_text(text.replace(old, new))
            seen = notices()
            path.write_text(text)
            if seen is None or seen.startswith("it does not build"):
                lost.append(f"{number} {file}: {old!r} as {new!r}: {seen or 'nobody notices'}")
        print(f"mutant {number}, {file}, {new[:60]!r}: {seen or 'NOT NOTICED'}", flush=True)
    for line in lost:
        print(f"lost: {line}")
    print(f"{end - first} mutants, {len(lost)} not noticed")
    return 1 if lost else 0


def notices() -> str | None:
    """What the comparison says of the copy as it is; nothing if all is alike."""
    target = ROOT / "target/oracle/mutants-build"
    build = ["cargo", "build", "--quiet", "--offline", "--profile", "ci", "-p", "oracle", "--target-dir", str(target)]
    built = subprocess.run(build, cwd=COPY, capture_output=True, text=True, check=False)
    if built.returncode != 0:
        return f"it does not build: {built.stderr[-2000:]}"
    asked = subprocess.run([str(target / "ci/oracle"), "0", SEEDS], capture_output=True, text=True, check=False)
    if not asked.stdout:
        return f"it ends with {asked.returncode}"
    failed = json.loads(asked.stdout)["failed"]
    return f"{len(failed)} of {SEEDS} seeds" if failed else None


if __name__ == "__main__":
    sys.exit(main())
