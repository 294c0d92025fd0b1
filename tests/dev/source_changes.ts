/** Changes of source files, as an editor or git makes them. */

// What is saved together comes together.
const quietMilliseconds = 200;

const counts = (event: Deno.FsEvent): string[] =>
  event.kind === "access" ? [] : event.paths.filter((path) => /\/[^./][^/]*\.ts$/.test(path));

async function quiet<T>(next: Promise<T>): Promise<T | undefined> {
  const over = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => over.resolve(undefined), quietMilliseconds);
  try {
    return await Promise.race([next, over.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function* batches(watcher: Deno.FsWatcher): AsyncGenerator<string[], void> {
  const events = watcher[Symbol.asyncIterator]();
  const changed = new Set<string>();
  let next = events.next();
  while (true) {
    const event = changed.size === 0 ? await next : await quiet(next);
    if (event === undefined) {
      yield [...changed].sort();
      changed.clear();
      continue;
    }
    if (event.done) return;
    next = events.next();
    for (const path of counts(event.value)) changed.add(path);
  }
}

/**
 * The paths of TypeScript files below `directory` that change from now on, those of one moment together, until the
 * signal fires. Throws where the directory is not there.
 */
export function sourceChanges(
  directory: string,
  signal: AbortSignal,
): AsyncGenerator<string[], void> {
  const watcher = Deno.watchFs(directory, { recursive: true });
  const close = (): void => watcher.close();
  if (signal.aborted) close();
  else signal.addEventListener("abort", close, { once: true });
  return batches(watcher);
}
