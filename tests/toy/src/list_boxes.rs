//! toy:ListBoxes: the boxes of the caller's account, by name.

use crate::{BOXES, Chest, Fault, Toy};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Nothing, Operation, Outside, Stop};
use shapes_toy::{BoxDescription, ListBoxesInput, ListBoxesOutput};
use store::Span;

pub struct ListBoxes;

const LIMIT_DEFAULT: usize = 100;

impl Operation for ListBoxes {
    type Shape = shapes_toy::ListBoxes;
    type Service = Toy;
    type Target = Nothing;
    type Staged = ();
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: true };

    fn aim(_: &ListBoxesInput) -> Result<Aim<Nothing>, Fault> {
        Ok(Aim::at(()))
    }

    fn demands(_: &ListBoxesInput, boxes: &Found<Nothing>) -> Demands {
        Demands::on(Action("toy:ListBoxes"), boxes.look())
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Fault>> {
        Ok(())
    }

    /// The marker is the name of the last box of the page before.
    async fn apply(
        call: &Authorized<'_, Self>,
        (): &(),
        desk: &mut Desk<'_, Toy>,
    ) -> Result<ListBoxesOutput, Stop<Fault>> {
        let (input, scene) = (call.input(), call.scene());
        let mine = (scene.account, scene.region.clone());
        let mut span = Span::under(&mine);
        if let Some(marker) = &input.marker {
            span = span.from(&(mine.0, mine.1, format!("{marker}\0")));
        }
        let limit = input.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(LIMIT_DEFAULT);
        let page = desk.page(&BOXES, &span, limit).await?;
        let boxes: Vec<_> = page
            .rows
            .iter()
            .map(|(place, _)| BoxDescription::new(place.2.clone(), Chest::arn_of(place).to_string()))
            .collect();
        let next_marker = page.next.and_then(|_| boxes.last().map(|last| last.name.clone()));
        Ok(ListBoxesOutput { next_marker, ..ListBoxesOutput::new(boxes) })
    }
}
