-- What the authority keeps beyond clients and log-ins.

INSERT INTO schema_version (version) VALUES (3);

-- Names that clients know people by in place of their `sub`; what ends for the person ends under them too.
CREATE TABLE aliases (
    alias TEXT NOT NULL PRIMARY KEY,
    sub TEXT NOT NULL
);
CREATE INDEX aliases_by_user ON aliases (sub);

-- A grant ends by its own id now; the id of the last access token is not kept any more.
UPDATE families SET record = json_remove(record, '$.jti');
CREATE INDEX families_by_client ON families (client);
-- The operator's leave to register clients. `digest` is that of the token.
CREATE TABLE initial_access (
    id TEXT NOT NULL PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,
    record TEXT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX initial_access_by_expiry ON initial_access (expires);
-- Clients that registered themselves are counted at each registration.
CREATE INDEX clients_registered ON clients (id) WHERE record ->> '$.registered' IS NOT NULL;


-- Second factors. A secret of an authenticator app is sealed; of recovery codes there are keyed digests.
CREATE TABLE totps (
    sub TEXT NOT NULL PRIMARY KEY,
    sealed BLOB NOT NULL,
    last_step BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE TABLE passkeys (
    id TEXT NOT NULL PRIMARY KEY,
    sub TEXT NOT NULL,
    record TEXT NOT NULL
);
CREATE INDEX passkeys_by_user ON passkeys (sub);
CREATE TABLE recovery_codes (
    sub TEXT NOT NULL,
    digest BLOB NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (sub, digest)
);

-- By what somebody proved who they are, since when they have been logged in, and in what browser.
ALTER TABLE sessions ADD COLUMN amr TEXT NOT NULL DEFAULT 'pwd';
ALTER TABLE sessions ADD COLUMN started BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN browser TEXT NOT NULL DEFAULT '';
UPDATE sessions SET started = auth_time;
-- Which clients got tokens in a log-in, and the log-outs that they are still to be told of.
CREATE TABLE participants (
    client TEXT NOT NULL,
    sid TEXT NOT NULL,
    expires BIGINT NOT NULL,
    PRIMARY KEY (sid, client)
);
CREATE INDEX participants_by_expiry ON participants (expires);
CREATE TABLE logout_notices (
    id INTEGER NOT NULL PRIMARY KEY,
    client TEXT NOT NULL,
    sub TEXT NOT NULL,
    sid TEXT NOT NULL,
    due BIGINT NOT NULL,
    attempts BIGINT NOT NULL
);
CREATE INDEX logout_notices_by_time ON logout_notices (due);

-- Status lists, and the tokens of those clients that asked for one. No other token is written down.
CREATE TABLE status_lists (
    list INTEGER NOT NULL PRIMARY KEY,
    used BIGINT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE TABLE status_entries (
    list BIGINT NOT NULL,
    idx BIGINT NOT NULL,
    jti TEXT NOT NULL,
    grant_id TEXT,
    sid TEXT,
    sub TEXT NOT NULL,
    client TEXT NOT NULL,
    kid TEXT NOT NULL,
    iat BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    revoked BIGINT NOT NULL,
    PRIMARY KEY (list, idx)
);
CREATE INDEX status_entries_by_token ON status_entries (jti);
CREATE INDEX status_entries_by_expiry ON status_entries (expires);
INSERT INTO counters (name, value) VALUES ('status-list', 0);

-- Authorization requests that were pushed, under the digest of their names, until they are answered or over.
CREATE TABLE pushed_requests (
    hash BLOB NOT NULL PRIMARY KEY,
    client TEXT NOT NULL,
    record TEXT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX pushed_requests_by_client ON pushed_requests (client, expires);
CREATE INDEX pushed_requests_by_expiry ON pushed_requests (expires);

-- The journal takes the place of the list of refusals, and takes over what stands there. `seq` comes from
-- `counters`, so that what was read is never given out again under the same number; `subject` and `address`
-- are hashes by a key that is not in the database.
CREATE TABLE journal (
    seq INTEGER NOT NULL PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    count BIGINT NOT NULL,
    kind TEXT NOT NULL,
    code TEXT NOT NULL,
    client TEXT,
    subject TEXT,
    address TEXT,
    record TEXT NOT NULL
);
CREATE INDEX journal_by_age ON journal (last_at);
CREATE INDEX journal_by_code ON journal (code, seq);
INSERT INTO journal (seq, id, at, last_at, count, kind, code, client, record)
    SELECT place, id, at, at, 1, 'refusal', code, evidence ->> '$.evidence.client_id', evidence FROM refusals;
INSERT INTO counters (name, value) SELECT 'journal', value FROM counters WHERE name = 'refusal';
DELETE FROM counters WHERE name = 'refusal';
DROP TABLE refusals;
-- Devices that wait for their person. `hash` is the digest of the device's code.
CREATE TABLE device_codes (
    hash BLOB NOT NULL PRIMARY KEY,
    user_code TEXT NOT NULL UNIQUE,
    record TEXT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX device_codes_by_expiry ON device_codes (expires);
