-- What grows is numbered: an INTEGER PRIMARY KEY is the row's own number in SQLite, so that new rows
-- go to the end of the table and need no second index.
--
-- Records of the domain are kept as JSON documents beside the columns that are searched by: what a
-- record means is the protocol crate's matter, and a new member needs no new column.

CREATE TABLE schema_version (
    version INTEGER NOT NULL
);

CREATE TABLE settings (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE clients (
    id TEXT NOT NULL PRIMARY KEY,
    record TEXT NOT NULL
);

CREATE TABLE resources (
    uri TEXT NOT NULL PRIMARY KEY,
    record TEXT NOT NULL
);

-- `sealed` is the private key under the master key; NULL once the key is over.
CREATE TABLE signing_keys (
    kid TEXT NOT NULL PRIMARY KEY,
    created_at BIGINT NOT NULL,
    record TEXT NOT NULL,
    sealed BLOB
);

-- Client assertions that were used, until they would be refused for their age anyway.
CREATE TABLE assertions (
    client TEXT NOT NULL,
    jti TEXT NOT NULL,
    expires BIGINT NOT NULL,
    PRIMARY KEY (client, jti)
);
CREATE INDEX assertions_by_expiry ON assertions (expires);

-- `seq` comes from `counters`: it follows the order of commits and is never given out twice, not
-- even when the entries with the highest numbers are forgotten.
CREATE TABLE revocations (
    seq INTEGER NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    hash BLOB NOT NULL,
    until BIGINT,
    expires BIGINT NOT NULL
);
CREATE INDEX revocations_by_value ON revocations (kind, value);
CREATE INDEX revocations_by_expiry ON revocations (expires);

-- Refusals by their diagnosis id; `place` counts them, so that the oldest make room.
CREATE TABLE refusals (
    place INTEGER NOT NULL PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    at BIGINT NOT NULL,
    code TEXT NOT NULL,
    evidence TEXT NOT NULL
);

CREATE TABLE counters (
    name TEXT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO counters (name, value) VALUES ('revocation', 0), ('refusal', 0), ('health', 0);

INSERT INTO schema_version (version) VALUES (1);
