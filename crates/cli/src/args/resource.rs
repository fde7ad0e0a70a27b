//! `claviger resource`.

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum ResourceAction {
    /// Lists the resources.
    List,
    /// Makes a resource.
    Create {
        #[command(flatten)]
        resource: ResourceUri,
        #[command(flatten)]
        terms: ResourceTerms,
        /// A claim of your own in its tokens, NAME=groups, NAME=username or NAME=attribute:ATTRIBUTE; may be given
        /// several times.
        #[arg(long, value_name = "RULE")]
        claim: Vec<String>,
    },
    /// Shows one resource.
    Show(ResourceUri),
    /// Changes what is named, and leaves the rest. A list that is named replaces the one before.
    Update {
        #[command(flatten)]
        resource: ResourceUri,
        #[command(flatten)]
        terms: ResourceTerms,
        /// Anything else by its member of the admin API, such as signing_alg=EdDSA: a JSON value, or a text. `null`
        /// takes it away.
        #[arg(long, value_name = "MEMBER=VALUE")]
        set: Vec<String>,
    },
    /// Removes a resource.
    Delete(ResourceUri),
}

#[derive(Debug, Args)]
pub(crate) struct ResourceUri {
    /// Its URI: the audience of its tokens.
    pub(crate) uri: String,
}

/// What a resource is called, and what there is to do with it.
#[derive(Debug, Args)]
pub(crate) struct ResourceTerms {
    /// A name for people.
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// A scope that it knows; may be given several times.
    #[arg(long, value_name = "SCOPE")]
    pub(crate) scope: Vec<String>,
    /// A client that may introspect its tokens; may be given several times.
    #[arg(long, value_name = "CLIENT")]
    pub(crate) introspector: Vec<String>,
}
