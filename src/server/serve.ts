/** Listening, and stopping without cutting anybody off who is nearly done. */
import { chmod, lstat, rm } from "node:fs/promises";
import { connect } from "node:net";
import { Fault, Refusal } from "../protocol/errors.ts";
import { buildApp } from "./app.ts";
import type { Context } from "./context.ts";
import { loadPageFiles } from "./page-files.ts";

/** A server that listens. */
export interface Serving {
  /** `http://host:port`, or the path of the socket. */
  readonly address: string;
  /** Takes no more connections, waits a little for requests under way, then ends all. Repeated calls do nothing. */
  close(): Promise<void>;
}

/** How long requests under way are waited for, milliseconds. */
const PATIENCE = 5000;

/** How often it is looked whether the retention policy changed, milliseconds: another process takes a change in. */
const POLICY_EVERY = 600_000;

/**
 * Serves the page, the log and the intake as the settings say.
 * @throws {Refusal} `bad-settings` if the page is not built or the socket's path is taken. @throws {Fault} if the address cannot be had.
 */
export async function serve(context: Context): Promise<Serving> {
  const { config, log, keys } = context;
  const app = await buildApp(context, await loadPageFiles(config.pageDir));
  try {
    if (config.socket !== null) await clearSocket(config.socket, "SOCKET");
    const address = await app.listen(config.socket === null ? { host: config.host, port: config.port } : { path: config.socket });
    // Tor runs as another user; who may reach the socket is decided by the folder it lies in.
    if (config.socket !== null) await chmod(config.socket, 0o666);
    log.event("server-started", { demo: keys.demo });
    const policy = setInterval(() => {
      // A database that is away for the moment is asked again next time.
      context.retention.refresh(context.db, context.clock()).catch(() => undefined);
    }, POLICY_EVERY).unref();
    let closed: Promise<void> | undefined;
    const close = async (): Promise<void> => {
      clearInterval(policy);
      const hurry = setTimeout(() => {
        app.server.closeAllConnections();
      }, PATIENCE);
      await app.close();
      clearTimeout(hurry);
      log.event("server-stopped", {});
    };
    return { address: config.socket ?? address, close: () => (closed ??= close()) };
  } catch (error) {
    await app.close();
    throw error instanceof Refusal ? error : new Fault("listening", error);
  }
}

/** Removes a socket that a killed server left, and no other's: of two servers on one machine each has its own. @throws {Refusal} `bad-settings`. */
export async function clearSocket(path: string, setting: "SOCKET" | "ADMIN_SOCKET"): Promise<void> {
  const facts = await lstat(path).catch(() => null);
  if (facts === null) return;
  if (!facts.isSocket() || (await isListenedTo(path))) throw new Refusal("bad-settings", setting);
  await rm(path);
}

function isListenedTo(path: string): Promise<boolean> {
  return new Promise((done) => {
    const attempt = connect(path);
    attempt.once("connect", () => {
      attempt.destroy();
      done(true);
    });
    attempt.once("error", () => {
      done(false);
    });
  });
}
