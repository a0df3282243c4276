-- For a process that only takes tips in, with intake's login and no other: which retention policies were decided (the log says so to everybody), and whether the database is as new as the
-- process. The rest of the log's table it still cannot read.
create view policy_leaf with (security_barrier) as
  select index, bytes from leaf
  where substring(encode(bytes, 'escape') from '"kind":"([a-z]+)"') = 'policy' and position('"kind":"received"'::bytea in bytes) = 0;
grant select on policy_leaf to firsthand_intake, firsthand_keeper;
grant select on migration to firsthand_intake;
