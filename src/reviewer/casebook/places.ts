/** Where the folders of a casebook are. */
import { join } from "node:path";

/** Folder of a bundle that was imported. */
export function bundleFolder({ folder }: { readonly folder: string }, bundle: number): string {
  return join(folder, "bundles", String(bundle).padStart(6, "0"));
}
