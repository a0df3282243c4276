/** Calls to the review machine. The session secret is here, in memory, and nowhere else. */
import type { Bytes } from "../../../protocol/bytes.ts";
import { formatJson, type Json } from "../../../protocol/format/json.ts";
import { type Calls, type ImportedAnswer, SESSION_HEADER } from "../wire.ts";

/** A call came to nothing: the window is locked, closed or opened again elsewhere. */
export class Lost extends Error {}

/** The review machine said no; `message` is for people. */
export class Refused extends Error {}

/** A session with the review machine. */
export interface Session {
  readonly call: <K extends keyof Calls>(name: K, request: Calls[K][0]) => Promise<Calls[K][1]>;
  /** Sends a bundle. */
  readonly upload: (bundle: Blob) => Promise<ImportedAnswer>;
}

/** Exchanges the token of the address for a session. @throws {Lost} */
export async function enter(token: string): Promise<Session> {
  const { session } = (await post("/session", formatJson({ token }), {})) as { session: string };
  const secret = { [SESSION_HEADER]: session };
  return {
    call: async (name, request) => (await post(`/call/${name}`, formatJson(request as unknown as Json), secret)) as never,
    upload: async (bundle) => (await post("/import", bundle, { "content-type": "application/octet-stream", ...secret })) as ImportedAnswer,
  };
}

async function post(path: string, body: Blob | Bytes, headers: Readonly<Record<string, string>>): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(path, { method: "POST", headers: { "content-type": "application/json", ...headers }, body });
  } catch {
    throw new Lost("The window is closed.");
  }
  if (response.headers.get("content-type") === "application/octet-stream") return new Uint8Array(await response.arrayBuffer());
  const answer = (await response.json()) as unknown;
  if (response.ok) return answer;
  const { message } = answer as { message: string };
  throw response.status === 403 ? new Lost(message) : new Refused(message);
}
