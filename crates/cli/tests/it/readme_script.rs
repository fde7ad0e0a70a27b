//! Runs the ```` ```console ```` blocks of a document in one shell, in order, and compares what they
//! print with what the document says they print.
//!
//! - A line that begins with `$ ` is a command; lines that end with `\` go on in the next.
//! - The lines below it are what it prints (both streams). `…` inside a line stands for any text, a
//!   line of `…` alone for any lines. No lines: any output.
//! - A command succeeds, unless it ends with a comment `# exit N`.
//! - A command that ends with `&` goes on in the background; the next waits until the printed lines
//!   have come (without any: until it has printed something).
//! - Variables, the folder and background processes last until the end of the document.
//!
//! Blocks with another info string (`sh`, `rust`, `toml`…) are not run.

use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use std::io::Write;

/// How long one command may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// A command of the document with what it is said to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// Where the command stands, from 1.
    pub(crate) line: usize,
    pub(crate) command: String,
    pub(crate) expected: Vec<String>,
    pub(crate) exit: i32,
    pub(crate) background: bool,
}

/// The commands of every `console` block.
pub(crate) fn steps(document: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut fence: Option<(String, bool)> = None;
    let mut continued = false;
    for (index, line) in document.lines().enumerate() {
        let trimmed = line.trim_start();
        if let Some((mark, runs)) = &fence {
            if trimmed.trim_end() == mark {
                fence = None;
                continued = false;
            } else if *runs {
                continued = take(&mut steps, line, index + 1, continued);
            }
        } else if let Some(info) = trimmed.strip_prefix("```") {
            let mark = "`".repeat(3 + info.chars().take_while(|c| *c == '`').count());
            let info = info.trim_start_matches('`');
            fence = Some((mark, info.split_whitespace().next() == Some("console")));
        }
    }
    for step in &mut steps {
        if let Some((_, exit)) = step.command.rsplit_once("# exit ") {
            step.exit = exit.trim().parse().expect("a number after `# exit`");
        }
        step.background = step.command.trim_end().ends_with('&');
    }
    steps
}

/// Takes one line of a block; says whether the command goes on in the next.
fn take(steps: &mut Vec<Step>, line: &str, number: usize, continued: bool) -> bool {
    if continued {
        let step = steps.last_mut().expect("a line goes on from one before it");
        step.command.push('\n');
        step.command.push_str(line);
        return line.ends_with('\\');
    }
    if let Some(command) = line.strip_prefix("$ ") {
        steps.push(Step {
            line: number,
            command: command.to_owned(),
            expected: Vec::new(),
            exit: 0,
            background: false,
        });
        return command.ends_with('\\');
    }
    let step = steps.last_mut().expect("a console block begins with a `$ ` line");
    step.expected.push(line.to_owned());
    false
}

/// Whether an output is what the document says: every line in its place.
pub(crate) fn matches(expected: &[String], output: &str) -> bool {
    let lines: Vec<&str> = output.trim_end().lines().collect();
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    expected.is_empty() || all_match(&expected, &lines)
}

fn all_match(expected: &[&str], lines: &[&str]) -> bool {
    match (expected, lines) {
        ([], []) => true,
        ([dots, rest @ ..], _) if dots.trim() == "…" => {
            (0..=lines.len()).any(|skipped| all_match(rest, &lines[skipped..]))
        }
        ([wanted, rest @ ..], [line, further @ ..]) => {
            line_matches(wanted.trim_end(), line.trim_end()) && all_match(rest, further)
        }
        _ => false,
    }
}

fn line_matches(wanted: &str, line: &str) -> bool {
    let Some((head, tail)) = wanted.split_once('…') else {
        return wanted == line;
    };
    let Some(rest) = line.strip_prefix(head) else {
        return false;
    };
    let starts = rest.char_indices().map(|(start, _)| start).chain([rest.len()]);
    starts.into_iter().any(|start| line_matches(tail, &rest[start..]))
}

