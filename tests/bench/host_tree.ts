/** A host's root made up for measuring: the same files, sizes and bytes on every machine. */

/** What a tree holds. */
export interface TreeFacts {
  /** Regular files. */
  files: number;
  /** Files, directories and links. */
  entries: number;
  bytes: number;
  median: number;
  p90: number;
  largest: number;
}

const fileCount = 31_000;
const filesPerDirectory = 12;
const directoriesPerPackage = 3;
const smallestTypical = 3_000; // median
const spread = 2.195; // of a log-normal distribution: p90 is 50 kB with that median
const largestFile = 4 * 1024 ** 2;

/** Numbers from 0 to 1 that look random, and are the same for the same seed (mulberry32). */
export function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = state + 0x6d2b79f5 | 0;
    let mixed = Math.imul(state ^ state >>> 15, 1 | state);
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed;
    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32;
  };
}

function fileSize(random: () => number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.min(Math.round(smallestTypical * Math.exp(spread * normal)), largestFile);
}

function directoryOf(number: number): string {
  const directory = Math.floor(number / filesPerDirectory);
  const packageNumber = Math.floor(directory / directoriesPerPackage);
  const top = packageNumber % 12 === 0 ? "etc" : ["usr/lib", "usr/share"][packageNumber % 2];
  return `${top}/package-${packageNumber}/part-${directory % directoriesPerPackage}`;
}

/** Where the file with that number is, below the root. */
export const filePath = (number: number): string => `${directoryOf(number)}/file-${number}.dat`;

/** Makes the tree in a new directory `root`, and waits until it is on the disk. */
export async function makeHostTree(root: string): Promise<TreeFacts> {
  const random = numbers(1);
  const pool = new Uint8Array(2 * largestFile);
  const words = new Uint32Array(pool.buffer);
  for (let at = 0; at < words.length; at++) words[at] = random() * 2 ** 32;
  const sizes: number[] = [];
  const directories = new Set(["usr", "usr/lib", "usr/share", "etc"]);
  let links = 0;
  for (let number = 0; number < fileCount; number++) {
    const directory = directoryOf(number);
    if (!directories.has(directory)) {
      await Deno.mkdir(`${root}/${directory}`, { recursive: true });
      directories.add(directory).add(directory.slice(0, directory.lastIndexOf("/")));
    }
    const size = fileSize(random);
    const start = Math.floor(random() * largestFile);
    await Deno.writeFile(`${root}/${filePath(number)}`, pool.subarray(start, start + size));
    sizes.push(size);
    if (number % filesPerDirectory === 0) {
      await Deno.symlink(`file-${number}.dat`, `${root}/${directory}/link-${number}`);
      links++;
    }
  }
  await new Deno.Command("sync", { args: ["--file-system", root] }).output();
  sizes.sort((a, b) => a - b);
  return {
    files: fileCount,
    entries: fileCount + directories.size + links,
    bytes: sizes.reduce((sum, size) => sum + size, 0),
    median: sizes[fileCount >> 1] ?? 0,
    p90: sizes[Math.floor(fileCount * 0.9)] ?? 0,
    largest: sizes.at(-1) ?? 0,
  };
}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const longFiles = 60_000;
const longPerDirectory = 200;
const depth = 9;

/**
 * Makes 60,000 empty files, 200 in each directory, with paths of about 1,800 characters in the new directory `top`: a
 * report that lists them all is larger than 100 MB. Gives how many entries those are.
 */
export async function makeLongPaths(top: string): Promise<number> {
  const random = numbers(2);
  const name = (): string => {
    let text = "";
    while (text.length < 180) text += letters[Math.floor(random() * letters.length)];
    return text;
  };
  const deep = `${top}/${Array.from({ length: depth - 1 }, name).join("/")}`;
  for (let file = 0, directory = ""; file < longFiles; file++) {
    if (file % longPerDirectory === 0) {
      directory = `${deep}/${name()}`;
      await Deno.mkdir(directory, { recursive: true });
    }
    await (await Deno.create(`${directory}/${name()}`)).close();
  }
  return longFiles + longFiles / longPerDirectory + depth;
}
