//! iam:ListPolicies <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicies.html>

use crate::Iam;
use crate::fault::Fault;
use crate::own_policies::POLICIES;
use crate::pages::{self, Paging};
use crate::{managed, managed_policy};
use kernel::{Action, Aim, Authorized, Breakage, Class, Demands, Desk, Found, Nothing, Operation, Outside, Stop};
use names::AccountId;
use shapes_iam::{ListPoliciesInput, ListPoliciesOutput, Policy, PolicyScopeType, PolicyUsageType};
use store::{Cursor, SCAN_ROWS_MAX, Span, TableKey};

pub struct ListPolicies;

/// What markers begin with: the customer's policies come first, AWS's after them.
const OWN: u8 = b'L';
const AWS: u8 = b'A';

impl Operation for ListPolicies {
    type Shape = shapes_iam::ListPolicies;
    type Service = Iam;
    type Target = Nothing;
    type Staged = Paging;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: true };

    fn aim(_: &ListPoliciesInput) -> Result<Aim<Nothing>, Fault> {
        Ok(Aim::at(()))
    }

    fn demands(_: &ListPoliciesInput, nothing: &Found<Nothing>) -> Demands {
        Demands::on(Action("iam:ListPolicies"), nothing.look())
    }

    async fn prepare(call: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<Paging, Stop<Fault>> {
        let input = call.input();
        let about = format!("{:?} {:?} {:?}", input.scope, input.only_attached, input.policy_usage_filter);
        Paging::open(outside, &[prefix(input), &about], &input.marker)
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        paging: &Paging,
        desk: &mut Desk<'_, Iam>,
    ) -> Result<ListPoliciesOutput, Stop<Fault>> {
        let (input, account) = (call.input(), call.scene().account);
        let mut listing = Listing::of(input, account);
        let (stage, after) = begin(paging);
        if stage == OWN && input.scope != Some(PolicyScopeType::Aws) {
            listing.add_own(after.as_ref(), desk).await?;
        }
        if !listing.more && input.scope != Some(PolicyScopeType::Local) {
            let after = after.filter(|_| stage == AWS);
            listing.add_aws(after.as_ref(), desk).await?;
        }
        let marker = listing.last.filter(|_| listing.more).map(|last| paging.seal(&last)).transpose()?;
        Ok(ListPoliciesOutput { policies: Some(listing.found), is_truncated: Some(marker.is_some()), marker })
    }
}

/// The page as it grows.
struct Listing<'a> {
    input: &'a ListPoliciesInput,
    account: AccountId,
    wanted: usize,
    found: Vec<Policy>,
    last: Option<Cursor>,
    more: bool,
}

impl<'a> Listing<'a> {
    fn of(input: &'a ListPoliciesInput, account: AccountId) -> Self {
        let wanted = pages::items(input.max_items);
        Self { input, account, wanted, found: Vec::new(), last: None, more: false }
    }

    async fn add_own(&mut self, after: Option<&Cursor>, desk: &mut Desk<'_, Iam>) -> Result<(), Breakage> {
        let all = Span::under(&self.account);
        let span = after.map_or(all.clone(), |after| all.after(after));
        let page = desk.page(&POLICIES, &span, SCAN_ROWS_MAX).await?;
        for (place, record) in &page.rows {
            if self.found.len() == self.wanted {
                self.more = true;
                return Ok(());
            }
            self.last = Some(marked(OWN, &place.to_bytes()));
            if record.path.starts_with(prefix(self.input)) {
                let arn = record.arn(self.account);
                let count = managed_policy::attachments(arn.as_str(), self.account, &mut desk.reads()).await?;
                if wanted(self.input, count) {
                    self.found.push(managed_policy::listed_own(self.account, record, count));
                }
            }
        }
        self.more = page.next.is_some();
        Ok(())
    }

    async fn add_aws(&mut self, after: Option<&Cursor>, desk: &mut Desk<'_, Iam>) -> Result<(), Breakage> {
        let beyond = |arn: &str| after.is_none_or(|after| arn.as_bytes() > after.0.as_slice());
        for policy in managed::all().filter(|policy| beyond(policy.arn) && policy.path.starts_with(prefix(self.input)))
        {
            let count = managed_policy::attachments(policy.arn, self.account, &mut desk.reads()).await?;
            if !wanted(self.input, count) {
                continue;
            }
            if self.found.len() == self.wanted {
                self.more = true;
                return Ok(());
            }
            self.last = Some(marked(AWS, policy.arn.as_bytes()));
            self.found.push(managed_policy::listed_aws(policy, count));
        }
        Ok(())
    }
}

/// Where the page begins: among whose policies, and behind which.
fn begin(paging: &Paging) -> (u8, Option<Cursor>) {
    let after = paging.after().and_then(|after| after.0.split_first());
    after.map_or((OWN, None), |(stage, rest)| (*stage, Some(Cursor(rest.to_vec()))))
}

fn marked(stage: u8, key: &[u8]) -> Cursor {
    Cursor([&[stage], key].concat())
}

/// Nobody has a permissions boundary in this house yet, so no policy is used as one.
fn wanted(input: &ListPoliciesInput, count: i64) -> bool {
    let attached_only = input.only_attached == Some(true);
    match input.policy_usage_filter {
        None => count > 0 || !attached_only,
        Some(PolicyUsageType::PermissionsPolicy) => count > 0,
        Some(PolicyUsageType::PermissionsBoundary) => false,
    }
}

fn prefix(input: &ListPoliciesInput) -> &str {
    input.path_prefix.as_deref().unwrap_or("/")
}
