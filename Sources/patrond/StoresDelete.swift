import ArgumentParser
import PatronProto
import ProtobufC
import TTRPC

struct StoresDelete: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete",
    abstract: "Delete a store with everything in it.",
    discussion: """
      Removes customers, events, orders, consent, suppressions, receipts, settings and keys. \
      Afterwards nothing knows who had opted out: export the suppressions first. Entries of the \
      audit log stay, and so do backups and copies in other systems. From the beginning of the \
      deletion, all other calls of the store are refused. A deletion that is interrupted goes on \
      when the server starts.

      On a terminal the command asks for the name of the store; elsewhere it requires --yes.

      EXAMPLES
        patrond stores delete shop-berlin
        patrond stores delete shop-berlin --yes
      """
  )

  @OptionGroup var data: DataOptions

  @Argument(help: "The name of the store.")
  var name: String

  @Flag(name: [.customShort("y"), .long], help: "Do not ask for confirmation.")
  var yes = false

  @OptionGroup var output: OutputOptions

  /// The time that a deletion may take, a day: the data of a large store goes in many steps.
  private static let timeout = Duration.seconds(86_400)

  func validate() throws {
    try Confirmation.check("patrond stores delete \(name.prefix(64))", given: yes)
  }

  func run() async throws {
    try data.requireDatabase(for: "delete")
    try Confirmation.require(
      "Delete the store \(name.prefix(64)) with everything in it? This cannot be undone.",
      answer: name,
      given: yes
    )
    try await OperatorSession(data: data).run { admin in
      var options = CallOptions()
      options.timeout = Self.timeout
      let request = DeleteStoreRequest.with {
        $0.storeID = name
        $0.confirmStoreID = name
      }
      let response = try await admin.deleteStore(request, options: options)
      try output.print(response) {
        "deleted the store \(name): "
          + "\(CountText.of(Int(response.store?.customerCount ?? 0), "customer"))\n"
      }
    }
  }
}
