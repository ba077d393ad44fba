/// Types whose Swift name is not their proto name: programs use another module's type of that name
/// beside the contract, and Swift cannot import a module without some of its names. Names on the
/// wire, in JSON and in C stay.
enum RenamedTypes {
  /// Swift names by full proto name.
  static let names: [String: String] = [
    // Foundation.Date, an instant.
    "patron.v1.Date": "CalendarDate",
    // Swift.Actor, the protocol of all actors.
    "patron.v1.Actor": "ActorKind",
    // NIOCore.Channel, a connection.
    "patron.v1.Channel": "ContactChannel",
  ]
}
