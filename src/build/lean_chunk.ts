const requireAtOnce =
  /import\s*\{\s*createRequire as (\w+)\s*\}\s*from\s*"node:module";\s*var (\w+)\s*=\s*\1\(import\.meta\.url\);/;

/**
 * A part of a bundle as it is to be run. Where the bundler gives every program a `require`, which takes 5 MB, it is
 * made when it is first called. The imports of the parts named `hidden` are written so that Deno does not see them
 * before they are carried out, when they need permission to read; otherwise it loads all parts that could be imported.
 */
export function leanChunk(text: string, hidden: readonly string[]): string {
  const lazy = text.replace(
    requireAtOnce,
    (_whole, _make, name) =>
      `var ${name}=(id)=>process.getBuiltinModule("node:module").createRequire(import.meta.url)(id);`,
  );
  return hidden.reduce(
    (lean, name) => lean.replaceAll(`import("./${name}")`, `import(String("./${name}"))`),
    lazy,
  );
}
