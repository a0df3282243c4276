-- What an auditor may know of what is stored: for each batch with partitions, how many items it has and whether each has all its parts. No item, no length, no
-- commitment, and nothing of what waits. A function of the keeper's, because only the keeper may read items.
create function inventory() returns table (batch int, items bigint, whole boolean)
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
declare
  n int;
begin
  for n in
    select distinct substring(relname from '^item(?:_part)?_([0-9]{1,8})$')::int
    from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relname ~ '^item(_part)?_[0-9]{1,8}$'
    order by 1
  loop
    return query
      select n,
             (select count(*) from public.item i where i.batch = n),
             to_regclass(format('public.item_%s', n)) is not null and to_regclass(format('public.item_part_%s', n)) is not null
               and (select coalesce(sum(i.parts), 0) from public.item i where i.batch = n)
                 = (select count(*) from public.item_part p where p.batch = n);
  end loop;
end $$;
alter function inventory() owner to firsthand_keeper;
revoke all on function inventory() from public;
grant execute on function inventory() to firsthand_auditor;
