import ArgumentParser

/// The command `patrond keys`.
struct Keys: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make, list, rotate and revoke the keys by which callers prove who they are.",
    discussion: """
      A key belongs to one store, or to all of them, and has scopes: what its holder may do. \
      Callers send it with every call; `patron` and PatronClient take it from PATRON_KEY or \
      --key-file. The database keeps a hash of it, so a key is shown once, when it is made.

      The commands work on the data directory. While a server runs they go through it, by the \
      socket patron.sock in that directory, which only the server's user and root can use; a \
      change takes effect within a second. Otherwise they open the database themselves. \
      docs/keys.md says more.

      EXAMPLES
        patrond keys create --scopes all > shop.key
        patrond keys list
        patrond keys rotate 3m8r0v6s2kd5w1xq9ptz7cjbna --overlap 7d > shop.key
        patrond keys revoke 3m8r0v6s2kd5w1xq9ptz7cjbna
      """,
    subcommands: [
      KeysCreate.self, KeysList.self, KeysRotate.self, KeysRevoke.self, KeysBind.self,
      KeysUnbind.self,
    ]
  )
}
