/**
 * An auditor's copy of the log: a small relay on loopback hands requests on to the server and keeps what came back in a folder, so that the same log can be verified
 * again later and elsewhere, without the server.
 */
import { createServer } from "node:http";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** A relay that runs. */
export interface Mirror {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts a relay to `site`; files below /log/ go into `folder`. */
export async function openMirror(site: string, folder: string): Promise<Mirror> {
  const relay = async (path: string): Promise<{ status: number; body: Buffer }> => {
    // The log's paths are letters, digits, dots, dashes and slashes; nothing else may become a file's name.
    if (!/^\/log\/(?:[a-z0-9-]+(?:\.[a-z0-9]+)*\/?)+$/i.test(path)) return { status: 404, body: Buffer.alloc(0) };
    const answer = await fetch(site + path, { redirect: "manual" });
    const body = Buffer.from(await answer.arrayBuffer());
    if (answer.status === 200) {
      const file = join(folder, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, body);
    }
    return { status: answer.status, body };
  };
  const server = createServer((request, response) => {
    relay(request.url ?? "").then(
      ({ status, body }) => response.writeHead(status, { "content-type": "application/octet-stream" }).end(body),
      () => response.writeHead(502).end(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the loopback interface gave no port");
  return {
    url: `http://127.0.0.1:${String(address.port)}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
