/** The window's server as another program on the machine, or another page in the browser, would try it. */
import { request as httpRequest } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Fault, Refusal } from "../../../src/protocol/errors.ts";
import { Player } from "../../../src/reviewer/window/player.ts";
import { type OpenWindow, openWindow } from "../../../src/reviewer/window/server.ts";

const FILES = { document: "<!doctype html>the document", script: "the script", style: "the style" };

interface Told {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

const player = new Player();
let window: OpenWindow;
const calls: string[] = [];

beforeAll(async () => {
  window = await openWindow(
    FILES,
    player,
    (name, request) => {
      calls.push(`${name} ${JSON.stringify(request)}`);
      if (name === "refused") return Promise.reject(new Refusal("recused"));
      if (name === "broken") return Promise.reject(new Fault("writing", new Error("a path of this machine")));
      return Promise.resolve({ name, request });
    },
    async (bundle) => {
      let length = 0;
      for await (const piece of bundle) {
        length += piece.length;
      }
      return { length };
    },
  );
});
afterAll(async () => {
  await window.close();
});

/** Asks by hand: every header is what the test says. */
function ask(method: string, path: string, headers: Record<string, string> = {}, body = ""): Promise<Told> {
  const { hostname, port } = new URL(window.origin);
  return new Promise((resolve, reject) => {
    const asked = httpRequest({ hostname, port, method, path, headers }, (response) => {
      let told = "";
      response.setEncoding("utf8");
      response.on("data", (piece: string) => (told += piece));
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: told });
      });
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

const ownPage = (): Record<string, string> => ({ origin: window.origin, "content-type": "application/json" });

const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Told> =>
  ask("POST", path, { ...ownPage(), ...headers }, JSON.stringify(body));

const codeOf = ({ body }: Told): unknown => (JSON.parse(body) as { error: unknown }).error;

async function session(): Promise<Record<string, string>> {
  const token = new URL(window.newAddress()).hash.slice(1);
  const { body } = await post("/session", { token });
  return { "firsthand-session": (JSON.parse(body) as { session: string }).session };
}

describe("the window's server", () => {
  it("listens on loopback only and gives three files, none of which says anything", async () => {
    expect(window.origin).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await ask("GET", "/")).body).toBe(FILES.document);
    expect((await ask("GET", "/window.js")).body).toBe(FILES.script);
    expect((await ask("GET", "/window.css")).body).toBe(FILES.style);
    for (const path of ["/x", "/../package.json", "/?", "/call/desk", "//"]) expect((await ask("GET", path)).status, path).toBe(404);
  });

  it("sends every answer, refusals too, under the strict policy, unsniffed, unstored, and without a cookie", async () => {
    for (const told of [await ask("GET", "/"), await ask("GET", "/x"), await post("/session", { token: "0".repeat(64) })]) {
      const policy = String(told.headers["content-security-policy"]).split("; ");
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("script-src 'self'");
      expect(policy).toContain("require-trusted-types-for 'script'");
      expect(policy).toContain("trusted-types 'none'");
      expect(policy.join()).not.toMatch(/unsafe|\*|data:|http/);
      expect(told.headers["x-content-type-options"]).toBe("nosniff");
      expect(told.headers["cache-control"]).toBe("no-store");
      expect(told.headers["set-cookie"]).toBeUndefined();
      expect(told.headers["access-control-allow-origin"]).toBeUndefined();
    }
  });

  it("plays one file in a frame that may do nothing, until it is forgotten", async () => {
    const path = player.offer(Uint8Array.of(1, 2, 3, 4, 5), "audio/wav", "audio");
    const frame = await ask("GET", path);
    const media = path.replace("play", "media");
    expect(frame.headers["content-security-policy"]).toBe(
      `sandbox; default-src 'none'; media-src ${window.origin}${media}; frame-ancestors ${window.origin}`,
    );
    // Without this Firefox, in whose eyes a sandboxed frame is elsewhere, shows nothing.
    expect(frame.headers["cross-origin-resource-policy"]).toBe("cross-origin");
    expect(frame.body).not.toContain("<script");
    const part = await ask("GET", media, { range: "bytes=1-2" });
    expect([part.status, part.headers["content-range"], part.body]).toEqual([206, "bytes 1-2/5", "\u0002\u0003"]);
    expect((await ask("GET", media, { range: "bytes=9-" })).status).toBe(416);
    expect((await ask("GET", media)).body).toHaveLength(5);
    player.forget();
    for (const gone of [path, media]) expect((await ask("GET", gone)).status).toBe(404);
  });

  it("takes in a bundle only with the session's secret, and says what is wrong with it", async () => {
    const headers = { origin: window.origin, "content-type": "application/octet-stream" };
    expect(codeOf(await ask("POST", "/import", headers, "abc"))).toBe("address-used");
    const mine = { ...headers, ...(await session()) };
    expect(JSON.parse((await ask("POST", "/import", mine, "abc")).body)).toEqual({ length: 3 });
    expect(codeOf(await ask("POST", "/import", { ...mine, "content-type": "application/json" }, "abc"))).toBe("wrong-media-type");
  });

  it("exchanges a token once, and not a guessed one", async () => {
    const token = new URL(window.newAddress()).hash.slice(1);
    expect(codeOf(await post("/session", { token: token.replaceAll(/[0-9a-f]/g, "0") }))).toBe("address-used");
    expect((await post("/session", { token })).status).toBe(200);
    const again = await post("/session", { token });
    expect(again.status).toBe(403);
    expect(codeOf(again)).toBe("address-used");
  });

  it("answers calls only with the session's secret, and a new address ends the session before", async () => {
    const held = await session();
    calls.length = 0;
    expect(JSON.parse((await post("/call/desk", {}, held)).body)).toEqual({ name: "desk", request: {} });
    expect((await post("/call/desk", {})).status).toBe(403);
    expect((await post("/call/desk", {}, { "firsthand-session": "0".repeat(64) })).status).toBe(403);
    window.newAddress();
    expect((await post("/call/desk", {}, held)).status).toBe(403);
    expect(calls).toEqual(["desk {}"]);
  });

  it("is not found under another name, nor from another page", async () => {
    const held = await session();
    const { port } = new URL(window.origin);
    for (const host of [`localhost:${port}`, `evil.test:${port}`, "127.0.0.1", "127.0.0.1:1"]) {
      expect((await ask("GET", "/", { host })).status, host).toBe(400);
      expect((await ask("POST", "/call/desk", { ...ownPage(), ...held, host }, "{}")).status, host).toBe(400);
    }
    for (const origin of ["null", "http://evil.test", `http://localhost:${port}`, `https://127.0.0.1:${port}`]) {
      expect((await post("/call/desk", {}, { ...held, origin })).status, origin).toBe(400);
    }
    const without = { "content-type": "application/json", ...held };
    expect((await ask("POST", "/call/desk", without, "{}")).status).toBe(400);
    expect(codeOf(await post("/call/desk", {}, { ...held, "content-type": "text/plain" }))).toBe("wrong-media-type");
  });

  it("refuses other methods, other paths, bodies that are not canonical JSON and long ones", async () => {
    const held = await session();
    for (const method of ["PUT", "DELETE", "OPTIONS"]) expect((await ask(method, "/")).status, method).toBe(405);
    for (const path of ["/call/", "/call/a/b", "/session/", "/calls/desk"]) expect((await post(path, {}, held)).status, path).toBe(404);
    for (const body of ["", "{", '{"b":1,"a":2}', " {}", '{"a":1.5}']) {
      expect((await ask("POST", "/call/desk", { ...ownPage(), ...held }, body)).status, body).toBe(400);
    }
    expect(codeOf(await post("/call/desk", { a: "x".repeat(1_100_000) }, held))).toBe("too-large");
  });

  it("tells refusals by their code and faults without what the system said", async () => {
    const held = await session();
    expect(codeOf(await post("/call/refused", {}, held))).toBe("recused");
    const fault = await post("/call/broken", {}, held);
    expect(fault.status).toBe(500);
    expect(fault.body).not.toContain("path of this machine");
  });
});
