/** Everything the auditor can find: a closed list, one code for one kind of fault. Codes are stable; people's notes and other programs rely on them. */

/** Every finding there is, with the sentence people read. */
export const FINDINGS = {
  // the checkpoint
  "checkpoint-invalid": "The checkpoint is not one that the log's key signed.",
  "checkpoint-foreign": "The checkpoint belongs to another log.",
  "cosignature-old": "The cosignatures that the policy asks for are older than you allow.",
  "cosigners-too-few": "Fewer cosigners than the policy asks for have signed the checkpoint.",
  "log-shrunk": "The log is shorter than it was when it was last seen: entries were taken away.",
  "log-forked": "The log is not an extension of the one last seen: entries were changed, or others see another log.",
  "growth-not-shown": "The log's tiles cannot show that it extends the one last seen.",
  // entries and tiles
  "entries-missing": "Entries of the log cannot be had.",
  "entries-malformed": "A tile of entries is damaged.",
  "entries-wrong": "These entries are not the ones the checkpoint signs.",
  "tile-missing": "A tile of the log cannot be had.",
  "tile-wrong": "A tile of the log does not have the hashes of the entries below it.",
  "root-wrong": "The entries do not have the root the checkpoint signs.",
  "entry-invalid": "An entry is not in its one canonical form, or of no known kind.",
  "date-backwards": "An entry has an earlier date than the one before it.",
  "date-future": "An entry has a date that has not come yet.",
  // keys, epochs, policies
  "key-missing": "The log does not record a key that the policy names.",
  "key-foreign": "The log records another key than the one the policy names.",
  "epoch-invalid": "An epoch's window is empty or runs backwards.",
  "epoch-overlap": "Two epochs of one certificate overlap.",
  "epoch-repeated": "An epoch was published or destroyed a second time.",
  "epoch-unknown": "An epoch was destroyed that was never published.",
  "policy-missing": "A retention policy named in the log is not published.",
  "policy-wrong": "A published retention policy is not the one named in the log, or is not valid.",
  "policy-note-missing": "The signed note of a retention policy is not published.",
  "policy-note-wrong":
    "A retention note is not the one named in the log, does not follow the one before, or says something else than its entry.",
  "policy-unsigned": "A retention policy is not signed by those who must sign it.",
  "policy-one-signature": "A change of the retention policy is signed by one person only; it takes two.",
  // batches
  "batch-number-wrong": "Batches do not count up one by one.",
  "batch-size-wrong": "A batch's size is not that of its entries, or not 64 times a power of two.",
  "batch-policy-wrong": "A batch was sealed under another retention policy than the one in force.",
  "batch-unsealed": "There are received entries without a sealed batch.",
  "received-out-of-place": "Received entries do not stand directly before the seal of their own batch.",
  "received-unsorted": "Received entries of a batch are not in the order of their commitments.",
  "commitment-repeated": "A commitment is in the log twice.",
  "days-skipped": "Batches are sealed every day, but there are days without one.",
  "batch-overdue": "No batch has been sealed for more than a day.",
  // bundles
  "bundle-number-wrong": "Exported bundles do not count up one by one.",
  "export-out-of-order": "An exported bundle does not carry the batches that follow those of the bundle before.",
  "export-unsealed": "A bundle is said to carry a batch that was not sealed.",
  // acknowledgements
  "acknowledgement-unknown": "A batch was acknowledged that was not sealed.",
  "acknowledgement-repeated": "A batch was acknowledged twice.",
  "acknowledgement-unexported": "A batch was acknowledged before it was exported.",
  "acknowledgement-missing": "An acknowledgement named in the log is not published.",
  "acknowledgement-wrong": "A published acknowledgement is not the one named in the log.",
  "acknowledgement-unsigned": "An acknowledgement is not one that the review key signed.",
  "acknowledgement-foreign": "An acknowledgement speaks of another log, another batch or other items.",
  // destroyed epochs
  "destruction-missing": "A record of a destroyed epoch is not published.",
  "destruction-unsigned": "A record of a destroyed epoch is not one that the review key signed.",
  "destruction-foreign": "A record of a destroyed epoch speaks of another log or another epoch, or of a day before the epoch was over.",
  // retention
  "export-late": "ALARM: nobody has fetched the batch within the most days the policy allows, so nobody can have acknowledged it.",
  "acknowledgement-overdue": "ALARM: the batch was fetched, and nobody has acknowledged it within the most days the policy allows.",
  "acknowledgement-late": "A batch was acknowledged later than the policy allows.",
  "purge-unknown": "A batch was purged that was not sealed.",
  "purge-repeated": "A batch was purged twice.",
  "purge-unacknowledged": "A batch was purged although nobody had acknowledged it and the policy says to keep it.",
  "purge-too-early": "A batch was purged before it was due.",
  "purge-late": "A batch was purged later than a day after it was due.",
  "purge-overdue": "A batch is due for more than a day and has not been purged.",
  "purge-key-wrong": "Another key was destroyed than the one the batch was sealed under.",
  // what the server still has, against the log
  "inventory-invalid": "The inventory is not one that the log's key signed.",
  "inventory-ahead": "The inventory is of a longer log than this one: compare it with a newer copy.",
  "inventory-batch-missing": "A batch is gone although the log does not say that it was purged.",
  "inventory-batch-left": "Items of a batch are still there although the log says that it was purged.",
  "inventory-batch-damaged": "A batch does not have all parts of its items.",
  "inventory-count-wrong": "A batch has another number of items than the log says.",
  "inventory-key-missing": "The key of a batch is gone although the log does not say that it was destroyed.",
  "inventory-key-left": "The key of a batch is still there although the log says that it was destroyed.",
  "inventory-key-wrong": "The key of a batch is not the one it was sealed under.",
  "inventory-unlogged": "A batch or the key of one is there that the log does not know.",
  // receipts
  "receipt-open": "The batch that the receipt names is not sealed yet: look again after that.",
  "receipt-broken": "What the receipt promises is not in the log, although its batch is sealed. Keep the receipt: it proves this.",
  "receipt-late": "What the receipt promises is in the log, but in a later batch than it says.",
  // the witness's page
  "page-list-missing": "The page has no list of its files.",
  "page-list-invalid": "The page's list of files is not in its one canonical form, or names what cannot be a file of a page.",
  "page-list-unexpected": "The page's list of files is not the expected one.",
  "page-file-missing": "A file of the page cannot be had.",
  "page-file-wrong": "A file of the page is not the one its list names.",
  "page-file-redirected": "A file of the page is said to be somewhere else.",
  "page-header-wrong": "A file of the page comes with a header that lets something else run, or without one that prevents it.",
  "page-unlogged": "The page that is served is not in the log.",
  "page-outdated": "The page that is served was in the log, but another one is newer there.",
} as const;

