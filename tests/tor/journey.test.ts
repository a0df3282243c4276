/**
 * A tip's whole way over Tor: Firefox ESR set like Tor Browser at Safer, a network of real tors, the onion service of `deploy/tor/torrc` in front of the server's Unix socket. The
 * circuits are lost in the middle, first at the witness's end and then at the service's.
 */
import { createHash, generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openBrowser, type TestBrowser } from "../support/browser.ts";
import { type ClientTor, type OnionTor, openPrivateTor, type PrivateTor, type RunningTor } from "../support/private-tor.ts";
import { AUTHORISATION_MISSING, socksConnect } from "../support/socks.ts";
import { SAFER, throughTor } from "../support/tor-browser.ts";
import { confirmWords, filesLooked, goOn, openWitnessPage, stepShown, textsOf } from "../support/witness.ts";
import { base32 } from "./base32.ts";
import { deployedTorrc, type House, openHouse } from "./house.ts";

const ACCOUNT = "ئۇلار قېرىندىشىمنى ئېلىپ كەتتى.";
const QUESTION = "Which year was it?";
const SIZE = 20 * 1_048_576;
const PART = 524_288;

let house: House;
let network: PrivateTor;
let service: OnionTor;
let client: ClientTor;
let words: string[];

const file = randomBytes(SIZE);

beforeAll(async () => {
  [house, network] = await Promise.all([openHouse(), openPrivateTor()]);
  await writeFile(join(house.folder, "video.mp4"), file);
  const socket = await house.serve();
  [service, client] = await Promise.all([network.service(await deployedTorrc(socket)), network.client()]);
});
afterAll(async () => {
  await network.close();
  await house.close();
});

/** Circuits between a witness and the service, at either end. */
async function circuitsOf({ control }: RunningTor): Promise<string[]> {
  const circuits = (await control.info("circuit-status")).split("\n");
  return circuits.filter((line) => /PURPOSE=HS_(?:CLIENT|SERVICE)_REND/.test(line)).map((line) => line.split(" ")[0] ?? "");
}

/** Waits until some more parts have arrived. */
async function more(sent: { readonly parts: number }): Promise<void> {
  const before = sent.parts;
  await expect.poll(() => sent.parts, { timeout: 200_000, interval: 50 }).toBeGreaterThan(before + 3);
}

