/**
 * What a program is made of, as CycloneDX 1.6 (ECMA-424): the packages whose files went into it, from the lock file, and nothing that differs from one build to the
 * next (no serial number, no time).
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ROOT } from "./bundle.ts";

/** A package that went into a program. */
export interface Ingredient {
  /** Its own name, also where it is installed under another. */
  readonly name: string;
  readonly version: string;
  /** SPDX expression, as the package states it. */
  readonly licence: string;
  /** SHA-512 of the package as it is published, hexadecimal. */
  readonly sha512: string;
  /** Texts of its licence files by their names, sorted. */
  readonly notices: ReadonlyMap<string, string>;
}

interface Locked {
  readonly name?: string;
  readonly version: string;
  readonly license?: string;
  readonly integrity: string;
}

/** The packages that files below `node_modules` belong to, in the order of their names. `paths` are relative to the top of the repository, with slashes. */
export async function ingredientsOf(paths: Iterable<string>): Promise<Ingredient[]> {
  const lock = JSON.parse(await readFile(join(ROOT, "package-lock.json"), "utf8")) as { packages: Record<string, Locked> };
  const folders = new Set<string>();
  for (const path of paths) {
    const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0];
    if (folder !== undefined) folders.add(folder);
  }
  const ingredients = await Promise.all(
    [...folders].map(async (folder): Promise<Ingredient> => {
      const locked = lock.packages[folder];
      if (locked === undefined) throw new Error("a file of a package that is not in the lock file");
      return {
        name: locked.name ?? folder.slice(folder.lastIndexOf("node_modules/") + "node_modules/".length),
        version: locked.version,
        licence: locked.license ?? "NOASSERTION",
        sha512: Buffer.from(locked.integrity.replace(/^sha512-/, ""), "base64").toString("hex"),
        notices: await noticesIn(join(ROOT, folder)),
      };
    }),
  );
  // One version of a package may be installed in several folders.
  const once = new Map(ingredients.map((ingredient) => [purlOf(ingredient.name, ingredient.version), ingredient]));
  return [...once.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, ingredient]) => ingredient);
}

/** Licence files of a package, and those in a folder of licences. */
async function noticesIn(folder: string): Promise<Map<string, string>> {
  const notices = new Map<string, string>();
  const found = (await readdir(folder, { withFileTypes: true })).filter(({ name }) =>
    /^(?:(?:third_party_)?licen[cs]e|copying|notice)/i.test(name),
  );
  for (const entry of found.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const files = entry.isDirectory()
      ? (await readdir(join(folder, entry.name))).sort().map((name) => join(entry.name, name))
      : [entry.name];
    for (const file of files) notices.set(file, await readFile(join(folder, file), "utf8"));
  }
  return notices;
}

/** The list for a program of this name and version. */
export function formatIngredients(
  program: { readonly name: string; readonly version: string },
  ingredients: readonly Ingredient[],
): string {
  const components = ingredients.map(({ name, version, licence, sha512 }) => ({
    type: "library",
    "bom-ref": purlOf(name, version),
    name,
    version,
    purl: purlOf(name, version),
    hashes: [{ alg: "SHA-512", content: sha512 }],
    licenses: [{ expression: licence }],
  }));
  const component = { type: "application", "bom-ref": program.name, name: program.name, version: program.version };
  const document = {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: { component },
    components,
    dependencies: [{ ref: program.name, dependsOn: components.map(({ purl }) => purl) }],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** Package URL: the `@` of a scope is written `%40`. */
function purlOf(name: string, version: string): string {
  return `pkg:npm/${name.replace("@", "%40")}@${version}`;
}
