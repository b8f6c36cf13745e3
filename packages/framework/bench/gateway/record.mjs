/** What everybody answers to `GET /bench/:id`. */
export function recordOf(id) {
  return { id, note: "n".repeat(64), active: true };
}