/** Code of a finding. */
export type FindingCode = keyof typeof FINDINGS;

/** One fault. */
export interface Finding {
  readonly code: FindingCode;
  /** What it is about: "entry 12", "batch 3", a path. Made by us from numbers and our own words. */
  readonly where: string;
}

/** What no check of a log can show; said with every verdict, so that nobody reads more into it than there is. */
export const CANNOT_SHOW = [
  "That something was deleted: the log says when, how and which key, but a copy made before stays a copy.",
  "That a tip without a receipt arrived: a server that does not answer leaves no trace here.",
  "What is in a tip, or how many items are real: items look alike, and at least a quarter are decoys.",
  "That others see the same log, unless cosigners are named in the policy or their last checkpoints are compared.",
  "That the witness page people are given is the one named in the log: firsthand-auditor page compares the one you are given.",
] as const;

/** What no comparison of a page can show; said with every verdict. */
export const PAGE_CANNOT_SHOW = [
  "That everybody is given the same page: a server can tell you from a witness. Ask again, over Tor, at times that nobody expects.",
  "That the page does what it should: build the commit that the log names, compare the list's hash, and read it.",
  "That the keys the page encrypts to are the program's: their fingerprints are in the page, and the program tells them by other ways too.",
] as const;

/** What no inventory can show; said with every verdict. */
export const INVENTORY_CANNOT_SHOW = [
  "That what is gone from here is nowhere else: an inventory is what the server says of itself, and a copy made before stays a copy.",
  "What is in a batch: it gives numbers and fingerprints only.",
  "How many tips wait to be sealed: that is not in it on purpose.",
] as const;
