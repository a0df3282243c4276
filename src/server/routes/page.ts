/** The witness page, and the certificates it encrypts to. */
import type { FastifyInstance } from "fastify";
import { type Bytes, concat } from "../../protocol/bytes.ts";
import { acceptedEpochs, type Certificate, trimCertificate } from "../../protocol/crypto/certificate.ts";
import type { Context } from "../context.ts";
import type { PageFiles } from "../page-files.ts";

/** Address of the trimmed certificates: the program's, then the rewards'. */
const KEYS_PATH = "/keys.pgp";

/** Registers every file of the page under its path, and `/keys.pgp`. */
export function pageRoutes(
  app: FastifyInstance,
  { keys, retention, clock }: Pick<Context, "keys" | "retention" | "clock">,
  files: PageFiles,
): void {
  for (const [path, { type, bytes, gzipped }] of files) {
    app.get(path, (request, reply) => {
      if (!takesGzip(request.headers["accept-encoding"])) return reply.type(type).send(Buffer.from(bytes));
      return reply.type(type).header("content-encoding", "gzip").send(Buffer.from(gzipped));
    });
  }

  const trimmed = new Map<string, Promise<Bytes>>();
  app.get(KEYS_PATH, async (_request, reply) => {
    const now = Math.floor(clock() / 1000);
    const program = served(keys.program, now, retention.policy.graceDays);
    const rewards = served(keys.rewards, now, retention.policy.graceDays);
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

/** Whether gzip is among the encodings a browser names; one that weighs it with 0 gets the plain file. */
function takesGzip(encodings: string | undefined): boolean {
  return /(?:^|,)\s*gzip\s*(?:,|$|;\s*q=(?:1|0\.\d*[1-9]))/i.test(encodings ?? "");
}

/** Fingerprints of the epochs that are accepted now, and of the next one. */
function served(certificate: Certificate, now: number, graceDays: number): string[] {
  const accepted = acceptedEpochs(certificate, now, graceDays);
  const next = certificate.epochs.find(({ from }) => from > now);
  return [...new Set(next === undefined ? accepted : [...accepted, next])].map(({ fingerprint }) => fingerprint);
}
