//! `claviger explain --batch`: reads a log of any size with all cores, and prints what was refused and why.
//!
//! Decides how the bytes are shared out; what a line says and what it is counted under is `claviger_explain::batch`'s.

mod progress;
mod source;

use std::io::{ErrorKind, Read};
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use claviger_explain::batch::{Batch, Block, Cutter, Groups, is_archive, table};
use claviger_explain::{Surroundings, TextStyle};
use claviger_token::Code;
use serde_json::json;

use self::progress::Progress;
use self::source::Source;
use crate::args::Format;
use crate::command::explain::{MOST_INPUT, within_limit};
use crate::command::signals::EndSignals;
use crate::say::{self, BAD, GOOD, Stop, YELLOW};

/// What is read at a time, and handed to a thread.
const PIECE: usize = 256 * 1024;
/// More threads would only wait for the reading.
const MOST_THREADS: usize = 8;
/// How often the progress is shown, and an idle thread looks up.
const BEAT: Duration = Duration::from_millis(100);

/// What the threads tell.
enum News {
    /// A thread has read its part.
    Done(Box<Groups>),
    /// The log can be read no further.
    Broken(std::io::Error),
    /// Ctrl-C.
    Asked,
}

pub(crate) fn run(path: &Path, around: Surroundings, format: Format) -> Result<ExitCode, Stop> {
    usable(&around)?;
    let name = path.display().to_string();
    let mut source = Source::open(path)?;
    let unread = |error: std::io::Error| Stop::usage(format!("cannot read `{name}`: {error}"));
    let head = source.head().map_err(unread)?;
    let around = Arc::new(around);
    let (groups, ended) = if is_archive(head) {
        (archive(source, around, &name)?, Ended::Whole)
    } else {
        lines(source, &around)?
    };
    match format {
        Format::Json => {
            let mut json = groups.to_json();
            json["complete"] = json!(matches!(ended, Ended::Whole));
            say::print(&json)?;
        }
        Format::Text => {
            let style =
                TextStyle { color: say::color(), width: say::width(), show_repaired: false };
            say::line(table(&groups, &style).trim_end())?;
        }
    }
    if let Ended::Broken(error) = ended {
        let lines = groups.lines;
        let stop = Stop::unknown(format!("`{name}` could be read up to line {lines}: {error}"));
        // As text in either format: standard output has its one document.
        return Ok(stop.report(Format::Text));
    }
    Ok(ExitCode::from(if groups.refused > 0 { BAD } else { GOOD }))
}

/// Without the keys that were named every token would be laid to their door, thousands of times.
fn usable(around: &Surroundings) -> Result<(), Stop> {
    let lost = around.faults().iter().find(|fault| {
        matches!(
            fault.code,
            Code::KeySetUnreachable | Code::KeySetInvalid | Code::DiscoveryMismatch
        )
    });
    match lost {
        Some(fault) => Err(Stop::unknown(fault.detail()).hint(fault.code.fix())),
        None => Ok(()),
    }
}

/// How the reading came to its end.
enum Ended {
    Whole,
    /// Somebody asked for it.
    Early,
    Broken(std::io::Error),
}

/// A HAR file is one JSON document: it is read whole, within the limit of any input.
fn archive(source: Source, around: Arc<Surroundings>, name: &str) -> Result<Groups, Stop> {
    let mut bytes = Vec::new();
    source
        .take(MOST_INPUT + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Stop::usage(format!("cannot read `{name}`: {error}")))?;
    let bytes = within_limit(bytes, "the HAR file")?;
    let mut batch = Batch::new(around);
    if batch.archive(&bytes) {
        return Ok(batch.finish());
    }
    Err(Stop::usage(format!("`{name}` begins as a HAR file, and is none"))
        .hint("was it cut off? Export it again"))
}

/// Everything else goes line by line: one thread reads, the others judge, this one shows the progress.
fn lines(source: Source, around: &Arc<Surroundings>) -> Result<(Groups, Ended), Stop> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
    let (tell, news) = mpsc::channel();
    let (hand, blocks) = mpsc::sync_channel(2 * threads);
    let blocks = Arc::new(Mutex::new(blocks));
    let ends = Arc::new(AtomicBool::new(false));
    let mut progress = Progress::new(source.size(), source.read_so_far());
    for _ in 0..threads {
        let (blocks, ends, tell) = (Arc::clone(&blocks), Arc::clone(&ends), tell.clone());
        let mut batch = Batch::new(Arc::clone(around));
        std::thread::spawn(move || {
            judge(&mut batch, &blocks, &ends);
            // Nobody listens any more only where the process ends.
            let _ = tell.send(News::Done(Box::new(batch.finish())));
        });
    }
    drop(blocks);
    watch(tell.clone(), Arc::clone(&ends))?;
    let reader = tell.clone();
    std::thread::spawn(move || {
        if let Err(error) = read(source, &hand) {
            let _ = reader.send(News::Broken(error));
        }
    });
    drop(tell);

    let (mut groups, mut ended, mut done) = (Groups::default(), Ended::Whole, 0);
    while done < threads {
        match news.recv_timeout(BEAT) {
            Ok(News::Done(part)) => {
                groups.merge(*part);
                done += 1;
            }
            Ok(News::Broken(error)) => ended = Ended::Broken(error),
            Ok(News::Asked) => {
                ended = Ended::Early;
                progress.clear();
                say::note(&format!(
                    "{YELLOW}Ended early: this is what was found so far.{YELLOW:#}"
                ));
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Stop::unknown("a part of the log was lost in reading it"));
            }
        }
        progress.show();
    }
    progress.clear();
    Ok((groups, ended))
}

/// Ctrl-C and SIGTERM end the reading, not the process: what was counted is still shown.
fn watch(tell: Sender<News>, ends: Arc<AtomicBool>) -> Result<(), Stop> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Stop::unknown(format!("cannot start the runtime: {error}")))?;
    let mut signals = {
        let _here = runtime.enter();
        EndSignals::listen()?
    };
    std::thread::spawn(move || {
        runtime.block_on(signals.next());
        ends.store(true, Ordering::Relaxed);
        let _ = tell.send(News::Asked);
    });
    Ok(())
}

/// Reads to the end, or until nobody takes the blocks any more.
fn read(mut source: Source, hand: &SyncSender<Block>) -> std::io::Result<()> {
    let mut cutter = Cutter::default();
    let mut piece = vec![0; PIECE];
    loop {
        let count = match source.read(&mut piece) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => {
                // What came before the damage is whole.
                let _ = cutter.finish().map(|block| hand.send(block));
                return Err(error);
            }
        };
        let read = piece.get(..count).unwrap_or_default();
        if let Some(block) = cutter.push(read)
            && hand.send(block).is_err()
        {
            return Ok(());
        }
    }
    let _ = cutter.finish().map(|block| hand.send(block));
    Ok(())
}

/// Judges blocks until there are no more.
fn judge(batch: &mut Batch, blocks: &Mutex<Receiver<Block>>, ends: &AtomicBool) {
    while !ends.load(Ordering::Relaxed) {
        let received = blocks.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(BEAT);
        match received {
            Ok(block) => batch.block(&block),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}
