//! kms:ScheduleKeyDeletion <https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html>

use crate::fault::Fault;
use crate::key::Key;
use crate::tables::{KEYS, KeyRecord};
use crate::{Kms, asked};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Remarks, Stop};
use names::Time;
use policy::Fact;
use shapes_kms::{KeyState, ScheduleKeyDeletionInput, ScheduleKeyDeletionOutput};

/// The model allows more; the service does not.
const WINDOW_DAYS_MIN: i64 = 7;
const WINDOW_DAYS_MAX: i64 = 30;
const WINDOW_DAYS_DEFAULT: i64 = 30;
const DAY_SECONDS: i64 = 24 * 60 * 60;

pub struct ScheduleKeyDeletion;

impl Operation for ScheduleKeyDeletion {
    type Shape = shapes_kms::ScheduleKeyDeletion;
    type Service = Kms;
    type Target = Key;
    type Staged = ();
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(input: &ScheduleKeyDeletionInput) -> Result<Aim<Key>, Fault> {
        asked::own(&input.key_id)
    }

    /// A window that is not asked for is judged as what it will be.
    fn demands(input: &ScheduleKeyDeletionInput, key: &Found<Key>) -> Demands {
        let days = Fact::One(window_days(input).to_string().into());
        Demands::on(Action("kms:ScheduleKeyDeletion"), key.look())
            .fact("kms:schedulekeydeletionpendingwindowindays", days)
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        if !(WINDOW_DAYS_MIN..=WINDOW_DAYS_MAX).contains(&window_days(call.input())) {
            // The words were seen in reports of AWS's answers.
            let text = format!("PendingWindowInDays must be between {WINDOW_DAYS_MIN} and {WINDOW_DAYS_MAX}");
            return Err(Fault::Validation(text));
        }
        call.target().refuse_pending()
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Fault>> {
        Ok(())
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        (): &(),
        desk: &mut Desk<'_, Kms>,
    ) -> Result<ScheduleKeyDeletionOutput, Stop<Fault>> {
        let (key, days) = (call.target(), window_days(call.input()));
        let date = Time::from_micros(call.scene().now.micros() + days * DAY_SECONDS * 1_000_000);
        let record = KeyRecord { deletion: Some(date.micros()), enabled: false, ..key.record.edit() };
        desk.put(&KEYS, &key.place(), record).await?;
        Ok(ScheduleKeyDeletionOutput {
            key_id: Some(key.arn_ref()),
            deletion_date: Some(date),
            key_state: Some(KeyState::PendingDeletion),
            pending_window_in_days: Some(days),
        })
    }

    /// CloudTrail has the date in a form of its own: <https://docs.aws.amazon.com/kms/latest/developerguide/ct-schedule-key-deletion.html>.
    fn remarks(call: &Authorized<'_, Self>, (): &(), output: &ScheduleKeyDeletionOutput) -> Remarks {
        let date = output.deletion_date.unwrap_or_default().format("%b %-d, %Y %H:%M:%S %p");
        let state = shape::Enumeration::as_str(KeyState::PendingDeletion).to_owned();
        let arn = call.target().arn_ref().as_str().to_owned();
        Remarks {
            response: Some(vec![("keyId", arn), ("keyState", state), ("deletionDate", date)]),
            ..Remarks::default()
        }
    }
}

fn window_days(input: &ScheduleKeyDeletionInput) -> i64 {
    input.pending_window_in_days.unwrap_or(WINDOW_DAYS_DEFAULT)
}
