-- Storing what many senders bring in one transaction. PostgreSQL numbers transactions and every row keeps the number of its own, for ever; a small tip takes two
-- whether it came alone or among many, and so does a decoy, or the numbers beside the log's entries would tell how busy a day was. So each row after the
-- first is added in a subtransaction of its own, which has a number of its own: in PL/pgSQL that is what a block with an exception handler is.

-- Adds parts that are not there yet. `bodies` is the stored forms one after another, each `overhead` octets longer than its part.
create function store_parts(
  of_generation int, tips bytea[], parts int[], lengths int[], hashes bytea[], declared bigint[], was_carried boolean, overhead int, bodies bytea
) returns void
language plpgsql
as $$
declare
  begins int := 1;
begin
  for i in 1 .. cardinality(tips) loop
    if i = 1 then
      insert into public.tip_part (generation, tip, part, length, sha256, declared, carried, body)
      values (of_generation, tips[i], parts[i], lengths[i], hashes[i], declared[i], was_carried, substring(bodies from begins for lengths[i] + overhead));
    else
      begin
        insert into public.tip_part (generation, tip, part, length, sha256, declared, carried, body)
        values (of_generation, tips[i], parts[i], lengths[i], hashes[i], declared[i], was_carried, substring(bodies from begins for lengths[i] + overhead));
      exception when sqlstate 'ZZZZZ' then
        null; -- never raised: every error ends the whole transaction
      end;
    end if;
    begins := begins + lengths[i] + overhead;
  end loop;
end $$;

-- Adds completions whose commitments were not used yet, neither in a batch nor in the generations `live`. `veiled` is the commitment of the first completion
-- as it stands in each of `live`, then that of the second, and so on. Returns for each whether it was added.
create function store_completions(
  of_generation int, tips bytea[], commitments bytea[], veiled bytea[], live int[], digests bytea[], parts int[], lengths bigint[]
) returns boolean[]
language plpgsql
as $$
declare
  width constant int := cardinality(live);
  here constant int := array_position(live, of_generation);
  added boolean[] := '{}';
  used boolean;
begin
  for i in 1 .. cardinality(tips) loop
    select exists (select from public.accepted where commitment = commitments[i]) into used;
    for j in 1 .. width loop
      exit when used;
      select exists (select from public.tip_seal where generation = live[j] and commitment = veiled[(i - 1) * width + j]) into used;
    end loop;
    if used then
      added := added || false;
    elsif i = 1 then
      insert into public.tip_seal (generation, tip, commitment, digest, parts, length)
      values (of_generation, tips[i], veiled[(i - 1) * width + here], digests[i], store_completions.parts[i], lengths[i])
      on conflict do nothing;
      added := added || found;
    else
      begin
        insert into public.tip_seal (generation, tip, commitment, digest, parts, length)
        values (of_generation, tips[i], veiled[(i - 1) * width + here], digests[i], store_completions.parts[i], lengths[i])
        on conflict do nothing;
        added := added || found;
      exception when sqlstate 'ZZZZZ' then
        null; -- as above
      end;
    end if;
  end loop;
  return added;
end $$;

alter function store_parts(int, bytea[], int[], int[], bytea[], bigint[], boolean, int, bytea) owner to firsthand_keeper;
alter function store_completions(int, bytea[], bytea[], bytea[], int[], bytea[], int[], bigint[]) owner to firsthand_keeper;
revoke all on function store_parts(int, bytea[], int[], int[], bytea[], bigint[], boolean, int, bytea) from public;
revoke all on function store_completions(int, bytea[], bytea[], bytea[], int[], bytea[], int[], bigint[]) from public;
grant execute on function store_parts(int, bytea[], int[], int[], bytea[], bigint[], boolean, int, bytea) to firsthand_intake;
grant execute on function store_completions(int, bytea[], bytea[], bytea[], int[], bytea[], int[], bigint[]) to firsthand_intake;
