//! sts:GetCallerIdentity <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>

use crate::Sts;
use kernel::{Aim, Authorized, Class, Demands, Desk, Found, Never, Nothing, Operation, Outside, Stop};
use shapes_sts::{GetCallerIdentityInput, GetCallerIdentityOutput};

pub struct GetCallerIdentity;

impl Operation for GetCallerIdentity {
    type Shape = shapes_sts::GetCallerIdentity;
    type Service = Sts;
    type Target = Nothing;
    type Staged = ();
    type Fault = Never;
    const TRAIL: Class = Class::Management { read_only: true };

    fn aim(_: &GetCallerIdentityInput) -> Result<Aim<Nothing>, Never> {
        Ok(Aim::at(()))
    }

    /// AWS answers it in spite of an explicit deny: the caller has proved an identity by signing, and hears that and nothing else.
    fn demands(_: &GetCallerIdentityInput, _: &Found<Nothing>) -> Demands {
        Demands::open("it tells the caller what every refusal tells him too")
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Never>> {
        Ok(())
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        (): &(),
        _: &mut Desk<'_, Sts>,
    ) -> Result<GetCallerIdentityOutput, Stop<Never>> {
        let caller = call.caller();
        Ok(GetCallerIdentityOutput {
            user_id: Some(caller.unique_id().to_owned()),
            account: Some(caller.account().to_string()),
            arn: Some(caller.arn().into_owned()),
        })
    }
}
