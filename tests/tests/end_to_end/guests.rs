//! Guests that misbehave: each is stopped with an error that names it and the reason, and nothing else is harmed.

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::{Value as Json, json};
use snowscrape_engine::fetch::FetchEnvironment;
use snowscrape_engine::model::{ErrorCode, JobId, QueryTypes, Run, RunId, RunStatus, Trigger};
use snowscrape_engine::pipeline::{Environment, Finished, Pipeline};
use snowscrape_engine::plugin::{
    CallError, ComponentSource, ExtractionPlan, ExtractorInstance, Extractors, Limits, LoadError, OpenError,
    PluginEngine, PluginRegistry,
};
use snowscrape_engine::render::{BrowserSettings, Browsers};
use snowscrape_tests::hostile::{HostilePage, HostileServer};

use crate::support::{GUESTS, WEB, engine, job, page, registry, source, try_registry};

const MISBEHAVING: &str = GUESTS[0];
/// Far above any limit here, and far below what a guest that is not stopped would take.
const SOON: Duration = Duration::from_secs(20);

/// How a call ended.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// With the first match of the only query.
    Answer(String),
    Failed,
    Deadline,
    Memory,
    Nonsense,
}

fn extractors(registry: &PluginRegistry, item: Option<&str>, mode: &str) -> Extractors {
    let item = item.map(|query| json!({"type": "css", "query": query}));
    let job = job(
        &json!({
            "name": "guests", "source": "http://shop.example/", "item": item,
            "queries": [{"name": "a", "type": "misbehave", "query": mode}],
        }),
        registry,
    );
    Arc::new(ExtractionPlan::new(registry, job.item.as_ref(), &job.queries).unwrap()).extractors()
}

/// How the call for a page ended, with the words of its error.
fn end(extractors: &mut Extractors, text: &str) -> (End, String) {
    let error = match extractors.extract(page(text)) {
        Ok(mut found) => {
            let mut matches = found
                .items
                .remove(0)
                .remove(0)
                .expect("the guest fails no single query");
            return (End::Answer(matches.remove(0).text), String::new());
        }
        Err(OpenError::Call(error)) => error,
        Err(error) => panic!("{error}"),
    };
    let words = error.to_string();
    assert!(words.contains("misbehaving 6.6.6"), "{words}");
    let end = match error {
        CallError::Failed { .. } => End::Failed,
        CallError::Deadline { .. } => End::Deadline,
        CallError::Memory { .. } => End::Memory,
        CallError::Nonsense { .. } => End::Nonsense,
        other => panic!("{other}"),
    };
    (end, words)
}

#[test]
fn a_guest_is_stopped_and_later_pages_are_right() {
    let registry = registry(&engine(), &[WEB, MISBEHAVING]);
    let answer = |text: &str| End::Answer(text.to_owned());
    let bad = "<p>misbehave</p>";
    for (mode, expected, reason) in [
        ("loop", End::Deadline, "took more than 0.5 s"),
        ("memory", End::Memory, "wanted more than 64 MiB of memory"),
        ("trap", End::Failed, "this guest was told to trap"),
        ("nonsense", End::Nonsense, "3 answers to 1 queries"),
        ("sleep", answer("16"), ""),
        ("stack", End::Failed, "stack"),
        ("exit", End::Failed, "xit"),
        ("chatter", answer("16"), ""),
    ] {
        let mut extractors = extractors(&registry, None, mode);
        for _ in 0..2 {
            assert_eq!(end(&mut extractors, "<p>fine</p>").0, answer("11"), "{mode}");
            let began = Instant::now();
            let (got, words) = end(&mut extractors, bad);
            assert!(began.elapsed() < SOON, "{mode} took {:?}", began.elapsed());
            assert_eq!(got, expected, "{mode}: {words}");
            assert!(words.contains(reason), "{mode}: {words}");
            assert!(words.len() < 5_000, "{mode}: {} bytes of words", words.len());
        }
        assert_eq!(end(&mut extractors, "<p>fine again</p>").0, answer("17"), "{mode}");
    }
}

