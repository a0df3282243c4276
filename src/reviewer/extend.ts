/**
 * Command: more weeks for a certificate, a year at a time, before it runs out. The primary key stays, so the page's pinned fingerprint and every card stay too; what is new are the
 * subkeys of the weeks after the last one, and they go to the server as a longer certificate in its KEYS_DIR.
 *
 * The secret half is durable, locked under the same cards as before, before any public half leaves: a week that is published and whose secret was lost would take
 * tips that nobody can open. If it is interrupted in between, `--again` gives the public half. The rewards certificate belongs to the reward officer, who extends `rewards.locked`
 * with cards of its own, and needs no casebook for it.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { asBytes, type Bytes } from "../protocol/bytes.ts";
import { extendCertificate, openCertificate, openSecret } from "../protocol/crypto/certificate.ts";
import { lockSecret, unlockSecret } from "../protocol/crypto/lock.ts";
import { joinShares } from "../protocol/crypto/quorum.ts";
import { Fault, Refusal } from "../protocol/errors.ts";
import { formatDate, SECONDS_A_DAY } from "../protocol/format/date.ts";
import { type OpenCasebook, writeVault } from "./casebook/destroy.ts";
import { writeDurably } from "./casebook/durable-file.ts";
import type { ActingPerson } from "./casebook/people.ts";
import type { Vault } from "./casebook/vault.ts";
import { asWriter, type Desk } from "./desk.ts";
import { makeFolder } from "./new-folder.ts";
import { readShares } from "./share-cards.ts";
import { type Answer, count } from "./views.ts";

/** Extends the program certificate by `epochs` weeks, 0 for none, and writes its public half into a new folder. @throws {Refusal} `not-allowed` for who is no lead; `already-there`. */
export function extendProgram(folder: string, epochs: number, desk: Desk): Promise<Answer> {
  return asWriter(desk, (open, person) =>
    makeFolder(folder, async (work) => {
      if (epochs > 0) desk.say(`making ${count(epochs, "week")} more`);
      const vault = epochs === 0 ? open.vault : await extendVault(open, epochs, person, desk.now);
      return publish(work, folder, "program.pgp", (await openSecret(vault.program)).publicBytes(), epochs);
    }),
  );
}

/** Gives the vault's program certificate more weeks, durably, and records it. The caller is the writer. Returns the vault as it is now. @throws {Refusal} `not-allowed`. */
async function extendVault({ casebook, vault, secret }: OpenCasebook, epochs: number, person: ActingPerson, now: Date): Promise<Vault> {
  if (!person.roles.includes("lead")) throw new Refusal("not-allowed", "certificate-extended");
  const made = await extendCertificate(vault.program, epochs);
  const extended = { ...vault, program: made.secretBytes };
  await writeVault(casebook.folder, extended, secret);
  const until = await endOf(made.publicBytes);
  await casebook.append({ kind: "certificate-extended", epochs, until }, person, now);
  return extended;
}

/** Extends the certificate in `file`, a `rewards.locked`, with the cards in `shareFiles`. @throws {Refusal} `cannot-unlock`, `bad-certificate`, `already-there`. */
export function extendRewards(folder: string, file: string, epochs: number, shareFiles: readonly string[]): Promise<Answer> {
  return makeFolder(folder, async (work) => {
    const locked = await readFile(file).catch((cause: unknown) => {
      throw new Fault("reading the rewards certificate", cause);
    });
    const secret = await joinShares(await readShares(shareFiles));
    const made = await extendCertificate(await unlockSecret(asBytes(locked), secret), epochs);
    await writeDurably(file, [await lockSecret(made.secretBytes, secret)]);
    return publish(work, folder, "rewards.pgp", made.publicBytes, epochs);
  });
}

async function publish(work: string, folder: string, name: string, publicBytes: Bytes, epochs: number): Promise<Answer> {
  await writeDurably(join(work, name), [publicBytes]);
  const until = await endOf(publicBytes);
  return {
    json: { folder, certificate: name, epochs, until },
    lines: [
      epochs === 0
        ? `The public half once more: ${join(folder, name)}, for tips before ${until}.`
        : `${count(epochs, "week")} more, for tips before ${until}.`,
      `Carry ${join(folder, name)} to the server, put it over the one in its KEYS_DIR and start the server again; the log then tells of the new weeks.`,
      "Both certificates, program and rewards, have to reach as far.",
    ],
  };
}

/** The day on which a certificate's last week is over. */
async function endOf(publicBytes: Bytes): Promise<string> {
  const { epochs } = await openCertificate(publicBytes);
  return formatDate((epochs.at(-1)?.to ?? 0) / SECONDS_A_DAY);
}
