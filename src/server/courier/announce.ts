/**
 * What the log says of the server's keys and rules before any batch: verifier keys, epochs, the retention policy. At first start, and again
 * whenever one of them is new, so a changed file in KEYS_DIR cannot stay a secret. A changed policy is none of these: it takes two people (retention.ts).
 *
 * Every epoch of both certificates is logged at once, not week by week: whoever sees an envelope's recipient can look it up, and a certificate
 * slipped in later shows.
 */
import { sha256 } from "../../protocol/crypto/hash.ts";
import { toHex, utf8 } from "../../protocol/encoding.ts";
import { formatDate, SECONDS_A_DAY } from "../../protocol/format/date.ts";
import type { Leaf, PageLeaf } from "../../protocol/format/leaf.ts";
import type { Context } from "../context.ts";
import { openFirstPolicy } from "../keys.ts";
import { insertLeaves, leavesOfKind } from "../store/log-store.ts";
import { logPolicy } from "../store/retention-policies.ts";
import { pageLeaf } from "./page-release.ts";
import { entryDay, type Keeper } from "./writer.ts";

/** Adds entries for what is not in the log yet, and puts the policy's files beside them. The caller publishes. */
export async function announce({ context, lock, progress }: Keeper): Promise<void> {
  const date = formatDate(await entryDay(context));
  const fresh = await newLeaves(context, date);
  const policy = (await leavesOfKind(context.db, "policy")).length === 0 ? await openFirstPolicy(context.keys) : null;
  const page = await newPage(context, date);
  if (fresh.length === 0 && policy === null && page === null) return;
  progress("logging keys");
  await lock.transaction(async (tx) => {
    await insertLeaves(tx, fresh);
    if (policy !== null) await logPolicy(tx, policy, date);
    if (page !== null) await insertLeaves(tx, [page]);
  });
}

async function newLeaves({ db, keys }: Context, date: string): Promise<Leaf[]> {
  const fresh: Leaf[] = [];

  const vkeys = new Set((await leavesOfKind(db, "key")).map(({ role, vkey }) => role + vkey));
  const current = [
    { role: "log", vkey: toHex(sha256(utf8(keys.logSigner.vkey.text))) },
    { role: "review", vkey: toHex(sha256(utf8(keys.review.text))) },
  ] as const;
  for (const { role, vkey } of current) {
    if (!vkeys.has(role + vkey)) fresh.push({ kind: "key", action: "published", date, role, vkey });
  }

  const epochs = new Set((await leavesOfKind(db, "epoch")).map(({ fingerprint }) => fingerprint));
  for (const certificate of [keys.program, keys.rewards]) {
    for (const { fingerprint, from, to } of certificate.epochs) {
      if (epochs.has(fingerprint)) continue;
      const window = { from: formatDate(from / SECONDS_A_DAY), to: formatDate(to / SECONDS_A_DAY) };
      fresh.push({ kind: "epoch", action: "published", certificate: certificate.purpose, fingerprint, ...window });
    }
  }
  return fresh;
}

async function newPage({ db, config }: Context, date: string): Promise<PageLeaf | null> {
  const page = await pageLeaf(config.pageDir, date);
  const last = (await leavesOfKind(db, "page")).at(-1);
  const isNew = last?.manifest !== page?.manifest || last?.commit !== page?.commit || last?.sbom !== page?.sbom;
  return isNew ? page : null;
}
