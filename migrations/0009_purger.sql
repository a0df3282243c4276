-- Destroying what was sealed is a right of its own. Items belong to a role in whose name nobody connects; the keeper can make a batch's partitions, fill and read
-- them, and neither change nor drop them. The purger can destroy a batch that is due, and read no ciphertext.
do $$
declare
  wanted text;
begin
  foreach wanted in array array['firsthand_items', 'firsthand_purger'] loop
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
end $$;

grant usage, create on schema public to firsthand_items;
grant usage on schema public to firsthand_purger;

-- What there is already changes hands.
do $$
declare
  there regclass;
begin
  for there in
    select 'item'::regclass union all select 'item_part'::regclass
    union all select inhrelid::regclass from pg_inherits where inhparent in ('item'::regclass, 'item_part'::regclass)
  loop
    execute format('alter table %s owner to firsthand_items', there);
    execute format('grant select, insert on %s to firsthand_keeper', there);
  end loop;
end $$;

-- The partitions of a batch that is being sealed.
create function make_item_partitions(of_batch int) returns void
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $$
begin
  execute format('create table public.item_%s partition of public.item for values in (%s)', of_batch, of_batch);
  execute format('create table public.item_part_%s partition of public.item_part for values in (%s)', of_batch, of_batch);
  execute format('grant select on public.item_%s, public.item_part_%s to firsthand_keeper', of_batch, of_batch);
end $$;

-- Drops the partitions of a batch and forgets which ids and ciphertexts its items had; only the commitments stay, which the log shows anyway: intake must go on
-- refusing them, or anybody could have an old one logged twice. May be repeated.
--
-- Only for a batch whose purge was begun on a day on which it was due by the policy it was sealed under, as `dueDay` of src/protocol/format/retention.ts has it.
-- That day is the keeper's word: PostgreSQL is not asked for the time, which nothing here depends on.
create function destroy_items(of_batch int) returns void
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $$
declare
  kept public.batch;
  policy json;
  last date;
  due date;
begin
  select * into kept from public.batch where batch = of_batch and state <> 'purged' and purging is not null;
  select convert_from(bytes, 'UTF8')::json into policy from public.tile where path = format('policies/%s.json', encode(kept.policy, 'hex'));
  last := kept.date::date + (policy ->> 'days_at_most')::int;
  if kept.acknowledged is not null then
    due := least(kept.acknowledged::date + (policy ->> 'days_after_acknowledgement')::int, greatest(kept.acknowledged::date, last));
  elsif policy ->> 'unacknowledged' = 'destroy' then
    due := last + 1;
  end if;
  if due is null or kept.purging::date < due then
    raise exception 'the batch is not due' using errcode = 'insufficient_privilege';
  end if;
  execute format('drop table if exists public.item_%s, public.item_part_%s', of_batch, of_batch);
  update public.accepted set tip = decode(replace(gen_random_uuid()::text, '-', ''), 'hex'), digest = decode(repeat('00', 32), 'hex')
  where batch = of_batch and digest <> decode(repeat('00', 32), 'hex');
end $$;

grant select on batch, tile to firsthand_items;
grant select (batch, digest), update (tip, digest) on accepted to firsthand_items;

-- Deletes the replies that have expired. It is a function because who deletes by a condition must be able to read what the condition is about.
create function drop_expired_replies(today text) returns void
language sql security definer set search_path = pg_catalog, public, pg_temp
as $$ delete from public.reply where expires <= today $$;

alter function make_item_partitions(int) owner to firsthand_items;
alter function destroy_items(int) owner to firsthand_items;
alter function drop_expired_replies(text) owner to firsthand_keeper;
revoke all on function make_item_partitions(int), destroy_items(int), drop_expired_replies(text) from public;
grant execute on function make_item_partitions(int) to firsthand_keeper;
grant execute on function destroy_items(int), drop_expired_replies(text) to firsthand_purger;
