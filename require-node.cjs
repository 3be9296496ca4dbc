// Plain CommonJS on purpose: it must run on the old Node it complains about.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 24 || (major === 24 && minor < 12)) {
  console.error(
    `sallyport needs Node 24.12 or newer, and this is ${process.versions.node}. ` +
      "Run `npm ci` (without --omit=optional) to get one as a package, or install Node 24.",
  );
  process.exit(1);
}
