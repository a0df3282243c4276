/** Calls to the review machine. The session secret is here, in memory, and nowhere else. */
import { formatJson, type Json } from "../../../protocol/format/json.ts";
import { type Calls, SESSION_HEADER } from "../wire.ts";

/** A call came to nothing: the window is locked, closed or opened again elsewhere. */
export class Lost extends Error {}

/** The review machine said no; `message` is for people. */
export class Refused extends Error {}

export type Call = <K extends keyof Calls>(name: K, request: Calls[K][0]) => Promise<Calls[K][1]>;

/** Exchanges the token of the address for a session. @throws {Lost} */
export async function enter(token: string): Promise<Call> {
  const { session } = (await post("/session", { token }, {})) as { session: string };
  return async (name, request) => (await post(`/call/${name}`, request as unknown as Json, { [SESSION_HEADER]: session })) as never;
}

async function post(path: string, body: Json, headers: Readonly<Record<string, string>>): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(path, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: formatJson(body) });
  } catch {
    throw new Lost("The window is closed.");
  }
  if (response.headers.get("content-type") === "application/octet-stream") return new Uint8Array(await response.arrayBuffer());
  const answer = (await response.json()) as unknown;
  if (response.ok) return answer;
  const { message } = answer as { message: string };
  throw response.status === 403 ? new Lost(message) : new Refused(message);
}
