//! Looks at everything there is: the chain, each event, each row, and each answer that a reader would get.

use crate::model::{Ask, Who};
use crate::run::{Answered, Run};
use crate::sight::{Mismatch, Sight, must};
use kernel::{Event, Testimony};
use std::collections::{BTreeMap, BTreeSet};
use store::Verdict;

impl Run {
    /// The power goes while nothing is in flight.
    pub async fn restart(&mut self) -> Result<(), Mismatch> {
        self.town.restart().await;
        self.after_restart().await
    }

    /// What is durable is what was acknowledged.
    pub async fn after_restart(&mut self) -> Result<(), Mismatch> {
        self.read_deletions().await?;
        self.count("outcome: started again");
        self.audit().await
    }

    pub async fn audit(&mut self) -> Result<(), Mismatch> {
        self.trail().await?;
        let mut asks = vec![Ask::ListAliases];
        for key in self.model.keys.keys().chain(self.model.gone.iter()) {
            asks.extend([
                Ask::DescribeKey(key.clone()),
                Ask::ListResourceTags(key.clone()),
                Ask::GetKeyPolicy(key.clone()),
            ]);
        }
        for user in self.model.users.keys().copied() {
            let policy = |allow| Ask::GetUserPolicy { user, allow };
            asks.extend([Ask::ListAccessKeys(user), policy(true), policy(false)]);
        }
        for ask in asks {
            self.look(ask).await?;
        }
        Ok(())
    }

    /// The administrator reads, and gets what the model has.
    async fn look(&mut self, ask: Ask) -> Result<(), Mismatch> {
        let armed = self.town.disk.disarm();
        let heard = self.town.ask(&Who::Administrator, &ask).await;
        if let Some(armed) = armed {
            self.town.disk.arm(armed);
        }
        self.compare(ask, heard)
    }

    async fn trail(&mut self) -> Result<(), Mismatch> {
        let (mut testimony, mut events) = (Testimony::new(None), BTreeMap::new());
        let heard = self.town.store.verify(None, |recorded| {
            if let Some(event) = Event::decode(&recorded.bytes) {
                testimony.hear(&event);
                events.insert(recorded.sequence, event);
            }
        });
        let verdict = heard.await;
        let whole = matches!(verdict, Ok(Verdict::Whole { count, .. }) if count == events.len() as u64);
        must(whole, Sight::Chain, || format!("{verdict:?}"))?;
        let flaw = testimony.uses().flaw;
        let durable = self.town.disk.durable();
        let rows = durable.rows.iter().map(|((space, key), row)| (*space, key.clone(), row.revision.number()));
        let wrong = testimony.compare(rows);
        self.events(&events)?;
        must(flaw.is_none(), Sight::Event, || format!("{flaw:?}"))?;
        must(wrong.is_empty(), Sight::Rows, || wrong.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
    }

    /// Each answered call has its event, and each event of a caller its call.
    fn events(&self, events: &BTreeMap<u64, Event>) -> Result<(), Mismatch> {
        for answered in &self.answered {
            let event = events.get(&answered.sequence);
            let lost = || Mismatch { sight: Sight::Event, what: format!("{} is not on the trail", answered.operation) };
            answered.compare(event.ok_or_else(lost)?)?;
        }
        let heard: BTreeSet<(&str, u64)> =
            self.answered.iter().map(|one: &Answered| (one.request.as_str(), one.sequence)).collect();
        let stranger = events.iter().find(|(place, event)| {
            let own = event.identity.kind == "AWSService";
            !own && !heard.contains(&(event.request_id.as_str(), **place)) && !self.unheard.contains(&event.request_id)
        });
        must(stranger.is_none(), Sight::Event, || format!("nobody has called {stranger:?}"))
    }
}
