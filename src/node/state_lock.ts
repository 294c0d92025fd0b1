/** The hold on a state directory; released with the process at the latest. */
export interface StateLock {
  release(): void;
}

/**
 * Takes the state directory for this process; nothing when another scan has it. Throws Deno's errors when the lock
 * file can't be made.
 */
export async function lockState(directory: string): Promise<StateLock | undefined> {
  const file = await Deno.open(`${directory}/lock`, { create: true, write: true, mode: 0o600 });
  if (await file.tryLock(true)) return { release: () => file.close() };
  file.close();
  return undefined;
}
