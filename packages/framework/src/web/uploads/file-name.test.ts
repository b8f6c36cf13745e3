import { describe, expect, it } from "vitest";
import { safeFileName } from "./file-name.js";

describe("a file's name", () => {
  it.each([
    ["photo.jpg", "photo.jpg"],
    ["文書 1.pdf", "文書 1.pdf"],
    ["../../etc/passwd", "passwd"],
    ["C:\\temp\\..\\boot.ini", "boot.ini"],
    [".htaccess", "htaccess"],
    ["..", "file"],
    ["a\r\nset-cookie: b=c", "aset-cookie b=c"],
    ["evil\u202Egpj.exe", "evilgpj.exe"],
    ["", "file"],
    [undefined, "file"],
  ])("%j becomes %j", (given, name) => {
    expect(safeFileName(given)).toBe(name);
  });

  it("is as long as a file system takes", () => {
    expect(safeFileName("x".repeat(1_000))).toHaveLength(200);
  });
});
