/**
 * What `firsthand doctor` can find, beside the alarms of `firsthand status`, which it repeats under their own codes. Codes are stable: people grep for them, and
 * machines alert by them. Each has one sentence that says what is wrong and one that says how to mend it; `where` names settings, files below DATA_DIR or of the onion service, roles,
 * and never a value: an address of a database holds a password.
 */
import type { Alarm, Words } from "../courier/status.ts";

/** Every finding of the doctor's own, in the order in which it looks. */
export const FINDINGS = {
  // settings
  "settings-wrong": { says: "Settings are not valid.", mend: "Correct them; README.md lists them all." },
  "address-public": {
    says: "The server listens where other machines reach it, so who comes without Tor shows who they are.",
    mend: "Set SOCKET and leave HOST and EXPOSE away.",
  },
  "no-socket": {
    says: "The server listens on a port, where every program of this machine reaches it.",
    mend: "Set SOCKET to a path in a folder that only the server and Tor can enter, and point the onion service at it.",
  },
  "socket-open": {
    says: "The folder of SOCKET can be written by everybody, so another program could put a socket of its own there.",
    mend: "Give SOCKET a folder that only the server can write and only Tor can enter.",
  },
  "tor-missing": {
    says: "No Tor runs on this machine, so nobody reaches the server through an onion.",
    mend: "Start Tor with an onion service that leads to SOCKET.",
  },
  // the onion service
  "onion-missing": {
    says: "Tor's settings lead no onion service to SOCKET.",
    mend: "Copy deploy/tor/torrc to /etc/tor/torrc, set its HiddenServicePort to unix: and SOCKET, and restart Tor.",
  },
  "onion-shared": {
    says: "Tor runs as a user of the server, so whoever breaks into the server can read the onion's key and be its address.",
    mend: "Run Tor as a user of its own, as Debian does (debian-tor), and the server as others (deploy/systemd/firsthand.sysusers).",
  },
  "onion-open": {
    says: "Others than Tor can read or enter the onion service's folder. Who has the key in it can be its address.",
    mend: "chmod go= on each of these, and HiddenServiceDirGroupReadable out of torrc. If somebody may have read the key, begin with a new address.",
  },
  "onion-strange": {
    says: "Something in the onion service's folder does not belong to the user that Tor runs as.",
    mend: "chown each of these to Tor's user (debian-tor:debian-tor on Debian), and restart Tor.",
  },
  "onion-clients": {
    says: "Tor does not read something in authorized_clients: it lets nobody in by that, and everybody if nothing else is there.",
    mend: "For each client one file NAME.auth with the one line descriptor:x25519:KEY (deploy/README.md, section 5); then restart Tor.",
  },
  // this machine
  "swap-on": {
    says: "This machine swaps memory to a disk, and keys with it.",
    mend: "Turn it off (swapoff -a, and its line in /etc/fstab), or encrypt it under a key that is new with each start.",
  },
  "core-dumps": {
    says: "A program that crashes here leaves its memory on the disk, keys in it.",
    mend: "Set kernel.core_pattern to core, without a pipe, and the limit of core files to 0 (LimitCORE=0 in a unit, ulimit -c 0 in a shell).",
  },
  // files
  "data-missing": { says: "There is no data folder yet.", mend: "Begin with firsthand keys --log." },
  "data-writable": { says: "Others than its owner can write in the data folder.", mend: "chmod go-w DATA_DIR." },
  "key-open": {
    says: "A file with a secret can be read by others than its owner.",
    mend: "chmod go= on the file, and on the folder that it is in.",
  },
  "key-closed": {
    says: "A file that intake needs cannot be read by its group, through which intake as a user of its own reads it.",
    mend: "chmod 0640 on the file.",
  },
  "key-strange": {
    says: "A file with a secret belongs to somebody else than the data folder does.",
    mend: "chown it to the user that the server runs as.",
  },
  "keys-writable": {
    says: "Others than its owner can write among the public keys, and so change to whom tips are encrypted.",
    mend: "chmod -R go-w KEYS_DIR.",
  },
  "page-writable": {
    says: "Others than its owner can write the witness's page, and so read everything that the next witnesses write.",
    mend: "chmod -R go-w PAGE_DIR.",
  },
  "log-key-missing": {
    says: "The log has no key yet.",
    mend: "firsthand keys --log makes it; if the log has begun, bring keys/log.seed back from where it is kept.",
  },
  "keys-refused": { says: "The keys in KEYS_DIR cannot be used.", mend: "Bring the public folder of the key ceremony." },
  "page-missing": { says: "There is no whole page in PAGE_DIR.", mend: "Build it: npm run build." },
  "page-other-log": {
    says: "The page was built for another log's key, so it would refuse every receipt.",
    mend: "Build it again with what firsthand keys --log prints here.",
  },
  "page-old": {
    says: "The page was built more than six weeks ago; the page to be saved, for browsers without scripts, carries the keys of eight weeks only.",
    mend: "Build it again, and start the server with it.",
  },
  // the database
  "database-missing": { says: "There is no database yet.", mend: "Start firsthand serve once." },
  "database-unreachable": {
    says: "The database cannot be reached, or not as its owner.",
    mend: "Start it, and see that DATABASE_URL leads to it.",
  },
  "database-not-durable": {
    says: "The database says that something is stored before it is, so that a receipt may be a lie.",
    mend: "Turn the settings on.",
  },
  "database-talks": {
    says: "The database writes down what is done with it, and when.",
    mend: "Set them in postgresql.conf as the table in src/server/operator/postgres.ts says, and reload.",
  },
  "database-keeps": {
    says: "The database keeps times of commits, or its write-ahead log, longer than until the next sealing: when each tip came, and how many there were.",
    mend: "Set them in postgresql.conf as the table in src/server/operator/postgres.ts says, drop replication slots that nobody reads, and restart it.",
  },
  "migrations-waiting": {
    says: "The database is older than this program.",
    mend: "Start firsthand serve: it brings the database up to date.",
  },
  "migrations-other": {
    says: "The database was made by other migrations than this program's.",
    mend: "Run the release that belongs to it, or a later one.",
  },
  "roles-other": {
    says: "A role of the database may more than it was made for: log in, take another role, or rule over roles.",
    mend: "Take that from it; migrations/0001 and src/server/store/logins.ts say what it should be.",
  },
  "grants-other": {
    says: "What roles may do with tables and functions is not what the migrations gave them.",
    mend: "Grant or revoke what is named, with + for what is too much and - for what is missing.",
  },
  "log-unguarded": {
    says: "The trigger that lets the log only grow is off or gone.",
    mend: "alter table leaf enable trigger leaf_only_grows; then firsthand-auditor verify, to see whether anything was changed.",
  },
  "not-opening": { says: "The server would not start over this database and data folder.", mend: "firsthand serve says why." },
  // what should have happened
  "cosignature-old": {
    says: "No cosigner signed the log's checkpoint for a week, so nobody else vouches that it only grew.",
    mend: "Ask a cosigner, and take the answer in with firsthand cosign.",
  },
  "backup-missing": {
    says: "There has never been a backup. If this machine is lost, the log is.",
    mend: "Put the operator's OpenPGP certificate at KEYS_DIR/operator.pgp and run firsthand backup, daily after the sealing.",
  },
  "backup-behind": {
    says: "The log went on since the last backup. If this machine were lost now, the log could not be continued.",
    mend: "Run firsthand backup, or let firsthand-backup.path do it whenever the log grew (deploy/README.md, section 4).",
  },
  "backup-old": {
    says: "The last backup is more than three days old, and the log went on: it could not be continued from it.",
    mend: "Run firsthand backup, daily after the sealing.",
  },
} as const satisfies Readonly<Record<string, Words>>;

/** Code of a finding: the doctor's own, or of an alarm. */
export type FindingCode = keyof typeof FINDINGS | Alarm["alarm"];

/** Something a person should do. */
export interface Finding extends Words {
  readonly code: FindingCode;
  /** Names of settings, of files below DATA_DIR or of the onion service, of roles; empty if there is nothing to name. */
  readonly where: readonly string[];
}

/** A finding of the doctor's own. */
export function finding(code: keyof typeof FINDINGS, ...where: readonly string[]): Finding {
  const { says, mend } = FINDINGS[code];
  return { code, says, mend, where };
}
