//! `kagiban config check`: the settled configuration as a file, each value with where it came from.

use super::layer::Layer;
use super::told::{self, ONLY_A_FLAG, path_text};
use super::{Config, Layers, RootSource, Source, home, variable};
use crate::cli::{self, fail, say};
use std::ffi::OsString;
use std::fmt::Write;
use std::process::ExitCode;
use toml::Value;

/// Settles what `serve` would be told, and prints it; else says why `serve` would not start.
pub fn check(args: cli::Serve) -> ExitCode {
    for line in unheard() {
        cli::warn(line);
    }
    let settled = Layers::of(args.clone(), &variable).and_then(|layers| Ok((Config::settle(args)?, layers)));
    match settled {
        Ok((config, layers)) => {
            say(text(&config, &layers).trim_end());
            ExitCode::SUCCESS
        }
        Err(error) => fail(error),
    }
}

/// TOML that settles to the same, with the places in comments. No secret is in it: settings name files with secrets, and hold none.
fn text(config: &Config, layers: &Layers) -> String {
    let mut text = String::new();
    for (name, value) in values(config) {
        let source = place(&layers.source(name), name);
        // Writing to memory does not fail.
        let _ = match value {
            Ok(value) if name == ONLY_A_FLAG => writeln!(text, "# --danger-accept-clock = {value}    # {source}"),
            Ok(value) => writeln!(text, "{name} = {value}    # {source}"),
            Err(words) if name == ONLY_A_FLAG => writeln!(text, "# --danger-accept-clock: {words}"),
            Err(words) => writeln!(text, "# {name}: {words}"),
        };
    }
    text
}

/// A place in the words of whoever wrote it there.
fn place(source: &Source, name: &str) -> String {
    match source {
        Source::Flags => format!("the flag --{}", name.replace('_', "-")),
        Source::Environment => format!("the variable KAGIBAN_{}", name.to_uppercase()),
        Source::File(_) | Source::Default => source.to_string(),
    }
}

/// Each setting with its settled value; or, in words, what is done without one.
fn values(config: &Config) -> Vec<(&'static str, Result<Value, String>)> {
    let Config { data_dir, credentials_file, root, region, regions, account, json_logs, .. } = config;
    let Config { clock_file, accept_clock, listen, metrics_listen, tls, danger_plain_listen, trail_keep_days, .. } =
        config;
    let unset = || Err("not set".to_owned());
    let root_file = |home: String| format!("{home}/roots/<installation id>.key, the default");
    let (key_file, passphrase_file) = match root {
        RootSource::KeyFile(file) => (Ok(path_text(file)), unset()),
        RootSource::PassphraseFile(file) => (unset(), Ok(path_text(file))),
        RootSource::Default => {
            (Err(home().map_or_else(|no| no.to_string(), |home| root_file(home.display().to_string()))), unset())
        }
    };
    let tls = tls.as_ref();
    let names: Vec<Value> = regions.iter().map(|region| Value::String(region.to_string())).collect();
    let format = if *json_logs { "json" } else { "human" };
    let settled = |name| match name {
        "data_dir" => Ok(path_text(data_dir)),
        "listen" => Ok(Value::String(listen.to_string())),
        "metrics_listen" => metrics_listen.map(|address| Value::String(address.to_string())).map_or_else(unset, Ok),
        "credentials_file" => Ok(path_text(credentials_file)),
        "root_key_file" => key_file.clone(),
        "root_passphrase_file" => passphrase_file.clone(),
        "region" => Ok(Value::String(region.to_string())),
        "regions" => Ok(Value::Array(names.clone())),
        "account_id" => {
            account.map(|id| Value::String(id.to_string())).ok_or("drawn at random by the first start".to_owned())
        }
        "tls_certificate_file" => tls.map(|(file, _)| path_text(file)).map_or_else(unset, Ok),
        "tls_key_file" => tls.map(|(_, file)| path_text(file)).map_or_else(unset, Ok),
        "log_format" => Ok(Value::String(format.to_owned())),
        "trail_keep_days" => Ok(Value::Integer(i64::from(*trail_keep_days))),
        "danger_plain_listen" => Ok(Value::Boolean(*danger_plain_listen)),
        "danger_clock_file" => clock_file.as_deref().map(path_text).map_or_else(unset, Ok),
        ONLY_A_FLAG => {
            if *accept_clock {
                Ok(Value::Boolean(true))
            } else {
                unset()
            }
        }
        // INVARIANT: the tests settle each name of the list.
        _ => Err("not known".to_owned()),
    };
    Layer::default().told().into_iter().map(|(name, _)| (name, settled(name))).collect()
}

