//! What must hold of a SigV4 head, whatever the bytes: nothing panics, and a claim that is read is whole.

use names::Region;
use wire::sigv4::{Door, Parameters, Rules, normalise_path, read};

use super::sketch::{Sketch, suite_time};

/// Reads the text as a request to each kind of service. Answers how many claims were made out.
pub fn probe(bytes: &[u8]) -> usize {
    let sketch = Sketch::parse(bytes);
    let normal = normalise_path(&sketch.path);
    assert_eq!(normalise_path(&normal), normal, "normalising twice is normalising once");
    let regions: Vec<Region> = Region::parse("us-east-1").into_iter().collect();
    ["service", "kms", "sts", "iam", "s3"]
        .iter()
        .filter(|service| {
            let door = sketch.with_head(|head| read(head, &Rules::of(service, &regions), suite_time(), || [0; 32]));
            match door {
                Ok(Door::Signed(claim)) => {
                    let lines: Vec<&str> = claim.string_to_sign.split('\n').collect();
                    assert_eq!(lines.len(), 4, "the string to sign has four lines");
                    assert_eq!(claim.scope.service, **service);
                    assert_ne!(claim.second_string.as_ref(), Some(&claim.string_to_sign));
                    assert!(claim.canonical_request.starts_with(sketch.method.as_bytes()));
                    assert!(Parameters::parse(&sketch.query).is_ok());
                    assert!(claim.valid_until >= suite_time(), "a claim that has ended was let through");
                    true
                }
                Ok(Door::Anonymous) => {
                    assert!(sketch.headers.iter().all(|(name, _)| name != "authorization"));
                    false
                }
                Err(refused) => {
                    assert!(!refused.to_string().is_empty());
                    let _ = refused.kind();
                    false
                }
            }
        })
        .count()
}
