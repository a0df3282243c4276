/** A real casebook with a few real tips, made in this process: no server, no commands, no slow start of programs. */
import { mkdtemp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { openVault, VAULT_FILE } from "../../src/reviewer/casebook/vault.ts";
import { Casebook } from "../../src/reviewer/casebook/casebook.ts";
import type { OpenCasebook } from "../../src/reviewer/casebook/destroy.ts";
import { importBundle, type ImportOrder } from "../../src/reviewer/casebook/import.ts";
import { USUAL_ROLES } from "../../src/reviewer/casebook/roles.ts";
import { holdCeremony, USUAL_RETENTION } from "../../src/reviewer/ceremony.ts";
import { parseShares } from "../../src/reviewer/share-cards.ts";
import { joinShares } from "../../src/protocol/crypto/quorum.ts";
import type { AttachmentSource } from "../../src/protocol/crypto/tip.ts";
import { streamOf } from "./bytes.ts";
import { epochsOf, type Item, SmallServer, tipOf } from "./make-bundle.ts";
import { signerOf } from "./memory-log.ts";
import { newFolder } from "./review-machine.ts";

/** Whose casebook it is. */
export const ORIGIN = "tips.test/log";
const DAY = 86_400_000;

/** Passphrases of Ana and Bo when it is in earnest. */
export const PASSPHRASES = ["ana likes long passphrases", "bo does not, and has one"] as const;

/** Who a ceremony is for, and where. */
export interface SmallPlan {
  /** Ana and Bo if absent. */
  readonly names?: readonly string[];
  /** Below which folder; a new one if absent. */
  readonly place?: string | undefined;
}

/** Folder of a ceremony for Ana and Bo, or others, with one card; `demo`: their keys have no lock. */
export async function smallCeremony(demo: boolean, { names = ["Ana", "Bo"], place }: SmallPlan = {}): Promise<string> {
  const folder = join(await mkdtemp(join(place ?? (await newFolder()), "ceremony-")), "review");
  const today = Math.floor(Date.now() / DAY) * 86_400;
  const people = names.map((name, index) => ({ name, roles: USUAL_ROLES, passphrase: demo ? null : (PASSPHRASES[index] ?? null) }));
  const plan = {
    origin: ORIGIN,
    start: today,
    epochs: 2,
    needed: 1,
    shares: 1,
    people,
    retention: USUAL_RETENTION,
    signers: 3,
    demo,
    typing: { from: "nowhere" } as const,
  };
  await holdCeremony(folder, plan, new Date(), () => undefined);
  return folder;
}

/** Opens the casebook in `casebook` with the cards in files. */
export async function openWith(casebook: string, ...cards: string[]): Promise<OpenCasebook> {
  const texts = await Promise.all(cards.map((card) => readFile(card, "utf8")));
  const shares = texts.flatMap(parseShares);
  const vault = await openVault(new Uint8Array(await readFile(join(casebook, VAULT_FILE))), shares);
  return { vault, casebook: await Casebook.open(casebook, vault), secret: await joinShares(shares) };
}

/** A narrative, or one with files. */
export type SmallTip = string | { readonly narrative: string; readonly files: readonly AttachmentSource[] };

/** A demo casebook of Ana and Bo with tips of these narratives. */
export async function smallCasebook(...tips: SmallTip[]): Promise<{ folder: string; card: string; open: OpenCasebook }> {
  return casebookOf((to) =>
    Promise.all(
      tips.map((tip) => (typeof tip === "string" ? tipOf(to, { narrative: tip }) : tipOf(to, { narrative: tip.narrative }, tip.files))),
    ),
  );
}

/** A demo casebook of Ana and Bo with one batch of these items, below `place`. */
export async function casebookOf(
  items: (to: Awaited<ReturnType<typeof epochsOf>>) => Promise<readonly Item[]>,
  place?: string,
): Promise<{ folder: string; card: string; open: OpenCasebook }> {
  const { card, folder, open, to } = await emptyCasebook(place);
  const server = await SmallServer.create(ORIGIN);
  await server.seal(await items(to));
  await importBundle(streamOf((await server.exportBundle()).bytes, 65_536), await orderFor(open));
  return { folder, card, open };
}

/** A demo casebook of Ana and Bo with nothing in it, below `place`, and the epochs that tips for it are sealed to. */
export async function emptyCasebook(place?: string): Promise<{
  folder: string;
  card: string;
  open: OpenCasebook;
  to: Awaited<ReturnType<typeof epochsOf>>;
}> {
  const ceremony = await smallCeremony(true, { place });
  const [folder, card] = [join(ceremony, "casebook"), join(ceremony, "cards", "card-1-of-1.txt")];
  const file = async (name: string) => new Uint8Array(await readFile(join(ceremony, "public", name)));
  const to = await epochsOf(await file("program.pgp"), await file("rewards.pgp"));
  return { folder, card, open: await openWith(folder, card), to };
}

/** How Ana takes in a bundle of {@link SmallServer}. */
export async function orderFor({ casebook, vault }: OpenCasebook): Promise<ImportOrder> {
  return {
    casebook,
    program: vault.program,
    log: (await signerOf(ORIGIN)).vkey,
    person: await casebook.person("Ana"),
    now: new Date(),
    progress: () => undefined,
  };
}
