/** Starts the page, whichever way its tips leave it. The order of the imports matters: see `opening.ts`. */
import { type OpenPage, page, usable } from "./opening.ts";
import type { Carrier } from "./carrier.ts";
import type { Pinned } from "./document/document.ts";
import { openSession, type Session } from "./session.ts";
import { openForm } from "./view/view.ts";

/** Opens the form over a carrier, or says why it cannot be used. `extend` adds what only some pages have. */
export async function run(
  carrierOf: (pinned: Pinned) => Carrier,
  extend: (session: Session, page: OpenPage) => Session = (session) => session,
): Promise<void> {
  if (!usable) return;
  const { pinned } = page.data;
  const session = extend(
    openSession(() => page.store, pinned, carrierOf(pinned)),
    page,
  );
  page.use(session);
  const wrong = await session.prepare();
  openForm();
  if (wrong !== null) page.store.send({ type: "failed", code: wrong });
}
