//! Tells the service manager how it stands (sd_notify): a datagram to the socket it has named. Without
//! one there is nobody to tell.

use std::os::unix::net::UnixDatagram;

pub(super) fn ready() {
    tell("READY=1\nSTATUS=serving");
}

pub(super) fn stopping() {
    tell("STOPPING=1\nSTATUS=finishing running requests");
}

fn tell(state: &str) {
    let Some(name) = std::env::var_os("NOTIFY_SOCKET") else { return };
    let sent = UnixDatagram::unbound().and_then(|socket| match name.to_str() {
        #[cfg(target_os = "linux")]
        Some(text) if text.starts_with('@') => {
            use std::os::linux::net::SocketAddrExt as _;
            let address =
                std::os::unix::net::SocketAddr::from_abstract_name(&text.as_bytes()[1..])?;
            socket.send_to_addr(state.as_bytes(), &address)
        }
        _ => socket.send_to(state.as_bytes(), &name),
    });
    if let Err(error) = sent {
        tracing::warn!(%error, "the service manager could not be told");
    }
}
