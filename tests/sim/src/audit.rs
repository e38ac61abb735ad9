//! Looks at everything there is: the chain, each row, and each answer that a reader would get.

use crate::ask::{Ask, Who};
use crate::planted::Planted;
use crate::run::{Run, Settled};
use crate::sight::{Mismatch, Sight, must};
use kernel::{Event, Testimony};
use std::collections::BTreeMap;
use store::Verdict;

/// In a thousand starts, in how many somebody has been at the disk before.
const TOUCHED_PERMILLE: u64 = 60;

impl Run {
    /// The power goes while nothing is in flight.
    pub async fn cut_power(&mut self) -> Result<(), Mismatch> {
        self.count("fault: power cut between calls");
        self.start_again().await?;
        self.settle_events(Vec::new()).await?;
        self.look_again().await
    }

    /// The house is started from what is durable.
    pub async fn start_again(&mut self) -> Result<(), Mismatch> {
        // Other faults are to be found by what they do.
        let touched = [Planted::Nothing, Planted::UnsealedAccepted].contains(&self.town.planted);
        self.town.restart().await?;
        self.count("outcome: started again");
        if touched && self.town.dice.permille(TOUCHED_PERMILLE) {
            self.refuses_a_wrong_row().await?;
        }
        if touched && self.town.dice.permille(TOUCHED_PERMILLE) {
            self.refuses_a_wrong_event().await?;
        }
        Ok(())
    }

    /// After a start: the rows are those of the trail, and of each thing one answer, by chance, is that of the model.
    pub async fn look_again(&mut self) -> Result<(), Mismatch> {
        let wrong = self.town.witness.wrong_row(&self.town.running.disk.revisions());
        must(wrong.is_none(), Sight::Rows, || wrong.unwrap_or_default())?;
        let (of_keys, of_users) = self.questions();
        let mut asks = vec![Ask::Plain("ListAliases")];
        asks.extend(of_keys.into_iter().chain(of_users).filter_map(|some| self.town.dice.pick(some.into_iter())));
        for ask in asks {
            self.look(ask).await?;
        }
        Ok(())
    }

    /// At the end: all of it.
    pub async fn audit(&mut self) -> Result<(), Mismatch> {
        self.trail().await?;
        let (of_keys, of_users) = self.questions();
        let lists = ["ListAliases", "ListKeys", "ListUsers", "GetPolicy"].map(Ask::Plain);
        for ask in lists.into_iter().chain(of_keys.into_iter().chain(of_users).flatten()) {
            self.look(ask).await?;
        }
        Ok(())
    }

    /// What can be asked of each key and of each user, to see all that there is of it.
    fn questions(&self) -> (Vec<Vec<Ask>>, Vec<Vec<Ask>>) {
        let of_key = |key: &String| {
            ["DescribeKey", "ListResourceTags", "GetKeyPolicy"].map(|name| Ask::Key(name, key.clone())).to_vec()
        };
        let of_user = |user: &u8| {
            let policy = |allow| Ask::GetUserPolicy { user: *user, allow };
            vec![
                Ask::User("ListAccessKeys", *user),
                Ask::User("ListAttachedUserPolicies", *user),
                policy(true),
                policy(false),
            ]
        };
        let keys = self.model.keys.keys().chain(self.model.gone.iter());
        (keys.map(of_key).collect(), self.model.users.keys().map(of_user).collect())
    }

    /// The administrator reads, and gets what the model has.
    async fn look(&mut self, ask: Ask) -> Result<(), Mismatch> {
        let armed = self.town.running.disk.disarm();
        let heard = self.town.ask(&self.town.running, &Who::Administrator, &ask, None).await;
        self.town.rest().await?;
        if let Some(armed) = armed {
            self.town.running.disk.arm(armed);
        }
        self.settle_events(vec![Settled::of(Who::Administrator, ask, heard)]).await
    }

    /// The whole chain, and the rows beside it.
    async fn trail(&mut self) -> Result<(), Mismatch> {
        let (mut testimony, mut count) = (Testimony::new(None), 0);
        let heard = self.town.running.store.verify(None, |recorded| {
            if let Some(event) = Event::decode(&recorded.bytes) {
                testimony.hear(&event);
                count += 1;
            }
        });
        let verdict = heard.await;
        let whole = matches!(verdict, Ok(Verdict::Whole { count: all, .. }) if all == count);
        let heard = usize::try_from(count).unwrap() == self.town.witness.count();
        must(whole && heard, Sight::Chain, || format!("{verdict:?}"))?;
        let flaw = testimony.uses().flaw;
        must(flaw.is_none(), Sight::Event, || format!("{flaw:?}"))?;
        let rows: BTreeMap<_, _> = self.town.running.disk.revisions();
        let wrong = testimony.compare(rows.into_iter().map(|((space, key), revision)| (space, key, revision)));
        must(wrong.is_empty(), Sight::Rows, || wrong.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
    }
}