describe("over Tor", () => {
  let browser: TestBrowser;

  beforeAll(async () => {
    browser = await openBrowser("firefox", { preferences: { ...SAFER, ...throughTor(client.socks) } });
  });
  afterAll(async () => {
    await browser.close();
  });

  it("a tip with 20 MB arrives although its circuits are lost twice on the way", async () => {
    const page = await browser.newPage(null);
    const sent = { parts: 0 };
    page.on("requestfinished", (request) => {
      if (request.method() === "PUT") sent.parts += 1;
    });
    await openWitnessPage(page, `http://${service.onion}`);
    expect(await page.evaluate(() => [isSecureContext, typeof WebAssembly, new Date(0).getTimezoneOffset()])).toEqual([
      true,
      "undefined",
      0,
    ]);
    await goOn(page, "safety", "story");
    await page.type("#narrative", ACCOUNT);
    await goOn(page, "story", "questions");
    await goOn(page, "questions", "files");
    const choose = await page.$("input#choose");
    await choose?.uploadFile(join(house.folder, "video.mp4"));
    await filesLooked(page, 1);
    await goOn(page, "files", "reply");
    await page.click("#wants-reply");
    await goOn(page, "reply", "words");
    words = await confirmWords(page);
    await page.click("#send");

    // The line of the witness is cut: the page says that it waits, and goes on when there is a line again.
    await more(sent);
    expect((await circuitsOf(client)).length).toBeGreaterThan(0);
    await client.control.ask("SETCONF DisableNetwork=1");
    await page.waitForFunction(() => document.getElementById("progress-trouble")?.textContent !== "");
    await client.control.ask("SETCONF DisableNetwork=0");
    // The service's circuits are lost.
    await more(sent);
    const circuits = await circuitsOf(service);
    expect(circuits.length).toBeGreaterThan(0);
    for (const circuit of circuits) await service.control.ask(`CLOSECIRCUIT ${circuit}`).catch(() => undefined);
    await more(sent);
    await stepShown(page, "done");
    expect(sent.parts).toBeGreaterThanOrEqual(SIZE / PART);
    await page.close();
  });

  it("the review machine reads it byte for byte and answers", async () => {
    await house.command("seal");
    await house.carry(async ([tip, ...others]) => {
      expect(others).toEqual([]);
      const id = tip?.id ?? "";
      const shown = await house.machine.result("show", id);
      expect(shown).toMatchObject({ answers: { narrative: ACCOUNT } });
      const place = join(house.folder, "extracted");
      await house.machine.result("extract", id, place);
      const extracted = await readFile(join(place, "0001.mp4"));
      expect(createHash("sha256").update(extracted).digest("hex")).toBe(createHash("sha256").update(file).digest("hex"));
      const question = join(house.folder, "question.txt");
      await writeFile(question, QUESTION);
      await house.machine.result("reply", id, "--text", question);
    });
  });

  it("the witness comes back with the words, on new circuits, and reads the reply", async () => {
    await client.control.ask("SIGNAL NEWNYM");
    const page = await browser.newPage(null);
    await openWitnessPage(page, `http://${service.onion}`);
    await page.click("#come-back");
    await stepShown(page, "return");
    await page.waitForSelector("#return-word", { visible: true });
    for (const [index, word] of words.entries()) {
      await page.type("#return-word", word);
      await page.keyboard.press("Enter");
      await page.waitForSelector(`#return ol li:nth-child(${String(index + 1)})`);
    }
    await page.click("#step-return .ways .main");
    await page.waitForSelector("#return .letter");
    expect(await textsOf(page, "#return .letter")).toEqual([QUESTION]);
    await page.close();
  });

  it("an auditor verifies log and page through the same Tor", async () => {
    await house.command("purge");
    const proxy = `socks5h://auditor:x@${client.socks}`;
    for (const command of ["verify", "page"]) {
      const { status, out, err } = await house.audit(command, `http://${service.onion}`, "--policy", house.policy, "--proxy", proxy);
      expect({ command, status, out, err }).toMatchObject({ status: 0 });
    }
  });

  it("the service lets in by the order of work, as its descriptor says", async () => {
    const log = await readFile(join(service.folder, "rend.log"), "utf8");
    expect(log).toMatch(/Adding introduction request to pqueue with effort: \d+/);
    expect(log).toMatch(/Dequeued pending rendezvous request with effort: \d+/);
    expect(await service.control.ask("GETCONF HiddenServicePoWDefensesEnabled")).toEqual(["HiddenServicePoWDefensesEnabled=1"]);
  });
});

describe("a staging onion", () => {
  it("is there for whoever has a key, and for nobody else", async () => {
    const { publicKey, privateKey } = generateKeyPairSync("x25519");
    const raw = (key: typeof publicKey, part: "x" | "d"): string =>
      base32(Buffer.from(key.export({ format: "jwk" })[part] ?? "", "base64url"));
    const lines = await deployedTorrc(await house.serve(["--intake"]), "staging.torrc");
    const staging = await network.service(["SocksPort 0", ...lines], async (folder) => {
      const place = join(folder, "staging");
      await mkdir(join(place, "authorized_clients"), { recursive: true, mode: 0o700 });
      await mkdir(place, { recursive: true, mode: 0o700 });
      await writeFile(join(place, "authorized_clients", "tester.auth"), `descriptor:x25519:${raw(publicKey, "x")}\n`);
    });
    const tester = await network.client(["ClientOnionAuthDir FOLDER/auth"], async (folder) => {
      await mkdir(join(folder, "auth"), { mode: 0o700 });
      const line = `${staging.onion.replace(".onion", "")}:descriptor:x25519:${raw(privateKey, "d")}\n`;
      await writeFile(join(folder, "auth", "tester.auth_private"), line);
    });
    const codes = [];
    for (const { socks } of [tester, client]) {
      const { code, socket } = await socksConnect(socks, staging.onion, 80);
      socket.destroy();
      codes.push(code);
    }
    expect(codes).toEqual([0, AUTHORISATION_MISSING]);
  });
});
