import ArgumentParser
import PatronProto
import ProtobufC

struct KeysUnbind: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unbind",
    abstract: "Undo `patrond keys bind`.",
    discussion: """
      EXAMPLES
        patrond keys unbind DNS:reports.example.com
      """
  )

  @OptionGroup var data: DataOptions

  @Argument(help: ArgumentHelp("URI:…, DNS:… or UID:….", valueName: "name"))
  var name: String

  @OptionGroup var output: OutputOptions

  func run() async throws {
    try data.requireDatabase(for: "unbind")
    try await OperatorSession(data: data).run { admin in
      let response = try await admin.unbindKey(.with { $0.name = name })
      try output.print(response) {
        response.outcome == .unchanged
          ? "unchanged: \(name) stands for no key\n"
          : "\(name) stands for the key \(response.keyID) no longer\n"
      }
    }
  }
}
