//! Files: who owns them, who may read them, and whether the root lies apart from what it opens.

use super::finding::Finding;
use crate::cert::ends_in_pem;
use crate::data_dir;
use names::Time;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

/// What group and others may do.
const LOOSE_BITS: u32 = 0o077;
/// Write, of group and others.
const WRITE_BITS: u32 = 0o022;
/// In such a folder everybody removes only what is theirs.
const STICKY_BIT: u32 = 0o1000;
/// Before its end a certificate wants a new one.
const RENEW_SECONDS: u64 = 30 * 24 * 3_600;
/// Files that are named one by one.
const NAMES_SHOWN_MAX: usize = 10;

/// The data directory and all that is in it.
pub fn data_dir(directory: &Path) -> Vec<Finding> {
    let folder = match directory.metadata() {
        Ok(folder) if folder.is_dir() => folder,
        Ok(_) => return vec![unreadable("data-dir", directory, "it is no folder")],
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return vec![Finding::note(
                "data-dir",
                format!("`{}` is not there", directory.display()),
                "nothing is kept yet: the first start makes it",
                "if there should be data, look whether --data-dir, KAGIBAN_DATA_DIR or data_dir names the right place",
            )];
        }
        Err(error) => return vec![unreadable("data-dir", directory, &error.to_string())],
    };
    let mut findings = vec![private("data-dir", directory, &folder, 700)];
    match entries(directory) {
        Ok(entries) => findings.extend(inside(directory, &folder, &entries)),
        Err(error) => findings.push(unreadable("data-files", directory, &error.to_string())),
    }
    findings
}

fn entries(directory: &Path) -> std::io::Result<Vec<(String, Metadata)>> {
    let entries = std::fs::read_dir(directory)?.map(|entry| {
        let entry = entry?;
        Ok((entry.file_name().to_string_lossy().into_owned(), entry.metadata()?))
    });
    entries.collect()
}

fn inside(directory: &Path, folder: &Metadata, entries: &[(String, Metadata)]) -> [Finding; 2] {
    let named = |wrong: &dyn Fn(&Metadata) -> bool| {
        let names: Vec<_> =
            entries.iter().filter(|(_, file)| wrong(file)).map(|(name, _)| format!("`{name}`")).collect();
        (!names.is_empty()).then(|| names.iter().take(NAMES_SHOWN_MAX).cloned().collect::<Vec<_>>().join(", "))
    };
    let loose = match named(&|file| file.is_file() && file.mode() & LOOSE_BITS != 0) {
        None => Finding::ok("data-files", "the files of the data directory are for their owner alone".to_owned()),
        Some(names) => Finding::problem(
            "data-files",
            format!("others than their owner can read or write {names} in the data directory"),
            "rows are sealed, but their keys, sizes and times are in clear, and whoever can write can destroy",
            format!("chmod -R go= {}", directory.display()),
        ),
    };
    let foreign = match named(&|file| file.uid() != folder.uid()) {
        None => Finding::ok("data-owner", format!("the data belongs to user {}", folder.uid())),
        Some(names) => Finding::problem(
            "data-owner",
            format!("{names} belong to another user than the data directory, which belongs to user {}", folder.uid()),
            "a server that runs as the directory's owner cannot write them, and ends or does not start",
            format!("chown -R {} {}", folder.uid(), directory.display()),
        ),
    };
    [loose, foreign]
}

/// The file that names everything else. Others may read it: no secret is in it.
pub fn config_file(file: &Path) -> Finding {
    match file.metadata() {
        Err(error) => unreadable("config-file", file, &error.to_string()),
        Ok(found) if found.mode() & WRITE_BITS != 0 => Finding::problem(
            "config-file",
            format!("others than its owner can write `{}`", file.display()),
            "whoever writes it names another data directory, another root or a listener without TLS",
            format!("chmod go-w {}", file.display()),
        ),
        Ok(_) => Finding::ok("config-file", format!("`{}` is its owner's to write", file.display())),
    }
}

/// The administrator's key pair, of the first start.
pub fn credentials(file: &Path) -> Finding {
    match file.metadata() {
        Ok(found) => private("credentials", file, &found, 600),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Finding::ok("credentials", format!("`{}` is not there", file.display()))
        }
        Err(error) => unreadable("credentials", file, &error.to_string()),
    }
}

