-- Everything PostgreSQL holds: parts that arrive, batches that wait for the courier, the log.
--
-- There is no time of arrival here, no counter in order of arrival, nothing of a connection. Dates are days, as text YYYY-MM-DD.
-- Bodies are AES-256-GCM under keys that are files in DATA_DIR: a generation key while a tip waits, a batch key afterwards. So dropping a
-- partition gives the space back, and destroying the key file is what makes remnants in data files and WAL unreadable.
--
-- Generation and batch count together: what arrives in generation n is sealed as batch n. Exactly one generation is `open`; while it is being
-- sealed, the one before is `closing`. Both have partitions named tip_part_<n> and tip_seal_<n>; batches have item_<n> and item_part_<n>.

-- Roles. A connection takes one with SET ROLE; nobody logs in as one. They belong to the whole cluster, so they may be there already.
do $$
declare
  wanted text;
begin
  foreach wanted in array array['firsthand_intake', 'firsthand_keeper', 'firsthand_auditor'] loop
    begin
      if not exists (select from pg_roles where rolname = wanted) then
        execute format('create role %I nologin', wanted);
      end if;
    exception when duplicate_object or unique_violation then
      null; -- made by another database of this cluster in the same moment
    end;
    if not pg_has_role(current_user, wanted, 'SET') then
      execute format('grant %I to current_user with inherit true, set true', wanted);
    end if;
  end loop;
  execute format('revoke all on database %I from public', current_database());
exception when insufficient_privilege then
  raise exception 'the database user must own the database and may create roles';
end $$;

revoke all on schema public from public;
grant usage on schema public to firsthand_intake, firsthand_auditor;
grant usage, create on schema public to firsthand_keeper;

-- Large objects are open to every role by default. Only a superuser may close them; elsewhere they stay as the operator has them.
do $$
declare
  large_object regprocedure;
begin
  for large_object in
    select oid::regprocedure from pg_proc
    where pronamespace = 'pg_catalog'::regnamespace and (proname ~ '^lo_' or proname in ('loread', 'lowrite'))
  loop
    execute format('revoke execute on function %s from public', large_object);
  end loop;
exception when insufficient_privilege then
  null;
end $$;

-- What is waiting ---------------------------------------------------------------------------------------------------------------------------

create table generation (
  generation int primary key check (generation > 0),
  state text not null check (state in ('open', 'closing')),
  unique (state)
);

-- Ids, hashes and commitments stand in these two tables veiled under the generation's key (src/server/store/pending.ts): WAL and dead pages keep the order
-- of arrival, and must not say of what.

-- One part of an envelope. `length` and `sha256` are of the part as it arrived; `declared` is the envelope's length as its framing states it, in
-- part 1 only; `carried` says that the part arrived before the last sealing. `body` is nonce, ciphertext and tag.
create table tip_part (
  generation int not null,
  tip bytea not null check (length(tip) = 16),
  part int not null check (part between 1 and 65536),
  length int not null check (length between 1 and 524288),
  sha256 bytea not null check (length(sha256) = 32),
  declared bigint check ((declared is null) = (part <> 1)),
  carried boolean not null default false,
  body bytea storage external not null,
  primary key (generation, tip, part)
) partition by list (generation);

-- A complete tip. The receipt leaves after this row is durable.
create table tip_seal (
  generation int not null,
  tip bytea not null check (length(tip) = 16),
  commitment bytea not null check (length(commitment) = 32),
  digest bytea not null check (length(digest) = 32),
  parts int not null,
  length bigint not null,
  primary key (generation, tip),
  unique (generation, commitment)
) partition by list (generation);

-- What was sealed, one row for each item, decoys under random tip ids: so a repeated POST gets its receipt again, and no commitment comes twice.
create table accepted (
  batch int not null,
  tip bytea not null primary key check (length(tip) = 16),
  commitment bytea not null unique check (length(commitment) = 32),
  digest bytea not null check (length(digest) = 32)
);

-- Facts without bodies: all that intake may read of a part.
create view tip_fact as select generation, tip, part, length, sha256, declared from tip_part;

-- Removes the parts of a tip that was refused, given as it stands in the rows; of a complete tip it removes nothing.
create function forget_tip(of_generation int, refused bytea) returns void
language sql security definer set search_path = pg_catalog, public, pg_temp
as $$
  delete from public.tip_part
  where generation = of_generation and tip = refused
    and not exists (select from public.tip_seal s where s.generation = of_generation and s.tip = refused);
$$;
revoke all on function forget_tip(int, bytea) from public;

-- Batches -----------------------------------------------------------------------------------------------------------------------------------

create table batch (
  batch int primary key check (batch > 0),
  state text not null check (state in ('sealed', 'exported', 'acknowledged', 'purged')),
  date text not null,
  size int not null,
  key_fingerprint bytea not null check (length(key_fingerprint) = 32),
  policy bytea not null check (length(policy) = 32),
  acknowledged text,
  acknowledgement bytea
);

-- Items in the order of their commitments, positions from 1.
create table item (
  batch int not null,
  position int not null check (position > 0),
  commitment bytea not null check (length(commitment) = 32),
  digest bytea not null check (length(digest) = 32),
  length bigint not null,
  parts int not null,
  primary key (batch, position)
) partition by list (batch);

create table item_part (
  batch int not null,
  position int not null,
  part int not null check (part > 0),
  body bytea storage external not null,
  primary key (batch, position, part)
) partition by list (batch);

create table bundle (
  direction text not null check (direction in ('review', 'server')),
  sequence int not null check (sequence > 0),
  date text not null,
  first int,
  last int,
  manifest_hash bytea not null check (length(manifest_hash) = 32),
  manifest bytea not null,
  primary key (direction, sequence)
);

-- The log -----------------------------------------------------------------------------------------------------------------------------------

create table leaf (
  index bigint primary key check (index >= 0),
  bytes bytea not null
);

create function refuse_change() returns trigger
language plpgsql
as $$
begin
  raise exception 'the log only grows' using errcode = 'insufficient_privilege';
end $$;

create trigger leaf_only_grows before update or delete or truncate on leaf for each statement execute function refuse_change();

-- Files below /log/ that are made from leaves, or stand beside them.
create table tile (
  path text primary key,
  bytes bytea not null
);

create table log_state (
  name text primary key,
  value bytea not null
);

-- Who may do what. The keeper owns what has partitions, because it makes and drops them; the log's leaves it can only add to.
alter table generation owner to firsthand_keeper;
alter table tip_part owner to firsthand_keeper;
alter table tip_seal owner to firsthand_keeper;
alter view tip_fact owner to firsthand_keeper;
alter function forget_tip(int, bytea) owner to firsthand_keeper;
alter table accepted owner to firsthand_keeper;
alter table batch owner to firsthand_keeper;
alter table item owner to firsthand_keeper;
alter table item_part owner to firsthand_keeper;
alter table bundle owner to firsthand_keeper;
alter table tile owner to firsthand_keeper;
alter table log_state owner to firsthand_keeper;
grant select, insert on leaf to firsthand_keeper;

grant insert on tip_part, tip_seal to firsthand_intake;
grant select on generation, tip_fact, tip_seal, accepted, tile, log_state to firsthand_intake;
grant execute on function forget_tip(int, bytea) to firsthand_intake;

grant select on leaf, tile, log_state, batch, bundle to firsthand_auditor;
