// Two kinds of mutants: those that are still frames or requests, with something odd in them, of which many go over one
// connection; and those whose bytes are broken, which most often end theirs.

const oddNumbers = [
  "0",
  "-0",
  "-1",
  "1.5",
  "1e999",
  "-1e999",
  "4294967295",
  "4294967296",
  "9007199254740993",
  "1e-9",
  "00",
  "NaN",
];
export const oddTexts = [
  "",
  "\u0000",
  "\ud800",
  "\ufeff",
  "甲",
  "🦊",
  "\u2028",
  "__proto__",
  "constructor",
  "$",
  "a$",
  "*",
  '"',
  "\\",
  "\n",
];
export const oddKeys = [
  ..."fatal$ prior$ default$ timeout$ gate$ tx$ custom$ meta$ plugin$ id$ sync$ call$ __proto__ constructor".split(" "),
  ..."toString valueOf hasOwnProperty length then toJSON $$target $$version cmd role sys init".split(" "),
];
const ours = ["ping", "echo", "sum", "fail", "never", "nothing"];

export function createMutator(random) {
  const { below, chance, pick } = random;

  function oddValue(depth = 0) {
    switch (below(depth > 3 ? 4 : 7)) {
      case 0:
        return pick(oddNumbers.slice(0, -2));
      case 1:
        return JSON.stringify(pick(oddTexts).repeat(1 + below(20)));
      case 2:
        return pick(["null", "true", "false"]);
      case 3:
        return JSON.stringify(pick(oddKeys));
      case 4:
        return `[${Array.from({ length: below(4) }, () => oddValue(depth + 1)).join(",")}]`;
      case 5:
        return oddObject(depth + 1);
      default:
        return nested(below(110));
    }
  }

  function nested(levels) {
    const open = chance(0.5) ? "[" : '{"a":';
    return `${open.repeat(levels)}1${(open === "[" ? "]" : "}").repeat(levels)}`;
  }

  function oddObject(depth, first = []) {
    const members = Array.from({ length: below(5) }, () => {
      const key = chance(0.7) ? pick(oddKeys) : pick(oddTexts);
      return `${JSON.stringify(key)}:${oddValue(depth)}`;
    });
    return `{${[...first, ...members, ...(chance(0.1) ? members : [])].join(",")}}`;
  }

  function message() {
    if (chance(0.1)) return oddValue();
    const first = chance(0.8) ? [`"cmd":"${pick(ours)}"`, `"data":${oddValue(1)}`] : [];
    return oddObject(1, first);
  }

  /** A call with bytes or streams, most of them announced as they should be. */
  function attached(id) {
    const bytes = below(40);
    const entry = pick([
      `["data","bytes",${bytes}]`,
      `["data","stream",${1 + below(8)}]`,
      `["","stream",${1 + below(8)}]`,
      oddValue(),
    ]);
    const raw = entry.includes("bytes") ? pick(["x", "\n", "["]).repeat(bytes) : "";
    return `[1,${id},{"cmd":"${pick(ours)}","data":null},1000,"t",0,[${entry}]]\n${raw}`;
  }

  function streamFrame() {
    const length = 1 + below(60);
    const number = chance(0.95) ? 1 + below(8) : oddValue();
    return pick([
      () => `[8,${number},${length}]\n${"y".repeat(length)}`,
      () => `[9,${number}]\n`,
      () => `[10,${number},${oddValue()}]\n`,
      () => `[11,${number},${pick(oddNumbers.slice(0, -2))}]\n`,
      () => `[12,${number}]\n`,
    ])();
  }

  /** A line that is a frame, odd as it may be; one in many is too large or too deep, and ends its connection. */
  function frame(id) {
    if (chance(0.0005)) return `[1,${id},{"cmd":"echo","data":"${"x".repeat(1_048_000 + below(4_000))}"},1000,"t",0]\n`;
    const kind = below(20);
    if (kind === 0) return `[4,${chance(0.5) ? 1 + below(id) : oddValue()}]\n`;
    if (kind === 2) return attached(id);
    if (kind === 3) return streamFrame();
    if (kind === 1) return `[${5 + below(2)}${chance(0.5) ? `,${oddValue()}` : ""}]\n`;
    const rest = [
      () => pick([...oddNumbers.slice(0, -2), "100", oddValue()]),
      () => oddValue(),
      () => pick(["0", "1", "25", "26", oddValue()]),
    ];
    const members = rest.slice(0, below(4)).map((member) => member());
    return `[1,${id},${[message(), ...members].join(",")}${chance(0.1) ? `,${oddValue()}` : ""}]\n`;
  }

  /** An HTTP request that is one, with something odd in it. */
  function request() {
    const query = chance(0.3)
      ? `?cmd=${pick(ours)}&${encodeURIComponent(pick(oddKeys))}=${encodeURIComponent(pick(oddTexts.filter((text) => text !== "\ud800")))}`
      : "";
    const lines = [
      `${pick(["POST", "POST", "GET", "PUT", "HEAD"])} ${pick(["/act", "/act", "/act", "/", "//", "/act/x"])}${query} HTTP/1.1`,
      "host: x",
    ];
    if (chance(0.3)) lines.push(`vastify-timeout-ms: ${pick(oddNumbers)}`);
    if (chance(0.3)) lines.push(`vastify-hops: ${pick(oddNumbers)}`);
    if (chance(0.3)) lines.push(`seneca-id: ${pick(["a/b", "/", "x", "é", "a/b/c"])}`);
    if (chance(0.2)) lines.push(`vastify-tx: ${pick(["t", '"', "é", "x".repeat(300)])}`);
    const body = Buffer.from(chance(0.9) ? message() : "");
    if (chance(0.2)) {
      lines.push("transfer-encoding: chunked");
      const chunk = Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from("\r\n")]);
      return Buffer.concat([
        Buffer.from(`${lines.join("\r\n")}\r\n\r\n`),
        body.length > 0 ? chunk : Buffer.alloc(0),
        Buffer.from("0\r\n\r\n"),
      ]);
    }
    lines.push(`content-length: ${body.length}`);
    return Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`), body]);
  }

  /** Breaks bytes: flips bits, cuts, repeats, inserts, splices. */
  function broken(bytes, other) {
    let mutant = Buffer.from(bytes);
    for (let times = 1 + below(3); times > 0 && mutant.length > 0; times--) {
      const at = below(mutant.length);
      const to = Math.min(mutant.length, at + 1 + below(40));
      switch (below(6)) {
        case 0:
          for (let flips = 1 + below(4); flips > 0; flips--) mutant[below(mutant.length)] ^= 1 << below(8);
          break;
        case 1:
          mutant = mutant.subarray(0, at);
          break;
        case 2:
          mutant = Buffer.concat([mutant.subarray(0, to), mutant.subarray(at)]);
          break;
        case 3:
          mutant = Buffer.concat([mutant.subarray(0, at), mutant.subarray(to)]);
          break;
        case 4: {
          const inserted = Buffer.from(chance(0.5) ? pick(oddTexts) + pick(oddNumbers) : nested(below(300)));
          mutant = Buffer.concat([mutant.subarray(0, at), inserted, mutant.subarray(at)]);
          break;
        }
        default:
          mutant = Buffer.concat([mutant.subarray(0, at), other.subarray(below(other.length))]);
      }
    }
    return mutant;
  }

  return { frame, request, broken, oddValue };
}
