//! What GenerateDataKey and GenerateDataKeyWithoutPlaintext have in common.

use crate::context;
use crate::fault::Fault;
use crate::key::Key;
use kernel::{Caller, Outside, Stop};
use secret::Allowed;
use shapes_kms::DataKeySpec;
use std::collections::BTreeMap;
use std::sync::Arc;
use vault::{DataKey, Encrypting, Usable, Used, Vault};

/// What the caller asks for; the two inputs say it alike.
pub struct Wanted<'a> {
    pub spec: Option<DataKeySpec>,
    pub number_of_bytes: Option<i64>,
    pub context: &'a Option<BTreeMap<String, String>>,
    pub grant_tokens: &'a Option<Vec<String>>,
}

impl Wanted<'_> {
    pub fn check(&self, key: Allowed<'_, Key>) -> Result<(), Fault> {
        context::no_grants(self.grant_tokens)?;
        context::bound(self.context)?;
        self.length_bytes()?;
        Usable::<Encrypting>::of(key).map_err(|unusable| key.unusable(unusable)).map(|_| ())
    }

    pub async fn generate(
        &self,
        key: Allowed<'_, Key>,
        caller: &Caller,
        outside: &Outside<'_>,
    ) -> Result<Used<DataKey>, Stop<Fault>> {
        let (context, length_bytes) = (context::bound(self.context)?, self.length_bytes()?);
        let usable = Usable::of(key).map_err(|unusable| key.unusable(unusable))?;
        let vault = outside.tool::<Arc<dyn Vault>>()?;
        vault.generate(caller.ticket(), usable, length_bytes, &context).await.map_err(context::refused)
    }

    fn length_bytes(&self) -> Result<usize, Fault> {
        match (self.spec, self.number_of_bytes) {
            (Some(DataKeySpec::Aes256), None) => Ok(32),
            (Some(DataKeySpec::Aes128), None) => Ok(16),
            (None, Some(number)) => length_bytes(number),
            _ => Err(Fault::Validation("Please specify either number of bytes or key spec.".to_owned())),
        }
    }
}

/// 1 to [`vault::RANDOM_BYTES_MAX`]. The wire has seen to it; calls from inside have not passed there.
pub fn length_bytes(number: i64) -> Result<usize, Fault> {
    match usize::try_from(number) {
        Ok(length @ 1..=vault::RANDOM_BYTES_MAX) => Ok(length),
        Ok(1..) => Err(Fault::bound(
            Some(number),
            "numberOfBytes",
            &format!("have value less than or equal to {}", vault::RANDOM_BYTES_MAX),
        )),
        _ => Err(Fault::bound(Some(number), "numberOfBytes", "have value greater than or equal to 1")),
    }
}
