//! After its end, a key's material is nowhere in the data directory: on a real SQLite store, its files searched byte by byte.

#![expect(
    clippy::disallowed_methods,
    reason = "the data directory of the test's own house is made, searched and removed"
)]

use crate::rig::{key, plain};
use cipher::{SystemEntropy, hmac_sha256, sha256};
use house::{ACCOUNT, Hands, keys};
use kernel::{
    Breakage, Caller, Claim, Credential, Credentials, Documents, House, Opened, Origin, Policies, Principal,
    Principals, Rate, ReadSet, RequestId, Resolved, Setting, Wait, Wiring,
};
use names::{AccountId, Arn, KeyId, Region, Time};
use secret::Secret;
use shape::OperationShape;
use shapes_kms::{
    CreateKey, CreateKeyInput, DescribeKey, DescribeKeyInput, Encrypt, EncryptInput, ScheduleKeyDeletion,
    ScheduleKeyDeletionInput,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use store::{Engine, SqliteEngine, SqliteOptions, Store, TableKey, WARM_BYTES_MAX_DEFAULT};
use vault::{InProcess, Keyring, Seal, Standing, Vault, WrappedAccessKey};

const ACCESS_KEY_ID: &str = "AKIAEXAMPLEEXAMPLEEX";
/// Long enough to be found by accident nowhere, short enough to lie within one page.
const CHUNK_BYTES: usize = 24;

/// The account's root is the only caller of this house.
struct Sole {
    wrapped: Vec<u8>,
}

impl Credentials for Sole {
    fn find<'a>(&'a self, _: &'a str, _: &'a mut ReadSet) -> Wait<'a, Result<Option<Credential>, Breakage>> {
        let wrapped = WrappedAccessKey::read(&self.wrapped).unwrap();
        let account = AccountId::parse(ACCOUNT).unwrap();
        Box::pin(async move { Ok(Some(Credential { account, principal: Principal::Root, wrapped, temporary: None })) })
    }
}

impl Principals for Sole {
    fn resolve<'a>(&'a self, _: &'a Arn, _: &'a mut ReadSet) -> Wait<'a, Result<Resolved, Breakage>> {
        Box::pin(async { Ok(Resolved::Missing) })
    }
}

impl Documents for Sole {
    fn of<'a>(&'a self, _: &'a Caller, _: &'a mut ReadSet) -> Wait<'a, Result<Arc<Policies>, Breakage>> {
        Box::pin(async { Ok(Arc::default()) })
    }
}

struct Standalone {
    engine: Arc<SqliteEngine>,
    door: Arc<House>,
    clock: Arc<Hands>,
    secret: Secret,
    region: Region,
    /// The last field: it goes when the store is closed.
    directory: Directory,
}

/// The data directory, which goes with the test, however that ends.
struct Directory(PathBuf);

