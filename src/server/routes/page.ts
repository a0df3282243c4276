/** The witness page, and the certificates it encrypts to. */
import type { FastifyInstance } from "fastify";
import { type Bytes, concat } from "../../protocol/bytes.ts";
import { acceptedEpochs, type Certificate, trimCertificate } from "../../protocol/crypto/certificate.ts";
import type { Context } from "../context.ts";
import type { PageFiles } from "../page-files.ts";

/** Address of the trimmed certificates: the program's, then the rewards'. */
const KEYS_PATH = "/keys.pgp";

/** Registers every file of the page under its path, and `/keys.pgp`. */
export function pageRoutes(app: FastifyInstance, { keys, clock }: Pick<Context, "keys" | "clock">, files: PageFiles): void {
  for (const [path, { type, bytes }] of files) {
    app.get(path, (_request, reply) => reply.type(type).send(Buffer.from(bytes)));
  }

  const trimmed = new Map<string, Promise<Bytes>>();
  app.get(KEYS_PATH, async (_request, reply) => {
    const now = Math.floor(clock() / 1000);
    const program = served(keys.program, now, keys.retention.graceDays);
    const rewards = served(keys.rewards, now, keys.retention.graceDays);
    const which = [...program, ...rewards].join();
    let bytes = trimmed.get(which);
    if (bytes === undefined) {
      trimmed.clear(); // epochs go by; the ones before are not asked for again
      bytes = Promise.all([trimCertificate(keys.programBytes, program), trimCertificate(keys.rewardsBytes, rewards)]).then((both) =>
        concat(...both),
      );
      trimmed.set(which, bytes);
    }
    return reply.type("application/octet-stream").send(Buffer.from(await bytes));
  });
}

/** Fingerprints of the epochs that are accepted now, and of the next one. */
function served(certificate: Certificate, now: number, graceDays: number): string[] {
  const accepted = acceptedEpochs(certificate, now, graceDays);
  const next = certificate.epochs.find(({ from }) => from > now);
  return [...new Set(next === undefined ? accepted : [...accepted, next])].map(({ fingerprint }) => fingerprint);
}