#[expect(clippy::disallowed_methods, reason = "the program reads its own configuration")]
fn variables() -> Vec<OsString> {
    std::env::vars_os().map(|(name, _)| name).collect()
}

/// What there is to say of the variables of this process that look like settings and are none.
pub fn unheard() -> Vec<String> {
    unheard_of(&variables())
}

/// Variables that look like settings and are none. They are told and not refused: others may name theirs so, as Kubernetes does, which
/// sets `KAGIBAN_SERVICE_HOST` and `KAGIBAN_PORT` in each pod beside a service named kagiban.
fn unheard_of(variables: &[OsString]) -> Vec<String> {
    let heard: Vec<String> = told::names()
        .filter(|name| !name.starts_with("danger_"))
        .chain(["config", "log"])
        .map(|name| format!("KAGIBAN_{}", name.to_uppercase()))
        .collect();
    let names = variables.iter().filter_map(|name| name.to_str()).filter(|name| name.starts_with("KAGIBAN_"));
    let unheard = names.filter(|name| !heard.iter().any(|known| known == name));
    unheard
        .map(|name| {
            format!("the variable `{name}` is none of a setting, and says nothing{}", told::meant(name, heard.iter()))
        })
        .collect()
}

impl Layers {
    /// Which layer decides a setting.
    fn source(&self, name: &str) -> Source {
        let told = |layer: &Layer| layer.told().into_iter().any(|(known, value)| known == name && value.is_some());
        self.0.iter().find(|(_, layer)| told(layer)).map_or(Source::Default, |(source, _)| source.clone())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::super::tests::file_of;
    use super::*;
    use crate::cli::Serve;

    fn settled(args: &Serve, variables: &[(&str, &str)]) -> String {
        let look =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value));
        let layers = Layers::of(args.clone(), &look).unwrap();
        text(&Config::settle_within(args.clone(), &look).unwrap(), &layers)
    }

    fn args() -> Serve {
        let mut args = Serve::default();
        args.open.credentials_file = Some("/c".into());
        args
    }

    #[test]
    fn each_value_says_where_it_came_from() {
        let file = file_of("check", "region = \"eu-west-1\"\nlog_format = \"json\"\n");
        let mut args = Serve { listen: Some("127.0.0.1:9".to_owned()), ..args() };
        args.open.place.config = Some(file.0.clone());
        let text = settled(&args, &[("KAGIBAN_LOG_FORMAT", "human"), ("KAGIBAN_ACCOUNT_ID", "111122223333")]);
        for line in [
            "listen = \"127.0.0.1:9\"    # the flag --listen",
            "log_format = \"human\"    # the variable KAGIBAN_LOG_FORMAT",
            "account_id = \"111122223333\"    # the variable KAGIBAN_ACCOUNT_ID",
            &format!("region = \"eu-west-1\"    # the file {}", file.0.display()),
            "danger_plain_listen = false    # the default",
            "trail_keep_days = 90    # the default",
            "# root_passphrase_file: not set",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }

    #[test]
    fn what_is_printed_settles_to_the_same() {
        let mut args = Serve { danger_plain_listen: true, trail_keep_days: Some("7".to_owned()), ..args() };
        args.open.place.root_passphrase_file = Some("/a \"phrase\"".into());
        args.open.danger_clock_file = Some("/clock".into());
        let text = settled(&args, &[]);
        assert!(!text.contains("not known"), "{text}");
        let file = file_of("again", &text);
        let mut again = Serve::default();
        again.open.place.config = Some(file.0.clone());
        let values = |text: &str| text.parse::<toml::Table>().unwrap();
        assert_eq!(values(&settled(&again, &[])), values(&text));
    }

    #[test]
    fn variables_that_say_nothing_are_told() {
        let variables =
            ["KAGIBAN_DATADIR", "KAGIBAN_LOG", "KAGIBAN_CONFIG", "KAGIBAN_LISTEN", "HOME"].map(OsString::from);
        let told = unheard_of(&variables);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(
            told.iter().all(|line| line.contains("`KAGIBAN_DATADIR`") && line.contains("mean `KAGIBAN_DATA_DIR`")),
            "{told:?}"
        );
    }
}
