//! `snowscrape keys`: API keys, through the running server, or in the store itself where none runs.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use snowscrape_engine::store::StoreSettings;

use super::arguments::KeysCommand;
use super::failure::Failure;
use crate::server::{DataFolder, KeyAnswer, KeyRequest, ListedKey, ask, open_store};
use crate::terminal::say;

pub(crate) fn run(command: KeysCommand) -> Result<ExitCode, Failure> {
    let (request, data) = match command {
        KeysCommand::Create { user, data } => (KeyRequest::Create { user }, data),
        KeysCommand::List { user, data } => (KeyRequest::List { user }, data),
        KeysCommand::Revoke { id, data } => (KeyRequest::Revoke { id }, data),
    };
    match answer(&data, request.clone())? {
        KeyAnswer::Created(key) => {
            print(&format!("{key}\n"))?;
            say("keep it in a safe place: it is not shown again, and whoever has it acts as its user");
        }
        KeyAnswer::Listed(keys) => print(&table(&keys))?,
        KeyAnswer::Revoked => say("the key is revoked: it opens nothing any more"),
        KeyAnswer::Unknown => {
            let KeyRequest::Revoke { id } = request else {
                return Err(Failure::input("there is no such key"));
            };
            return Err(Failure::input(format!(
                "there is no key `{id}`; `snowscrape keys list` shows the ids"
            )));
        }
        KeyAnswer::Failed(message) => return Err(Failure::input(message)),
    }
    Ok(ExitCode::SUCCESS)
}

fn answer(data: &DataFolder, request: KeyRequest) -> Result<KeyAnswer, Failure> {
    let folder = data.find().map_err(|error| Failure::input(error.to_string()))?;
    let asked = ask(&folder, &request)
        .map_err(|error| Failure::input(format!("the server in {} cannot be asked: {error}", folder.display())))?;
    asked.map_or_else(|| in_store(&folder, request), Ok)
}

fn in_store(folder: &Path, request: KeyRequest) -> Result<KeyAnswer, Failure> {
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::work(&error))?;
    runtime.block_on(async {
        let store = open_store(folder, StoreSettings::default())
            .await
            .map_err(|error| Failure::input(error.to_string()))?;
        let answer = request.carry_out(&store).await;
        store.close().await.map_err(|error| Failure::work(&error))?;
        Ok(answer)
    })
}

fn table(keys: &[ListedKey]) -> String {
    let time = |time: jiff::Timestamp| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let lines = keys.iter().map(|key| {
        let last_used = key.last_used_at.map_or_else(|| "never".to_owned(), time);
        format!("{}\t{}\t{}\t{last_used}\n", key.id, key.user, time(key.created_at))
    });
    std::iter::once("id\tuser\tcreated\tlast used\n".to_owned())
        .chain(lines)
        .collect()
}

fn print(text: &str) -> Result<(), Failure> {
    let written = |error: io::Error| Failure::work(&error);
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(written)
}
