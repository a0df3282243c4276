/** Entry of the witness's page. The order of the imports matters: see `opening.ts`. */
import { page, usable } from "./opening.ts";
import { openNetwork } from "./network.ts";
import { openSession } from "./session.ts";
import { openForm } from "./view/view.ts";

async function main(): Promise<void> {
  const session = openSession(() => page.store, page.data.pinned, openNetwork(page.data.pinned.origin));
  page.use(session);
  const wrong = await session.prepare();
  openForm();
  if (wrong !== null) page.store.send({ type: "failed", code: wrong });
}

if (usable) void main();
