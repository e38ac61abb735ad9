//! sts:AssumeRole <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>

use iam::{Assumable, Fault, Iam, NewSession, SESSIONS, Wish, session_arn};
use kernel::{Action, Aim, Authorized, Caller, Class, Demands, Desk, Found, Operation, Outside, Principal, Stop};
use names::Arn;
use policy::Fact;
use shapes_sts::{AssumeRoleInput, AssumeRoleOutput, AssumedRoleUser, Credentials, Tag};

pub struct AssumeRole;

/// How long a session lasts where nothing is said, and how long one may that begins in another one.
const SECONDS_DEFAULT: i64 = 3_600;
const SECONDS_CHAINED_MAX: i64 = 3_600;

impl Operation for AssumeRole {
    type Shape = shapes_sts::AssumeRole;
    type Service = Iam;
    type Target = Assumable;
    type Staged = NewSession;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: true };

    fn aim(input: &AssumeRoleInput) -> Result<Aim<Assumable>, Fault> {
        let arn = Arn::parse(&input.role_arn).ok();
        let role = arn
            .filter(|arn| arn.service() == "iam" && arn.account_id().is_some() && arn.resource().starts_with("role/"));
        role.map(Aim::at).ok_or_else(|| Fault::Validation(format!("{} is invalid", input.role_arn)))
    }

    fn demands(input: &AssumeRoleInput, role: &Found<Assumable>) -> Demands {
        let tags = input.tags.as_deref().unwrap_or_default();
        let mut demands = facts(Demands::on(Action("sts:AssumeRole"), role.look()), input);
        if input.source_identity.is_some() {
            demands = facts(demands.and(Action("sts:SetSourceIdentity"), role.look()), input);
        }
        if tags.is_empty() { demands } else { facts(demands.and(Action("sts:TagSession"), role.look()), input) }
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        let (input, role) = (call.input(), &call.target().0.record);
        let seconds = input.duration_seconds.unwrap_or(SECONDS_DEFAULT);
        let refused = |text: &str| Err(Fault::Validation(text.to_owned()));
        match call.caller().principal() {
            Principal::Root => {
                return Err(Fault::AccessDenied("Roles may not be assumed by root accounts.".to_owned()));
            }
            Principal::AssumedRole(_) if seconds > SECONDS_CHAINED_MAX => {
                return refused(
                    "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
                );
            }
            _ => {}
        }
        if seconds > role.session_seconds_max {
            return refused("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
        }
        if input.provided_contexts.as_ref().is_some_and(|contexts| !contexts.is_empty()) {
            return refused("ProvidedContexts are not supported.");
        }
        if input.serial_number.is_some() || input.token_code.is_some() {
            // There is no such device in this house yet.
            return Err(Fault::AccessDenied(
                "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is \
                 valid and associated with this user."
                    .to_owned(),
            ));
        }
        check_tags(input)?;
        let carried = call.caller().session().and_then(|session| session.source_identity.as_deref());
        if carried.is_some() && input.source_identity.as_deref().is_some_and(|wanted| carried != Some(wanted)) {
            return Err(Fault::AccessDenied("The source identity of a session cannot be changed.".to_owned()));
        }
        wish(input).check()
    }

    async fn prepare(call: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<NewSession, Stop<Fault>> {
        Ok(NewSession::draw(call.caller(), &call.target(), outside).await?)
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        made: &NewSession,
        desk: &mut Desk<'_, Iam>,
    ) -> Result<AssumeRoleOutput, Stop<Fault>> {
        let (role, mut wish) = (call.target(), wish(call.input()));
        if let Some(former) = chained(call.caller()) {
            let former = desk.row(&SESSIONS, &former).await?;
            former.iter().for_each(|former| wish.inherit(former));
        }
        let packed = wish.packed_per_cent();
        if packed.is_some_and(|packed| packed > 100) {
            return Err(Fault::PackedPolicyTooLarge(packed.unwrap_or_default()).into());
        }
        let expires = made.put(&role, &wish, call.scene().now, desk).await?;
        let account = role.0.account;
        Ok(AssumeRoleOutput {
            credentials: Some(Credentials {
                access_key_id: made.id.clone(),
                secret_access_key: made.secret(),
                session_token: made.token.clone(),
                expiration: expires,
            }),
            assumed_role_user: Some(AssumedRoleUser {
                assumed_role_id: format!("{}:{}", role.0.id, wish.name),
                arn: session_arn(account, &role.0.record.name, &wish.name).to_string(),
            }),
            packed_policy_size: packed,
            source_identity: wish.source_identity,
            ..AssumeRoleOutput::default()
        })
    }

    fn remarks(_: &Authorized<'_, Self>, made: &NewSession, _: &AssumeRoleOutput) -> kernel::Remarks {
        kernel::Remarks { uses: vec![made.key.link], ..kernel::Remarks::default() }
    }
}

/// The key of the session in which somebody begins another one.
fn chained(caller: &Caller) -> Option<String> {
    let in_role = matches!(caller.principal(), Principal::AssumedRole(_));
    caller.access_key_id().filter(|_| in_role).map(str::to_owned)
}

fn wish(input: &AssumeRoleInput) -> Wish {
    let arns = input.policy_arns.iter().flatten().filter_map(|policy| policy.arn.clone());
    let tags = input.tags.iter().flatten().map(|Tag { key, value }| (key.clone(), value.clone()));
    Wish {
        name: input.role_session_name.clone(),
        seconds: input.duration_seconds.unwrap_or(SECONDS_DEFAULT),
        policy: input.policy.clone(),
        policy_arns: arns.collect(),
        tags: tags.collect(),
        transitive: input.transitive_tag_keys.clone().unwrap_or_default(),
        source_identity: input.source_identity.clone(),
    }
}

fn check_tags(input: &AssumeRoleInput) -> Result<(), Fault> {
    let (tags, transitive) =
        (input.tags.as_deref().unwrap_or_default(), input.transitive_tag_keys.as_deref().unwrap_or_default());
    let invalid = |text: &str| Err(Fault::Validation(text.to_owned()));
    for (index, tag) in tags.iter().enumerate() {
        if tag.key.to_lowercase().starts_with("aws:") {
            return invalid("Tag keys that begin with aws: are reserved for system use.");
        }
        if tags.iter().take(index).any(|other| other.key.to_lowercase() == tag.key.to_lowercase()) {
            return invalid("Duplicate tag keys found. Please note that Tag keys are case insensitive.");
        }
    }
    match transitive.iter().all(|key| tags.iter().any(|tag| tag.key == *key)) {
        true => Ok(()),
        false => invalid("The specified transitive tag key must be included in the requested tags."),
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-sts>
fn facts(demands: Demands, input: &AssumeRoleInput) -> Demands {
    let one = |value: &String| Fact::One(value.clone().into());
    let mut demands = demands.fact("sts:rolesessionname", one(&input.role_session_name));
    if let Some(id) = &input.external_id {
        demands = demands.fact("sts:externalid", one(id));
    }
    if let Some(identity) = &input.source_identity {
        demands = demands.fact("sts:sourceidentity", one(identity));
    }
    let tags = input.tags.as_deref().unwrap_or_default();
    for tag in tags {
        demands = demands.fact(format!("aws:requesttag/{}", tag.key.to_lowercase()), one(&tag.value));
    }
    if !tags.is_empty() {
        demands = demands.fact("aws:tagkeys", Fact::Many(tags.iter().map(|tag| tag.key.clone().into()).collect()));
    }
    match input.transitive_tag_keys.as_deref().unwrap_or_default() {
        [] => demands,
        keys => demands.fact("sts:transitivetagkeys", Fact::Many(keys.iter().map(|key| key.clone().into()).collect())),
    }
}
