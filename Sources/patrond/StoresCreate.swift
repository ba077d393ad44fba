import ArgumentParser
import PatronProto
import ProtobufC

struct StoresCreate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create",
    abstract: "Make a store.",
    discussion: """
      A name has 1 to 64 characters of a-z, 0-9, _ and -. `patrond keys create --store NAME` makes \
      the first key of the store.

      EXAMPLES
        patrond stores create shop-berlin
      """
  )

  @OptionGroup var data: DataOptions

  @Argument(help: "The name of the store.")
  var name: String

  @OptionGroup var output: OutputOptions

  func run() async throws {
    try await OperatorSession(data: data).run { admin in
      let response = try await admin.createStore(.with { $0.storeID = name })
      try output.print(response) { "made the store \(name)\n" }
    }
  }
}
