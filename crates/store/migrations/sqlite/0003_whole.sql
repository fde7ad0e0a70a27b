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
