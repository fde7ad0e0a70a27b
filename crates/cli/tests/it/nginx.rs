//! A stock nginx as a process, configured by one of the templates in `tests/peers`.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use claviger_testkit::{Ask, Process};
use tempfile::TempDir;

use crate::stage::PATIENCE;
use crate::tools::nginx_template;

pub(crate) struct Nginx {
    pub(crate) url: String,
    pub(crate) process: Process,
    pub(crate) folder: TempDir,
}

impl Nginx {
    /// Starts one; `None` where nginx is missing, which was then said. Each name between @ in the template is
    /// replaced by its value; `@DIR@` and `@LISTEN@` are known.
    pub(crate) fn start(template: &str, values: &[(&str, &str)]) -> Option<Self> {
        let mut configuration = nginx_template(template)?;
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let (own, listen) = (folder.path().to_str().unwrap(), format!("127.0.0.1:{port}"));
        for (name, value) in [("DIR", own), ("LISTEN", listen.as_str())].iter().chain(values) {
            configuration = configuration.replace(&format!("@{name}@"), value);
        }
        let path = folder.path().join("nginx.conf");
        std::fs::write(&path, configuration).unwrap();
        std::fs::write(folder.path().join("users"), "somebody:{PLAIN}else\n").unwrap();
        // Debian puts it where the path of a plain user does not lead.
        let debian = Path::new("/usr/sbin/nginx");
        let program = if debian.exists() { debian } else { Path::new("nginx") };
        let mut command = Command::new(program);
        command.arg("-p").arg(folder.path()).arg("-c").arg(&path).args(["-e", "stderr"]);
        let process = Process::spawn(command);
        let nginx = Self { url: format!("http://127.0.0.1:{port}"), process, folder };
        let deadline = Instant::now() + PATIENCE;
        while Ask::get(&nginx.url).try_send().is_err() {
            assert!(Instant::now() < deadline, "nginx does not answer: {}", nginx.process.stderr());
            std::thread::sleep(Duration::from_millis(10));
        }
        Some(nginx)
    }
}
