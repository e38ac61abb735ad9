//! A key, used without a ticket.

use kernel::Authorized;
use toy::ReadNote;
use vault::{Decrypting, EncryptionContext, Usable, Vault};

fn decrypt(call: &Authorized<'_, ReadNote>, vault: &dyn Vault, context: &EncryptionContext) {
    let key = Usable::<Decrypting>::of(call.target()).unwrap();
    let _ = vault.decrypt(key, &[], context);
}

fn main() {}
