import fc from "fast-check";

const group = fc.stringMatching(/^[0-9a-fA-F]{0,5}$/);

/** IP addresses, and texts that are nearly one. */
export const likeAddresses: fc.Arbitrary<string> = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.string(),
  fc.stringMatching(/^[0-9a-f:.%]{0,20}$/),
  fc.array(group, { minLength: 1, maxLength: 10 }).map((groups) => groups.join(":")),
  fc.array(fc.nat(300), { minLength: 3, maxLength: 5 }).map((numbers) => numbers.join(".")),
);
