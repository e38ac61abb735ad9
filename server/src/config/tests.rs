//! Whose word counts.

#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;

fn with(change: impl FnOnce(&mut Serve)) -> Result<Config, BadConfig> {
    among(&[], change)
}

/// Settles flags among environment variables.
fn among(variables: &[(&str, &str)], change: impl FnOnce(&mut Serve)) -> Result<Config, BadConfig> {
    let mut args = Serve::default();
    args.open.credentials_file = Some("c".into());
    change(&mut args);
    let look = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value));
    Config::settle_within(args, &look)
}

/// A file that is removed when it is not needed any more.
pub struct Temporary(pub PathBuf);

impl Drop for Temporary {
    #[expect(clippy::disallowed_methods, reason = "a test removes its own configuration file")]
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).unwrap();
    }
}

/// A configuration file in the folder for temporary files.
#[expect(clippy::disallowed_methods, reason = "a test writes its own configuration file")]
pub fn file_of(name: &str, text: &str) -> Temporary {
    let path = std::env::temp_dir().join(format!("kagiban-config-{}-{name}.toml", std::process::id()));
    std::fs::write(&path, text).unwrap();
    Temporary(path)
}

fn from_toml(
    name: &str,
    text: &str,
    variables: &[(&str, &str)],
    change: impl FnOnce(&mut Serve),
) -> Result<Config, BadConfig> {
    let file = file_of(name, text);
    among(variables, |args| {
        args.open.place.config = Some(file.0.clone());
        change(args);
    })
}

#[test]
fn a_key_that_is_no_setting_is_named_with_its_place_and_the_one_that_was_meant() {
    for (text, expected) in [
        ("region = \"eu-west-1\"\n\n  regoin = 1", "line 3, column 3: `regoin` is no setting (did you mean `region`?)"),
        ("data-dir = \"x\"", "line 1, column 1: `data-dir` is no setting (did you mean `data_dir`?)"),
        ("quorum = 3", "line 1, column 1: `quorum` is no setting"),
        ("danger_accept_clock = true", "`danger_accept_clock` is no setting"),
        ("[listen]\nport = 1", "invalid type"),
        ("region = ", "line 1, column 10"),
    ] {
        let said = from_toml("unknown", text, &[], |_| {}).unwrap_err().to_string();
        assert!(said.contains(expected), "{text}: {said}");
    }
    let said = from_toml("nothing", "quorum = 3", &[], |_| {}).unwrap_err().to_string();
    assert!(!said.contains("did you mean"), "{said}");
}

/// The list by which keys are known is that of the structure which is read.
#[test]
fn each_name_is_one_that_a_file_may_have() {
    for name in told::names() {
        let error = toml::from_str::<Layer>(&format!("{name} = {{ }}")).unwrap_err().to_string();
        assert!(error.contains("invalid type"), "{name}: {error}");
    }
}

#[test]
fn a_filter_of_logs_that_is_none_is_refused() {
    let said = among(&[("KAGIBAN_LOG", "warn,=x=")], |_| {}).unwrap_err();
    assert!(matches!(said, BadConfig::LogFilter(_)), "{said}");
    for fine in ["", "warn", "info,hyper=debug"] {
        assert!(among(&[("KAGIBAN_LOG", fine)], |_| {}).is_ok(), "{fine}");
    }
}

#[test]
fn defaults() {
    let config = with(|_| {}).unwrap();
    assert_eq!((config.region.as_str(), config.listen.port()), ("ap-northeast-1", 4566));
    assert_eq!(config.regions.len(), COMMERCIAL_REGIONS.len());
    assert_eq!(config.root, RootSource::Default);
    assert!(config.data_dir.is_absolute() && config.credentials_file.is_absolute());
}

#[test]
fn a_plain_listener_stays_at_home() {
    let outside = || Some("192.0.2.1:4566".to_owned());
    assert!(matches!(with(|args| args.listen = outside()), Err(BadConfig::PlainListen(_))));
    assert!(
        with(|args| {
            args.listen = outside();
            args.danger_plain_listen = true;
        })
        .is_ok()
    );
    assert!(with(|args| args.listen = Some("[::1]:1".to_owned())).is_ok());
    let open = Serve { listen: outside(), ..Serve::default() };
    let look = |name: &str| (name == "HOME").then(|| OsString::from("/home/who"));
    assert!(Config::settle_parts(open, &look).is_ok(), "who does not listen is not asked");
}