/// Certificate and key.
pub fn tls(certificate: &Path, key: &Path, now: Time) -> [Finding; 2] {
    let pem = data_dir::read(certificate).map_err(|error| error.to_string());
    let ends =
        pem.and_then(|pem| ends_in_pem(&pem.unwrap_or_default()).ok_or("there is no certificate in it".to_owned()));
    let certificate = match ends {
        Err(why) => unreadable("tls-certificate", certificate, &why),
        Ok(ends) => lasting(certificate, ends, now),
    };
    let key = match key.metadata() {
        Err(error) => unreadable("tls-key", key, &error.to_string()),
        Ok(found) => private("tls-key", key, &found, 600),
    };
    [certificate, key]
}

fn lasting(certificate: &Path, ends: Time, now: Time) -> Finding {
    let what = format!("`{}` is valid until {}", certificate.display(), ends.iso());
    const WHY: &str = "clients end the connection when they see a certificate that is out of date";
    const MEND: &str = "make a new one (`kagiban cert --renew`, or as you made this one), and restart the server";
    match ends {
        ends if ends <= now => Finding::problem("tls-certificate", what, WHY, MEND),
        ends if ends <= now + Duration::from_secs(RENEW_SECONDS) => {
            Finding::warning("tls-certificate", what, WHY, MEND)
        }
        _ => Finding::ok("tls-certificate", what),
    }
}

/// The root key file, or the file with the passphrase.
pub fn root(file: &Path, data_dir: &Path) -> Vec<Finding> {
    let found = match file.metadata() {
        Ok(found) => found,
        Err(error) => return vec![super::no_root(format!("`{}` cannot be read: {error}", file.display()))],
    };
    let mut findings = vec![private("root-mode", file, &found, 600)];
    let folder = file.parent().and_then(|folder| Some((folder, folder.metadata().ok()?)));
    if let Some((folder, at)) = folder
        && at.mode() & WRITE_BITS != 0
        && at.mode() & STICKY_BIT == 0
    {
        findings.push(Finding::problem(
            "root-folder",
            format!("others than its owner can write the folder `{}`", folder.display()),
            "whoever can write the folder can take the root away, or put another in its place",
            format!("chmod go-w {}", folder.display()),
        ));
    }
    findings.extend(data_dir.metadata().ok().map(|data| apart((file, found.dev()), (data_dir, data.dev()))));
    findings
}

/// Whether a thief of the one has the other too. Each comes with the device that it is on.
fn apart((root, root_device): (&Path, u64), (data_dir, data_device): (&Path, u64)) -> Finding {
    const MEND: &str = "put it on a medium of its own, and name it by --root-key-file (or --root-passphrase-file)";
    let whole = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if whole(root).starts_with(whole(data_dir)) {
        return Finding::problem(
            "root-apart",
            format!("the root `{}` is in the data directory", root.display()),
            "each copy and each backup of the data directory holds the root that opens it",
            MEND,
        );
    }
    if root_device == data_device {
        return Finding::warning(
            "root-apart",
            format!("the root `{}` is on the same file system as the data", root.display()),
            "whoever takes the disk, or a backup of all of it, has the data and the root that opens it",
            MEND,
        );
    }
    Finding::ok("root-apart", "the root is on another file system than the data".to_owned())
}

fn private(check: &'static str, path: &Path, found: &Metadata, wanted: u32) -> Finding {
    if found.mode() & LOOSE_BITS == 0 {
        return Finding::ok(check, format!("`{}` is for its owner alone", path.display()));
    }
    Finding::problem(
        check,
        format!("`{}` is open to others than its owner (mode {:04o})", path.display(), found.mode() & 0o7777),
        "every user and service of this machine that it is open to has what is in it",
        format!("chmod {wanted} {}", path.display()),
    )
}

