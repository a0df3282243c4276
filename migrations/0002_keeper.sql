-- What the keeper remembers between its steps, so that a command that was killed goes on where it was.

-- SHA-256 of a whole envelope, as a bundle's manifest lists it: an export then reads every item once.
alter table item add column sha256 bytea not null check (length(sha256) = 32);

-- A bundle to review is written down before it goes to the stick, and `logged` once it is there. `checkpoint` is the one inside; null for the other direction.
alter table bundle add column checkpoint bytea;
alter table bundle add column logged boolean not null default true;

-- The day a purge of this batch began. Until its state is `purged`, it may be half destroyed and is destroyed again.
alter table batch add column purging text;

-- Positions count from 0, as entries of the log do: an item's path in a bundle and the place of its commitment in the batch are the same number.
alter table item drop constraint item_position_check;
alter table item add constraint item_position_check check (position >= 0);
