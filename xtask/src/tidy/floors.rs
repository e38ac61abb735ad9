//! The floors: who may import whom. No arrow leads upwards, and none sideways.

use super::Finding;
use crate::workspace::{Kind, Member, Workspace};

/// One room: which members live in it, on which floor, and which rooms below it may use. A name that ends in `/` stands for a folder.
struct Room {
    who: &'static str,
    floor: u8,
    uses: &'static [&'static str],
    outside: Outside,
}

/// Which third-party crates a room may use.
enum Outside {
    /// Those that compute and do nothing else.
    Pure,
    /// All but these.
    Not(&'static [&'static str]),
    Any,
}

/// The law. What is not said here is forbidden.
const ROOMS: &[Room] = &[
    Room { who: "crates/names", floor: 1, uses: &[], outside: Outside::Pure },
    Room { who: "crates/locked", floor: 0, uses: &[], outside: Outside::Not(NO_MEMORY) },
    Room { who: "crates/secret", floor: 1, uses: &["crates/locked"], outside: Outside::Pure },
    Room { who: "crates/shape/gen", floor: 1, uses: &[], outside: Outside::Any },
    Room { who: "crates/shape", floor: 2, uses: &["crates/names", "crates/secret"], outside: Outside::Pure },
    Room { who: "crates/policy", floor: 2, uses: &["crates/names"], outside: Outside::Pure },
    Room {
        who: "crates/cipher",
        floor: 2,
        uses: &["crates/locked", "crates/names", "crates/secret"],
        outside: Outside::Not(IO),
    },
    Room {
        who: "crates/vault",
        floor: 3,
        uses: &["crates/locked", "crates/names", "crates/secret", "crates/cipher"],
        outside: Outside::Not(PARSERS),
    },
    Room { who: "crates/store", floor: 3, uses: GROUND, outside: Outside::Not(NET) },
    Room {
        who: "shapes/",
        floor: 3,
        uses: &["crates/names", "crates/secret", "crates/shape", "crates/shape/gen"],
        outside: Outside::Pure,
    },
    Room {
        who: "crates/kernel",
        floor: 4,
        uses: &[
            "crates/names",
            "crates/secret",
            "crates/shape",
            "crates/policy",
            "crates/cipher",
            "crates/store",
            "crates/vault",
        ],
        outside: Outside::Not(&[
            "rusqlite",
            "hyper",
            "hyper-util",
            "http",
            "serde",
            "serde_json",
            "quick-xml",
            "rustls",
        ]),
    },
    Room {
        who: "crates/wire",
        floor: 5,
        uses: &["crates/names", "crates/secret", "crates/shape", "crates/cipher"],
        outside: Outside::Pure,
    },
    Room { who: "services/iam", floor: 5, uses: SERVICE_WITH_VAULT, outside: Outside::Pure },
    // Sessions are rows of IAM's, and so are the roles that they are of.
    Room { who: "services/sts", floor: 6, uses: STS, outside: Outside::Pure },
    Room { who: "services/kms", floor: 5, uses: SERVICE_WITH_VAULT, outside: Outside::Pure },
    Room { who: "services/cloudtrail", floor: 5, uses: SERVICE_WITH_VAULT, outside: Outside::Pure },
    Room { who: "services/sns", floor: 5, uses: SERVICE_WITH_VAULT, outside: Outside::Pure },
    Room { who: "services/", floor: 5, uses: SERVICE, outside: Outside::Pure },
    Room { who: "drivers/", floor: 6, uses: &["crates/", "shapes/"], outside: Outside::Any },
    Room { who: "server", floor: 7, uses: &["crates/", "shapes/", "services/", "drivers/"], outside: Outside::Any },
    // Behind the house: what tests it, and its chores.
    Room { who: "tests/house", floor: 8, uses: &["crates/"], outside: Outside::Any },
    Room { who: "tests/toy", floor: 8, uses: &["crates/", "shapes/"], outside: Outside::Any },
    Room {
        who: "tests/sim",
        floor: 9,
        uses: &["crates/", "shapes/", "services/", "server", "tests/house"],
        outside: Outside::Any,
    },
    Room { who: "tests/fill", floor: 9, uses: &["crates/", "shapes/", "server"], outside: Outside::Any },
    Room { who: "tests/", floor: 9, uses: &["crates/", "shapes/", "services/", "tests/house"], outside: Outside::Any },
    Room { who: "bench", floor: 10, uses: &["crates/", "shapes/", "services/", "tests/house"], outside: Outside::Any },
    Room { who: "xtask", floor: 10, uses: &["crates/shape/gen"], outside: Outside::Any },
];

const GROUND: &[&str] = &["crates/names", "crates/secret", "crates/cipher"];
const SERVICE: &[&str] = &[
    "crates/kernel",
    "crates/names",
    "crates/secret",
    "crates/shape",
    "shapes/",
    "crates/policy",
    "crates/store",
    "crates/cipher",
];
const STS: &[&str] = &["crates/kernel", "crates/names", "crates/policy", "shapes/", "services/iam"];
const SERVICE_WITH_VAULT: &[&str] = &[
    "crates/kernel",
    "crates/names",
    "crates/secret",
    "crates/shape",
    "shapes/",
    "crates/policy",
    "crates/store",
    "crates/cipher",
    "crates/vault",
];

