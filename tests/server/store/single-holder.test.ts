import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { holdAlone } from "../../../src/server/store/single-holder.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "firsthand-holder-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const refused = expect.objectContaining({ code: "another-writer" }) as unknown;

describe("single holder", () => {
  it("refuses a second holder until the first gives back", async () => {
    const path = join(folder, "keeper.lock");
    const held = await holdAlone(path);
    await expect(holdAlone(path)).rejects.toEqual(refused);
    await held.release();
    await held.release();
    const again = await holdAlone(path);
    await again.release();
    expect(await readdir(folder)).toEqual([]);
  });

  it("gives exactly one of many who ask at once the lock", async () => {
    const path = join(folder, "keeper.lock");
    const asked = await Promise.allSettled(Array.from({ length: 20 }, () => holdAlone(path)));
    expect(asked.filter((one) => one.status === "fulfilled")).toHaveLength(1);
    expect(await readdir(folder)).toEqual(["keeper.lock"]);
  });

  it("takes over from a process that was killed, not from one that lives", async () => {
    const path = join(folder, "keeper.lock");
    const module = new URL("../../../src/server/store/single-holder.ts", import.meta.url).href;
    const script = join(folder, "holder.mjs");
    await writeFile(
      script,
      `import { holdAlone } from ${JSON.stringify(module)}; await holdAlone(process.argv[2]); process.send("held"); setInterval(() => {}, 1000);`,
    );
    const child = fork(script, [path]);
    await once(child, "message");
    await expect(holdAlone(path)).rejects.toEqual(refused);
    child.kill("SIGKILL");
    await once(child, "exit");
    const held = await holdAlone(path);
    expect(await readFile(path, "utf8")).toMatch(new RegExp(`^${String(process.pid)} `));
    await held.release();
  });

  it("takes a file that names nobody for stale, such as one of a process id used again", async () => {
    const path = join(folder, "keeper.lock");
    for (const text of ["", "nonsense", `${String(process.pid)} 1\n`, "999999999 5\n"]) {
      await writeFile(path, text);
      const held = await holdAlone(path);
      await held.release();
    }
  });
});
