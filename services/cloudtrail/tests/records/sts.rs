//! STS.

use crate::golden::{boot, compare};
use shapes_sts::{GetCallerIdentity, GetCallerIdentityInput};

#[tokio::test]
async fn get_caller_identity() {
    let (house, root) = boot().await;
    root.call::<GetCallerIdentity>(GetCallerIdentityInput {}).await.output();
    compare("GetCallerIdentity", &house.last_event().await, &[]);
}
