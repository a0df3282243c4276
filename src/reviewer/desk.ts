/** Sitting down at a casebook: looks for networks, unlocks, opens, finishes what was interrupted, and unlocks the key of whoever acts. */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { joinShares } from "../protocol/crypto/quorum.ts";
import { Fault, Refusal } from "../protocol/errors.ts";
import { Casebook, PRACTICE_FILE } from "./casebook/casebook.ts";
import { type OpenCasebook, settle } from "./casebook/destroy.ts";
import type { ActingPerson } from "./casebook/people.ts";
import { finishRekey } from "./casebook/rekey.ts";
import { openVault, VAULT_FILE } from "./casebook/vault.ts";
import { becomeWriter } from "./casebook/writer.ts";
import { requireIsolation } from "./isolation.ts";
import { readOwnSecret } from "./own-secret.ts";
import type { Progress } from "./progress.ts";
import { readShares } from "./share-cards.ts";

/** What every command on a casebook is given. */
export interface Desk {
  /** Folder of the casebook. */
  readonly folder: string;
  /** Files with shares; none: they are asked for. */
  readonly shareFiles: readonly string[];
  /** Who acts; `undefined` if there is only one person. */
  readonly person: string | undefined;
  /** File with the acting person's passphrase or card; `undefined`: it is asked for. */
  readonly passFile: string | undefined;
  /** Whether the override of isolation.ts was typed out. */
  readonly override: boolean;
  readonly now: Date;
  readonly progress: Progress;
  /** Tells people something at once, on the error output. */
  readonly say: (sentence: string) => void;
  /** Set in the window: the casebook is open, this process its writer, and this person sits at it. */
  readonly seated?: { readonly open: OpenCasebook; readonly person: ActingPerson };
}

/**
 * Unlocks and opens the casebook for reading, from packs or from every event's own file. With a network that is overridden, this is written down first, so it needs somebody who signs for it.
 * @throws {Refusal} `network-up`, what is wrong with shares and casebook.
 */
export async function sitDown(desk: Desk, from: "packs" | "files" = "packs"): Promise<OpenCasebook> {
  if (desk.seated !== undefined) return desk.seated.open;
  const networks = await lookForNetworks(desk);
  return networks.length === 0 ? openAt(desk, from) : asWriter(desk, (open) => Promise.resolve(open), from);
}

/** Does `work` as the only writer of the casebook. The lock comes before the events are read. */
export async function asWriter<T>(
  desk: Desk,
  work: (open: OpenCasebook, person: ActingPerson) => Promise<T>,
  from: "packs" | "files" = "packs",
): Promise<T> {
  if (desk.seated !== undefined) return work(desk.seated.open, desk.seated.person);
  const networks = await lookForNetworks(desk);
  const writer = becomeWriter(desk.folder);
  try {
    const open = await openAt(desk, from);
    const person = await actingPerson(open.casebook, desk);
    const { now } = desk;
    if (networks.length > 0) await open.casebook.append({ kind: "network-overridden", interfaces: networks }, person, now);
    await open.casebook.pack();
    const settled = { ...open, vault: await settle(open) };
    return await work({ ...settled, vault: await finishRekey(settled) }, person);
  } finally {
    writer.release();
  }
}

/** The networks that are overridden. Comes before any secret; a marker that lies is found out when the casebook is open. */
async function lookForNetworks({ folder, override, say }: Desk): Promise<string[]> {
  if ((await stat(join(folder, VAULT_FILE)).catch(() => null)) === null)
    throw new Refusal("no-secure-place", "there is no casebook in that folder");
  return requireIsolation({ practice: await isMarked(folder), override }, say);
}

async function isMarked(folder: string): Promise<boolean> {
  return (await stat(join(folder, PRACTICE_FILE)).catch(() => null)) !== null;
}

async function openAt({ folder, shareFiles }: Desk, from: "packs" | "files"): Promise<OpenCasebook> {
  const locked = await readFile(join(folder, VAULT_FILE)).catch((cause: unknown) => {
    throw new Fault("reading the casebook's vault", cause);
  });
  const shares = await readShares(shareFiles);
  const vault = await openVault(new Uint8Array(locked), shares);
  const casebook = await Casebook.open(folder, vault, from);
  if ((await isMarked(folder)) && !casebook.opened.demo) throw new Refusal("casebook-damaged", "it is marked for practice and is not");
  return { casebook, vault, secret: await joinShares(shares) };
}

async function actingPerson(casebook: Casebook, { person, passFile, say }: Desk): Promise<ActingPerson> {
  const secret = casebook.opened.demo && passFile === undefined ? null : await readOwnSecret(passFile, say);
  return casebook.person(person, secret);
}
