/** Properties with fewer inputs than usual: each is tried again for every mutant. */
import fc from "fast-check";

fc.configureGlobal({ numRuns: 25 });
