/**
 * The real server with the real page, listening on loopback, with keys for today by the machine's clock: the browser has no other.
 */
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildPage } from "../../src/build/page.ts";
import { sha256 } from "../../src/protocol/crypto/hash.ts";
import { openSecret } from "../../src/protocol/crypto/certificate.ts";
import { noteSigner, type NoteSigner } from "../../src/protocol/crypto/note.ts";
import { randomBytes } from "../../src/protocol/crypto/random.ts";
import { mailboxHash, sealReply } from "../../src/protocol/crypto/reply.ts";
import { openTip } from "../../src/protocol/crypto/tip.ts";
import { dayOf, formatDate } from "../../src/protocol/format/date.ts";
import type { Program } from "../../src/protocol/format/program.ts";
import type { Reply } from "../../src/protocol/format/reply.ts";
import { SMALLEST_CLASS } from "../../src/protocol/format/padding.ts";
import type { Attachment, Tip } from "../../src/protocol/format/tip.ts";
import { keep } from "../../src/server/courier/keeper.ts";
import { sealBatch } from "../../src/server/courier/seal.ts";
import { openDatabase } from "../../src/server/store/database.ts";
import { putReply } from "../../src/server/store/replies.ts";
import { pendingOf } from "../../src/server/store/generation-keys.ts";
import { currentGeneration, sealedTips, tipParts } from "../../src/server/store/generations.ts";
import { makeTestKeys, makeTip, openTestServer, ORIGIN, sendTip, type TestKeys } from "./server.ts";
import type { TestPostgres } from "./postgres.ts";

const DAY = 86_400_000;

/** A tip as the review machine would open it. */
export interface ReceivedTip {
  readonly tip: Tip;
  /** The sealed claim part. */
  readonly claim: Uint8Array;
  readonly commitment: Uint8Array;
  /** Octets of the envelope. */
  readonly length: number;
  readonly files: readonly { readonly attachment: Attachment; readonly length: number; readonly sha256: string }[];
}

/** A site while a test runs. */
export interface PageSite {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  readonly keys: TestKeys;
  /** Key of the log. */
  readonly log: NoteSigner;
  /** Sends a small tip that nobody can open, and returns its receipt. */
  receipt(): Promise<string>;
  /** Seals the open batch and publishes the log. */
  seal(): Promise<void>;
  /** All complete tips in the server's store, opened with the program's secret. */
  received(): Promise<ReceivedTip[]>;
  /** Puts a reply into a witness's mailbox, as an import from the review machine does. */
  deliver(to: NonNullable<Tip["reply"]>, reply: Reply): Promise<void>;
  remove(): Promise<void>;
}

/** Options of {@link openPageSite}. */
export interface PageSiteOptions {
  /** What the page pins instead of the right fingerprint of the program. */
  readonly pinnedProgram?: string;
  /** What the page pins instead of the right key of the log. */
  readonly pinnedLog?: string;
  /** The moment in milliseconds for which keys are made; now unless told otherwise. */
  readonly keysFor?: number;
  readonly settings?: Readonly<Record<string, string>>;
  /** The rewards program; none unless told otherwise. */
  readonly configured?: Program;
}

/** Builds the page and starts a server over a fresh database. */
export async function openPageSite(postgres: TestPostgres, options: PageSiteOptions = {}): Promise<PageSite> {
  const folder = await mkdtemp(join(tmpdir(), "fh-site-"));
  const moment = options.keysFor ?? Date.now();
  const keys = await makeTestKeys(join(folder, "keys"), moment);
  const logSeed = randomBytes(32);
  const log = await noteSigner(ORIGIN, logSeed);
  await buildPage({
    programFingerprint: options.pinnedProgram ?? keys.program.fingerprint,
    rewardsFingerprint: keys.rewards.fingerprint,
    program: keys.programBytes,
    rewards: keys.rewardsBytes,
    today: formatDate(Math.floor(moment / DAY)),
    log: options.pinnedLog ?? log.vkey.text,
    demo: true,
    configured: options.configured ?? null,
    outDir: join(folder, "page"),
  });
  const server = await openTestServer(postgres, keys, { logSeed, settings: { PAGE_DIR: join(folder, "page"), ...options.settings } });
  server.setClock(moment);
  await server.app.listen({ host: "127.0.0.1", port: 0 });
  const address = server.app.server.address();
  if (address === null || typeof address === "string") throw new Error("the server does not listen");

  return {
    url: `http://127.0.0.1:${String(address.port)}`,
    keys,
    log,
    receipt: async () => sendTip(server.app, await makeTip(keys.program, SMALLEST_CLASS, moment)),
    seal: async () => {
      await keep(server.context, {}, (keeper) => sealBatch(keeper, dayOf(moment), false));
    },
    received: async () => {
      const db = openDatabase(server.context.config.databaseUrl ?? "", { connections: 2 });
      try {
        const generation = await currentGeneration(db);
        const tips: ReceivedTip[] = [];
        for (const { tip, parts, length } of await sealedTips(db, await pendingOf(server.dataDir, generation))) {
          tips.push(await openReceived(tipParts(db, await pendingOf(server.dataDir, generation), tip, parts), keys, length));
        }
        return tips;
      } finally {
        await db.close();
      }
    },
    deliver: async ({ mailbox, key }, reply) => {
      const db = openDatabase(server.context.config.databaseUrl ?? "", { connections: 1 });
      try {
        const body = await sealReply(reply, key);
        const expires = formatDate(Math.floor(moment / DAY) + 90);
        await putReply(db, { mailbox: mailboxHash(mailbox), sha256: sha256(body), expires, body });
      } finally {
        await db.close();
      }
    },
    remove: async () => {
      server.app.server.closeAllConnections();
      await server.remove();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function openReceived(envelope: AsyncGenerator<Uint8Array>, keys: TestKeys, length: number): Promise<ReceivedTip> {
  const secret = await openSecret(keys.programSecret);
  const files: { attachment: Attachment; length: number; sha256: string }[] = [];
  const opened = await openTip(envelope, (pkesk) => secret.decryptSessionKey(pkesk), {
    attachment: async (_index, attachment, body) => {
      const hash = createHash("sha256");
      let size = 0;
      for await (const piece of body) {
        hash.update(piece);
        size += piece.length;
      }
      files.push({ attachment, length: size, sha256: hash.digest("hex") });
    },
  });
  if (opened.kind !== "tip") throw new Error("a decoy was not expected");
  return { tip: opened.tip, claim: opened.claim, commitment: opened.commitment, length, files };
}
