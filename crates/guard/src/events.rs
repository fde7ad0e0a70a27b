//! Server-sent events out of bytes as they arrive (WHATWG HTML §9.2).
//!
//! Decides where an event begins and ends; never what it means. Lines and events are bounded.

/// The longest line, and the longest data of one event.
const LONGEST: usize = 16 * 1024;

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) data: String,
}

/// A line or an event beyond the bound.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooLong;

/// The state between two chunks.
#[derive(Debug, Default)]
pub(crate) struct Events {
    line: Vec<u8>,
    after_cr: bool,
    event: Event,
    has_data: bool,
}

impl Events {
    /// Reads a chunk; returns the events that it completes.
    pub(crate) fn read(&mut self, chunk: &[u8]) -> Result<Vec<Event>, TooLong> {
        let mut done = Vec::new();
        for &byte in chunk {
            // CR LF is one line end, also across chunks.
            if std::mem::take(&mut self.after_cr) && byte == b'\n' {
                continue;
            }
            match byte {
                b'\n' | b'\r' => {
                    self.after_cr = byte == b'\r';
                    let line = std::mem::take(&mut self.line);
                    self.end_line(&String::from_utf8_lossy(&line), &mut done)?;
                }
                _ if self.line.len() >= LONGEST => return Err(TooLong),
                _ => self.line.push(byte),
            }
        }
        Ok(done)
    }

    fn end_line(&mut self, line: &str, done: &mut Vec<Event>) -> Result<(), TooLong> {
        if line.is_empty() {
            let id = self.event.id.clone();
            let event = std::mem::take(&mut self.event);
            // The id holds until another comes.
            self.event.id = id;
            if std::mem::take(&mut self.has_data) {
                done.push(event);
            }
            return Ok(());
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.event.name),
            "id" if !value.contains('\0') => value.clone_into(&mut self.event.id),
            "data" => {
                if self.event.data.len() + value.len() >= LONGEST {
                    return Err(TooLong);
                }
                if std::mem::replace(&mut self.has_data, true) {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
            }
            // Comments (an empty field) and unknown fields.
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = ": ping\n\nid: 7\r\nevent: revoked\r\ndata: {\"a\":\r\ndata: 1}\r\n\r\nevent:live\ndata:x\n\n";

    #[test]
    fn events_are_the_same_however_the_bytes_are_cut() {
        let whole = Events::default().read(STREAM.as_bytes()).unwrap();
        assert_eq!(whole.len(), 2);
        assert_eq!((whole[0].name.as_str(), whole[0].id.as_str()), ("revoked", "7"));
        assert_eq!(whole[0].data, "{\"a\":\n1}");
        assert_eq!((whole[1].name.as_str(), whole[1].data.as_str()), ("live", "x"));
        for cut in 0..STREAM.len() {
            let mut events = Events::default();
            let mut read = events.read(&STREAM.as_bytes()[..cut]).unwrap();
            read.extend(events.read(&STREAM.as_bytes()[cut..]).unwrap());
            assert_eq!(read, whole, "cut at {cut}");
        }
    }

    #[test]
    fn what_is_too_long_is_refused() {
        assert_eq!(Events::default().read(&[b'a'; LONGEST + 1]), Err(TooLong));
        let line = format!("data: {}\n", "a".repeat(LONGEST / 2));
        assert_eq!(Events::default().read(line.repeat(3).as_bytes()), Err(TooLong));
    }
}
