/**
 * The admin socket: `GET /metrics` over a Unix socket of mode 0600, for a monitor that runs as the server's user. It is another socket than witnesses', in a server of its own,
 * so that no address of one can be reached through the other. Nothing can be changed over it.
 */
import { chmod } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { once } from "node:events";
import { Fault } from "../../protocol/errors.ts";
import type { Context } from "../context.ts";
import { clearSocket } from "../serve.ts";
import { METRICS_TYPE, metricsOf } from "./metrics.ts";

/** An admin socket that listens. */
export interface AdminSocket {
  close(): Promise<void>;
}

/** Readers at once; each makes the database count. */
const MOST_CONNECTIONS = 4;
const PATIENCE = 10_000;

/**
 * Opens the socket that the settings name; null if they name none.
 * @throws {Refusal} `bad-settings` if its path is taken. @throws {Fault} if it cannot be had.
 */
export async function openAdminSocket(context: Context): Promise<AdminSocket | null> {
  const path = context.config.adminSocket;
  if (path === null) return null;
  await clearSocket(path, "ADMIN_SOCKET");
  const server = createServer({ requestTimeout: PATIENCE, headersTimeout: PATIENCE, maxHeaderSize: 4096 }, (request, response) => {
    const [place] = (request.url ?? "").split("?");
    request.resume();
    if (place !== "/metrics") return void response.writeHead(404).end();
    if (request.method !== "GET") return void response.writeHead(405, { allow: "GET" }).end();
    metricsOf(context).then(
      (text) => response.writeHead(200, { "content-type": METRICS_TYPE }).end(text),
      () => response.writeHead(503).end(),
    );
  });
  server.maxConnections = MOST_CONNECTIONS;
  await listen(server, path);
  return {
    close: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function listen(server: Server, path: string): Promise<void> {
  // Between its making and the change of its mode nobody else may come in.
  const mask = process.umask(0o177);
  try {
    server.listen(path);
    await once(server, "listening");
  } catch (error) {
    throw new Fault("listening", error);
  } finally {
    process.umask(mask);
  }
  await chmod(path, 0o600);
}