/// A bash that is fed one command at a time and says each exit code.
struct Shell<'a> {
    child: Child,
    stdin: ChildStdin,
    folder: &'a Path,
    count: usize,
    /// The commands in the background: where they stand, what they say, how they ended.
    background: Vec<(String, PathBuf, PathBuf)>,
}

impl<'a> Shell<'a> {
    fn start(mut command: Command, folder: &'a Path) -> Self {
        let mut child = command
            .args(["--noprofile", "--norc"])
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("bash");
        let mut stdin = child.stdin.take().expect("the shell's input");
        // Job control gives each background command a group of its own, to be ended as a whole.
        stdin.write_all(b"set -m\n").expect("the shell listens");
        Self { child, stdin, folder, count: 0, background: Vec::new() }
    }

    /// Fails where something that was to go on in the background has ended badly.
    fn assert_background(&self) {
        for (place, output, ended) in &self.background {
            let code = std::fs::read_to_string(ended).unwrap_or_default();
            let said = std::fs::read_to_string(output).unwrap_or_default();
            assert!(matches!(code.trim(), "" | "0"), "{place}: ended with {code}{said}");
        }
    }

    fn run(&mut self, step: &Step) {
        self.assert_background();
        self.count += 1;
        let file = |kind: &str| self.folder.join(format!(".{kind}-{}", self.count));
        let (output, done, ended) = (file("output"), file("done"), file("ended"));
        std::fs::write(&output, "").expect("a file for the output");
        let command = step.command.trim_end().trim_end_matches('&');
        let (out, end) = (output.display(), ended.display());
        let run = format!("{{ {command}\n}} > '{out}' 2>&1 < /dev/null");
        let script = if step.background {
            self.background.push((place(step), output.clone(), ended.clone()));
            format!("{{ {run}\necho $? > '{end}'; }} &\necho 0 > '{}'\n", done.display())
        } else {
            format!("{run}\necho $? > '{}'\n", done.display())
        };
        self.stdin.write_all(script.as_bytes()).expect("the shell listens");
        self.stdin.flush().expect("the shell listens");
        let deadline = Instant::now() + PATIENCE;
        let said = || std::fs::read_to_string(&output).unwrap_or_default();
        let code = loop {
            let code = std::fs::read_to_string(&done).ok();
            if let Some(code) = code.and_then(|code| code.trim().parse::<i32>().ok()) {
                break code;
            }
            assert!(Instant::now() < deadline, "{} has not ended:\n{}", place(step), said());
            assert!(
                matches!(self.child.try_wait(), Ok(None)),
                "{}: the shell ended:\n{}",
                place(step),
                said()
            );
            std::thread::sleep(Duration::from_millis(5));
        };
        assert_eq!(code, step.exit, "{}: exit code; it said:\n{}", place(step), said());
        if step.background {
            let ready = || {
                let said = said();
                !said.is_empty() && matches(&step.expected, &said)
            };
            while !ready() {
                self.assert_background();
                assert!(
                    Instant::now() < deadline,
                    "{}: expected\n{}\n\nfound\n{}",
                    place(step),
                    step.expected.join("\n"),
                    said()
                );
                std::thread::sleep(Duration::from_millis(5));
            }
        } else {
            assert!(
                matches(&step.expected, &said()),
                "{}: expected\n{}\n\nfound\n{}",
                place(step),
                step.expected.join("\n"),
                said()
            );
        }
    }
}

