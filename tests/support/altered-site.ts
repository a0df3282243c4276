/** A site that gives some of another site's answers otherwise: what a hostile server, or one that was broken into, would do. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** What is different about an answer. */
export interface Alteration {
  readonly status?: number;
  /** Replaces headers by their names; several values are several headers, null is none. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly body?: Uint8Array | string;
  /** The body never ends. */
  readonly endless?: boolean;
}

/** A site while a test runs. */
export interface AlteredSite {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  /** From now on, answers for these paths are altered. */
  alter(alterations: Readonly<Record<string, Alteration>>): void;
  close(): Promise<void>;
}

/** A site in front of the one at `target`. */
export async function openAlteredSite(target: string): Promise<AlteredSite> {
  let alterations: Readonly<Record<string, Alteration>> = {};
  const server = createServer((request, response) => {
    const path = request.url ?? "/";
    void answer(target, path, alterations[path] ?? {}).then(({ status, headers, body, endless }) => {
      response.writeHead(status, headers);
      if (!endless) {
        response.end(body);
        return;
      }
      const pour = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      };
      response.on("drain", pour);
      pour();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    alter: (wanted) => {
      alterations = wanted;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

async function answer(target: string, path: string, { status, headers: altered = {}, body, endless = false }: Alteration) {
  const real = await fetch(`${target}${path}`, { redirect: "manual" });
  const headers: Record<string, string | string[]> = {};
  // The body is unpacked by now.
  const ofTheLine = ["content-length", "content-encoding", "connection", "keep-alive"];
  for (const [name, value] of real.headers) if (!ofTheLine.includes(name)) headers[name] = value;
  for (const [name, value] of Object.entries(altered)) {
    if (value === null) Reflect.deleteProperty(headers, name);
    else headers[name] = typeof value === "string" ? value : [...value];
  }
  return { status: status ?? real.status, headers, body: body ?? new Uint8Array(await real.arrayBuffer()), endless };
}
