-- Connections are of logins that can take one role and nothing more (src/server/store/logins.ts makes them). What a role needs is therefore given to the role.

-- Advisory locks. Whoever may take any could stop the keeper with them, so intake has two statements, each for its own kind of lock, until the end of the transaction.
-- 0x67656e65 is GENERATION_LOCK (src/server/store/generations.ts), 0x74697073 the class of the locks on tips (src/server/store/pending.ts).
create function enter_generation() returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp
as $$ select pg_catalog.pg_advisory_xact_lock_shared(x'67656e65'::bigint) $$;

create function lock_tip(tip int) returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp
as $$ select pg_catalog.pg_advisory_xact_lock(x'74697073'::int, tip) $$;

alter function enter_generation() owner to firsthand_keeper;
alter function lock_tip(int) owner to firsthand_keeper;
revoke all on function enter_generation(), lock_tip(int) from public;
grant execute on function enter_generation(), lock_tip(int) to firsthand_intake;

-- Only a superuser may close what PostgreSQL opens to everybody, as with large objects in 0001.
do $$
declare
  lock_function regprocedure;
begin
  for lock_function in
    select oid::regprocedure from pg_proc
    where pronamespace = 'pg_catalog'::regnamespace and proname ~ '^pg_(try_)?advisory_'
  loop
    execute format('revoke execute on function %s from public', lock_function);
    execute format('grant execute on function %s to firsthand_keeper', lock_function);
  end loop;
exception when insufficient_privilege then
  null;
end $$;

-- Throwing the write-ahead log away (src/server/store/wal.ts). An owner who may not pass this on leaves it to the operator.
do $$
begin
  if not pg_has_role('firsthand_keeper', 'pg_checkpoint', 'USAGE') then
    grant pg_checkpoint to firsthand_keeper;
  end if;
  grant execute on function pg_switch_wal() to firsthand_keeper;
exception when insufficient_privilege or object_in_use or unique_violation then
  null;
end $$;

-- Which migrations were run: what a process that does not run them compares.
grant select on migration to firsthand_keeper;
