-- People, their sessions, and what they granted.

CREATE TABLE users (
    id TEXT NOT NULL PRIMARY KEY,
    username TEXT NOT NULL UNIQUE,
    record TEXT NOT NULL
);

-- `cookie` is the digest of what the browser holds.
CREATE TABLE sessions (
    sid TEXT NOT NULL PRIMARY KEY,
    cookie BLOB NOT NULL UNIQUE,
    sub TEXT NOT NULL,
    auth_time BIGINT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (sub);
CREATE INDEX sessions_by_expiry ON sessions (expires);

CREATE TABLE consents (
    sub TEXT NOT NULL,
    client TEXT NOT NULL,
    resource TEXT NOT NULL,
    scope TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (sub, client, resource)
);

-- `hash` is the digest of the code; `family` what its redemption gave.
CREATE TABLE codes (
    hash BLOB NOT NULL PRIMARY KEY,
    record TEXT NOT NULL,
    expires BIGINT NOT NULL,
    used_at BIGINT,
    family TEXT
);
CREATE INDEX codes_by_expiry ON codes (expires);

-- One grant that can be refreshed. `generation` stands beside the record because it is compared and
-- set; `replay` is the last answer, sealed under a key that only the token before it gives.
CREATE TABLE families (
    id TEXT NOT NULL PRIMARY KEY,
    generation BIGINT NOT NULL,
    sub TEXT NOT NULL,
    sid TEXT NOT NULL,
    client TEXT NOT NULL,
    record TEXT NOT NULL,
    replay BLOB,
    expires BIGINT NOT NULL
);
CREATE INDEX families_by_session ON families (sid);
CREATE INDEX families_by_user ON families (sub);
CREATE INDEX families_by_expiry ON families (expires);

INSERT INTO schema_version (version) VALUES (2);