impl Drop for Directory {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

impl Standalone {
    async fn open() -> Self {
        let directory = std::env::temp_dir().join(format!("kagiban-erased-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let directory = Directory(directory);
        let clock = Arc::new(Hands::at(Time::from_seconds(1_795_521_600)));
        let seal = Seal::KeyFile(Secret::fill(32, |bytes| bytes.fill(7)));
        let (keyring, _) = Keyring::initialise(&seal, [7; 16], Arc::new(SystemEntropy), &keys().opener).unwrap();
        let stopped = |fault| assert!(matches!(fault, store::EngineFault::Closed), "{fault}");
        let engine = Arc::new(SqliteEngine::open(&directory.0, SqliteOptions::default(), stopped).unwrap());
        let barrier = Arc::new(keyring.barrier());
        let store = Store::new(engine.clone(), barrier, Arc::new(SystemEntropy), WARM_BYTES_MAX_DEFAULT);
        let vault: Arc<dyn Vault> = Arc::new(InProcess::new(keyring, clock.clone(), Standing::BEGINNING).unwrap());
        let account = AccountId::parse(ACCOUNT).unwrap();
        let made = vault.first_access_key(&keys().mint, account, ACCESS_KEY_ID).await.unwrap().value;
        let sole = || Box::new(Sole { wrapped: made.wrapped.as_bytes().to_vec() });
        let region = Region::parse("ap-northeast-1").unwrap();
        let door = House::open(Wiring {
            store: Arc::new(store),
            vault,
            clock: clock.clone(),
            entropy: Arc::new(SystemEntropy),
            mint: &keys().mint,
            services: vec![&kms::SERVICE],
            credentials: sole(),
            principals: sole(),
            documents: sole(),
            setting: Setting { account, region: region.clone(), regions: vec![region.clone()] },
            believed: None,
            rate: Rate::DEFAULT,
        });
        Self { engine, door, clock, secret: made.secret, region, directory }
    }

    async fn caller(&self) -> Caller {
        let now = names::Clock::wall(self.clock.as_ref());
        let date = now.format("%Y%m%d");
        let string_to_sign = now.iso_basic();
        let secret = [b"AWS4", self.secret.open(&keys().opener)].concat();
        let parts = [date.as_str(), self.region.as_str(), "kms", "aws4_request", &string_to_sign];
        let signature = parts.iter().fold(secret, |key, part| hmac_sha256(&key, part.as_bytes()).to_vec());
        let claim = Claim {
            access_key_id: ACCESS_KEY_ID.to_owned(),
            token: None,
            second_string: None,
            date,
            region: self.region.as_str().to_owned(),
            service: "kms".to_owned(),
            signature: signature.try_into().unwrap(),
            request: sha256(string_to_sign.as_bytes()),
            string_to_sign,
            expires: now + Duration::from_secs(300),
        };
        let origin = Origin {
            region: self.region.clone(),
            source: None,
            user_agent: String::new(),
            host: String::new(),
            tls: None,
            request_id: RequestId::of([7; 16]),
            arrived: now,
        };
        self.door.admit(claim, origin).await.unwrap()
    }

    async fn call<S: OperationShape, T>(&self, input: S::Input, look: impl FnOnce(&S::Output) -> T) -> T {
        let recorded = self.door.call::<S>(self.caller().await, input).await.unwrap();
        match recorded.open(&keys().exit) {
            Opened::Answer(answer) => look(answer.output().unwrap()),
            Opened::Failure(failure) => panic!("{failure:?}"),
        }
    }

    async fn make(&self) -> String {
        self.call::<CreateKey, _>(CreateKeyInput::default(), |output| {
            output.key_metadata.as_ref().unwrap().key_id.as_str().to_owned()
        })
        .await
    }

    /// The sealed record of a key, which holds its wrapped material, in pieces.
    async fn pieces(&self, id: &str) -> Vec<Vec<u8>> {
        let account = AccountId::parse(ACCOUNT).unwrap();
        let place = (account, self.region.clone(), KeyId::parse(id).unwrap()).to_bytes();
        let row = self.engine.row("kms/keys", &place).await.unwrap();
        row.map(|row| row.bytes.chunks_exact(CHUNK_BYTES).map(<[u8]>::to_vec).collect()).unwrap_or_default()
    }

    /// How many of the pieces lie anywhere in the files of the data directory.
    fn found(&self, pieces: &[Vec<u8>]) -> usize {
        let files = files(&self.directory.0);
        assert!(files.iter().any(|bytes| bytes.len() > 4096), "the store's files are there");
        let lies_in = |piece: &Vec<u8>, bytes: &Vec<u8>| bytes.windows(CHUNK_BYTES).any(|window| window == *piece);
        pieces.iter().filter(|piece| files.iter().any(|bytes| lies_in(piece, bytes))).count()
    }
}

fn files(directory: &Path) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_file()).map(|path| std::fs::read(path).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn material_is_nowhere_after_its_end() {
    let house = Standalone::open().await;
    let mut others = Vec::new();
    let due = house.make().await;
    for _ in 0..20 {
        others.push(house.make().await);
    }
    let mut pieces = house.pieces(&due).await;
    assert!(pieces.len() > 10);
    let input =
        ScheduleKeyDeletionInput { pending_window_in_days: Some(7), ..ScheduleKeyDeletionInput::new(key(&due)) };
    house.call::<ScheduleKeyDeletion, _>(input, |_| ()).await;
    pieces.extend(house.pieces(&due).await);
    let before = house.found(&pieces);
    assert!(before > pieces.len() / 3, "the search finds what is there: {before} of {}", pieces.len());

    house.clock.pass(Duration::from_secs(7 * 24 * 60 * 60));
    for task in kms::SERVICE.tasks {
        task.run(&house.door.rounds(&kms::SERVICE)).await.unwrap();
    }
    assert_eq!(house.pieces(&due).await, Vec::<Vec<u8>>::new());
    assert_eq!(house.found(&pieces), 0, "pieces of the record are left");

    // The others are where they were.
    for other in &others {
        assert!(house.found(&house.pieces(other).await) > 10);
        let input = EncryptInput::new(key(other), plain(b"x"));
        house.call::<Encrypt, _>(input, |output| assert!(output.ciphertext_blob.is_some())).await;
    }
    let input = DescribeKeyInput::new(key(&due));
    let recorded = house.door.call::<DescribeKey>(house.caller().await, input).await.unwrap();
    assert_eq!(recorded.ending().unwrap_err().code, "NotFoundException");
}