fn unreadable(check: &'static str, path: &Path, why: &str) -> Finding {
    Finding::problem(
        check,
        format!("`{}` cannot be looked at: {why}", path.display()),
        "what cannot be looked at cannot be used either, or the doctor was started by another user than the server's",
        "name the right path, and start the doctor as the user who runs the server",
    )
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::super::finding::Level::{self, Note, Ok as Fine, Problem, Warning};
    use super::*;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, chown};
    use std::path::PathBuf;

    /// A folder of the test's own, which is removed with it.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("kagiban-doctor-{}-{name}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(0o700)).unwrap();
            Self(path)
        }

        fn file(&self, name: &str, mode: u32) -> PathBuf {
            let path = self.0.join(name);
            fs::write(&path, "x").unwrap();
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            path
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }

    fn told(findings: impl IntoIterator<Item = Finding>) -> Vec<(Level, &'static str)> {
        findings.into_iter().map(|finding| finding.told()).collect()
    }

    #[test]
    fn a_data_directory_that_is_open_to_others_is_found() {
        let folder = Folder::new("modes");
        folder.file("kagiban.db", 0o600);
        let well = [(Fine, "data-dir"), (Fine, "data-files"), (Fine, "data-owner")];
        assert_eq!(told(data_dir(&folder.0)), well);
        folder.file("kagiban.db-wal", 0o640);
        assert_eq!(told(data_dir(&folder.0)), [(Fine, "data-dir"), (Problem, "data-files"), (Fine, "data-owner")]);
        folder.file("kagiban.db-wal", 0o600);
        fs::set_permissions(&folder.0, Permissions::from_mode(0o750)).unwrap();
        assert_eq!(told(data_dir(&folder.0)).first(), Some(&(Problem, "data-dir")));
        assert_eq!(told(data_dir(&folder.0.join("none"))), [(Note, "data-dir")]);
        assert_eq!(told(data_dir(&folder.file("no folder", 0o600))), [(Problem, "data-dir")]);
    }

    #[test]
    fn a_file_of_another_owner_is_found() {
        let folder = Folder::new("owner");
        let file = folder.file("ballast", 0o600);
        // Only root gives files away; whoever else runs this sees that all are their own.
        let given = chown(&file, Some(12_345), None).is_ok();
        let expected = if given { Problem } else { Fine };
        assert_eq!(told(data_dir(&folder.0)).last(), Some(&(expected, "data-owner")));
    }

    #[test]
    fn secrets_that_others_can_read_are_found() {
        let (folder, now) = (Folder::new("secrets"), Time::default());
        for (mode, level) in [(0o600, Fine), (0o400, Fine), (0o640, Problem), (0o604, Problem)] {
            let file = folder.file("secret", mode);
            assert_eq!(told([credentials(&file)]), [(level, "credentials")]);
            assert_eq!(told(tls(&file, &file, now)), [(Problem, "tls-certificate"), (level, "tls-key")], "`x` is none");
            assert_eq!(told(root(&file, Path::new("/proc"))), [(level, "root-mode"), (Fine, "root-apart")]);
        }
        for (mode, level) in [(0o644, Fine), (0o664, Problem), (0o602, Problem)] {
            assert_eq!(told([config_file(&folder.file("kagiban.toml", mode))]), [(level, "config-file")]);
        }
        let none = folder.0.join("none");
        assert_eq!(told([credentials(&none)]), [(Fine, "credentials")]);
        assert_eq!(told([config_file(&none)]), [(Problem, "config-file")]);
        assert_eq!(told(tls(&none, &none, now)), [(Problem, "tls-certificate"), (Problem, "tls-key")]);
        assert_eq!(told(root(&none, &folder.0)), [(Problem, "root")]);
    }

    #[test]
    fn a_certificate_that_ends_is_found() {
        let now = Time::from_seconds(1_795_000_000);
        let day = Duration::from_secs(24 * 3_600);
        for (ends, level) in [(now + 31 * day, Fine), (now + 30 * day, Warning), (now + day, Warning), (now, Problem)] {
            assert_eq!(told([lasting(Path::new("server.pem"), ends, now)]), [(level, "tls-certificate")], "{ends:?}");
        }
    }

    #[test]
    fn a_root_that_is_not_apart_is_found() {
        let (data, elsewhere) = (Folder::new("data"), Folder::new("elsewhere"));
        let told_last = |file: &Path| told(root(file, &data.0)).last().copied();
        assert_eq!(told_last(&data.file("root.key", 0o600)), Some((Problem, "root-apart")));
        assert_eq!(told_last(&elsewhere.file("root.key", 0o600)), Some((Warning, "root-apart")));
        // By a detour it is no more apart.
        let detour = elsewhere.0.join("link");
        std::os::unix::fs::symlink(data.0.join("root.key"), &detour).unwrap();
        assert_eq!(told_last(&detour), Some((Problem, "root-apart")));
        let (root, data) = (Path::new("/medium/root.key"), Path::new("/data"));
        assert_eq!(told([apart((root, 1), (data, 2))]), [(Fine, "root-apart")]);
    }

    #[test]
    fn a_folder_in_which_the_root_can_be_exchanged_is_found() {
        let folder = Folder::new("exchanged");
        let file = folder.file("root.key", 0o600);
        for (mode, found) in [(0o755, false), (0o1777, false), (0o770, true), (0o777, true)] {
            fs::set_permissions(&folder.0, Permissions::from_mode(mode)).unwrap();
            let told = told(root(&file, Path::new("/proc")));
            assert_eq!(told.contains(&(Problem, "root-folder")), found, "{mode:o}");
        }
    }
}
