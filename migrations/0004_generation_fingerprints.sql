-- Which key a generation is under: a hash of it under a label of its own, from which nothing of the key can be learned. So a DATA_DIR that belongs to another
-- database is refused when the server starts, not when a sealing cannot read its tips. Null until the next start, for generations opened before this file.
alter table generation add column fingerprint bytea check (length(fingerprint) = 32);
