/**
 * The log's files below `/log/`: checkpoint, tiles, policies, acknowledgements. Media types and caching are those of C2SP tlog-tiles: the bytes at a path never
 * change, so they may be kept for long, except for those of the checkpoint. The page that looks for its receipt asks for tiles with `cache: "no-store"`: a
 * witness's browser keeps nothing of that.
 */
import type { FastifyInstance } from "fastify";
import { Refusal } from "../../protocol/errors.ts";
import type { Context } from "../context.ts";
import { logFile } from "../store/log-store.ts";

/** Paths of any file of the log (C2SP tlog-tiles, and ours): a closed alphabet, no empty or hidden segment. */
const LOG_PATH = /^[a-z0-9]+(?:[./][a-z0-9]+)*$/;

/** Longest path that is looked up. */
const LONGEST_PATH = 200;

/** A year: as long as caches take it for. */
const KEPT = "public, max-age=31536000, immutable";

/** Registers `/log/…`. */
export function logRoutes(app: FastifyInstance, { intake }: Pick<Context, "intake">): void {
  app.get<{ Params: { "*": string } }>("/log/*", async (request, reply) => {
    const path = request.params["*"];
    const file = path.length <= LONGEST_PATH && LOG_PATH.test(path) ? await logFile(intake, path) : null;
    if (file === null) throw new Refusal("not-found");
    if (path !== "checkpoint") void reply.header("cache-control", KEPT);
    return reply.type(typeOf(path)).send(Buffer.from(file));
  });
}

function typeOf(path: string): string {
  if (path.endsWith(".json")) return "application/json";
  return path.startsWith("tile/") ? "application/octet-stream" : "text/plain; charset=utf-8";
}
