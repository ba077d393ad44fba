import ArgumentParser
import PatronProto
import ProtobufC

struct KeysBind: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bind",
    abstract: "Let a certificate or a user of this machine stand for a key.",
    discussion: """
      Calls of the holder of the name then need no key. `URI:…` and `DNS:…` are names of a \
      client's certificate that --tls-client-ca has verified. `UID:…` is the user of a process \
      that calls by a Unix socket. A key that is sent with a call goes before a name. A name \
      stands for one key at a time; --move takes it from the key that it stands for.

      EXAMPLES
        patrond keys bind 3m8r0v6s2kd5w1xq9ptz7cjbna DNS:reports.example.com
        patrond keys bind 3m8r0v6s2kd5w1xq9ptz7cjbna URI:spiffe://example.com/shop
        patrond keys bind 3m8r0v6s2kd5w1xq9ptz7cjbna UID:33 --move
      """
  )

  @OptionGroup var data: DataOptions

  @Argument(help: ArgumentHelp("The id of the key.", valueName: "key-id"))
  var key: KeyIDArgument

  @Argument(help: ArgumentHelp("URI:…, DNS:… or UID:….", valueName: "name"))
  var name: String

  @Flag(help: "Take the name from the key that it stands for now.")
  var move = false

  @OptionGroup var output: OutputOptions

  func validate() throws { try key.validate() }

  func run() async throws {
    try data.requireDatabase(for: "bind")
    try await OperatorSession(data: data).run { admin in
      let response = try await admin.bindKey(
        .with {
          $0.keyID = key.text
          $0.name = name
          $0.move = move
        }
      )
      try output.print(response) {
        response.outcome == .unchanged
          ? "unchanged: \(name) stands for the key already\n"
          : "\(name) stands for the key \(key.text)\n"
      }
    }
  }
}
