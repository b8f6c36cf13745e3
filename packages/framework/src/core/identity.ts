/** Who a call is made for, as whoever checked it says. */
export interface Identity {
  /** How it was shown: by an API key, or by a token. */
  readonly kind: "key" | "token";
  /** Who it is: the key's name (`consumer.id`), or the token's `sub`. */
  readonly subject: string;
  /** In whose name: the key's consumer; the client that a token was issued to, or else its subject. */
  readonly consumer: string;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
}
