//! kms:DescribeKey <https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html>

use crate::fault::Fault;
use crate::key::Key;
use crate::{Kms, asked, context, metadata};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use shapes_kms::{DescribeKeyInput, DescribeKeyOutput};

pub struct DescribeKey;

impl Operation for DescribeKey {
    type Shape = shapes_kms::DescribeKey;
    type Service = Kms;
    type Target = Key;
    type Staged = ();
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: true };

    fn aim(input: &DescribeKeyInput) -> Result<Aim<Key>, Fault> {
        asked::any(&input.key_id)
    }

    fn demands(_: &DescribeKeyInput, key: &Found<Key>) -> Demands {
        Demands::on(Action("kms:DescribeKey"), key.look())
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        context::no_grants(&call.input().grant_tokens)
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Fault>> {
        Ok(())
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        (): &(),
        _: &mut Desk<'_, Kms>,
    ) -> Result<DescribeKeyOutput, Stop<Fault>> {
        Ok(DescribeKeyOutput { key_metadata: Some(metadata::of(&call.target())) })
    }
}
