-- Entries by kind, so that the keeper finds keys, epochs, policies and page releases in a log of ten years as fast as on its first day. Nearly all entries are
-- `received` and are looked for by nobody; they are not in it. An entry is ASCII, so its escaped form is its text.
create index leaf_kind on leaf (substring(encode(bytes, 'escape') from '"kind":"([a-z]+)"'), index)
  where position('"kind":"received"'::bytea in bytes) = 0;
