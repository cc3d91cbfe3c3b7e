declare module 'apache-md5' {
  /** The `$apr1$` hash of `password`, an octet a character; `salt` is a whole hash to take the salt from. */
  function apacheMd5(password: string, salt?: string): string;
  export = apacheMd5;
}
