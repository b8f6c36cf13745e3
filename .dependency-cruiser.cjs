const rooms = require("./rooms.cjs");

const src = "packages/framework/src";
const any = (names) => `(${names.join("|")})`;
const npm = ["npm", "npm-dev", "npm-peer", "npm-optional", "npm-no-pkg", "npm-unknown"];

const perRoom = Object.entries(rooms).flatMap(([room, { rooms: allowed, packages }]) => [
  {
    name: `${room}-rooms`,
    severity: "error",
    from: { path: `^${src}/${room}/` },
    to: { path: `^${src}/`, pathNot: `^${src}/${any([room, ...allowed])}/` },
  },
  {
    name: `${room}-packages`,
    severity: "error",
    from: { path: `^${src}/${room}/`, pathNot: "[.]test[.]ts$" },
    to: { dependencyTypes: npm, ...(packages.length > 0 && { pathNot: `node_modules/${any(packages)}/` }) },
  },
]);

module.exports = {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "enter-by-the-door",
      severity: "error",
      from: { path: `^${src}/([^/]+)/` },
      to: { path: `^${src}/([^/]+)/.+`, pathNot: [`^${src}/$1/`, `^${src}/[^/]+/index[.]ts$`] },
    },
    {
      name: "no-own-door",
      severity: "error",
      from: { path: `^${src}/([^/]+)/.+` },
      to: { path: `^${src}/$1/index[.]ts$` },
    },
    ...perRoom,
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    exclude: { path: "/dist/" },
    // An absolute path: a relative one breaks `extends`.
    tsConfig: { fileName: `${__dirname}/packages/framework/tsconfig.json` },
  },
};
