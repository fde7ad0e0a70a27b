-- What the authority keeps beyond clients and log-ins.

INSERT INTO schema_version (version) VALUES (3);
