//! Where a log comes from: a file or standard input, compressed or not.
//!
//! Decides by the first bytes whether it is compressed; counts what was read from outside.

use std::fs::File;
use std::io::{Error, ErrorKind, Read, Result};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use claviger_explain::batch::{Gunzip, is_gzip};

use crate::say::{self, Stop};

/// What is read at a time where it is compressed, and looked at to tell what it is.
const PIECE: usize = 64 * 1024;

/// A log, undone.
pub(super) struct Source {
    input: Box<dyn Read + Send>,
    size: Option<u64>,
    read: Arc<AtomicU64>,
    /// What was read from outside and not yet undone or handed on.
    held: Vec<u8>,
    at: usize,
    gunzip: Option<Gunzip>,
    /// What was undone already, to look at.
    ahead: Vec<u8>,
    ahead_at: usize,
}

impl Source {
    pub(super) fn open(path: &Path) -> std::result::Result<Self, Stop> {
        let is_standard = path.as_os_str() == "-";
        let (input, size): (Box<dyn Read + Send>, _) = if is_standard {
            if std::io::IsTerminal::is_terminal(&std::io::stdin()) {
                say::note("Paste the lines, then Ctrl-D:");
            }
            (Box::new(std::io::stdin()), None)
        } else {
            let refused = |error: Error| {
                Stop::usage(format!("cannot read the log `{}`: {error}", path.display()))
            };
            let file = File::open(path).map_err(refused)?;
            let known = file.metadata().map_err(refused)?;
            if known.is_dir() {
                return Err(Stop::usage(format!("`{}` is a directory", path.display())).hint(
                    "name one file, or `cat` several: cat *.log | claviger explain --batch -",
                ));
            }
            (Box::new(file), known.is_file().then_some(known.len()))
        };
        Ok(Self {
            input,
            size,
            read: Arc::default(),
            held: Vec::new(),
            at: 0,
            gunzip: None,
            ahead: Vec::new(),
            ahead_at: 0,
        })
    }

    /// How long the file is, where it is one.
    pub(super) const fn size(&self) -> Option<u64> {
        self.size
    }

    /// Bytes read from outside, counted on.
    pub(super) fn read_so_far(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.read)
    }

    /// The first bytes, undone, without taking them.
    pub(super) fn head(&mut self) -> Result<&[u8]> {
        // Three bytes tell a compressed file; a pipe may give them one by one.
        while self.held.len() < 3 && self.fill()? > 0 {}
        if is_gzip(&self.held) {
            self.gunzip = Some(Gunzip::default());
        }
        let mut ahead = vec![0; PIECE];
        let count = self.read(&mut ahead)?;
        ahead.truncate(count);
        self.ahead = ahead;
        Ok(&self.ahead)
    }

    /// Reads on from outside.
    fn fill(&mut self) -> Result<usize> {
        if self.at > 0 {
            self.held.drain(..self.at);
            self.at = 0;
        }
        let start = self.held.len();
        self.held.resize(start + PIECE, 0);
        let count = loop {
            match self.input.read(self.held.get_mut(start..).unwrap_or_default()) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        self.held.truncate(start + count.as_ref().map_or(0, |count| *count));
        let count = count?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }

    /// Hands on what is held, as it is.
    fn plain(&mut self, out: &mut [u8]) -> Result<usize> {
        if self.at >= self.held.len() {
            // Nothing is held: no need to copy.
            self.held.clear();
            self.at = 0;
            let count = self.input.read(out)?;
            self.read.fetch_add(count as u64, Ordering::Relaxed);
            return Ok(count);
        }
        let held = self.held.get(self.at..).unwrap_or_default();
        let count = held.len().min(out.len());
        out.iter_mut().zip(held).for_each(|(out, byte)| *out = *byte);
        self.at += count;
        Ok(count)
    }

    fn undone(&mut self, gunzip: &mut Gunzip, out: &mut [u8]) -> Result<usize> {
        loop {
            let held = self.held.get(self.at..).unwrap_or_default();
            let (taken, put) = gunzip
                .undo(held, out)
                .map_err(|damaged| Error::new(ErrorKind::InvalidData, damaged))?;
            self.at += taken;
            if put > 0 {
                return Ok(put);
            }
            if taken == 0 && self.fill()? == 0 {
                if gunzip.is_whole() {
                    return Ok(0);
                }
                let reason = "the gzip file ends too early";
                return Err(Error::new(ErrorKind::UnexpectedEof, reason));
            }
        }
    }
}

impl Read for Source {
    fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        let ahead = self.ahead.get(self.ahead_at..).unwrap_or_default();
        if !ahead.is_empty() {
            let count = ahead.len().min(out.len());
            out.iter_mut().zip(ahead).for_each(|(out, byte)| *out = *byte);
            self.ahead_at += count;
            return Ok(count);
        }
        match self.gunzip.take() {
            None => self.plain(out),
            Some(mut gunzip) => {
                let count = self.undone(&mut gunzip, out);
                self.gunzip = Some(gunzip);
                count
            }
        }
    }
}
