import ArgumentParser

struct Patron: AsyncParsableCommand {
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "patron",
    abstract: "Keep a shop's customers and their timelines on a Patron server.",
    discussion: """
      The main commands are `customers`, `consent`, `timeline` and `settings`; `call` reaches \
      every other method, and `list` and `describe` show the contract. The server is the one at \
      PATRON_ADDRESS, or 127.0.0.1:7420; the store is PATRON_STORE, or `default`.

      EXAMPLES
        patron customers upsert --external-id 42 --email ada@example.com
        patron customers list --search example.com
        patron timeline show --external-id 42
        patron timeline order --batch orders.ndjson
        patron call GetCustomer '{"customer": {"externalId": "42"}}'

      ENVIRONMENT
        PATRON_ADDRESS   the server, HOST:PORT or unix:PATH
        PATRON_STORE     the store
        NO_COLOR         disables colours when not empty

      EXIT STATUS
        0      success
        1      a local or I/O error
        2      wrong usage
        3      a batch finished with rejected lines
        64+N   the call failed with status code N: 67 is INVALID_ARGUMENT,
               69 NOT_FOUND, 78 UNAVAILABLE

      SHELL COMPLETION
        patron --generate-completion-script bash > /etc/bash_completion.d/patron
        (also zsh and fish)
      """,
    version: version,
    subcommands: [
      CustomersCommand.self, ConsentCommand.self, TimelineCommand.self, SettingsCommand.self,
      AuditCommand.self, CallCommand.self, ListCommand.self, DescribeCommand.self,
      HealthCommand.self,
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