#[test]
fn what_is_not_right_is_named() {
    assert!(matches!(with(|args| args.open.region = Some("Tokyo".into())), Err(BadConfig::Region(_))));
    assert!(matches!(with(|args| args.open.region = Some("xx-1".into())), Err(BadConfig::RegionNotServed(_))));
    assert!(matches!(with(|args| args.open.account_id = Some("12".into())), Err(BadConfig::Account(_))));
    assert!(matches!(with(|args| args.open.log_format = Some("xml".into())), Err(BadConfig::LogFormat(_))));
    let said = with(|args| args.listen = Some("localhost:4566".into())).unwrap_err().to_string();
    assert!(said.contains("localhost:4566") && said.contains("IP address"), "{said}");
}

#[test]
fn flags_win_over_the_environment_and_both_over_the_file() {
    let file = "data_dir = \"/file\"\nregion = \"eu-west-1\"\nlisten = \"127.0.0.1:3\"";
    let variables = [("KAGIBAN_DATA_DIR", "/environment"), ("KAGIBAN_REGION", "us-east-1"), ("KAGIBAN_LISTEN", "")];
    let config = from_toml("wins", file, &variables, |args| args.open.place.data_dir = Some("/flag".into())).unwrap();
    assert_eq!(config.data_dir, PathBuf::from("/flag"));
    assert_eq!((config.region.as_str(), config.listen.port()), ("us-east-1", 3));
}

#[test]
fn a_stronger_layer_chooses_the_kind_of_root() {
    let both = [("KAGIBAN_ROOT_KEY_FILE", "/k"), ("KAGIBAN_ROOT_PASSPHRASE_FILE", "/p")];
    let phrase = |args: &mut Serve| args.open.place.root_passphrase_file = Some("/flag".into());
    let flag = RootSource::PassphraseFile("/flag".into());
    assert_eq!(among(&both[..1], phrase).unwrap().root, flag);
    assert_eq!(among(&both, phrase).unwrap().root, flag, "what is beaten is not looked at");
    assert_eq!(from_toml("roots", "root_key_file = \"/k\"", &[], phrase).unwrap().root, flag);
    assert_eq!(among(&both[1..], |_| {}).unwrap().root, RootSource::PassphraseFile("/p".into()));
    let said = among(&both, |_| {}).unwrap_err().to_string();
    assert!(said.contains("the environment"), "{said}");
    let said = from_toml("two", "root_key_file = \"k\"\nroot_passphrase_file = \"p\"", &[], |_| {}).unwrap_err();
    assert!(matches!(said, BadConfig::TwoRoots(Source::File(_))));
}

#[test]
fn certificate_and_key_may_come_from_two_layers_and_must_both_come() {
    let tls = from_toml("tls", "tls_key_file = \"/key\"", &[], |args| args.tls_certificate_file = Some("/c".into()));
    assert_eq!(tls.unwrap().tls, Some(("/c".into(), "/key".into())));
    assert!(matches!(among(&[("KAGIBAN_TLS_KEY_FILE", "/key")], |_| {}), Err(BadConfig::HalfTls)));
}

#[test]
fn dangers_are_not_asked_for_by_variables() {
    let variables = [("KAGIBAN_DANGER_PLAIN_LISTEN", "true"), ("KAGIBAN_DANGER_CLOCK_FILE", "/clock")];
    let config = among(&variables, |_| {}).unwrap();
    assert!(!config.danger_plain_listen && config.clock_file.is_none());
    assert!(from_toml("danger", "danger_plain_listen = true", &[], |_| {}).unwrap().danger_plain_listen);
}

#[test]
fn the_trail_is_kept_for_as_many_days_as_the_first_layer_says() {
    let days = |text: &str, variables: &[(&str, &str)], flag: Option<&str>| {
        from_toml("days", text, variables, |args| args.trail_keep_days = flag.map(str::to_owned))
            .map(|config| config.trail_keep_days)
    };
    let variable = [("KAGIBAN_TRAIL_KEEP_DAYS", "30")];
    assert_eq!(days("", &[], None).unwrap(), 90);
    assert_eq!(days("trail_keep_days = 7", &[], None).unwrap(), 7);
    assert_eq!(days("trail_keep_days = 7", &variable, None).unwrap(), 30);
    assert_eq!(days("trail_keep_days = 7", &variable, Some("0")).unwrap(), 0);
    assert!(matches!(days("trail_keep_days = -1", &[], None), Err(BadConfig::KeepDays(_))));
    assert!(matches!(days("trail_keep_days = \"90\"", &[], None), Err(BadConfig::Malformed(..))));
    for wrong in ["", "ninety", "90d", "-1", "36501", "1.5"] {
        assert!(matches!(days("", &[], Some(wrong)), Err(BadConfig::KeepDays(_))), "{wrong}");
    }
}
