/**
 * Has property tests draw the same cases in every run: for `deno test --preload`. Where a change is judged, it is not to
 * be refused for a case that the run of another change would have drawn; everywhere else each run draws fresh ones.
 */
import fc from "fast-check";

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: 20_261_126 });
