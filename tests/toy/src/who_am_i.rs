//! toy:WhoAmI: tells the caller who he is. Open, as sts:GetCallerIdentity is.

use crate::{Fault, Toy};
use kernel::{Aim, Authorized, Class, Demands, Desk, Found, Nothing, Operation, Outside, Stop};
use shape::Empty;
use shapes_toy::WhoAmIOutput;

pub struct WhoAmI;

impl Operation for WhoAmI {
    type Shape = shapes_toy::WhoAmI;
    type Service = Toy;
    type Target = Nothing;
    type Staged = ();
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: true };

    fn aim(_: &Empty) -> Result<Aim<Nothing>, Fault> {
        Ok(Aim::at(()))
    }

    fn demands(_: &Empty, _: &Found<Nothing>) -> Demands {
        Demands::open("it tells the caller nothing that his credentials do not say")
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Fault>> {
        Ok(())
    }

    async fn apply(call: &Authorized<'_, Self>, (): &(), _: &mut Desk<'_, Toy>) -> Result<WhoAmIOutput, Stop<Fault>> {
        Ok(WhoAmIOutput { arn: call.caller().arn().into_owned() })
    }
}
