//! What every generated client must be able to do; the same steps in each language. See docs/clients.md.
use serde_json::json;
use std::collections::{BTreeMap, HashSet};
use threadstore::apis::{rollout_files_api, writers_api};
use threadstore::models::{MemoryMode, OpenWriterBody, SortOrder, StoredItem, UpdateThreadMetadataBody};
// docs:begin
use std::env::var;
use std::error::Error;
use threadstore::apis::{configuration::Configuration, items_api, threads_api};
use threadstore::models::{AppendItemsBody, AppendResult, CreateThreadBody, Problem, ProblemCode, RolloutItem};
use threadstore::models::{SessionSource, SourceKind, StoredThread};

type Outcome<T> = Result<T, Box<dyn Error>>;

fn configuration() -> Outcome<Configuration> {
    let mut configuration = Configuration::new();
    configuration.base_path = var("THREADSTORE_URL")?;
    configuration.bearer_access_token = Some(var("THREADSTORE_TOKEN")?);
    configuration.client = http_client()?;
    Ok(configuration)
}

/// The problem document of a refusal. The variants of `entity` don't follow the status: its first one fits them all.
fn problem_of<E>(error: &threadstore::apis::Error<E>) -> Option<Problem> {
    match error {
        threadstore::apis::Error::ResponseError(answer) => serde_json::from_str(&answer.content).ok(),
        _ => None,
    }
}

/// Appends messages. If others were first, says where to go on, without a result.
async fn append(to: &Configuration, id: &str, ordinal: i64, messages: &[&str]) -> Outcome<(i64, Option<AppendResult>)> {
    let payload = |message: &&str| [("type", "user_message"), ("message", message)].map(|(k, v)| (k.into(), v.into())).into();
    let mut body = AppendItemsBody::new(messages.iter().map(|m| RolloutItem::new("event_msg".into(), payload(m))).collect());
    body.expected_ordinal = Some(ordinal);
    match items_api::append_items(to, id, body, None, None).await {
        Ok(result) => Ok((result.next_ordinal, Some(result))),
        Err(error) => match problem_of(&error) {
            Some(Problem { code: ProblemCode::OrdinalConflict, next_ordinal: Some(next), .. }) => Ok((next, None)),
            _ => Err(error.into()),
        },
    }
}

async fn first_steps(to: &Configuration) -> Outcome<(StoredThread, Option<AppendResult>)> {
    let mut body = CreateThreadBody::new(SessionSource::new(SourceKind::Exec));
    body.name = Some("Fix the parser".into());
    let thread = threads_api::create_thread(to, body, None).await?;
    let (_, result) = append(to, &thread.thread_id.to_string(), thread.next_ordinal, &["hello"]).await?;
    Ok((thread, result))
}
// docs:end

const LONG: i64 = 3000;

fn http_client() -> Outcome<reqwest::Client> {
    let builder = reqwest::Client::builder();
    Ok(match var("THREADSTORE_CA") {
        Ok(file) if !file.is_empty() => {
            builder.add_root_certificate(reqwest::Certificate::from_pem(&std::fs::read(file)?)?).build()?
        }
        _ => builder.build()?,
    })
}

fn check(condition: bool, what: &str) {
    if !condition {
        eprintln!("failed: {what}");
        std::process::exit(1);
    }
}

fn done(what: &str) {
    println!("  {what}");
}

