import ArgumentParser

/// The command `patrond stores`.
struct Stores: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make, list and delete stores (tenants).",
    discussion: """
      A store has customers, settings and events of its own. Where callers need keys, a store is \
      made here before it is used, so that a typing error in a name is an error and not a new \
      store. Without keys, the first write makes a store.

      The commands work on the data directory, also while a server runs: see `patrond keys --help`.

      EXAMPLES
        patrond stores create shop-berlin
        patrond stores list
        patrond stores delete shop-berlin
      """,
    subcommands: [StoresCreate.self, StoresList.self, StoresDelete.self]
  )
}