/// Crates that compute and do nothing else: no I/O, no clock, no randomness.
const PURE: &[&str] = &[
    "base64",
    "bytes",
    "http",
    "jiff",
    "minicbor",
    "quick-xml",
    "regex",
    "serde",
    "serde_json",
    "subtle",
    "thiserror",
    "tracing",
    "uuid",
    "zeroize",
];
/// The one who asks the kernel for pages asks for nothing else.
const NO_MEMORY: &[&str] = &["tokio", "rusqlite", "hyper", "hyper-util", "http", "rustls", "tracing", "serde"];
const IO: &[&str] = &["tokio", "rusqlite", "hyper", "hyper-util", "rustix", "tracing"];
const NET: &[&str] = &["hyper", "hyper-util", "http", "rustls", "tokio-rustls"];
/// The vault takes no part in reading what strangers write.
const PARSERS: &[&str] = &[
    "serde",
    "serde_json",
    "toml",
    "quick-xml",
    "tracing",
    "http",
    "hyper",
    "hyper-util",
    "tokio",
    "rusqlite",
    "regex",
];

const RULE: &str = "floors";

pub fn check(workspace: &Workspace) -> Vec<Finding> {
    workspace.members.iter().flat_map(|member| of(workspace, member)).collect()
}

fn of(workspace: &Workspace, member: &Member) -> Vec<Finding> {
    let Some(room) = room(&member.folder) else {
        let text = "has no floor: add a line to the law in xtask/src/tidy/floors.rs";
        return vec![Finding::at(RULE, &member.folder, text)];
    };
    // What only the tests of a crate use may stand above it.
    let arrows = member.arrows.iter().filter(|arrow| arrow.kind != Kind::Dev);
    let wrong = arrows.filter_map(|arrow| {
        if !arrow.inside {
            return room
                .refuses(&arrow.to)
                .then(|| format!("depends on `{}`, which has no place on this floor", arrow.to));
        }
        let other = workspace.members.iter().find(|other| other.name == arrow.to)?;
        (!room.may_use(&other.folder))
            .then(|| format!("imports `{}`: the law of the floors does not have it", other.folder))
    });
    wrong.map(|text| Finding::at(RULE, &member.folder, text)).collect()
}

/// The first line that fits: single members stand before their folders.
fn room(folder: &str) -> Option<&'static Room> {
    ROOMS.iter().find(|room| fits(room.who, folder))
}

fn fits(who: &str, folder: &str) -> bool {
    if who.ends_with('/') { folder.starts_with(who) } else { folder == who }
}

impl Room {
    fn may_use(&self, folder: &str) -> bool {
        self.uses.iter().any(|used| fits(used, folder)) && room(folder).is_some_and(|below| below.floor < self.floor)
    }

    fn refuses(&self, package: &str) -> bool {
        match self.outside {
            // `aws-lc-rs`, `argon2` and the like are the matter of deny.toml's wrappers.
            Outside::Pure => !PURE.contains(&package),
            Outside::Not(list) => list.contains(&package),
            Outside::Any => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Arrow;
    use std::path::PathBuf;

    fn of_arrows(arrows: &[(&str, &str, Kind)]) -> Vec<Finding> {
        let folders =
            ["crates/names", "crates/kernel", "crates/wire", "crates/vault", "services/kms", "services/s3", "server"];
        let name = |folder: &str| folder.rsplit('/').next().unwrap_or_default().to_owned();
        let members = folders.iter().map(|folder| {
            let own = arrows.iter().filter(|(from, ..)| from == folder);
            let arrows = own.map(|(_, to, kind)| Arrow { to: name(to), kind: *kind, inside: folders.contains(to) });
            Member { name: name(folder), folder: (*folder).to_owned(), arrows: arrows.collect() }
        });
        let members = members.collect();
        check(&Workspace { root: PathBuf::new(), members, files: Vec::new(), packages: Default::default() })
    }

    #[test]
    fn arrows_lead_down() {
        let down = [("services/kms", "crates/kernel"), ("services/kms", "crates/vault"), ("server", "services/kms")];
        assert_eq!(of_arrows(&down.map(|(from, to)| (from, to, Kind::Normal))), []);
    }

    #[test]
    fn no_arrow_leads_up_or_sideways_or_where_the_law_has_none() {
        let wrong = [
            ("crates/names", "crates/kernel"),
            ("crates/kernel", "services/kms"),
            ("services/kms", "services/s3"),
            ("services/kms", "crates/wire"),
            ("crates/wire", "services/kms"),
            ("services/kms", "server"),
            ("services/s3", "crates/vault"),
            ("services/s3", "tokio"),
            ("services/s3", "rusqlite"),
            ("crates/vault", "serde"),
        ];
        for (from, to) in wrong {
            for kind in [Kind::Normal, Kind::Build] {
                assert_eq!(of_arrows(&[(from, to, kind)]).len(), 1, "{from} -> {to}");
            }
        }
    }

    #[test]
    fn tests_may_stand_above_what_they_test() {
        assert_eq!(of_arrows(&[("crates/names", "crates/kernel", Kind::Dev)]), []);
    }

    #[test]
    fn what_is_used_stands_below() {
        for room in ROOMS {
            for used in room.uses {
                let below = ROOMS.iter().filter(|other| fits(used, other.who) || other.who == *used);
                let floors: Vec<u8> = below.map(|other| other.floor).collect();
                assert!(!floors.is_empty(), "{used} has no room of its own");
                assert!(
                    used.ends_with('/') || floors.iter().all(|floor| *floor < room.floor),
                    "{} -> {used}",
                    room.who
                );
            }
        }
    }
}
