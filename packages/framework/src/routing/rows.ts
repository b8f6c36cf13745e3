/** A few numbers among those of others. */
export interface Row {
  readonly values: Float64Array;
  /** Where it begins. */
  readonly at: number;
}

const rowsPerPage = 64;

/**
 * Keeps numbers of many things side by side: a number that changes is an object of its own otherwise, and who looks at
 * another thing each time waits for memory at each of them. A page lives as long as one of its rows is held.
 * @param width numbers in a row
 */
export function createRows(width: number): () => Row {
  let values = new Float64Array(0);
  let at = 0;
  return () => {
    if (at === values.length) {
      values = new Float64Array(width * rowsPerPage);
      at = 0;
    }
    const row = { values, at };
    at += width;
    return row;
  };
}
