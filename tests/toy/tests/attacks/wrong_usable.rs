//! A key that may encrypt, used to decrypt.

use kernel::Authorized;
use toy::PutNote;
use vault::{Encrypting, EncryptionContext, Usable, Vault};

fn decrypt(call: &Authorized<'_, PutNote>, vault: &dyn Vault, context: &EncryptionContext) {
    let key: Usable<'_, Encrypting> = Usable::of(call.target()).unwrap();
    let _ = vault.decrypt(call.caller().ticket(), key, &[], context);
}

fn main() {}
