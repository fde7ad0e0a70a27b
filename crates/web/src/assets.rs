//! The files that pages load: one stylesheet, one icon, and one script on the pages that speak to an
//! authenticator. Their names carry a digest of their content, so
//! they may be kept for ever and a new version is a new name.

/// A file to serve beside the pages.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    /// Where pages look for it, below the site's base: `/assets/claviger-0123456789abcdef.css`.
    pub path: &'static str,
    /// Its media type.
    pub content_type: &'static str,
    /// Its content.
    pub bytes: &'static [u8],
    /// Whether the content behind this path never changes: `Cache-Control: max-age=31536000, immutable`.
    pub immutable: bool,
}

impl Asset {
    /// The path's last part.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }
}

const CSS: &str = include_str!("../assets/claviger.css");
const SVG: &str = include_str!("../assets/claviger.svg");
const JS: &str = include_str!("../assets/passkey.js");

pub(crate) const STYLESHEET: Asset = Asset {
    path: text(&CSS_PATH),
    content_type: "text/css; charset=utf-8",
    bytes: CSS.as_bytes(),
    immutable: true,
};

pub(crate) const ICON: Asset = Asset {
    path: text(&SVG_PATH),
    content_type: "image/svg+xml",
    bytes: SVG.as_bytes(),
    immutable: true,
};

/// Pages with a passkey's form load it; their policy has to allow scripts of the same origin, and nobody else's.
pub(crate) const SCRIPT: Asset = Asset {
    path: text(&JS_PATH),
    content_type: "text/javascript; charset=utf-8",
    bytes: JS.as_bytes(),
    immutable: true,
};

static ALL: [Asset; 3] = [STYLESHEET, ICON, SCRIPT];

/// All files that pages may ask for.
#[must_use]
pub fn assets() -> &'static [Asset] {
    &ALL
}

/// A file by its name or its path.
#[must_use]
pub fn find_asset(name: &str) -> Option<&'static Asset> {
    ALL.iter().find(|asset| asset.name() == name || asset.path == name)
}

const PREFIX: &[u8] = b"/assets/claviger-";
const PATH_LENGTH: usize = PREFIX.len() + 16 + ".css".len();
static CSS_PATH: [u8; PATH_LENGTH] = path(CSS, b".css");
static SVG_PATH: [u8; PATH_LENGTH] = path(SVG, b".svg");
static JS_PATH: [u8; PATH_LENGTH - 1] = path(JS, b".js");

const fn path<const LENGTH: usize, const ENDING: usize>(
    content: &str,
    ending: &[u8; ENDING],
) -> [u8; LENGTH] {
    let mut path = [0; LENGTH];
    let mut at = 0;
    while at < PREFIX.len() {
        path[at] = PREFIX[at];
        at += 1;
    }
    let digest = digest(content.as_bytes());
    let mut nibble = 0;
    while nibble < 16 {
        path[at] = b"0123456789abcdef"[((digest >> (60 - 4 * nibble)) & 15) as usize];
        at += 1;
        nibble += 1;
    }
    let mut nth = 0;
    while nth < ENDING {
        path[at] = ending[nth];
        at += 1;
        nth += 1;
    }
    path
}

/// FNV-1a: it only has to differ when the content does, nobody attacks it.
const fn digest(bytes: &[u8]) -> u64 {
    let mut digest: u64 = 0xcbf2_9ce4_8422_2325;
    let mut at = 0;
    while at < bytes.len() {
        digest = (digest ^ bytes[at] as u64).wrapping_mul(0x0000_0100_0000_01b3);
        at += 1;
    }
    digest
}

const fn text(bytes: &'static [u8]) -> &'static str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        // Only ASCII is written above.
        Err(_) => "",
    }
}

#[cfg(test)]
mod tests;
