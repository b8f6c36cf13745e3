/** More than are ever open at once: a request that waits for a connection would hide what the gateway does. */
const connections = 4_096;

/**
 * Sends reads and writes to a gateway over kept connections: `GET /work/read`, and for every `writeEvery`th request
 * `POST /work/write`.
 * @param {{ url: string, writeEvery?: number, giveUpMs?: number }} options
 */
export async function createHttpRequests({ url, writeEvery = 3, giveUpMs = 30_000 }) {
  // Loaded late: a proof is listed before the bench's own packages are installed.
  const { Pool } = await import("undici");
  const pool = new Pool(url, { connections, headersTimeout: giveUpMs, bodyTimeout: giveUpMs });

  async function request(options) {
    try {
      const { statusCode, body } = await pool.request(options);
      const { by, version, reason, code } = await body.json();
      return statusCode < 400 ? { by, version } : { error: `${statusCode} ${reason ?? code}` };
    } catch (error) {
      return { error: error.code ?? error.message };
    }
  }

  return {
    async send(n) {
      const isWrite = n % writeEvery === writeEvery - 1;
      if (!isWrite) return { kind: "read", ...(await request({ method: "GET", path: "/work/read" })) };
      const id = `write-${n}`;
      const body = JSON.stringify({ id });
      const headers = { "content-type": "application/json" };
      return { kind: "write", id, ...(await request({ method: "POST", path: "/work/write", headers, body })) };
    },
    close: () => pool.destroy(),
  };
}
