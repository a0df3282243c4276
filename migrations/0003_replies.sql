-- Replies that wait for witnesses. A mailbox is known by the SHA-256 of its id; what is in it is ciphertext under a key that only the witness and the review
-- machine have. `expires` is the day a reply is removed, as text YYYY-MM-DD, and the finest time there is.
create table reply (
  mailbox bytea not null check (length(mailbox) = 32),
  sha256 bytea not null check (length(sha256) = 32),
  expires text not null check (expires ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$'),
  -- In the row itself and not compressed: reading one costs the same as reading another.
  body bytea storage plain not null check (length(body) = 4480),
  primary key (mailbox, sha256)
);
alter table reply owner to firsthand_keeper;

-- All that intake may do: remove the named replies of one mailbox, and read what is left, of at most four. So who takes over intake cannot list
-- mailboxes: it must know one to ask for it.
create function read_mailbox(asked bytea, named bytea[], today text) returns setof bytea
language sql volatile security definer set search_path = pg_catalog, public, pg_temp
as $$
  delete from public.reply where mailbox = asked and sha256 = any(named);
  select body from public.reply where mailbox = asked and expires > today order by expires, sha256 limit 4;
$$;
alter function read_mailbox(bytea, bytea[], text) owner to firsthand_keeper;
revoke all on function read_mailbox(bytea, bytea[], text) from public;
grant execute on function read_mailbox(bytea, bytea[], text) to firsthand_intake;
