//! Writes the catalogue as Markdown: `cargo run -p claviger-web --example docs -- docs/faults`.

use std::error::Error;
use std::fs;
use std::path::Path;

use claviger_token::Code;
use claviger_web::{fault_index_markdown, fault_markdown};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("which folder?")?;
    let folder = Path::new(&folder);
    fs::create_dir_all(folder)?;
    fs::write(folder.join("README.md"), fault_index_markdown())?;
    for code in Code::ALL {
        fs::write(folder.join(format!("{code}.md")), fault_markdown(*code))?;
    }
    Ok(())
}
