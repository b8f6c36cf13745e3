/**
 * Measures tasks round by round. Every second round goes backwards, so that drift of the machine hits neighbours from
 * both sides. A task may stand there several times, to be measured as often in each round. One that fails is left out
 * from then on.
 *
 * @template {{ key: string }} Task
 * @param {readonly Task[]} tasks
 * @param {{ rounds: number, measure: (task: Task) => Promise<object>, progress: (text: string) => void }} options
 * @returns {Promise<{ results: Map<string, object[]>, failures: Map<string, string> }>} by key, in the order of
 *   the measurements
 */
export async function runRounds(tasks, { rounds, measure, progress }) {
  const results = new Map();
  const failures = new Map();
  for (let round = 0; round < rounds; round++) {
    progress(`round ${round + 1} of ${rounds}`);
    for (const task of round % 2 ? tasks.toReversed() : tasks) {
      if (failures.has(task.key)) continue;
      try {
        const result = await measure(task);
        if (!results.has(task.key)) results.set(task.key, []);
        results.get(task.key).push(result);
      } catch (error) {
        failures.set(task.key, error.message);
        results.delete(task.key);
      }
    }
  }
  return { results, failures };
}

/**
 * What has to be measured: each case by each of its contestants, as often in a round as its `turns` say.
 * @template {{ cell: string, by: readonly string[], turns?: number }} Cell
 * @param {readonly Cell[]} cells
 * @param {(key: string) => boolean} wants
 * @returns {(Omit<Cell, "by" | "turns"> & { name: string, key: string })[]}
 */
export function tasksOf(cells, wants) {
  return cells.flatMap(({ by, turns = 1, ...cell }) => {
    const wanted = by.map((name) => ({ ...cell, name, key: `${cell.cell}/${name}` })).filter(({ key }) => wants(key));
    return Array.from({ length: turns }, () => wanted).flat();
  });
}
