//! An access key that nobody asked for by a call.

use names::AccountId;
use vault::Vault;

fn make(vault: &dyn Vault, account: AccountId) {
    let _ = vault.first_access_key(account, "AKIAIOSFODNN7EXAMPLE");
}

fn main() {}
