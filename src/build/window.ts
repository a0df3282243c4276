/** The page of the review machine's window: its script and its style, one file each. */
import type { Metafile } from "esbuild";
import { bundleAlone } from "./bundle.ts";

/** A built page. `inputs` are the files that went into it, from the top of the repository. */
export interface BuiltWindow {
  readonly script: string;
  readonly style: string;
  readonly inputs: readonly string[];
}

/** Builds it; the same whoever builds. */
export async function buildWindow(): Promise<BuiltWindow> {
  const script = await bundleAlone("src/reviewer/window/page/main.ts");
  const style = await bundleAlone("src/reviewer/window/page/window.css");
  return { script: script.text, style: style.text, inputs: [...inputsOf(script.metafile), ...inputsOf(style.metafile)] };
}

function inputsOf({ inputs }: Metafile): string[] {
  return Object.keys(inputs);
}
