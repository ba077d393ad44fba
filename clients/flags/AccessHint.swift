/// Advice for callers that are not let in, in terms of the programs' options.
package enum AccessHint {
  /// Returns advice for the reason of an error of TLS or of keys; nil for other errors.
  package static func text(for reason: String) -> String? {
    switch reason {
    case "TLS_REQUIRED": "add --tls, or begin the address with tls://"
    case "TLS_UNKNOWN_CA": "--tls-ca or PATRON_TLS_CA names the file with the server's CA"
    case "TLS_WRONG_NAME": "--tls-server-name gives the name that the certificate has"
    case "TLS_VERSION": "--tls-min-version 1.2 allows the older version"
    case "TLS_CLIENT_CERTIFICATE_REQUIRED", "TLS_CLIENT_CERTIFICATE_REFUSED":
      "--tls-cert and --tls-key name the files of the client's certificate"
    case let reason where reason.hasPrefix("TLS_"):
      "check the address, and on the server that it listens with TLS"
    case "KEY_MISSING": "--key-file names the file of an API key, or set PATRON_KEY"
    case "KEY_MALFORMED", "KEY_UNKNOWN", "KEY_EXPIRED", "KEY_REVOKED":
      "`patrond keys list` shows the keys on the server, `patrond keys create` makes one"
    case "SCOPE_MISSING": "`patrond keys create` makes a key with that scope"
    case "STORE_NOT_YOURS": "leave out --store to use the key's own store"
    case "STORE_UNKNOWN":
      "`patrond stores list` shows the stores, `patrond stores create` makes one"
    default: nil
    }
  }
}