impl Drop for Shell<'_> {
    fn drop(&mut self) {
        // What runs in the background is the shell's own children: it ends them itself.
        let end = "for group in $(jobs -p); do kill -- -$group; done; wait; exit 0\n";
        drop(self.stdin.write_all(end.as_bytes()));
        drop(self.stdin.flush());
        let deadline = Instant::now() + Duration::from_secs(15);
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn place(step: &Step) -> String {
    format!("line {}: $ {}", step.line, step.command)
}

/// Runs the steps in `shell` (a bash with its environment) in a folder.
pub(crate) fn run(steps: &[Step], shell: Command, folder: &Path) {
    let mut shell = Shell::start(shell, folder);
    for step in steps {
        shell.run(step);
    }
}

#[test]
fn commands_and_their_output_are_read_from_console_blocks_alone() {
    let document = "\
# Title
```sh
$ not run
```
```console
$ one \\
    two
first …
$ three & # not at the end, so in the foreground
```
text
````console
$ server --port 1 &
ready
$ false # exit 1
````
";
    let steps = steps(document);
    let commands: Vec<_> = steps.iter().map(|step| step.command.as_str()).collect();
    assert_eq!(
        commands,
        [
            "one \\\n    two",
            "three & # not at the end, so in the foreground",
            "server --port 1 &",
            "false # exit 1"
        ]
    );
    assert_eq!(steps[0].expected, ["first …"]);
    assert_eq!(steps.iter().map(|step| step.exit).collect::<Vec<_>>(), [0, 0, 0, 1]);
    assert_eq!(
        steps.iter().map(|step| step.background).collect::<Vec<_>>(),
        [false, false, true, false]
    );
}

#[test]
fn an_ellipsis_stands_for_text_and_a_line_of_it_for_lines() {
    let expected = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    for (wanted, output) in [
        ("", "anything"),
        ("a\nb", "a\nb\n"),
        ("a…c", "abc"),
        ("a…c", "ac"),
        ("…", "any\nlines\n"),
        ("…", ""),
        ("a\n…\nd", "a\nb\nc\nd"),
        ("…\nd … d", "x\nd 12 d"),
    ] {
        assert!(matches(&expected(wanted), output), "{wanted:?} {output:?}");
    }
    for (wanted, output) in [
        ("a", "b"),
        ("a\nb", "a"),
        ("a", "a\nb"),
        ("a…c", "abd"),
        ("…\nd", "d\ne"),
        ("a\n…", "b\na"),
    ] {
        assert!(!matches(&expected(wanted), output), "{wanted:?} {output:?}");
    }
}

#[test]
fn steps_share_one_shell_and_a_background_command_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let document = "\
```console
$ NAME=world
$ echo \"hello $NAME\"
hello world
$ bash -c 'sleep 0.1; echo started; echo ready > there; exec sleep 100' &
started
$ cat there && (exit 3) # exit 3
ready
```
";
    run(&steps(document), Command::new("bash"), folder.path());
}

#[test]
fn what_runs_in_the_background_ends_with_the_document() {
    let folder = tempfile::tempdir().unwrap();
    let document = "```console\n$ (echo $BASHPID; sleep 1000; true) &\n$ true\n```\n";
    run(&steps(document), Command::new("bash"), folder.path());
    let id = std::fs::read_to_string(folder.path().join(".output-1")).unwrap();
    // The signal is sent; the kernel takes its time, and nobody may come to bury the process.
    let stat = Path::new("/proc").join(id.trim()).join("stat");
    let runs = || std::fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z "));
    let deadline = Instant::now() + Duration::from_secs(10);
    while runs() {
        assert!(Instant::now() < deadline, "{id} still runs");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
#[should_panic(expected = "line 2: $ (echo broken; exit 9) &: ended with 9")]
fn a_background_command_that_breaks_fails() {
    let folder = tempfile::tempdir().unwrap();
    let document = "```console\n$ (echo broken; exit 9) &\n$ sleep 1\n$ true\n```\n";
    run(&steps(document), Command::new("bash"), folder.path());
}

#[test]
#[should_panic(expected = "line 2: $ echo one: expected")]
fn another_output_than_the_written_one_fails() {
    let folder = tempfile::tempdir().unwrap();
    run(&steps("```console\n$ echo one\ntwo\n```\n"), Command::new("bash"), folder.path());
}

#[test]
#[should_panic(expected = "line 2: $ (exit 4): exit code")]
fn another_exit_code_than_the_written_one_fails() {
    let folder = tempfile::tempdir().unwrap();
    run(&steps("```console\n$ (exit 4)\n```\n"), Command::new("bash"), folder.path());
}
