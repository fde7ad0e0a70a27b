//! Writes every page to a folder, for a look at them: `cargo run -p claviger-web --example pages -- FOLDER`.

use std::error::Error;
use std::fs;
use std::path::Path;

use claviger_token::Code;
use claviger_web::{FaultIndexPage, FaultPage, FrontPage, NotFoundPage, Site, assets};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("which folder?")?;
    let folder = Path::new(&folder);
    // A browser that opens files wants the folder itself as the base.
    let base = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_path_buf());
    let site = Site::new(&base.to_string_lossy());
    let write = |name: &str, content: &[u8]| -> Result<(), Box<dyn Error>> {
        let path = folder.join(name.trim_start_matches('/'));
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        Ok(fs::write(path, content)?)
    };
    for asset in assets() {
        write(asset.path, asset.bytes)?;
    }
    for code in Code::ALL {
        write(
            &format!("faults/{code}.html"),
            FaultPage { site: &site, code: *code }.html()?.as_bytes(),
        )?;
    }
    write("faults/index.html", FaultIndexPage { site: &site }.html()?.as_bytes())?;
    let front = FrontPage::new(&site, "http://127.0.0.1:8600", env!("CARGO_PKG_VERSION"));
    write("index.html", front.html()?.as_bytes())?;
    let missing = NotFoundPage { site: &site, path: "/faults/audience-missmatch" };
    write("not-found.html", missing.html()?.as_bytes())?;
    Ok(())
}