#[test]
fn answers_for_other_items_than_were_given_are_nonsense() {
    let registry = registry(&engine(), &[WEB, MISBEHAVING]);
    let mut extractors = extractors(&registry, Some("p"), "trap");
    let (got, words) = end(&mut extractors, "<p>a</p><p>b</p>");
    assert_eq!(got, End::Nonsense);
    assert!(words.contains("answers for 0 items where there were 2"), "{words}");
    assert!(extractors.extract(page("<div></div>")).unwrap().items.is_empty());
}

#[test]
fn a_check_that_does_not_end_is_a_fault_of_the_query() {
    let registry = registry(&engine(), &[WEB, MISBEHAVING]);
    let fault = registry.check("misbehave", "loop-check", &[]).unwrap_err();
    assert!(
        fault.message.contains("misbehaving 6.6.6") && fault.message.contains("0.5 s"),
        "{fault:?}"
    );
    assert!(registry.check("misbehave", "trap", &[]).is_ok());
}

#[test]
fn places_outside_of_the_expression_are_moved_into_it() {
    let registry = registry(&engine(), &[WEB, MISBEHAVING]);
    let fault = registry.check("misbehave", "nowhere", &[]).unwrap_err();
    assert_eq!((fault.offset, fault.length, fault.message.as_str()), (7, 0, "nowhere"));

    let open = |mode: &str| extractors(&registry, None, mode).start_all().unwrap_err();
    assert!(matches!(
        open("unheard of"),
        OpenError::Expression { query: Some(0), .. }
    ));
    let strange = open("strange");
    assert!(
        matches!(strange, OpenError::Call(CallError::Nonsense { .. })),
        "{strange}"
    );
    assert!(
        strange.to_string().contains("a query that it was not given"),
        "{strange}"
    );
}

#[test]
fn the_memory_of_a_guest_comes_back() {
    let registry = registry(&engine(), &[WEB, MISBEHAVING]);
    let mut extractors = extractors(&registry, None, "memory");
    let mut rounds = |count| {
        for _ in 0..count {
            assert_eq!(end(&mut extractors, "misbehave").0, End::Memory);
            assert_eq!(end(&mut extractors, "fine").0, End::Answer("4".to_owned()));
        }
        resident_kib()
    };
    let before = rounds(3);
    let after = rounds(20);
    // One instance that is not given back holds twice as much.
    assert!(after < before + (32 << 10), "{before} KiB grew to {after} KiB");
}

fn resident_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux tells of its processes");
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let words: Vec<_> = line.expect("every process has a size").split_whitespace().collect();
    words[1].parse().expect("it is a number of KiB")
}

/// A run over a page that makes the guest misbehave and two that do not.
fn run(mode: &str, on_plugin_error: &str) -> (Finished, Vec<Json>) {
    let registry = registry(&engine(), &[WEB, MISBEHAVING]);
    let server = HostileServer::start();
    let definition = json!({
        "name": "guests",
        "source": server.url(HostilePage::LongBody),
        // The second page says what it was asked with.
        "urls": [server.url(HostilePage::Headers), server.url(HostilePage::Cookies), server.url(HostilePage::Empty)],
        "rate_limit": 600_000, "concurrency": 1, "on_plugin_error": on_plugin_error,
        "request": {"headers": {"x-guest": "misbehave"}},
        "queries": [
            {"name": "title", "type": "css", "query": "title"},
            {"name": "length", "type": "misbehave", "query": mode, "as": "integer"},
        ],
    });
    let pipeline = Pipeline::build(
        job(&definition, &registry),
        Environment {
            registry: &registry,
            secrets: &|_| None,
            fetch: &FetchEnvironment::default(),
            browsers: &Browsers::new(BrowserSettings::new(Vec::new())),
        },
        Run::queued(
            RunId::new("run_test"),
            JobId::new("job_test"),
            Trigger::Manual,
            Timestamp::now(),
        ),
    )
    .unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let (running, mut output) = pipeline.start();
        let rows = tokio::spawn(async move {
            let mut rows = Vec::new();
            while let Some(page) = output.recv().await {
                rows.extend(page.rows.into_iter().map(|row| json!(row.cells)));
            }
            rows
        });
        (running.finish().await, rows.await.unwrap())
    })
}

