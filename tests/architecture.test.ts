/** The arrows between folders, on the tree as it is. `guards.test.ts` shows that each of them bites. */
import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "vitest";
import { forbiddenArrows } from "./support/arrows.ts";
import { readGraph, type Graph } from "./support/edges.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
let graph: Graph;

beforeAll(async () => {
  graph = await readGraph(root);
});

test("every source file was seen", async () => {
  const entries = await readdir(`${root}src`, { recursive: true, withFileTypes: true });
  const sources = entries
    .filter((entry) => entry.isFile() && /\.[cm]?[jt]sx?$/.test(entry.name))
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(root.length).replaceAll("//", "/"));
  expect(sources.length).toBeGreaterThan(120);
  expect(graph.files).toEqual(sources.sort());
});

test("enough imports were seen, of files, packages and Node's modules", () => {
  expect(graph.edges.filter(({ to }) => to.startsWith("src/")).length).toBeGreaterThan(400);
  expect(graph.edges.some(({ to }) => to === "npm:openpgp")).toBe(true);
  expect(graph.edges.some(({ to }) => to === "npm:fastify")).toBe(true);
  expect(graph.edges.some(({ to }) => to === "node:fs/promises")).toBe(true);
});

test("every arrow points the allowed way", () => {
  expect(forbiddenArrows(graph)).toEqual([]);
});
