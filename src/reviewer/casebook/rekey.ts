/**
 * Replacing every card, and with them the key around the tips' keys. Afterwards the old cards open nothing in this folder, whoever holds them; and since the vault with the old
 * wrapping key opens with the old cards only, a tip that was destroyed before is unreadable in every older copy of the folder once the old cards are gone.
 *
 * The steps, each durable before the next; a kill between two leaves what the line says:
 *
 *     1  new cards are written            the old cards open the casebook, the new ones nothing
 *     2  vault [new, old] under new cards the new cards open it, the old ones nothing
 *     3  keys of tips, bundle by bundle   the same; some under the new wrapping key, some under the old
 *     4  event `cards-replaced`           the same
 *     5  vault [new]                      done
 *
 * From step 2 on {@link finishRekey} completes it, as the next writer's first step; an event that is missing then says only that nobody was asked to sign it.
 */
import type { Bytes } from "../../protocol/bytes.ts";
import { randomBytes } from "../../protocol/crypto/random.ts";
import type { Casebook } from "./casebook.ts";
import { type OpenCasebook, writeVault } from "./destroy.ts";
import type { ActingPerson } from "./people.ts";
import type { Vault } from "./vault.ts";

/** Steps 2 to 5. `secret`: the 32 bytes that the new cards give; they are written and checked already. The caller is the writer. */
export async function replaceSecret(
  { casebook, vault }: Pick<OpenCasebook, "casebook" | "vault">,
  secret: Bytes,
  quorum: { readonly needed: number; readonly shares: number },
  person: ActingPerson,
  now: Date,
): Promise<void> {
  const both = { ...vault, wrapping: [randomBytes(32), ...vault.wrapping.slice(0, 1)] };
  await writeVault(casebook.folder, both, secret);
  await rewrap(casebook, both);
  await casebook.append({ kind: "cards-replaced", ...quorum }, person, now);
  await finish(casebook, both, secret);
}

/** Completes a replacement that was interrupted. Returns the vault as it is now. */
export async function finishRekey({ casebook, vault, secret }: OpenCasebook): Promise<Vault> {
  if (vault.wrapping.length < 2) return vault;
  await rewrap(casebook, vault);
  return finish(casebook, vault, secret);
}

function rewrap(casebook: Casebook, { wrapping: [current] }: Vault): Promise<void> {
  if (current === undefined) throw new Error("a vault has a wrapping key");
  return casebook.tipKeys.rewrap(
    casebook.acts("imported").map(({ bundle }) => bundle),
    current,
  );
}

async function finish(casebook: Casebook, vault: Vault, secret: Bytes): Promise<Vault> {
  const done = { ...vault, wrapping: vault.wrapping.slice(0, 1) };
  await writeVault(casebook.folder, done, secret);
  return done;
}
