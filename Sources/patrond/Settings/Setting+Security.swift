import TTRPCNIO

extension Setting {
  /// The settings of transport security.
  static let security: [Setting] = [
    file(
      "tls-cert",
      "Certificate of the server in PEM, followed by those between it and the root. With it every "
        + "TCP listener speaks TLS",
      "none"
    ),
    file(
      "tls-key",
      "Private key of the certificate, in PEM without a passphrase",
      "none"
    ),
    file(
      "tls-client-ca",
      "Authorities in PEM of which every client needs a certificate",
      "clients need none"
    ),
    Setting(
      name: "tls-min-version",
      kind: .choice(["1.2", "1.3"]),
      unit: "version",
      standard: "1.3",
      help: "Oldest version of TLS that is accepted, 1.2 or 1.3"
    ),
    number(
      "tls-handshake-timeout-ms",
      100...60_000,
      "milliseconds",
      5000,
      "Time for a TLS handshake"
    ),
    number(
      "tls-max-handshakes",
      1...65_536,
      "count",
      256,
      "Maximum number of TLS handshakes at once; further ones wait"
    ),
    Setting(
      name: "unix-socket-mode",
      kind: .text,
      unit: "mode",
      standard: "0600",
      help: "Permissions of Unix sockets, in octal: 0600 for the server's user, 0660 for its group "
        + "too"
    ),
    Setting(
      name: "insecure-listen",
      kind: .off,
      unit: "",
      standard: "false",
      help: "Allow addresses without TLS that other machines can reach. Others on the way can then "
        + "read and change everything"
    ),
  ]

  private static func file(_ name: String, _ help: String, _ none: String) -> Setting {
    Setting(
      name: name,
      kind: .text,
      unit: "file",
      standard: "",
      standardText: none,
      help: help
    )
  }
}
