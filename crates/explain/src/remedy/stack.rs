//! The languages and products that remedies are written for.

/// A language or product. The order is that of the documents: who sends, who checks, what stands between
/// them, who issues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stack {
    /// A POSIX shell with curl, jq and OpenSSL.
    Shell,
    /// JavaScript in a browser or Node.js.
    JavaScript,
    /// Python.
    Python,
    /// Go.
    Go,
    /// Java with Spring.
    Java,
    /// .NET, ASP.NET Core.
    DotNet,
    /// nginx.
    Nginx,
    /// Apache httpd.
    Apache,
    /// Envoy.
    Envoy,
    /// Kong Gateway.
    Kong,
    /// Kubernetes.
    Kubernetes,
    /// Claviger's own gate and authority.
    Claviger,
    /// Keycloak.
    Keycloak,
    /// Auth0.
    Auth0,
    /// Microsoft Entra ID.
    Entra,
}

impl Stack {
    /// Every stack, in the order of the documents.
    pub const ALL: &'static [Self] = &[
        Self::Shell,
        Self::JavaScript,
        Self::Python,
        Self::Go,
        Self::Java,
        Self::DotNet,
        Self::Nginx,
        Self::Apache,
        Self::Envoy,
        Self::Kong,
        Self::Kubernetes,
        Self::Claviger,
        Self::Keycloak,
        Self::Auth0,
        Self::Entra,
    ];

    /// What programs and the command line call it: `dotnet`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shell => "shell",
            Self::JavaScript => "javascript",
            Self::Python => "python",
            Self::Go => "go",
            Self::Java => "java",
            Self::DotNet => "dotnet",
            Self::Nginx => "nginx",
            Self::Apache => "apache",
            Self::Envoy => "envoy",
            Self::Kong => "kong",
            Self::Kubernetes => "kubernetes",
            Self::Claviger => "claviger",
            Self::Keycloak => "keycloak",
            Self::Auth0 => "auth0",
            Self::Entra => "entra",
        }
    }

    /// What a heading calls it: `.NET`.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Shell => "curl and shell",
            Self::JavaScript => "JavaScript",
            Self::Python => "Python",
            Self::Go => "Go",
            Self::Java => "Java (Spring)",
            Self::DotNet => ".NET",
            Self::Nginx => "nginx",
            Self::Apache => "Apache httpd",
            Self::Envoy => "Envoy",
            Self::Kong => "Kong",
            Self::Kubernetes => "Kubernetes",
            Self::Claviger => "Claviger",
            Self::Keycloak => "Keycloak",
            Self::Auth0 => "Auth0",
            Self::Entra => "Microsoft Entra ID",
        }
    }
}