#[test]
fn the_page_fails_and_the_run_goes_on() {
    for (mode, code) in [
        ("loop", ErrorCode::PluginTimeout),
        ("memory", ErrorCode::PluginMemory),
        ("trap", ErrorCode::PluginFailed),
    ] {
        let (Finished { run, last_error }, rows) = run(mode, "fail_page");
        assert_eq!((run.status, last_error), (RunStatus::Success, None), "{mode}");
        assert_eq!((run.pages, run.failed_pages), (3, 1), "{mode}");
        assert_eq!(run.errors_by_code.get(&code), Some(&1), "{mode}");
        assert!(
            run.first_errors[0].message.contains("misbehaving 6.6.6"),
            "{mode}: {:?}",
            run.first_errors
        );
        assert!(run.first_errors[0].url.ends_with("/headers"), "{mode}");
        assert_eq!(
            rows,
            [json!(["long", 32]), json!(["cookies", 45]), json!([null, 0])],
            "{mode}"
        );
        assert_eq!(run.plugins.len(), 2, "{mode}");
    }
}

#[test]
fn the_run_ends_where_its_job_says_so() {
    let (Finished { run, last_error }, rows) = run("trap", "fail_run");
    assert_eq!(run.status, RunStatus::Failed);
    let (code, message) = last_error.unwrap();
    assert_eq!(code, ErrorCode::PluginFailed);
    assert!(message.contains("this guest was told to trap"), "{message}");
    assert_eq!(run.failed_pages, 1);
    assert_eq!(rows[0], json!(["long", 32]));
}

#[test]
fn instances_are_counted() {
    let engine = PluginEngine::new(Limits {
        instances: 2,
        ..Limits::default()
    })
    .unwrap();
    let registry = registry(&engine, &[WEB]);
    let plugin = &registry.plugins()[0];
    let first = ExtractorInstance::start(plugin).unwrap();
    let second = ExtractorInstance::start(plugin).unwrap();
    let error = ExtractorInstance::start(plugin).unwrap_err();
    assert!(matches!(error, CallError::Start { .. }), "{error}");
    assert!(error.to_string().contains("limit of 2"), "{error}");
    drop(first);
    drop(ExtractorInstance::start(plugin).unwrap());
    drop(second);
}

/// The words of the error and of its causes.
fn refused(sources: &[ComponentSource]) -> (LoadError, String) {
    let error = try_registry(&engine(), sources).unwrap_err();
    let LoadError::Plugin { name, source } = error else {
        panic!("{error}");
    };
    assert!(!name.is_empty());
    let words = source.to_string();
    (*source, words)
}

fn bytes(name: &str, bytes: Vec<u8>) -> ComponentSource {
    ComponentSource {
        name: name.to_owned(),
        bytes: bytes.into(),
    }
}

/// A component that does nothing and imports one interface without functions (component model, "Binary.md").
fn importing(interface: &str) -> Vec<u8> {
    let mut component = b"\0asm\x0d\0\x01\0".to_vec();
    // Section 7, types: one, an instance type without declarations.
    component.extend([7, 3, 1, 0x42, 0]);
    // Section 10, imports: one, its name and that it is an instance (5) of type 0.
    let name = interface.as_bytes();
    let length = u8::try_from(name.len()).expect("a short name");
    component.extend([10, length + 5, 1, 0, length]);
    component.extend(name);
    component.extend([5, 0]);
    component
}

#[test]
fn what_cannot_be_used_is_refused() {
    let (error, words) = refused(&[bytes("net", importing("wasi:sockets/tcp@0.2.6"))]);
    assert!(matches!(error, LoadError::Import { .. }), "{words}");
    assert!(words.contains("`wasi:sockets/tcp@0.2.6`"), "{words}");

    let (error, words) = refused(&[bytes("nothing", importing("wasi:cli/exit@0.2.6"))]);
    assert!(matches!(error, LoadError::World(_)), "{words}");

    for garbage in [Vec::new(), b"no component".to_vec(), b"\0asm\x01\0\0\0".to_vec()] {
        let (error, words) = refused(&[bytes("garbage", garbage)]);
        assert!(matches!(error, LoadError::Compile(_)), "{words}");
    }

    let (error, words) = refused(&[source(MISBEHAVING), source(MISBEHAVING)]);
    assert!(matches!(error, LoadError::Served { .. }), "{words}");
    assert!(
        words.contains("`misbehave`, which misbehaving 6.6.6 serves already"),
        "{words}"
    );
}