/// The problem document that a call was refused with.
fn refusal<T, E>(answer: Result<T, threadstore::apis::Error<E>>, status: u16) -> Problem {
    if let Err(error) = answer {
        if let threadstore::apis::Error::ResponseError(response) = &error {
            check(response.status.as_u16() == status, &format!("{status}: {}", response.content));
        }
        if let Some(problem) = problem_of(&error) {
            check(problem.status == i32::from(status), "the document has the status of its answer");
            return problem;
        }
    }
    check(false, &format!("no problem {status}"));
    unreachable!()
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let (file, file_id) = (&arguments[1], arguments[2].as_str());
    let to = &configuration()?;

    let (thread, result) = first_steps(to).await?;
    let (id, start) = (&*thread.thread_id.to_string(), thread.next_ordinal);
    check(thread.writer.is_some_and(|w| w.epoch == 1) && start == 2, "a new thread has a writer, its session_meta and its name");
    check(result.is_some_and(|r| r.first_ordinal == Some(start) && r.appended == 1 && !r.replayed), "the first append");
    let (_, again) = append(to, id, start, &["hello"]).await?;
    check(again.is_some_and(|r| r.replayed && r.appended == 0), "the same append again is a replay");
    let (next, conflict) = append(to, id, start, &["something else"]).await?;
    check(conflict.is_none() && next == start + 1, "a conflict at a taken ordinal says where to go on");
    let (_, synced) = append(to, id, next, &["something else"]).await?;
    check(synced.is_some_and(|r| r.first_ordinal == Some(next)), "the append after it");
    done("create, append, replay, conflict");

    let cwd = format!("/clients/{}", uuid::Uuid::new_v4());
    let mut made = HashSet::new();
    for _ in 0..5 {
        let mut body = CreateThreadBody::new(SessionSource::new(SourceKind::Exec));
        body.cwd = Some(cwd.clone());
        made.insert(threads_api::create_thread(to, body, None).await?.thread_id);
    }
    let (mut pages, mut seen, mut cursor) = (0, Vec::new(), None::<String>);
    while pages == 0 || cursor.is_some() {
        let (folders, kinds) = (Some(vec![cwd.clone()]), Some(vec![SourceKind::Exec]));
        let page = threads_api::list_threads(
            to, None, cursor.as_deref(), folders, None, Some(2), None, None, None, None, None, kinds,
        )
        .await?;
        seen.extend(page.threads.iter().map(|t| t.thread_id));
        (cursor, pages) = (page.next_cursor, pages + 1);
    }
    check(pages >= 3 && seen.len() == 5 && seen.iter().all(|id| made.remove(id)), "every thread once, over all pages");
    for each in &seen {
        threads_api::delete_thread(to, &each.to_string(), None).await?;
    }
    let (order, types) = (Some(SortOrder::Desc), Some(vec!["event_msg".into()]));
    let newest = items_api::list_items(to, id, None, None, None, Some(2), order, types).await?;
    let ordinals: Vec<i64> = newest.items.iter().map(|i| i.ordinal).collect();
    check(ordinals == [start + 1, start] && newest.has_more, "a page of items, the newest first");
    done("lists");

    let patch = |body| threads_api::update_thread_metadata(to, id, body, None, None);
    let name = |name: Option<&str>| UpdateThreadMetadataBody { name: Some(name.map(Into::into)), ..Default::default() };
    check(patch(name(Some("Parser"))).await?.name.as_deref() == Some("Parser"), "a new name");
    let both = UpdateThreadMetadataBody { memory_mode: Some(MemoryMode::Disabled), ..name(None) };
    check(refusal(patch(both).await, 400).code == ProblemCode::InvalidRequest, "two fields at once, a null among them");
    check(patch(UpdateThreadMetadataBody::new()).await?.name.as_deref() == Some("Parser"), "an absent name stays");
    check(patch(name(None)).await?.name.is_none(), "null clears the name");
    let patches = threads_api::list_metadata_patches(to, id, None, None).await?.patches;
    let values: Vec<_> = patches.into_iter().map(|p| p.value).collect();
    check(values == [Some(json!("Fix the parser")), Some(json!("Parser")), None], "the patches on record");
    done("patches");

    check(threads_api::archive_thread(to, id, None).await?.archived_at.is_some(), "archived");
    let hidden = refusal(threads_api::get_thread(to, id, None, None, None).await, 404);
    check(hidden.code == ProblemCode::ThreadNotFound && hidden.thread_id == Some(thread.thread_id), "an archived thread is not found");
    check(threads_api::get_thread(to, id, Some(true), None, None).await?.archived_at.is_some(), "unless it is asked for");
    check(threads_api::unarchive_thread(to, id, None).await?.archived_at.is_none(), "taken out again");
    let takeover = OpenWriterBody { takeover: Some(true), ..Default::default() };
    let second = writers_api::open_writer(to, id, takeover).await?;
    check(second.epoch == 2 && writers_api::get_writer(to, id).await?.epoch == 2, "the second writer");
    let fenced = refusal(items_api::append_items(to, id, AppendItemsBody::new(vec![]), None, Some(1)).await, 409);
    check(fenced.code == ProblemCode::WriterFenced && fenced.epoch == Some(2), "the first writer is fenced");
    let position = writers_api::shutdown_thread(to, id, Some(second.epoch)).await?;
    check(position.materialized && position.next_ordinal == second.next_ordinal, "shut down");
    check(refusal(writers_api::get_writer(to, id).await, 404).code == ProblemCode::WriterNotFound, "no writer is left");
    done("archive, writers");

    let payload: BTreeMap<_, _> =
        [("big", json!(i64::MAX)), ("whole", json!(1.0)), ("new", json!({"in": [null, true]}))].map(|(k, v)| (k.to_string(), v)).into();
    let third = writers_api::open_writer(to, id, OpenWriterBody::new()).await?;
    let mut tomorrow = AppendItemsBody::new(vec![RolloutItem::new("of_tomorrow".into(), payload.clone())]);
    tomorrow.expected_ordinal = Some(third.next_ordinal);
    items_api::append_items(to, id, tomorrow, None, None).await?;
    let kept = items_api::list_items(to, id, None, None, None, None, None, Some(vec!["of_tomorrow".into()])).await?;
    let kept = &kept.items[0].payload;
    check(kept == &payload && kept["big"].as_i64() == Some(i64::MAX) && kept["whole"].is_f64(), "the payload as it went in");
    done("payload");

    let mut ordinal = third.next_ordinal + 1;
    for from in (0..LONG).step_by(1000) {
        let messages: Vec<String> = (from..from + 1000).map(|n| format!("message {n}")).collect();
        let (next, result) = append(to, id, ordinal, &messages.iter().map(String::as_str).collect::<Vec<_>>()).await?;
        check(result.is_some_and(|r| r.appended == 1000), "a thousand items");
        ordinal = next;
    }
    let (mut count, mut rest) = (0, Vec::new());
    let mut response = ndjson(to, &format!("/v1/threads/{id}/history")).await?;
    while let Some(chunk) = response.chunk().await? {
        rest.extend_from_slice(&chunk); // one chunk in memory at a time
        let end = rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        for item in serde_json::Deserializer::from_slice(&rest[..end]).into_iter::<StoredItem>() {
            check(item?.ordinal == count, "items in order");
            count += 1;
        }
        rest.drain(..end);
    }
    check(rest.is_empty() && count == ordinal && count > LONG, "the whole history, line by line");
    check(items_api::load_history(to, id, None).await?.items.len() as i64 == count, "the same as one document");
    done(&format!("{count} items streamed"));

    let rollout = std::fs::read(file)?;
    let imported = rollout_files_api::import_rollout(to, file_id, file.into(), None, None, None).await?;
    let lines = rollout.iter().filter(|byte| **byte == b'\n').count() as i64;
    check(imported.appended + imported.replayed == lines, "every line is stored");
    let again = rollout_files_api::import_rollout(to, file_id, file.into(), None, None, None).await?;
    check(again.appended == 0, "the same file again changes nothing");
    let exported = rollout_files_api::export_rollout(to, file_id, None, None).await?.bytes().await?;
    check(exported == rollout, "byte for byte the same file");
    check(imported.thread.thread_id.to_string() == file_id, "the imported thread");
    done("import, export");

    let stranger = Configuration { bearer_access_token: None, ..to.clone() };
    let unknown = threads_api::list_threads(&stranger, None, None, None, None, None, None, None, None, None, None, None).await;
    check(refusal(unknown, 401).code == ProblemCode::Unauthenticated, "who shows no token");
    for each in [file_id, id] {
        threads_api::delete_thread(to, each, None).await?;
    }
    check(refusal(threads_api::delete_thread(to, id, None).await, 404).code == ProblemCode::ThreadNotFound, "deleted");
    done("no token, delete");
    Ok(())
}

/// Asks for lines with the client's own configuration: its function reads a whole answer before it returns.
async fn ndjson(to: &Configuration, path: &str) -> Outcome<reqwest::Response> {
    let request = to.client.get(format!("{}{path}", to.base_path)).header("Accept", "application/x-ndjson");
    let request = request.bearer_auth(to.bearer_access_token.as_deref().unwrap_or_default());
    Ok(request.send().await?.error_for_status()?)
}
