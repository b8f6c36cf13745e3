import { describe, expect, it } from "vitest";
import { parseListFile, parseSourcesFile, selectDebianMirrors } from "./apt-sources.js";

const stanzas = `Types: deb deb-src
# http://old.example/debian
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: trixie
Components: main

Types: deb
URIs: https://vendor.example/node
Suites: bookworm
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc
`;

describe("the stanza format", () => {
  it("gives each enabled stanza's URIs with their suites and components", () => {
    expect(parseSourcesFile(stanzas).map(({ uri, suites }) => [uri, suites])).toEqual([
      ["http://mirror.example/debian", ["bookworm", "bookworm-updates"]],
      ["http://mirror.example/debian-security", ["bookworm-security"]],
      ["https://vendor.example/node", ["bookworm"]],
    ]);
  });

  it("keeps a keyring file and leaves an embedded key alone", () => {
    const [debian, , vendor] = parseSourcesFile(stanzas);
    expect(debian?.signedBy).toBe("/usr/share/keyrings/debian-archive-keyring.gpg");
    expect(vendor?.signedBy).toBeUndefined();
  });
});

describe("the one-line format", () => {
  it("reads options, suite and components, and skips comments and sources", () => {
    const text = [
      "# deb http://off.example/debian bookworm main",
      "deb [arch=amd64 signed-by=/keys/k.gpg trusted=yes] http://a.example/debian bookworm main contrib # comment",
      "deb-src http://a.example/debian bookworm main",
      "deb http://b.example/debian trixie main",
    ].join("\n");
    expect(parseListFile(text)).toEqual([
      {
        uri: "http://a.example/debian",
        suites: ["bookworm"],
        components: ["main", "contrib"],
        signedBy: "/keys/k.gpg",
        isTrusted: true,
      },
      {
        uri: "http://b.example/debian",
        suites: ["trixie"],
        components: ["main"],
        signedBy: undefined,
        isTrusted: false,
      },
    ]);
  });
});

describe("the choice of mirrors", () => {
  it("puts the Debian archive before a vendor with Debian's suite names, and drops security archives", () => {
    const text = [
      "deb cdrom:[Debian]/ bookworm main",
      "deb https://vendor.example/node bookworm main",
      "deb https://vendor.example/linux/debian bookworm stable",
      "deb http://mirror.example/debian-security bookworm-security main",
      "deb http://mirror.example/debian/ bookworm main",
      "deb http://mirror.example/debian bookworm-updates main",
    ].join("\n");
    expect(selectDebianMirrors(parseListFile(text)).map(({ uri }) => uri)).toEqual([
      "http://mirror.example/debian/",
      "https://vendor.example/node",
    ]);
  });

  it("is empty on another distribution", () => {
    expect(selectDebianMirrors(parseListFile("deb http://mirror.example/ubuntu noble main"))).toEqual([]);
  });
});
