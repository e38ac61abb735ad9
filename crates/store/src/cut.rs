//! Cutting off the beginning of the trail.

use crate::engine::EngineFault;
use crate::index::Terms;
use crate::store::{Broken, Store};
use crate::trail::{Anchor, Chain, Recorded, Root, TRAIL_SPACE, inspect};
use std::collections::BTreeSet;

impl Store {
    /// Where the trail begins, if it was ever cut; an error if this house did not sign it.
    pub async fn root(&self) -> Result<Option<Root>, Broken> {
        match self.engine().trail(u64::MAX, 1).await?.root {
            Some(root) if !root.is_signed(self.barrier()) => Err(Broken::FalseRoot),
            root => Ok(root),
        }
    }

    /// The events that follow `anchor` (0 and zeros: the first ones) and were sealed as one, each bound to the one before it; and the last
    /// of them. `None` behind the end.
    pub async fn trail_behind(&self, anchor: Anchor) -> Result<Option<(Vec<Recorded>, Anchor)>, Broken> {
        let Anchor { sequence, link } = anchor;
        let page = self.engine().trail(sequence.saturating_add(1), 1).await?;
        let Some(bundle) = page.bundles.first() else { return Ok(None) };
        let mut chain = Chain { sequence, link };
        let key = || bundle.sequence.to_be_bytes().to_vec();
        let events = inspect(&mut chain, self.barrier(), None, bundle)
            .map_err(|_| Broken::Unopened { space: TRAIL_SPACE, key: key() })?;
        Ok(Some((events, Anchor { sequence: chain.sequence, link: chain.link })))
    }

    /// The link of the event at `sequence`, where a bundle ends with it.
    async fn link_of_last(&self, sequence: u64) -> Result<Option<[u8; 32]>, EngineFault> {
        let page = self.engine().trail(sequence, 1).await?;
        let bundle = page.bundles.first().filter(|bundle| bundle.sequence == sequence);
        Ok(bundle.and_then(|bundle| bundle.events().last().map(|event| event.link)))
    }

    /// Cuts off all events up to `anchor`, with which a bundle must end. `told` is the event, behind it, that says all that has to be known
    /// of them from now on; `terms` are those by which they were found. It cannot be undone.
    pub async fn cut(&self, anchor: Anchor, told: u64, terms: &[Terms]) -> Result<(), Broken> {
        let Anchor { sequence, link } = anchor;
        let later = self.root().await?.is_none_or(|root| root.sequence < sequence) && sequence < told;
        let told_of = self.head().await?.is_some_and(|head| head.sequence >= told);
        if !later || !told_of || self.link_of_last(sequence).await? != Some(link) {
            return Err(Broken::Uncuttable(sequence));
        }
        let under: BTreeSet<_> = terms.iter().flat_map(|one| one.under(|term| self.term_token(term))).collect();
        let root = Root::sign(sequence, link, told, self.barrier());
        Ok(self.engine().cut(root, under.into_iter().collect()).await?)
    }
}
