//! A built binary as a process of its own: started, waited for, read to the end, and gone when the
//! test is. It is ended by its own handle, never by name.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

#[derive(Debug, Default)]
struct Heard {
    text: Vec<u8>,
    ended: bool,
}

/// What one of the two streams has said so far.
#[derive(Clone, Debug, Default)]
struct Stream(Arc<(Mutex<Heard>, Condvar)>);

impl Stream {
    fn listen(&self, source: impl Read + Send + 'static) {
        let stream = self.clone();
        std::thread::spawn(move || {
            let mut reader = BufReader::new(source);
            let mut line = Vec::new();
            loop {
                line.clear();
                let read = reader.read_until(b'\n', &mut line).unwrap_or(0);
                let mut heard = stream.heard();
                heard.text.extend_from_slice(&line);
                heard.ended = read == 0;
                stream.0.1.notify_all();
                if heard.ended {
                    return;
                }
            }
        });
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.heard().text).into_owned()
    }

    /// What `wanted` makes of everything said so far, as soon as it makes something of it.
    fn wait_for<T>(&self, patience: Duration, wanted: impl Fn(&str) -> Option<T>) -> Option<T> {
        let deadline = Instant::now() + patience;
        let mut heard = self.heard();
        loop {
            if let Some(found) = wanted(&String::from_utf8_lossy(&heard.text)) {
                return Some(found);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if heard.ended || left.is_zero() {
                return None;
            }
            let waited = self.0.1.wait_timeout(heard, left);
            heard = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn wait_for_end(&self, patience: Duration) {
        let heard = self.heard();
        drop(self.0.1.wait_timeout_while(heard, patience, |heard| !heard.ended));
    }
}

/// What a process that has ended left behind.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Everything it wrote to standard output.
    pub stdout: String,
    /// Everything it wrote to standard error.
    pub stderr: String,
}

/// A running process. Dropped, it is killed and waited for.
#[derive(Debug)]
pub struct Process {
    child: Child,
    name: String,
    stdout: Stream,
    stderr: Stream,
}

impl Process {
    /// Starts a binary with arguments, no standard input, and both outputs captured.
    ///
    /// # Panics
    /// Where it cannot be started.
    #[must_use]
    pub fn start(binary: impl AsRef<Path>, arguments: &[&str]) -> Self {
        let mut command = Command::new(binary.as_ref());
        command.args(arguments);
        Self::spawn(command)
    }

    /// Starts a command of the caller's making. Nothing comes on its standard input.
    ///
    /// # Panics
    /// Where it cannot be started.
    #[must_use]
    pub fn spawn(mut command: Command) -> Self {
        command.stdin(Stdio::null());
        Self::listened_to(command)
    }

    fn listened_to(mut command: Command) -> Self {
        let name = command.get_program().to_string_lossy().into_owned();
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child =
            command.spawn().unwrap_or_else(|error| panic!("{name} cannot be started: {error}"));
        let (stdout, stderr) = (Stream::default(), Stream::default());
        stdout.listen(child.stdout.take().expect("a captured stdout"));
        stderr.listen(child.stderr.take().expect("a captured stderr"));
        Self { child, name, stdout, stderr }
    }

    /// Runs a command to its end with bytes on its standard input.
    ///
    /// # Panics
    /// Where it cannot be started or has not ended after a minute.
    #[must_use]
    pub fn run(mut command: Command, input: &[u8]) -> Outcome {
        command.stdin(Stdio::piped());
        let mut process = Self::listened_to(command);
        let mut stdin = process.child.stdin.take().expect("a captured stdin");
        let input = input.to_vec();
        // It may end without reading; a broken pipe is no failure of the test.
        let feeding = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let outcome = process.wait(Duration::from_secs(60));
        drop(feeding.join());
        outcome
    }

    /// The first JSON object on standard output: what `--format json` says when ready.
    ///
    /// # Panics
    /// Where none comes in time: with everything the process has said.
    #[must_use]
    pub fn ready(&self, patience: Duration) -> Value {
        self.stdout.wait_for(patience, first_object).unwrap_or_else(|| {
            panic!(
                "{} said no JSON object in {patience:?}\nstdout: {}\nstderr: {}",
                self.name,
                self.stdout(),
                self.stderr()
            )
        })
    }

    /// The first line of standard error that contains a text.
    #[must_use]
    pub fn says(&self, text: &str, patience: Duration) -> Option<String> {
        let line = |said: &str| said.lines().find(|line| line.contains(text)).map(str::to_owned);
        self.stderr.wait_for(patience, line)
    }

    /// What it has written to standard output so far.
    #[must_use]
    pub fn stdout(&self) -> String {
        self.stdout.text()
    }

    /// What it has written to standard error so far.
    #[must_use]
    pub fn stderr(&self) -> String {
        self.stderr.text()
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it is still running.
    #[must_use]
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Asks it to end (SIGTERM) and waits; a server should then end with exit code 0.
    #[must_use]
    pub fn stop(mut self, patience: Duration) -> Outcome {
        // The standard library sends nothing but SIGKILL, and unsafe code is forbidden here.
        let id = self.child.id().to_string();
        drop(Command::new("kill").args(["-TERM", &id]).status());
        let code = self.code(patience).and_then(|status| status.code());
        self.outcome(code)
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// Where it has not ended in time: with everything it has said.
    #[must_use]
    pub fn wait(mut self, patience: Duration) -> Outcome {
        let Some(status) = self.code(patience) else {
            panic!(
                "{} has not ended in {patience:?}\nstdout: {}\nstderr: {}",
                self.name,
                self.stdout(),
                self.stderr()
            )
        };
        self.outcome(status.code())
    }

    fn code(&mut self, patience: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + patience;
        loop {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status);
            }
            if Instant::now() >= deadline {
                return None;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn outcome(self, code: Option<i32>) -> Outcome {
        self.stdout.wait_for_end(Duration::from_secs(5));
        self.stderr.wait_for_end(Duration::from_secs(5));
        Outcome { code, stdout: self.stdout(), stderr: self.stderr() }
    }
}

/// The first whole JSON object in a text, over one line or many.
fn first_object(text: &str) -> Option<Value> {
    let start = text.find('{')?;
    let mut values = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Value>();
    values.next()?.ok()
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
