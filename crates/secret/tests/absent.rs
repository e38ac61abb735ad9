//! What a crate cannot reach because it does not depend on it. Few services depend on the vault, and this crate does not either.

#[test]
fn who_does_not_depend_on_the_vault_cannot_name_it() {
    trybuild::TestCases::new().compile_fail("tests/absent/*.rs");
}
