// Types of the three modules of Deno's standard library that deno.json takes from the npm registry, where it has
// none. Only what this project uses, or may well use next, is declared. With JSR in deno.json this file can go.

declare module "@std/html" {
  /** The text that `escape` made an HTML or XML text of: named and numeric entities are what they stand for. */
  export function unescape(text: string): string;
}

declare module "@std/yaml" {
  /** What plain scalars may become: "core" has null, booleans and numbers; "default" adds dates and merge keys. */
  export type SchemaType = "failsafe" | "json" | "core" | "default" | "extended";

  /** Options of `parse` and `parseAll`. */
  export interface ParseOptions {
    /** Default "default". */
    schema?: SchemaType;
    /** Whether a later value of a key replaces an earlier one; an error by default. */
    allowDuplicateKeys?: boolean;
    /** Called with each warning. */
    onWarning?(error: YamlSyntaxError): void;
  }

  /** Options of `stringify`. */
  export interface StringifyOptions {
    /** Spaces per level; default 2. */
    indent?: number;
    /** Whether sequences in mappings are indented; default true. */
    arrayIndent?: boolean;
    /** Skip what can't be written instead of throwing. */
    skipInvalid?: boolean;
    /** Level from which flow style is used; default -1, never. */
    flowLevel?: number;
    /** Default "default". */
    schema?: SchemaType;
    /** Sort keys; default false. */
    sortKeys?: boolean | ((a: string, b: string) => number);
    /** Width at which long strings are folded; default 80, -1 for never. */
    lineWidth?: number;
    /** Write anchors and aliases for objects that come twice; default true. */
    useAnchors?: boolean;
    /** Quote what YAML 1.1 readers would take for something else than a string; default true. */
    compatMode?: boolean;
    /** Style of quoted strings; default "'". */
    quoteStyle?: "'" | '"';
  }

  /** A syntax error in YAML, with where it stands (line and column from 1). */
  export class YamlSyntaxError extends SyntaxError {
    readonly line: number;
    readonly column: number;
    readonly offset: number;
    readonly snippet?: string;
  }

  /** Parses one document; throws `YamlSyntaxError`. */
  export function parse(content: string, options?: ParseOptions): unknown;

  /** Parses all documents; throws `YamlSyntaxError`. */
  export function parseAll(content: string, options?: ParseOptions): unknown[];

  /** Writes one document. */
  export function stringify(data: unknown, options?: StringifyOptions): string;
}

declare module "@std/assert" {
  // deno-lint-ignore no-explicit-any
  type AnyConstructor = new (...args: any[]) => any;
  type ErrorConstructor<E extends Error> = abstract new (...args: never[]) => E;

  /** Thrown by every assertion that does not hold. */
  export class AssertionError extends Error {
    constructor(message: string, options?: ErrorOptions);
  }

  export function assert(expr: unknown, msg?: string): asserts expr;
  export function assertFalse(expr: unknown, msg?: string): asserts expr is false;
  export function assertEquals<T>(actual: T, expected: T, msg?: string): void;
  export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void;
  export function assertStrictEquals<T>(
    actual: unknown,
    expected: T,
    msg?: string,
  ): asserts actual is T;
  export function assertNotStrictEquals<T>(actual: T, expected: T, msg?: string): void;
  export function assertAlmostEquals(
    actual: number,
    expected: number,
    tolerance?: number,
    msg?: string,
  ): void;
  export function assertArrayIncludes<T>(
    actual: ArrayLike<T>,
    expected: ArrayLike<T>,
    msg?: string,
  ): void;
  export function assertExists<T>(actual: T, msg?: string): asserts actual is NonNullable<T>;
  export function assertGreater<T>(actual: T, expected: T, msg?: string): void;
  export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void;
  export function assertLess<T>(actual: T, expected: T, msg?: string): void;
  export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void;
  export function assertInstanceOf<T extends AnyConstructor>(
    actual: unknown,
    expectedType: T,
    msg?: string,
  ): asserts actual is InstanceType<T>;
  export function assertNotInstanceOf<T extends AnyConstructor>(
    actual: unknown,
    unexpectedType: T,
    msg?: string,
  ): void;
  export function assertIsError<E extends Error = Error>(
    error: unknown,
    ErrorClass?: ErrorConstructor<E>,
    msgMatches?: string | RegExp,
    msg?: string,
  ): asserts error is E;
  export function assertMatch(actual: string, expected: RegExp, msg?: string): void;
  export function assertNotMatch(actual: string, expected: RegExp, msg?: string): void;
  export function assertObjectMatch(
    // deno-lint-ignore no-explicit-any
    actual: Record<PropertyKey, any>,
    expected: Record<PropertyKey, unknown>,
    msg?: string,
  ): void;
  export function assertStringIncludes(actual: string, expected: string, msg?: string): void;
  export function assertThrows(fn: () => unknown, msg?: string): unknown;
  export function assertThrows<E extends Error = Error>(
    fn: () => unknown,
    ErrorClass: ErrorConstructor<E>,
    msgIncludes?: string,
    msg?: string,
  ): E;
  export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
  export function assertRejects<E extends Error = Error>(
    fn: () => PromiseLike<unknown>,
    ErrorClass: ErrorConstructor<E>,
    msgIncludes?: string,
    msg?: string,
  ): Promise<E>;
  export function equal(a: unknown, b: unknown): boolean;
  export function fail(msg?: string): never;
  export function unreachable(msg?: string): never;
  export function unimplemented(msg?: string): never;
}
