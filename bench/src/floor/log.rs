//! A durable log with group commit: one thread writes what has gathered as one piece, syncs once, and then tells all who wait.

use crate::clock::now;
use crate::operation::Operation;
use crate::sigv4::REGION;
use http::HeaderMap;
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use tokio::sync::{mpsc, oneshot};

/// Written out beforehand, so that a sync changes no metadata of the file system. Beyond it the log begins anew.
const FILE_BYTES: usize = 64 << 20;
const GROUP_RECORDS_MAX: usize = 256;
const QUEUED_MAX: usize = 1024;
/// As long as the JSON of a record of CloudTrail without its optional parts.
const RECORD_BYTES: usize = 900;

type Entry = (String, oneshot::Sender<()>);

pub struct Log(mpsc::Sender<Entry>);

impl Log {
    pub fn open(path: &Path) -> Self {
        let mut file = File::create(path).unwrap();
        file.write_all(&vec![b' '; FILE_BYTES]).unwrap();
        file.sync_all().unwrap();
        let (queue, entries) = mpsc::channel(QUEUED_MAX);
        std::thread::Builder::new().name("log".into()).spawn(move || keep(file, entries)).unwrap();
        Self(queue)
    }

    /// Answers when the record is durable.
    pub async fn write(&self, record: String) {
        let (tell, told) = oneshot::channel();
        self.0.send((record, tell)).await.unwrap();
        told.await.unwrap();
    }
}

fn keep(mut file: File, mut entries: mpsc::Receiver<Entry>) {
    let (mut group, mut bytes) = (Vec::with_capacity(GROUP_RECORDS_MAX), Vec::new());
    file.seek(SeekFrom::Start(0)).unwrap();
    while entries.blocking_recv_many(&mut group, GROUP_RECORDS_MAX) > 0 {
        bytes.clear();
        group.iter().for_each(|(record, _): &Entry| bytes.extend_from_slice(record.as_bytes()));
        if file.stream_position().unwrap() + bytes.len() as u64 > FILE_BYTES as u64 {
            file.seek(SeekFrom::Start(0)).unwrap();
        }
        file.write_all(&bytes).unwrap();
        file.sync_data().unwrap();
        for (_, tell) in group.drain(..) {
            // Whoever has gone needs no answer.
            let _ = tell.send(());
        }
    }
}

/// One call, in the words of CloudTrail.
pub fn record(operation: Operation, access_key_id: &str, key: &str, headers: &HeaderMap) -> String {
    let mut id = [0; 16];
    aws_lc_rs::rand::fill(&mut id).unwrap();
    let (id, agent) =
        (u128::from_be_bytes(id), headers.get("user-agent").and_then(|agent| agent.to_str().ok()).unwrap_or_default());
    let (time, name) = (now().iso(), operation.name());
    let mut record = format!(
        r#"{{"eventVersion":"1.11","userIdentity":{{"type":"IAMUser","principalId":"AIDAEXAMPLEEXAMPLEEXA","arn":"arn:aws:iam::111122223333:user/administrator","accountId":"111122223333","accessKeyId":"{access_key_id}","userName":"administrator"}},"eventTime":"{time}","eventSource":"kms.amazonaws.com","eventName":"{name}","awsRegion":"{REGION}","sourceIPAddress":"127.0.0.1","userAgent":"{agent}","requestParameters":{{"encryptionAlgorithm":"SYMMETRIC_DEFAULT"}},"responseElements":null,"requestID":"{id:032x}","eventID":"{id:032x}","readOnly":true,"resources":[{{"accountId":"111122223333","type":"AWS::KMS::Key","ARN":"{key}"}}],"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management"}}"#
    );
    let padding = RECORD_BYTES.saturating_sub(record.len() + 1);
    record.extend(std::iter::repeat_n(' ', padding));
    record.push('\n');
    record
}
