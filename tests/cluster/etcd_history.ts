/** A past for a new cluster, as every cluster has one that lived for longer. */

const writes = 10;

/** The answers of one without a leader, and of one that waits for its disk for too long. */
const later = [503, 504];

/**
 * Writes some revisions into etcd and compacts them away, so that the first versions of everything are too old for
 * everybody. Gives false while etcd does not serve yet.
 */
export async function giveHistory(port: number): Promise<boolean> {
  const call = async (path: string, body: unknown): Promise<Record<string, unknown>> => {
    const response = await fetch(`http://127.0.0.1:${port}/v3/kv/${path}`, {
      method: "POST",
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(5_000),
    });
    const text = await response.text();
    if (later.includes(response.status)) throw new TypeError(`etcd has no answer yet: ${text}`);
    if (!response.ok) throw new Error(`etcd answers ${response.status}: ${text}`);
    return JSON.parse(text);
  };
  try {
    let revision = 0;
    while (revision < writes) {
      const { header } = await call("put", { key: btoa("history"), value: btoa(`${revision}`) });
      revision = Number((header as { revision: string }).revision);
    }
    await call("compaction", { revision: String(writes), physical: true });
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false; // nobody listens yet, or is able to answer
    if (String(error).includes("compacted")) return true; // an earlier attempt was not answered in time
    if (error instanceof DOMException) return false;
    throw error;
  }
}
