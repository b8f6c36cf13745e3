import type { OutgoingHttpHeaders } from "node:http";

type Value = string | string[];

/**
 * Headers of an answer, which is not begun yet, by their names in small letters: a dozen of them are found faster in a
 * list than in anything else.
 */
export class AnswerHeaders {
  /** Names, each before its value: the form that Node.js writes without looking at it again. */
  readonly list: Value[] = [];

  /** As Koa's `response.get` does, which says otherwise, it gives undefined for a header that is not set. */
  get(name: string): string {
    return this.list[this.at(name) + 1] as string;
  }

  get headers(): OutgoingHttpHeaders {
    const headers: OutgoingHttpHeaders = {};
    for (let at = 0; at < this.list.length; at += 2) headers[String(this.list[at])] = this.list[at + 1];
    return headers;
  }

  set(name: string, value: Value): void {
    const at = this.at(name);
    if (at < 0) this.list.push(name, value);
    else this.list[at + 1] = value;
  }

  remove(name: string): void {
    const at = this.at(name);
    if (at >= 0) this.list.splice(at, 2);
  }

  /** Where a name stands in the list; -2 when it does not, so that what follows is not there either. */
  private at(name: string): number {
    const { list } = this;
    for (let at = 0; at < list.length; at += 2) if (list[at] === name) return at;
    return -2;
  }
}
