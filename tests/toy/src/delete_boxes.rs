//! toy:DeleteBoxes: a batch. Each box is judged, deleted and recorded as by a call of DeleteBox.

use crate::{DeleteBox, Fault, Toy};
use kernel::{Aim, Authorized, Class, Demands, Desk, Failure, Found, Nothing, Operation, Outside, Stop};
use shapes_toy::{DeleteBoxInput, DeleteBoxesInput, DeleteBoxesOutput, Deletion};

pub struct DeleteBoxes;

impl Operation for DeleteBoxes {
    type Shape = shapes_toy::DeleteBoxes;
    type Service = Toy;
    type Target = Nothing;
    type Staged = Vec<Result<(), Failure>>;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(_: &DeleteBoxesInput) -> Result<Aim<Nothing>, Fault> {
        Ok(Aim::at(()))
    }

    fn demands(_: &DeleteBoxesInput, _: &Found<Nothing>) -> Demands {
        Demands::each::<DeleteBox>()
    }

    async fn prepare(
        call: &Authorized<'_, Self>,
        outside: &mut Outside<'_>,
    ) -> Result<Vec<Result<(), Failure>>, Stop<Fault>> {
        let items: Vec<_> = call.input().names.iter().map(|name| DeleteBoxInput::new(name.clone())).collect();
        let ends = outside.each::<DeleteBox>(items).await?;
        Ok(ends.into_iter().map(|end| end.map(|_| ())).collect())
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        ends: &Vec<Result<(), Failure>>,
        _: &mut Desk<'_, Toy>,
    ) -> Result<DeleteBoxesOutput, Stop<Fault>> {
        let deletion = |(name, end): (&String, &Result<(), Failure>)| {
            let failure = end.as_ref().err();
            Deletion {
                code: failure.map(|failure| failure.code.to_string()),
                reason: failure.map(|failure| failure.text.clone()),
                ..Deletion::new(name.clone(), failure.is_none())
            }
        };
        Ok(DeleteBoxesOutput { results: call.input().names.iter().zip(ends).map(deletion).collect() })
    }
}
