/** What is echoed: each is so many bytes of JSON. */
export const payloads = { "100B": record(1, 100), "10KB": list(10_240) };

function record(id, bytes) {
  const fields = { id, user: `user-${String(id).padStart(5, "0")}`, active: id % 2 === 1, score: id / 8, note: "" };
  return { ...fields, note: "n".repeat(bytes - JSON.stringify(fields).length) };
}

function list(bytes) {
  const items = Array.from({ length: Math.floor(bytes / 102) }, (_, index) => record(index + 1, 100));
  const whole = { items, note: "" };
  return { ...whole, note: "n".repeat(bytes - JSON.stringify(whole).length) };
}
