/**
 * What confirmed events say is to be destroyed, destroyed. The event comes first and is durable; the files follow. If that is interrupted at any point, {@link settle} does it
 * again from the events, as the next writer's first step, and doing it twice changes nothing.
 *
 * **A tip**: its key goes first, then its record and its sealed file. **A week**: the secret of the epoch's subkey becomes a stub and the vault is written over. What this covers,
 * and what copies of the folder still hold, is in src/reviewer/README.md, "Destroying".
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Bytes } from "../../protocol/bytes.ts";
import { type EpochKey, openCertificate, openSecret } from "../../protocol/crypto/certificate.ts";
import { Fault, Refusal } from "../../protocol/errors.ts";
import { formatDate, SECONDS_A_DAY } from "../../protocol/format/date.ts";
import type { Casebook } from "./casebook.ts";
import { flushFolder, writeDurably } from "./durable-file.ts";
import { batchesToAcknowledge } from "./outbox.ts";
import { bundleFolder } from "./places.ts";
import { itemPath, recordPath } from "./shelf.ts";
import { lockVault, type Vault, VAULT_FILE } from "./vault.ts";

/** An open casebook with its secrets. `secret` is what the cards give: 32 bytes that lock the vault. */
export interface OpenCasebook {
  readonly casebook: Casebook;
  readonly vault: Vault;
  readonly secret: Bytes;
}

/**
 * Does whatever confirmed events say and has not been done. The caller is the writer. Returns the vault as it is now.
 * @throws {Fault} if the disk did not take it; it can be done again.
 */
export async function settle({ casebook, vault, secret }: OpenCasebook): Promise<Vault> {
  for (const { destroyed, bundle, entry } of casebook.state.tips.values()) {
    if (!destroyed) continue;
    await casebook.tipKeys.forget(bundle, entry.id);
    await remove(bundleFolder(casebook, bundle), [recordPath(entry.id), itemPath(entry.batch, entry.position)]);
  }
  return settleEpochs(casebook, vault, secret);
}

async function remove(folder: string, paths: readonly string[]): Promise<void> {
  try {
    for (const path of paths) {
      await rm(join(folder, path), { force: true });
      await flushFolder(join(folder, path, ".."));
    }
  } catch (cause) {
    throw new Fault("removing what was destroyed", cause);
  }
}

async function settleEpochs(casebook: Casebook, vault: Vault, secret: Bytes): Promise<Vault> {
  const wanted = casebook.state.destroyedEpochs;
  if (wanted.size === 0) return vault;
  const certificate = await openSecret(vault.program);
  const left = [...wanted].filter((epoch) => certificate.epochs.includes(epoch) && !certificate.destroyed.includes(epoch));
  if (left.length === 0) return vault;
  let program = vault.program;
  for (const epoch of left) program = await certificate.destroyEpoch(epoch);
  const settled = { ...vault, program };
  await writeVault(casebook.folder, settled, secret);
  return settled;
}

/**
 * Whether a week's secret is needed no more: the week is over, and a batch of a day later than its end and the days of grace was imported, and acknowledged with all before it. Until then
 * tips sealed to that week may still wait somewhere, and destroying the secret would destroy them unread.
 * @throws {Refusal} `no-epoch`; `not-acknowledged` if it is too early.
 */
export async function requireWeekOver(open: OpenCasebook, epoch: string): Promise<void> {
  const week = (await weeksOf(open)).find(({ fingerprint }) => fingerprint === epoch);
  if (week === undefined) throw new Refusal("no-epoch");
  if (!isOver(open, week)) throw new Refusal("not-acknowledged", `the week's last batch is of ${lastBatchOf(open, week)}`);
}

/** Fingerprints of the weeks whose secret is needed no more, the first first; destroyed ones too. */
export async function weeksThatAreOver(open: OpenCasebook): Promise<string[]> {
  return (await weeksOf(open)).filter((week) => isOver(open, week)).map(({ fingerprint }) => fingerprint);
}

async function weeksOf({ casebook, vault }: OpenCasebook): Promise<readonly EpochKey[]> {
  return (await openCertificate((await openSecret(vault.program)).publicBytes(), casebook.opened.program)).epochs;
}

function lastBatchOf({ casebook }: OpenCasebook, { to }: EpochKey): string {
  return formatDate(to / SECONDS_A_DAY + casebook.opened.grace_days);
}

function isOver(open: OpenCasebook, week: EpochKey): boolean {
  const last = lastBatchOf(open, week);
  const batches = open.casebook.acts("imported").flatMap((act) => act.batches);
  const unacknowledged = new Set(batchesToAcknowledge(open.casebook).map(({ batch }) => batch));
  return batches.some(({ date }) => date > last) && batches.every(({ batch, missing }) => missing === 0 && !unacknowledged.has(batch));
}

/** Writes a vault over the one that is there. @throws {Fault}; then the old one is still there. */
export async function writeVault(folder: string, vault: Vault, secret: Bytes): Promise<void> {
  await writeDurably(join(folder, VAULT_FILE), [await lockVault(vault, secret)]);
}
