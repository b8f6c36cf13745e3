/** Milliseconds since 1970 with fractions: the same clock in every process of the machine. */
export function wallClock() {
  return performance.timeOrigin + performance.now();
}
