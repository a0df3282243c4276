/**
 * How things go wrong, in three kinds.
 *
 * - A **refusal** is our answer to bad input. It carries a code of a closed list and never repeats the input: an error message may end in a log, and
 *   the input may be a witness's words.
 * - A **fault** is the world breaking (disk, database, stick). It names the step and keeps its cause.
 * - A **bug** is a plain `Error`; nobody catches it.
 */

/** Every refusal there is, with the sentence people read. Codes are stable: tests and operators' notes rely on them. */
export const REFUSALS = {
  // bytes and text
  "not-utf8": "The text is not valid UTF-8.",
  "not-hex": "A value is not lower-case hexadecimal of the expected length.",
  "not-base64": "A value is not canonical base64 of the expected length.",
  "not-canonical-json": "The JSON is not in its one canonical form (RFC 8785).",
  "bad-field": "A field is missing, unknown, of the wrong kind or out of bounds.",
  truncated: "The data ends before it should.",
  "trailing-bytes": "There are bytes after the end of the data.",
  // envelope framing (what the gate can see without a key)
  "not-openpgp": "This is not a binary OpenPGP message.",
  armoured: "The message is armoured text; only the binary form is accepted.",
  "not-post-quantum": "The session key is not encrypted with ML-KEM-768+X25519 (algorithm 35).",
  "wrong-recipient": "The message is not encrypted to an accepted epoch of the program.",
  "wrong-recipients": "The message must have exactly one recipient and no password.",
  "legacy-encryption": "The message is not a version 2 SEIPD packet with AES-256-GCM.",
  "wrong-chunk-size": "The chunk size of the encrypted data is not the one that is used here.",
  "wrong-framing": "The message is not in its one canonical framing.",
  "wrong-length": "The message does not have the length of a size class.",
  // sealed content
  "cannot-decrypt": "The message cannot be decrypted with the keys at hand.",
  "not-authentic": "The encrypted data was changed or cut.",
  "bad-archive": "The archive is not in its one canonical form.",
  "bad-tip": "The tip's description is not valid.",
  "not-smallest-class": "The archive is padded to a larger size class than it needs.",
  "digest-mismatch": "The content does not have the stated digest.",
  "bad-signature": "A signature is not valid.",
  "too-large": "The content is larger than the largest size allowed.",
  "bad-reply": "This is not a reply in its one canonical form.",
  "bad-codename": "These are not twelve words of the list, or one of them is wrong.",
  // certificates and epochs
  "bad-certificate": "The certificate is not one of this program's kind.",
  "wrong-certificate": "The certificate is not the pinned one.",
  "no-epoch": "The certificate has no epoch for this day.",
  "clock-outside-epoch": "The clock of this device and the epoch of the program's key do not fit.",
  // quorum and locks
  "bad-share": "A share is not valid.",
  "not-enough-shares": "There are not enough different shares.",
  "cannot-unlock": "The secret does not open with this passphrase or these shares.",
  // notes and log
  "bad-note": "This is not a signed note.",
  "unknown-signer": "The note is not signed by an expected key.",
  "bad-vkey": "This is not a verifier key.",
  "bad-checkpoint": "The checkpoint is not valid.",
  "wrong-origin": "The note belongs to another log or another purpose.",
  "bad-leaf": "A log entry is not valid.",
  "bad-tile": "A log tile is not valid.",
  "bad-proof": "A proof does not hold.",
  "not-included": "The item is not in the log.",
  "log-forked": "The log is not an extension of the one seen before.",
  "log-shrunk": "The log is shorter than it was before.",
  "bad-policy": "The policy is not valid.",
  // a program's configuration
  "bad-program": "The program's configuration is not valid.",
  "example-program": "The program's configuration is an example. Check it, then change the field that says so.",
  "offer-not-current": "The program's offer has ended or has not begun.",
  "policy-not-signed": "The retention policy is not signed by those who must sign it.",
  // receipts, acknowledgements, bundles
  "bad-receipt": "The receipt is not valid.",
  "bad-acknowledgement": "The acknowledgement is not valid.",
  "bad-destruction": "The record of destruction is not valid.",
  "bad-inventory": "The inventory is not valid.",
  "bad-manifest": "The bundle's manifest is not valid.",
  "bundle-truncated": "The bundle is incomplete.",
  "bundle-tampered": "A file in the bundle is not the one its manifest lists.",
  "bundle-reordered": "The bundle's entries are not in the order of its manifest.",
  "bundle-replayed": "This bundle was imported before.",
  "bundle-skipped": "A bundle before this one is missing.",
  "bundle-forked": "This bundle does not follow the one imported before it.",
  "bundle-foreign": "The bundle comes from another sender or goes another way.",
  "bad-codes": "These are not the scanned codes of one outbox.",
  "codes-missing": "Some codes were not scanned.",
  // intake over HTTP
  "not-found": "There is nothing here.",
  "method-not-allowed": "This address does not take this method.",
  "bad-request": "The request is not valid.",
  "wrong-media-type": "The body is not of the expected media type.",
  "part-too-large": "A part is larger than 512 KiB.",
  "part-out-of-range": "The part number is out of range.",
  "part-differs": "Another part with this number was already received.",
  "part-missing": "Not all parts have arrived.",
  "tip-already-complete": "This tip is already complete.",
  "commitment-repeated": "This commitment was used before.",
  "too-slow": "The request took too long.",
  "server-full": "The server cannot take more just now. Try again later.",
  // commands
  usage: "The command was not understood.",
  "bad-settings": "Settings are not valid.",
  "no-secure-place": "The folder or file cannot be used.",
  "stick-full": "There is not enough room for the file. Nothing was left behind.",
  "bad-backup": "This is not a whole backup of this log.",
  "backup-behind": "The log went on after this backup was made. To go on from it would fork the log.",
  "already-there": "There is something there already; nothing was overwritten.",
  "another-writer": "Another process is working here.",
  "store-went-back": "The database is older than what was signed last, or another one. Nothing is signed.",
  "clock-behind": "The clock of this machine is behind the log's last entry. Set it right.",
  "clock-ahead": "The clock of this machine is further than can be explained. Look, then say the date: firsthand clock --today DATE.",
  "keys-missing": "A key that is needed is not there.",
  "build-differs": "Built twice, it is not the same twice; nothing was released.",
  "tree-not-clean": "A release is made from a commit: this is no checkout of one, or files in it were changed.",
  "runtime-missing": "The Node that is to be packed is not installed; it comes with npm ci on Linux for x64.",
  "log-key-missing": "The log's key is not there: `firsthand keys --log` on the server makes and prints it, to be saved as log.vkey.",
  "page-other-log": "The page was built for another log's key. Build it again with what `firsthand keys --log` prints on this server.",
  "demo-keys": "Demo keys must not be served under an onion address.",
  "no-such-tip": "There is no tip with this identifier.",
  "casebook-damaged": "The casebook's chain is broken.",
  "nothing-to-do": "There is nothing to do.",
  "no-reply-wanted": "Whoever sent this tip wants no reply.",
  "not-viewable": "This file cannot be shown here: it is damaged, or not what it seems to be.",
  "too-costly": "Showing this file took more memory or time than a file may take here. It was stopped.",
  "address-used": "This address was used already, or the window was opened again elsewhere.",
  "still-there": "Words that were removed elsewhere still stand here.",
  "no-browser": "There is no browser on this machine that could print. Install Chromium, or say that no PDF is wanted.",
  // the casebook's rules
  "not-allowed": "This person may not do that.",
  "needs-another-person": "This takes two people; somebody else has to sign too.",
  "conflict-undeclared": "Before working on a tip, say what ties you to it.",
  recused: "This person has a tie to the tip and stays out of it.",
  "already-graded": "This person graded the tip already, or two others did.",
  "wrong-state": "That does not follow from the state it is in.",
  "on-legal-hold": "The tip is on legal hold; nothing of it is destroyed.",
  "tip-destroyed": "The tip was destroyed.",
  "cannot-undo": "This cannot be undone.",
  "no-such-item": "There is no such thing in the casebook.",
  "weak-passphrase": "The passphrase is too short.",
  "casebook-diverged": "The two copies of the casebook went different ways.",
  "network-up": "This machine has a network. A review machine must have none.",
  "not-acknowledged": "The batch has not been acknowledged.",
  "key-destroyed": "The key was destroyed; what it protected cannot be opened any more.",
} as const;

/** Code of a {@link Refusal}. */
export type RefusalCode = keyof typeof REFUSALS;

/** Bad input was refused. `message` is the fixed sentence of its code; `where` names a part of *our* structure (a field, a step), never the input. */
export class Refusal extends Error {
  readonly code: RefusalCode;
  readonly where: string | undefined;

  constructor(code: RefusalCode, where?: string) {
    super(where === undefined ? REFUSALS[code] : `${REFUSALS[code]} (${where})`);
    this.name = "Refusal";
    this.code = code;
    this.where = where;
  }
}

/** The world broke: disk full, database gone, stick pulled out. `step` says what was being done; the cause is kept. */
export class Fault extends Error {
  readonly step: string;

  constructor(step: string, cause: unknown) {
    super(`It did not work: ${step}.`, { cause });
    this.name = "Fault";
    this.step = step;
  }
}
