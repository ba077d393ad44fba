import ArgumentParser

struct Patron: AsyncParsableCommand {
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "patron",
    abstract: "Keep a shop's customers and their timelines on a Patron server.",
    discussion: """
      The main commands are `customers`, `consent`, `timeline` and `settings`; `call` reaches \
      every other method, and `list` and `describe` show the contract. The server is the one at \
      PATRON_ADDRESS, or 127.0.0.1:7420; the store is PATRON_STORE, or the one of the key, or \
      `default`.

      A server on a network wants an API key, and speaks TLS: give the address as \
      tls://HOST:PORT, and the key in the file of --key-file or in PATRON_KEY. No option takes \
      the key itself, because every user of a machine can read its command lines and shells \
      keep them.

      EXAMPLES
        patron customers upsert --external-id 42 --email ada@example.com
        patron customers list --search example.com
        patron timeline show --external-id 42
        patron timeline order --batch orders.ndjson
        patron health --address tls://patron.example.com:7421 --key-file key
        patron call GetCustomer '{"customer": {"externalId": "42"}}'

      ENVIRONMENT
        PATRON_ADDRESS          the server, HOST:PORT, tls://HOST:PORT or unix:PATH
        PATRON_STORE            the store
        PATRON_KEY              the API key
        PATRON_KEY_FILE         the file of the API key, without PATRON_KEY
        PATRON_ON_BEHALF_OF     for whom you act
        PATRON_TLS_CA           the CAs that sign servers' certificates
        PATRON_TLS_CLIENT_CERT  the client's certificate
        PATRON_TLS_CLIENT_KEY   the private key of the client's certificate
        PATRON_TLS_SERVER_NAME  the name that the server's certificate must have
        NO_COLOR                disables colours when not empty

      EXIT STATUS
        0      success
        1      a local or I/O error
        2      wrong usage
        3      a batch finished with rejected lines
        64+N   the call failed with status code N: 67 is INVALID_ARGUMENT,
               69 NOT_FOUND, 71 PERMISSION_DENIED, 78 UNAVAILABLE,
               80 UNAUTHENTICATED

      SHELL COMPLETION
        patron --generate-completion-script bash > /etc/bash_completion.d/patron
        (also zsh and fish)
      """,
    version: version,
    subcommands: [
      CustomersCommand.self, ConsentCommand.self, TimelineCommand.self, SettingsCommand.self,
      AuditCommand.self, CallCommand.self, ListCommand.self, DescribeCommand.self,
      HealthCommand.self, StatusCommand.self,
      VersionCommand.self,
    ]
  )

  // Repeated here so that global options may precede the subcommand.
  @OptionGroup(title: "Global options") var global: GlobalOptions
}

struct VersionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "version",
    abstract: "Print the version of this program."
  )

  func run() throws {
    CLIEnvironment.current.out("patron \(Patron.version) (ttrpc 1.2)\n")
  }
}
