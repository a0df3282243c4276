/**
 * Which file imports what, as dependency-cruiser sees it: the raw material of the architecture test. Type-only imports count too, because a type is
 * also something two machines would have to agree on.
 */
import { cruise, type ICruiseResult } from "dependency-cruiser";

/** One import. Paths are relative to the folder that was read, with `/`. */
export interface Edge {
  readonly from: string;
  /** A file; or for something from npm `npm:<package>`, for Node's own modules `node:<name>`; `?<text>` if it was not found. */
  readonly to: string;
}

/** Every file below `root`/src and every import in it. */
export interface Graph {
  readonly files: readonly string[];
  readonly edges: readonly Edge[];
}

/** `scope/name` or `name` of a path with node_modules in it, or null. */
function packageOf(path: string): string | null {
  return /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? null;
}

/** Reads `root`/src. A file that cannot be read or an import that is not found is an edge to `?…`, so that nothing is overlooked silently. */
export async function readGraph(root: string): Promise<Graph> {
  const { output } = await cruise(["src"], {
    baseDir: root,
    ruleSet: {},
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    detectJSDocImports: false,
    moduleSystems: ["es6", "cjs", "tsd"],
    enhancedResolveOptions: {
      extensions: [".ts", ".mjs", ".js", ".json"],
      conditionNames: ["import", "node", "default", "types"],
      exportsFields: ["exports"],
    },
  });
  const { modules } = output as ICruiseResult;
  const edges: Edge[] = [];
  const files: string[] = [];
  for (const module of modules) {
    if (!module.source.startsWith("src/")) continue;
    files.push(module.source);
    for (const dependency of module.dependencies) {
      const name = packageOf(dependency.resolved) ?? null;
      edges.push({
        from: module.source,
        to:
          name !== null
            ? `npm:${name}`
            : dependency.coreModule
              ? `node:${dependency.resolved.replace(/^node:/, "")}`
              : dependency.couldNotResolve
                ? `?${dependency.module}`
                : dependency.resolved,
      });
    }
  }
  return { files: files.sort(), edges };
}
